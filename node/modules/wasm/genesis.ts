/** Genesis of codes and contracts, in the JSON of wasmd v0.61 (`keeper/genesis.go`). @module */
import {
  type AbsoluteTxPosition,
  CodeInfo,
  ContractCodeHistoryEntry,
  ContractInfo,
} from "cosmjs-types/cosmwasm/wasm/v1/types";
import { z } from "zod";
import type { Address, Context, Reading } from "../../app/ports.ts";
import { bytesToU64, concatBytes, equalBytes, utf8ToBytes } from "../../core/bytes.ts";
import { listUnder } from "../../core/listing.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import { classicAddress } from "./addresses.ts";
import { invalidGenesis } from "./errors.ts";
import {
  accessToJson,
  type CodeJson,
  type ContractJson,
  genesisJson,
  type HistoryJson,
  operationName,
  positionToJson,
} from "./genesis_json.ts";
import { isGzip, uncompress } from "./gzip.ts";
import { exportPending, importPending } from "./ibc_pending.ts";
import type { WasmKeeper } from "./keeper.ts";
import {
  CODE_PREFIX,
  CONTRACT_KEY_BYTES_MAX,
  CONTRACT_PREFIX,
  contractStore,
  historyOf,
  NEXT_CODE_KEY,
  NEXT_INSTANCE_KEY,
  STORE,
} from "./keys.ts";
import { GENESIS_CODE_BYTES_MAX } from "./limits.ts";
import { checkAccess, checkParams, DEFAULT_CODE_RULES, DEFAULT_PARAMS } from "./params.ts";
import { checkLabel } from "./text.ts";
import { u64ToBytes } from "../../core/bytes.ts";

const refuse = (detail: string) => err(invalidGenesis(`read genesis wasm: ${detail}`));

/** Writes parameters, codes, contracts and what they keep. */
export function initWasmGenesis(keeper: WasmKeeper, context: Context, json: unknown): Result<undefined> {
  const { view } = context;
  if (json === undefined) {
    keeper.setParams(view, DEFAULT_PARAMS);
    return ok(undefined);
  }
  const parsed = genesisJson.safeParse(json);
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const { params, codes, contracts, sequences, floats, function_locals_max: locals } = parsed.data;
  const given = {
    codeUploadAccess: params.code_upload_access,
    instantiateDefaultPermission: params.instantiate_default_permission,
  };
  const checked = checkParams(keeper.parts.codec, given);
  if (!checked.ok) return refuse(checked.error.message);
  keeper.setParams(view, given);
  keeper.setCodeRules(view, { floats, locals });
  for (const code of codes ?? []) {
    const done = importCode(keeper, context, code);
    if (!done.ok) return done;
  }
  for (const contract of contracts ?? []) {
    const done = importContract(keeper, context, contract);
    if (!done.ok) return done;
  }
  for (const { id_key, value } of sequences ?? []) {
    if (![NEXT_CODE_KEY, NEXT_INSTANCE_KEY].some((key) => equalBytes(key, id_key))) {
      return refuse(`there is no sequence ${id_key.toHex()}`);
    }
    if (view.get(STORE, id_key) !== undefined) return refuse(`sequence ${id_key.toHex()} is there twice`);
    view.set(STORE, id_key, u64ToBytes(value));
  }
  const pending = importPending(keeper.parts.codec, view, parsed.data.pending_acknowledgements);
  return pending.ok ? checkSequences(keeper, context, codes ?? []) : pending;
}

/** The next ids have to be free. */
function checkSequences(keeper: WasmKeeper, context: Context, codes: readonly CodeJson[]): Result<undefined> {
  const { view } = context;
  const next = keeper.nextCodeId(view);
  const taken = codes.find(({ code_id }) => code_id >= next);
  if (taken !== undefined) return refuse(`code ${taken.code_id} is there, and the next one is ${next}`);
  // As in wasmd, which asks for the address that a code with that very number would give.
  const instance = keeper.nextInstanceId(view);
  return keeper.contractInfo(view, classicAddress(instance, instance)) === undefined
    ? ok(undefined)
    : refuse(`contract number ${instance} is there already`);
}

