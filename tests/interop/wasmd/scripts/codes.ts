import {
  MsgAddCodeUploadParamsAddresses,
  MsgClearAdmin,
  MsgExecuteContract,
  MsgPinCodes,
  MsgRemoveCodeUploadParamsAddresses,
  MsgStoreAndInstantiateContract,
  MsgStoreAndMigrateContract,
  MsgStoreCode,
  MsgUnpinCodes,
  MsgUpdateAdmin,
  MsgUpdateContractLabel,
  MsgUpdateInstantiateConfig,
  MsgUpdateParams,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import {
  QueryBuildAddressRequest,
  QueryCodeInfoRequest,
  QueryCodeRequest,
  QueryCodesRequest,
  QueryContractHistoryRequest,
  QueryContractInfoRequest,
  QueryContractsByCodeRequest,
  QueryContractsByCreatorRequest,
  QueryParamsRequest,
  QueryPinnedCodesRequest,
  QueryWasmLimitsConfigRequest,
} from "cosmjs-types/cosmwasm/wasm/v1/query";
import { AccessConfig, AccessType } from "cosmjs-types/cosmwasm/wasm/v1/types";
import { addressOf, json, message, type Script } from "../script.ts";

const EVERYBODY = { permission: AccessType.ACCESS_TYPE_EVERYBODY, addresses: [] };
const NOBODY = { permission: AccessType.ACCESS_TYPE_NOBODY, addresses: [] };
const only = (...names: string[]) => ({
  permission: AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES,
  addresses: names.map(addressOf),
});
const access = (value: Partial<AccessConfig>) => AccessConfig.fromPartial(value as never);
const QUERY = "/cosmwasm.wasm.v1.Query";
const salt = (text: string) => new TextEncoder().encode(text);

/** Who may store, instantiate, migrate and administer what; labels, salts, pins and parameters. */
export async function codes(script: Script): Promise<void> {
  const alice = addressOf("alice");
  await refusedCodes(script);
  const code = await script.store("alice", "hackatom.wasm");
  const bobs = await script.store("bob", "queue.wasm", only("bob", "carol"));
  const none = await script.store("bob", "queue.wasm", NOBODY);
  await script.store("bob", "queue.wasm", { permission: 4, addresses: [] });
  await script.store("bob", "queue.wasm", { permission: 4, addresses: ["x"] });
  await script.store("bob", "queue.wasm", { permission: 4, addresses: [alice, alice] });
  await script.store("bob", "queue.wasm", { permission: 3, addresses: [alice] });
  await script.store("bob", "queue.wasm", { permission: 2 as AccessType, addresses: [alice] });
  await script.store("bob", "queue.wasm", { permission: 0, addresses: [] });
  for (const from of ["alice", "bob", "carol"]) {
    await script.instantiate(from, bobs, {}, { label: "of few" });
    await script.instantiate(from, none, {}, { label: "of none" });
  }
  const init = { verifier: alice, beneficiary: alice };
  const labels = ["", " x", "x ", "x".repeat(128), "x".repeat(129), "a\nb", "Ünï ☃", "😀", "tab\tin"];
  for (const label of labels) await script.instantiate("alice", code, init, { label });
  await script.instantiate("alice", code, init, { admin: "nobody" });
  await script.instantiate("alice", 0n, init);
  await script.instantiate("alice", 12345n, init);
  await salted(script, code);
  await administered(script, code);
  await configured(script, code, bobs);
  await authority(script, code, bobs);
  await questions(script, code, bobs);
}

async function refusedCodes(script: Script): Promise<void> {
  const store = (say: string, bytes: Uint8Array) =>
    script.tx(say, "alice", [
      message(MsgStoreCode, { sender: addressOf("alice"), wasmByteCode: bytes }),
    ]);
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  await store("no code", new Uint8Array());
  await store("garbage", new TextEncoder().encode("garbage"));
  await store("an empty module", new Uint8Array(header));
  await store("another version", new Uint8Array([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]));
  await store("a cut module", new Uint8Array([...header, 1]));
  await store("one memory and nothing else", new Uint8Array([...header, 5, 3, 1, 0, 1]));
  await store("a memory of 513 pages", new Uint8Array([...header, 5, 4, 1, 0, 0x81, 0x04]));
  await store("a memory with a maximum", new Uint8Array([...header, 5, 4, 1, 1, 1, 5]));
  await store("two memories", new Uint8Array([...header, 5, 5, 2, 0, 1, 0, 1]));
  await store(
    "a start section",
    new Uint8Array([...header, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 8, 1, 0, 10, 4, 1, 2, 0, 0x0b]),
  );
  await store("broken gzip", new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]));
  await script.store("alice", "escrow_0.7.wasm");
  await script.store("alice", "staking.wasm");
}

