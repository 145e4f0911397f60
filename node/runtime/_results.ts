/** The results of a block as `ResponseFinalizeBlock`, encoded in slices. Internal to the runtime. */
import { BinaryWriter } from "cosmjs-types/binary";
import { ExecTxResult, ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import type { BlockOutput } from "../app/ports.ts";
import { concatBytes } from "../core/bytes.ts";
import { breathe } from "./breathe.ts";
import { SLICE_MS } from "./work_runner.ts";

/** Field 2, `tx_results`, length-delimited. */
const TX_RESULTS_TAG = (2 << 3) | 2;

/** What RPC clients and listeners are given. */
export const responseOf = (output: BlockOutput): ResponseFinalizeBlock => ({
  events: [...output.events],
  txResults: [...output.txResults],
  validatorUpdates: [...output.validatorUpdates],
  ...(output.consensusParamUpdates && { consensusParamUpdates: output.consensusParamUpdates }),
  appHash: output.appHash,
});

/**
 * Encodes a response with many results without holding up the event loop: the results of thousands of transactions take
 * tens of milliseconds. The bytes are those of `ResponseFinalizeBlock.encode`, whose fields stand in order.
 */
export async function encodeResponse(response: ResponseFinalizeBlock): Promise<Uint8Array> {
  const { events, txResults, ...rest } = response;
  const empty = { events: [], txResults: [], validatorUpdates: [], appHash: new Uint8Array() };
  const pieces: Uint8Array[] = [ResponseFinalizeBlock.encode({ ...empty, events }).finish()];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const result of txResults) {
    pieces.push(ExecTxResult.encode(result, BinaryWriter.create().uint32(TX_RESULTS_TAG).fork()).ldelim().finish());
    if (performance.now() < sliceEnd) continue;
    await breathe();
    sliceEnd = performance.now() + SLICE_MS;
  }
  pieces.push(ResponseFinalizeBlock.encode({ ...empty, ...rest }).finish());
  return concatBytes(...pieces);
}