function importCode(keeper: WasmKeeper, { view, free }: Context, json: CodeJson): Result<undefined> {
  const { code_id: id, code_info: info, pinned } = json;
  if (id === 0n) return refuse("a code has the id 0");
  if (keeper.codeInfo(view, id) !== undefined) return refuse(`code ${id} is there twice`);
  const { codec, engine } = keeper.parts;
  if (codec.parse(info.creator) === undefined) return refuse(`code ${id}: ${info.creator.slice(0, 100)} is no address`);
  const access = checkAccess(codec, info.instantiate_config);
  if (!access.ok) return refuse(`code ${id}: ${access.error.message}`);
  let code = json.code_bytes;
  if (isGzip(code)) {
    const plain = uncompress(code, GENESIS_CODE_BYTES_MAX);
    if (!plain.ok) return refuse(`code ${id}: ${plain.error}`);
    code = plain.value as Uint8Array<ArrayBuffer>;
  }
  const report = engine.check(code, keeper.codeRules(view));
  if (!report.ok) return refuse(`code ${id}: ${report.error.message}`);
  if (!equalBytes(report.value.checksum, info.code_hash)) return refuse(`code ${id}: it has another hash`);
  keeper.setCode(free, code, report.value);
  const { permission, addresses } = info.instantiate_config;
  keeper.setCodeInfo(view, id, {
    codeHash: info.code_hash,
    creator: info.creator,
    instantiateConfig: { permission, addresses: [...addresses] },
  });
  if (pinned) keeper.setPinned(view, id, true);
  return ok(undefined);
}

function importContract(keeper: WasmKeeper, { view }: Context, json: ContractJson): Result<undefined> {
  const { codec } = keeper.parts;
  const { contract_info: info, contract_code_history: history } = json;
  const address = codec.parse(json.contract_address);
  if (address === undefined) return refuse(`${json.contract_address.slice(0, 100)} is no address`);
  const wrong = (detail: string) => refuse(`contract ${address.text}: ${detail}`);
  if (keeper.contractInfo(view, address.bytes) !== undefined) return wrong("it is there twice");
  if (keeper.codeInfo(view, info.code_id) === undefined) return wrong(`there is no code ${info.code_id}`);
  const creator = codec.parse(info.creator);
  if (creator === undefined) return wrong("its creator is no address");
  if (info.admin !== "" && codec.parse(info.admin) === undefined) return wrong("its admin is no address");
  const label = checkLabel(info.label);
  if (!label.ok) return wrong(`label ${label.error.message}`);
  for (const entry of history) keeper.appendHistory(view, address.bytes, historyOfJson(entry));
  keeper.addToCode(view, history.at(-1)!.code_id, history.at(-1)!.updated, address.bytes);
  keeper.addToCreator(view, creator.bytes, history[0]!.updated, address.bytes);
  keeper.setContractInfo(view, address.bytes, infoOfJson(info));
  return importState(view, address, json.contract_state ?? []);
}

function importState(
  view: Context["view"],
  address: Address,
  state: NonNullable<ContractJson["contract_state"]>,
): Result<undefined> {
  const prefix = contractStore(address.bytes);
  for (const { key, value } of state) {
    if (key.length === 0 || key.length > CONTRACT_KEY_BYTES_MAX) {
      return refuse(`contract ${address.text}: a key of ${key.length} bytes`);
    }
    const whole = concatBytes(prefix, key);
    if (view.get(STORE, whole) !== undefined) {
      return refuse(`contract ${address.text}: key ${key.toHex()} is there twice`);
    }
    view.set(STORE, whole, value ?? new Uint8Array());
  }
  return ok(undefined);
}

const infoOfJson = (info: ContractJson["contract_info"]): ContractInfo =>
  ContractInfo.fromPartial({
    codeId: info.code_id,
    creator: info.creator,
    admin: info.admin,
    label: info.label,
    created: info.created,
    ibcPortId: info.ibc_port_id,
    ibc2PortId: info.ibc2_port_id,
  });