async function salted(script: Script, code: bigint): Promise<void> {
  const init = { verifier: addressOf("alice"), beneficiary: addressOf("bob") };
  const make = (from: string, text: string, fixMsg: boolean, msg: unknown = init, label = "salted") =>
    script.instantiate(from, code, msg, {
      salt: salt(text),
      fixMsg,
      label,
      say: `${from} instantiates with salt ${text.slice(0, 70)}${fixMsg ? " and the message" : ""}`,
    });
  await make("alice", "a", false);
  await make("alice", "a", false);
  await make("alice", "a", true);
  await make("alice", "a", true);
  await make("alice", "a", true, { ...init, beneficiary: addressOf("carol") });
  await make("bob", "a", false);
  await make("bob", "", false);
  await make("bob", "s".repeat(64), false);
  await make("bob", "s".repeat(65), false);
  await make("bob", "b", true, "no JSON");
  for (const initArgs of [new Uint8Array(), json(init)]) {
    await script.query("builds an address", `${QUERY}/BuildAddress`, QueryBuildAddressRequest, {
      codeHash: "3f4cd47c39c57fe1733fb41ed176eebd9d5c67baf5df8a1eeda1455e758f8514",
      creatorAddress: addressOf("alice"),
      salt: "61",
      initArgs,
    });
  }
}

async function administered(script: Script, code: bigint): Promise<void> {
  const [alice, bob] = [addressOf("alice"), addressOf("bob")];
  const init = { verifier: alice, beneficiary: alice };
  const contract = await script.instantiate("alice", code, init, { label: "administered", admin: alice });
  const loose = await script.instantiate("alice", code, init, { label: "without admin" });
  const update = (from: string, address: string, newAdmin: string) =>
    script.tx(`${from} names an admin`, from, [
      message(MsgUpdateAdmin, { sender: addressOf(from), contract: address, newAdmin }),
    ]);
  const clear = (from: string, address: string) =>
    script.tx(`${from} clears the admin`, from, [
      message(MsgClearAdmin, { sender: addressOf(from), contract: address }),
    ]);
  const label = (from: string, address: string, newLabel: string) =>
    script.tx(`${from} writes a label`, from, [
      message(MsgUpdateContractLabel, { sender: addressOf(from), contract: address, newLabel }),
    ]);
  await update("bob", contract, alice);
  await update("alice", contract, alice);
  await update("alice", contract, bob);
  await update("alice", contract, addressOf("carol"));
  await update("bob", contract, "x");
  await update("alice", loose, bob);
  await update("alice", alice, bob);
  await label("bob", contract, "another");
  await label("alice", contract, "not mine");
  await label("bob", contract, " ");
  await label("bob", contract, "another");
  await clear("alice", contract);
  await clear("bob", contract);
  await clear("bob", contract);
  await script.migrate("bob", contract, code, { verifier: bob });
  await script.query("history", `${QUERY}/ContractHistory`, QueryContractHistoryRequest, { address: contract });
}

async function configured(script: Script, code: bigint, bobs: bigint): Promise<void> {
  const config = (from: string, codeId: bigint, permission: Partial<AccessConfig> | undefined) =>
    script.tx(`${from} configures ${codeId}`, from, [
      message(MsgUpdateInstantiateConfig, {
        sender: addressOf(from),
        codeId,
        ...(permission === undefined ? {} : { newInstantiatePermission: access(permission) }),
      }),
    ]);
  await config("alice", code, only("carol"));
  await config("alice", code, EVERYBODY);
  await config("bob", code, NOBODY);
  await config("alice", code, undefined);
  await config("bob", bobs, NOBODY);
  await config("bob", bobs, only("bob"));
  await config("bob", 4711n, only("bob"));
  await script.instantiate("carol", bobs, {});
  await script.instantiate("bob", bobs, {}, { label: "bobs" });
}

