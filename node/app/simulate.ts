/** What a transaction would use and do, over a state that is thrown away. Signatures may be missing. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { SimulateRequest, SimulateResponse } from "cosmjs-types/cosmos/tx/v1beta1/service";
import { Tx } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { decodeStrict } from "../core/codec/mod.ts";
import { type CodedError, sdkRefusal } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";
import { Journal } from "../state/mod.ts";
import type { StateReader } from "../state/view.ts";
import type { AnteOptions } from "./ante.ts";
import { loadBlockGasMax } from "./consensus_params.ts";
import { type DecodedTx, type DecodeOptions, decodeTx } from "./decode.ts";
import { Execution, type Outcome } from "./execute.ts";
import type { BlockContext } from "./module.ts";

/** The transaction of a `SimulateRequest`: its raw bytes, or the older field with a decoded one. */
export function decodeSimulateRequest(data: Uint8Array, options: DecodeOptions): Result<DecodedTx> {
  const request = decodeStrict(SimulateRequest, data, "SimulateRequest", options.limits.queryBytesMax);
  if (!request.ok) return err(sdkRefusal("invalidRequest", request.error.message));
  const { tx, txBytes } = request.value;
  if (txBytes.length > 0) return decodeTx(txBytes, options, true);
  if (tx === undefined) return err(sdkRefusal("invalidRequest", "empty txBytes is not allowed"));
  return decodeTx(Tx.encode(tx).finish(), options, true);
}

/**
 * A simulation over `reader`: to be called until nothing misses any more and it does not pause. The answer is an encoded
 * `SimulateResponse`.
 */
export function simulation(
  reader: StateReader,
  tx: DecodedTx,
  block: BlockContext,
  ante: AnteOptions,
  gasMaxUnbounded: bigint,
): () => Result<Uint8Array, CodedError> | "paused" {
  let execution: Execution | undefined;
  return () => {
    execution ??= new Execution(new Journal(reader), tx, block, "simulate", ante, gasMaxOf(reader, gasMaxUnbounded));
    const outcome = execution.advance();
    if (outcome === "paused") return outcome;
    if (outcome.error === undefined) return ok(encodeResponse(tx, outcome));
    const { codespace, code, message } = outcome.error;
    return err({ codespace, code, message: `${message} with gas used: '${outcome.gasUsed}'` });
  };
}

function gasMaxOf(reader: StateReader, unbounded: bigint): bigint {
  const blockGasMax = loadBlockGasMax(reader);
  return blockGasMax < 0n || blockGasMax > unbounded ? unbounded : blockGasMax;
}

function encodeResponse(tx: DecodedTx, { data, gasUsed, events }: Outcome): Uint8Array {
  const { msgResponses } = TxMsgData.decode(data);
  return SimulateResponse.encode({
    gasInfo: { gasWanted: tx.gasLimit, gasUsed },
    result: { data, log: "", events: events as Event[], msgResponses },
  }).finish();
}
