/** Uploading, pinning and permissions of codes (wasmd `Keeper.create`, `pinCode`, `setAccessConfig`). @module */
import type { Address, Context } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { createFailed, noSuchCode } from "./errors.ts";
import { emitAccess, emitPinned, emitStoreCode } from "./events.ts";
import { mayUpload, type Policy } from "./frame.ts";
import { chargeRun, GAS_COMPILE_PER_BYTE, uncompressGas } from "./gas.ts";
import { isGzip, uncompress } from "./gzip.ts";
import type { WasmKeeper } from "./keeper.ts";
import { CODE_BYTES_MAX } from "./limits.ts";
import { accessOf, isNarrowerType } from "./params.ts";
import { uploadNote } from "./run_contract.ts";
import type { AccessConfig } from "./types.ts";

export interface Upload {
  readonly sender: Address;
  /** The module, or the same compressed. */
  readonly code: Uint8Array;
  /** Undefined: whoever the parameters say. */
  readonly access: AccessConfig | undefined;
}

export interface Uploaded {
  readonly codeId: bigint;
  readonly checksum: Uint8Array;
}

/** Checks a code and gives it an id. */
export function uploadCode(
  keeper: WasmKeeper,
  context: Context,
  policy: Policy,
  { sender, code, access }: Upload,
): Result<Uploaded> {
  const { view, free, gas } = context;
  const params = keeper.params(view);
  const usual = accessOf(params.instantiateDefaultPermission, sender.text);
  const wanted = access ?? usual;
  if (!mayUpload(policy, params.codeUploadAccess, usual, sender, wanted)) {
    return err(sdkRefusal("unauthorized", "can not create code"));
  }
  let module = code;
  if (isGzip(code)) {
    gas.consume(uncompressGas(code.length), "Uncompress gzip bytecode");
    const plain = uncompress(code, CODE_BYTES_MAX);
    if (!plain.ok) return err(createFailed(`uncompress wasm archive: ${plain.error}`));
    module = plain.value;
  }
  chargeRun(gas, GAS_COMPILE_PER_BYTE * module.length);
  const report = keeper.parts.engine.check(module, keeper.codeRules(free));
  if (!report.ok) return err(createFailed(report.error.message));
  const { checksum } = report.value;
  if (keeper.codeBytes(free, checksum) === undefined) context.notes.add(uploadNote(checksum));
  const codeId = keeper.takeCodeId(view);
  // A copy: the message's bytes are a part of the transaction's.
  keeper.setCode(free, module.slice(), report.value);
  keeper.setCodeInfo(view, codeId, {
    codeHash: checksum,
    creator: sender.text,
    instantiateConfig: { permission: wanted.permission, addresses: [...wanted.addresses] },
  });
  emitStoreCode(context, codeId, checksum);
  return ok({ codeId, checksum });
}

/** Keeps a code compiled, or no longer. Both may be said twice. */
export function setPinned(keeper: WasmKeeper, context: Context, codeId: bigint, pinned: boolean): Result<undefined> {
  const info = keeper.codeInfo(context.view, codeId);
  if (info === undefined) return err(noSuchCode(codeId));
  // What is pinned is kept compiled from when it runs; and a simulation changes nothing here.
  if (!pinned && context.tx !== undefined) keeper.dropCompiled(info.codeHash);
  keeper.setPinned(context.view, codeId, pinned);
  emitPinned(context, codeId, pinned);
  return ok(undefined);
}

/** Changes who may make contracts of a code: its uploader may narrow it, the authority may do anything. */
export function setAccess(
  keeper: WasmKeeper,
  context: Context,
  policy: Policy,
  sender: Address,
  codeId: bigint,
  access: AccessConfig,
): Result<undefined> {
  const { view } = context;
  const info = keeper.codeInfo(view, codeId);
  if (info === undefined) return err(noSuchCode(codeId));
  const narrower = isNarrowerType(access.permission, keeper.params(view).instantiateDefaultPermission);
  if (policy !== "authority" && !(info.creator === sender.text && narrower)) {
    return err(sdkRefusal("unauthorized", "can not modify code access config"));
  }
  const instantiateConfig = { permission: access.permission, addresses: [...access.addresses] };
  keeper.setCodeInfo(view, codeId, { ...info, instantiateConfig });
  emitAccess(context, codeId, access);
  return ok(undefined);
}
