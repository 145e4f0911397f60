/** `/cosmwasm.wasm.v1.MsgExecuteContract`: a contract is called, with coins. @module */
import { MsgExecuteContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { decodeStrict } from "../../core/codec/mod.ts";
import { ok, type Result } from "../../core/result.ts";
import { checkAddress, checkFunds, checkPayload } from "./checks.ts";
import { type Call, executeContract } from "./execute.ts";
import type { WasmKeeper } from "./keeper.ts";
import { contractKey, STORE } from "./keys.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { stepped, type SteppedHandler } from "./stepped.ts";
import { MsgExecuteContractCodec } from "./types.ts";

const EMPTY = new Uint8Array();

export const msgExecuteContract = (keeper: WasmKeeper): SteppedHandler<Call> =>
  stepped(keeper, {
    typeUrl: MsgExecuteContractCodec.typeUrl,
    responseTypeUrl: MsgExecuteContractResponse.typeUrl,
    decode: (bytes) => decode(keeper, bytes),
    signers: ({ sender }) => [sender],
    touch({ sender, contract, funds }, key) {
      key(STORE, contractKey(contract.bytes));
      keeper.parts.bank.touch(sender, funds, key);
      keeper.parts.bank.touch(contract, funds, key);
    },
    *steps(context, frame, message) {
      const data = yield* executeContract(keeper, context, frame, message);
      return data.ok ? ok(MsgExecuteContractResponse.encode({ data: data.value ?? EMPTY }).finish()) : data;
    },
  });

function decode({ parts: { codec } }: WasmKeeper, bytes: Uint8Array): Result<Call> {
  const decoded = decodeStrict(MsgExecuteContractCodec, bytes, "MsgExecuteContract", MESSAGE_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { msg } = decoded.value;
  const sender = checkAddress(codec, decoded.value.sender, "sender");
  if (!sender.ok) return sender;
  const contract = checkAddress(codec, decoded.value.contract, "contract");
  if (!contract.ok) return contract;
  const funds = checkFunds(decoded.value.funds);
  if (!funds.ok) return funds;
  const payload = checkPayload(msg);
  return payload.ok ? ok({ sender: sender.value, contract: contract.value, msg, funds: funds.value }) : payload;
}