async function authority(script: Script, code: bigint, bobs: bigint): Promise<void> {
  const admin = addressOf("admin");
  const by = (say: string, from: string, made: ReturnType<typeof message>) => script.tx(say, from, [made]);
  const init = json({ verifier: admin, beneficiary: admin });
  for (const [from, sender] of [["alice", addressOf("alice")], ["admin", admin]] as const) {
    await by(`${from} pins`, from, message(MsgPinCodes, { authority: sender, codeIds: [code, bobs] }));
    await by(`${from} unpins`, from, message(MsgUnpinCodes, { authority: sender, codeIds: [code] }));
    const params = { codeUploadAccess: access(only("alice")), instantiateDefaultPermission: 1 };
    await by(`${from} sets parameters`, from, message(MsgUpdateParams, { authority: sender, params }));
    await by(
      `${from} lets bob store`,
      from,
      message(MsgAddCodeUploadParamsAddresses, { authority: sender, addresses: [addressOf("bob")] }),
    );
  }
  await by("pins what is not there", "admin", message(MsgPinCodes, { authority: admin, codeIds: [99n] }));
  await by("pins nothing", "admin", message(MsgPinCodes, { authority: admin, codeIds: [] }));
  await by("pins twice", "admin", message(MsgPinCodes, { authority: admin, codeIds: [bobs, bobs] }));
  await script.query("pinned codes", `${QUERY}/PinnedCodes`, QueryPinnedCodesRequest, {});
  await script.store("carol", "hackatom.wasm");
  await script.store("bob", "hackatom.wasm");
  await script.store("bob", "hackatom.wasm", EVERYBODY);
  await script.store("admin", "hackatom.wasm", EVERYBODY);
  await by(
    "lets bob store no longer",
    "admin",
    message(MsgRemoveCodeUploadParamsAddresses, { authority: admin, addresses: [addressOf("bob")] }),
  );
  await by(
    "names bob again",
    "admin",
    message(MsgRemoveCodeUploadParamsAddresses, { authority: admin, addresses: [addressOf("bob")] }),
  );
  await script.store("bob", "hackatom.wasm");
  await script.query("parameters", `${QUERY}/Params`, QueryParamsRequest, {});
  const both = { authority: admin, label: "both", msg: init, funds: [], admin };
  for (const from of ["admin", "alice"]) {
    await by(
      `${from} stores and instantiates`,
      from,
      message(MsgStoreAndInstantiateContract, { ...both, authority: addressOf(from) }, "hackatom.wasm"),
    );
  }
  const contract = await script.instantiate("admin", code, { verifier: admin, beneficiary: admin }, {
    label: "to be migrated",
    admin: addressOf("alice"),
  });
  await by(
    "the authority stores and migrates",
    "admin",
    message(MsgStoreAndMigrateContract, {
      authority: admin,
      contract,
      msg: json({ verifier: addressOf("bob") }),
    }, "hackatom.wasm"),
  );
  await by(
    "the authority names an admin",
    "admin",
    message(MsgUpdateAdmin, { sender: admin, contract, newAdmin: addressOf("bob") }),
  );
  await by("the authority clears the admin", "admin", message(MsgClearAdmin, { sender: admin, contract }));
  await script.migrate("admin", contract, code, { verifier: admin });
  const send = (msg: unknown) =>
    message(MsgExecuteContract, { sender: admin, contract, msg: json(msg), funds: [{ denom: "ucat", amount: "4" }] });
  await script.tx("two messages, the second fails", "admin", [send({ release: {} }), send({ panic: {} })]);
  await script.tx("two messages", "admin", [send({ release: {} }), send({ release: {} })]);
  const open = { codeUploadAccess: access(EVERYBODY), instantiateDefaultPermission: 3 };
  await by("parameters as before", "admin", message(MsgUpdateParams, { authority: admin, params: open }));
}

async function questions(script: Script, code: bigint, bobs: bigint): Promise<void> {
  const page = (limit: bigint, reverse = false) => ({
    key: new Uint8Array(),
    offset: 0n,
    limit,
    countTotal: !reverse,
    reverse,
  });
  for (const codeId of [code, bobs, 0n, 99n]) {
    await script.query(`info of code ${codeId}`, `${QUERY}/CodeInfo`, QueryCodeInfoRequest, { codeId });
    await script.query(`contracts of code ${codeId}`, `${QUERY}/ContractsByCode`, QueryContractsByCodeRequest, {
      codeId,
    });
  }
  await script.query("code 99", `${QUERY}/Code`, QueryCodeRequest, { codeId: 99n });
  await script.query("codes", `${QUERY}/Codes`, QueryCodesRequest, {});
  await script.query("two codes", `${QUERY}/Codes`, QueryCodesRequest, { pagination: page(2n) });
  await script.query("the last two codes", `${QUERY}/Codes`, QueryCodesRequest, { pagination: page(2n, true) });
  await script.query("three contracts", `${QUERY}/ContractsByCode`, QueryContractsByCodeRequest, {
    codeId: code,
    pagination: page(3n),
  });
  await script.query("the last contracts", `${QUERY}/ContractsByCode`, QueryContractsByCodeRequest, {
    codeId: code,
    pagination: page(3n, true),
  });
  for (const creatorAddress of [addressOf("alice"), addressOf("bob"), "x"]) {
    await script.query("contracts of a creator", `${QUERY}/ContractsByCreator`, QueryContractsByCreatorRequest, {
      creatorAddress,
    });
  }
  await script.query("history of none", `${QUERY}/ContractHistory`, QueryContractHistoryRequest, {
    address: addressOf("alice"),
  });
  await script.query("info of none", `${QUERY}/ContractInfo`, QueryContractInfoRequest, {
    address: addressOf("alice"),
  });
  await script.query("limits", `${QUERY}/WasmLimitsConfig`, QueryWasmLimitsConfigRequest, {});
  await script.query("no such query", `${QUERY}/Nothing`, QueryParamsRequest, {});
}