const historyOfJson = ({ operation, code_id, updated, msg, msg_base64 }: HistoryJson): ContractCodeHistoryEntry => ({
  operation,
  codeId: code_id,
  updated,
  msg: msg_base64 ?? utf8ToBytes(JSON.stringify(msg ?? null)),
});

/** Everything that {@linkcode initWasmGenesis} reads to the same state. */
export function* exportWasmGenesis(keeper: WasmKeeper, read: Reading): Work<unknown> {
  const codes: unknown[] = [];
  const infos = yield* listUnder(read, STORE, CODE_PREFIX, (key, value) => ({
    id: bytesToU64(key, CODE_PREFIX.length),
    info: CodeInfo.decode(value),
  }));
  for (const { id, info } of infos) {
    const { codeHash, creator, instantiateConfig } = info;
    const bytes = yield* read((view) => keeper.codeBytes(view, codeHash));
    const pinned = yield* read((view) => keeper.isPinned(view, id));
    codes.push({
      code_id: id.toString(),
      code_info: { code_hash: codeHash.toBase64(), creator, instantiate_config: accessToJson(instantiateConfig) },
      code_bytes: bytes!.toBase64(),
      pinned,
    });
  }
  const contracts: unknown[] = [];
  const all = yield* listUnder(read, STORE, CONTRACT_PREFIX, (key, value) => ({
    address: keeper.address(key.subarray(CONTRACT_PREFIX.length)),
    info: ContractInfo.decode(value),
  }));
  for (const { address, info } of all) contracts.push(yield* exportContract(read, address, info));
  const params = yield* read((view) => keeper.params(view));
  const pending = yield* exportPending(read);
  const { floats, locals } = yield* read((view) => keeper.codeRules(view));
  const sequences = yield* read((view) =>
    [NEXT_CODE_KEY, NEXT_INSTANCE_KEY].flatMap((key) => {
      const value = view.get(STORE, key);
      return value === undefined ? [] : [{ id_key: key.toBase64(), value: bytesToU64(value).toString() }];
    })
  );
  return {
    params: {
      code_upload_access: accessToJson(params.codeUploadAccess),
      instantiate_default_permission: accessToJson({ permission: params.instantiateDefaultPermission, addresses: [] })
        .permission,
    },
    codes,
    contracts,
    sequences,
    ...(floats === DEFAULT_CODE_RULES.floats ? {} : { floats }),
    ...(locals === DEFAULT_CODE_RULES.locals ? {} : { function_locals_max: locals }),
    ...(pending.length > 0 ? { pending_acknowledgements: pending } : {}),
  };
}

function* exportContract(read: Reading, address: Address, info: ContractInfo): Work<unknown> {
  const prefix = contractStore(address.bytes);
  const state = yield* listUnder(read, STORE, prefix, (key, value) => ({
    key: key.subarray(prefix.length).toHex().toUpperCase(),
    value: value.toBase64(),
  }));
  const history = yield* listUnder(
    read,
    STORE,
    historyOf(address.bytes),
    (_key, value) => historyToJson(ContractCodeHistoryEntry.decode(value)),
  );
  return {
    contract_address: address.text,
    contract_info: {
      code_id: info.codeId.toString(),
      creator: info.creator,
      admin: info.admin,
      label: info.label,
      created: positionToJson(info.created as AbsoluteTxPosition),
      ibc_port_id: info.ibcPortId,
      ibc2_port_id: info.ibc2PortId,
      extension: null,
    },
    contract_state: state,
    contract_code_history: history,
  };
}

function historyToJson({ operation, codeId, updated, msg }: ContractCodeHistoryEntry): unknown {
  return {
    operation: operationName(operation),
    code_id: codeId.toString(),
    updated: positionToJson(updated!),
    ...messageToJson(msg),
  };
}

/** As JSON where that gives the same bytes again, as it does of what programs write; otherwise as bytes. */
function messageToJson(msg: Uint8Array): { msg: unknown } | { msg_base64: string } {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(msg));
    if (equalBytes(utf8ToBytes(JSON.stringify(value)), msg)) return { msg: value };
  } catch {
    // Not JSON: old code may have left anything.
  }
  return { msg_base64: msg.toBase64() };
}
