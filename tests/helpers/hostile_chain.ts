/** A whole application on which somebody uploads, makes and calls contracts by hand. @module */
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { SimulateRequest } from "cosmjs-types/cosmos/tx/v1beta1/service";
import { QuerySmartContractStateRequest, QuerySmartContractStateResponse } from "cosmjs-types/cosmwasm/wasm/v1/query";
import {
  MsgExecuteContract,
  MsgInstantiateContract,
  MsgInstantiateContractResponse,
  MsgStoreCode,
  MsgStoreCodeResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { coinTexts, parseCoins } from "../../node/core/coins.ts";
import { type ChainOptions, makeTx, type Signer, signerOf, TestChain } from "../bad_input/harness.ts";

export interface Message {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Most that a transaction may want when it runs contracts. */
export const GAS_MAX = 50_000_000n;

/** Transactions of one sender, one a block. */
export class HostileChain {
  readonly mallory: Signer = signerOf("mallory");
  readonly victim: Signer = signerOf("victim");
  readonly chain: TestChain;
  #sequence = 0n;

  constructor(options: ChainOptions = {}) {
    this.chain = new TestChain({ accounts: [this.mallory, this.victim], coins: "1000000000ucat", ...options });
  }

  /** `behind`: how many of the same block are before it. */
  tx(messages: readonly Message[], gas = GAS_MAX, behind = 0n): Uint8Array {
    const signers = [{ signer: this.mallory, accountNumber: 0n, sequence: this.#sequence + behind }];
    return makeTx({ messages, signers, gas });
  }

  run(messages: readonly Message[], gas?: bigint): ExecTxResult {
    const result = this.chain.block(this.tx(messages, gas)).txResults[0]!;
    this.#sequence++;
    return result;
  }

  simulate(messages: readonly Message[]) {
    const data = SimulateRequest.encode(SimulateRequest.fromPartial({ txBytes: this.tx(messages) })).finish();
    return this.chain.query("/cosmos.tx.v1beta1.Service/Simulate", data);
  }

  storeMessage(code: Uint8Array): Message {
    const message = MsgStoreCode.fromPartial({ sender: this.mallory.address.text, wasmByteCode: code });
    return { typeUrl: MsgStoreCode.typeUrl, value: MsgStoreCode.encode(message).finish() };
  }

  makeMessage(codeId: bigint, coins = "", sender = this.mallory.address.text): Message {
    const message = MsgInstantiateContract.fromPartial({
      sender,
      codeId,
      label: "made by hand",
      msg: utf8ToBytes("{}"),
      funds: coinTexts(parseCoins(coins)!),
    });
    return { typeUrl: MsgInstantiateContract.typeUrl, value: MsgInstantiateContract.encode(message).finish() };
  }

  executeMessage(contract: string, msg = "{}", coins = "", sender = this.mallory.address.text): Message {
    const funds = coinTexts(parseCoins(coins)!);
    const message = MsgExecuteContract.encode({ sender, contract, msg: utf8ToBytes(msg), funds });
    return { typeUrl: MsgExecuteContract.typeUrl, value: message.finish() };
  }

  store(code: Uint8Array): bigint {
    const { log, data } = this.run([this.storeMessage(code)]);
    if (log !== "") throw new Error(log);
    return MsgStoreCodeResponse.decode(TxMsgData.decode(data).msgResponses[0]!.value).codeId;
  }

  make(codeId: bigint, coins = ""): string {
    const { log, data } = this.run([this.makeMessage(codeId, coins)]);
    if (log !== "") throw new Error(log);
    return MsgInstantiateContractResponse.decode(TxMsgData.decode(data).msgResponses[0]!.value).address;
  }

  /** Uploads and makes it. */
  deploy(code: Uint8Array, coins = ""): string {
    return this.make(this.store(code), coins);
  }

  execute(contract: string, msg?: string, coins?: string, gas?: bigint): ExecTxResult {
    return this.run([this.executeMessage(contract, msg, coins)], gas);
  }

  query(contract: string, msg = "{}") {
    const request = { address: contract, queryData: utf8ToBytes(msg) };
    const data = QuerySmartContractStateRequest.encode(request).finish();
    const answer = this.chain.query("/cosmwasm.wasm.v1.Query/SmartContractState", data);
    return {
      ...answer,
      data: answer.code === 0 ? QuerySmartContractStateResponse.decode(answer.value).data : undefined,
    };
  }
}
