/** `/cosmwasm.wasm.v1.MsgMigrateContract`: the admin gives a contract another code. @module */
import { MsgMigrateContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { decodeStrict } from "../../core/codec/mod.ts";
import { ok, type Result } from "../../core/result.ts";
import { checkAddress, checkCodeId, checkPayload } from "./checks.ts";
import { policyOf } from "./frame.ts";
import type { WasmKeeper } from "./keeper.ts";
import { codeKey, contractKey, STORE } from "./keys.ts";
import { MESSAGE_BYTES_MAX } from "./limits.ts";
import { migrateContract, type Migration } from "./migrate.ts";
import { stepped, type SteppedHandler } from "./stepped.ts";
import { MsgMigrateContractCodec } from "./types.ts";

const EMPTY = new Uint8Array();

export const msgMigrateContract = (keeper: WasmKeeper): SteppedHandler<Migration> =>
  stepped(keeper, {
    typeUrl: MsgMigrateContractCodec.typeUrl,
    responseTypeUrl: MsgMigrateContractResponse.typeUrl,
    decode: (bytes) => decode(keeper, bytes),
    signers: ({ sender }) => [sender],
    touch({ contract, codeId }, key) {
      key(STORE, contractKey(contract.bytes));
      key(STORE, codeKey(codeId));
    },
    *steps(context, frame, message) {
      const policy = policyOf(keeper, context, frame, message.sender);
      const data = yield* migrateContract(keeper, context, frame, policy, message);
      return data.ok ? ok(MsgMigrateContractResponse.encode({ data: data.value ?? EMPTY }).finish()) : data;
    },
  });

function decode({ parts: { codec } }: WasmKeeper, bytes: Uint8Array): Result<Migration> {
  const decoded = decodeStrict(MsgMigrateContractCodec, bytes, "MsgMigrateContract", MESSAGE_BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { codeId, msg } = decoded.value;
  const id = checkCodeId(codeId);
  if (!id.ok) return id;
  const sender = checkAddress(codec, decoded.value.sender, "sender");
  if (!sender.ok) return sender;
  const contract = checkAddress(codec, decoded.value.contract, "contract");
  if (!contract.ok) return contract;
  const payload = checkPayload(msg);
  return payload.ok ? ok({ sender: sender.value, contract: contract.value, codeId, msg }) : payload;
}
