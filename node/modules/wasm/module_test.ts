/** Rules of the module over scripted contracts: gas, depth, rights, migration, pinned codes. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  MsgClearAdmin,
  MsgExecuteContract,
  MsgInstantiateContract2,
  MsgMigrateContract,
  MsgPinCodes,
  MsgStoreCode,
  MsgSudoContract,
  MsgUnpinCodes,
  MsgUpdateAdmin,
  MsgUpdateContractLabel,
  MsgUpdateInstantiateConfig,
  MsgUpdateParams,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { AccessType } from "cosmjs-types/cosmwasm/wasm/v1/types";
import {
  ContractWorld,
  executeMessage,
  makeContracts,
  NOTHING,
  type Script,
  ScriptedEngine,
  toBase64,
} from "../../../tests/helpers/scripted_contracts.ts";
import { type CallOutcome, type ContractCall, FUEL_PER_GAS } from "../../../contracts/engine.ts";
import { OutOfGas } from "../../app/gas.ts";
import type { Address } from "../../app/ports.ts";
import fc from "fast-check";
import { utf8ToBytes } from "../../core/bytes.ts";
import { ok, type Result } from "../../core/result.ts";

const EXECUTE = MsgExecuteContract.typeUrl;
const codeOf = (result: Result<unknown>) => result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
const messageOf = (result: Result<unknown>) => result.ok ? "" : result.error.message;

/** A response that sends messages. */
const sending = (...messages: unknown[]): Script => ({
  result: { ok: { messages, attributes: [], events: [], data: null } },
});
const call = (contract: Address, script: Script) => ({
  wasm: { execute: { contract_addr: contract.text, msg: toBase64(script), funds: [] } },
});
const sub = (msg: unknown, rest: Record<string, unknown> = {}) => ({ id: 1, msg, reply_on: "never", ...rest });

Deno.test("a submessage that passes its own gas limit is a failure that costs just the limit, and is replied to", () => {
  const world = new ContractWorld();
  const [one, two] = makeContracts(world, 2) as [Address, Address];
  const hungry = { ...NOTHING, fuel: Number(FUEL_PER_GAS) * 500_000 };
  const gasOf = (...messages: unknown[]) => {
    const context = world.context(10_000_000);
    const result = world.run(context, EXECUTE, executeMessage(world.people[0]!, one, sending(...messages)));
    assert(result.ok, messageOf(result));
    return context.gas.used;
  };
  const limited = sub(call(two, hungry), { gas_limit: 100_000, reply_on: "error" });
  const [without, within] = [gasOf(), gasOf(limited)];
  const reply = world.engine.calls.at(-1)!;
  assertEquals(reply.entry, "reply");
  assertEquals((reply.args[1] as { result: unknown }).result, { error: "codespace: sdk, code: 11" });
  // What the response is longer by, the limit, and a reply of a contract without data.
  const longer = JSON.stringify(sending(limited).result).length - JSON.stringify(sending().result).length;
  assert(within - without > 100_000 + longer && within - without < 100_000 + longer + 20_000, `${within - without}`);
});

Deno.test("a limit that is more than what is left is none: the whole runs out", () => {
  const world = new ContractWorld();
  const [one, two] = makeContracts(world, 2) as [Address, Address];
  const hungry = { ...NOTHING, fuel: Number(FUEL_PER_GAS) * 500_000 };
  const message = sub(call(two, hungry), { gas_limit: 9_000_000, reply_on: "always" });
  const context = world.context(400_000);
  const bytes = executeMessage(world.people[0]!, one, sending(message));
  const thrown = assertThrows(() => {
    try {
      world.run(context, EXECUTE, bytes);
    } catch (error) {
      throw error instanceof OutOfGas
        ? new Error(`${error.meter === context.gas} ${context.gas.used >= 400_000}`)
        : error;
    }
  });
  assertEquals((thrown as Error).message, "true true");
});

Deno.test("an engine that has used the last unit of gas has run out, and the transaction with it", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  const costs = (fuel: number) => {
    const context = world.context(300_000);
    try {
      return codeOf(world.run(context, EXECUTE, executeMessage(world.people[0]!, one, { ...NOTHING, fuel })));
    } catch (error) {
      if (!(error instanceof OutOfGas)) throw error;
      return `out ${context.gas.used >= 300_000}`;
    }
  };
  assertEquals(costs(0), "ok");
  assertEquals(costs(Number(FUEL_PER_GAS) * 300_000), "out true");
});

/** A contract that sends a message to itself until the number it is given is zero. */
class Endless extends ScriptedEngine {
  readonly stacks: number[] = [];
  override call(call: ContractCall): CallOutcome {
    if (call.entry !== "execute") return super.call(call);
    Error.stackTraceLimit = Infinity;
    this.stacks.push(new Error().stack!.split("\n").length);
    const [env, , msg] = call.args.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
    const { left, any } = msg as { left: number; any: boolean };
    const contract = env.contract.address as string;
    const next = utf8ToBytes(JSON.stringify({ left: left - 1, any }));
    const execute = { contract_addr: contract, msg: next.toBase64(), funds: [] };
    const value = MsgExecuteContract.encode({ sender: contract, contract, msg: next, funds: [] }).finish();
    const message = any ? { any: { type_url: EXECUTE, value: value.toBase64() } } : { wasm: { execute } };
    const messages = left === 0 ? [] : [sub(message)];
    const result = ok(utf8ToBytes(JSON.stringify({ ok: { messages, attributes: [], events: [], data: null } })));
    return { fuelUsed: 0n, result };
  }
}

Deno.test("contracts call each other a hundred deep and no deeper, all from the same depth of the native stack", () => {
  const engine = new Endless();
  const world = new ContractWorld("1000000ucat", {}, engine);
  const [one] = makeContracts(world, 1) as [Address];
  const limit = Error.stackTraceLimit;
  for (const any of [false, true]) {
    const run = (left: number) => {
      engine.stacks.length = 0;
      const script = { left, any } as unknown as Script;
      return codeOf(world.run(world.context(), EXECUTE, executeMessage(world.people[0]!, one, script)));
    };
    assertEquals(run(99), "ok");
    assertEquals(engine.stacks.length, 100);
    assert(Math.max(...engine.stacks) - engine.stacks[0]! < 12, `${engine.stacks}`);
    assertEquals(run(100), "wasm/30");
  }
  Error.stackTraceLimit = limit;
});

Deno.test("a contract that is called again in a transaction costs less", () => {
  const world = new ContractWorld();
  const [one, two] = makeContracts(world, 2) as [Address, Address];
  const gasOf = (...messages: unknown[]) => {
    const context = world.context(10_000_000);
    assertEquals(
      codeOf(world.run(context, EXECUTE, executeMessage(world.people[0]!, one, sending(...messages)))),
      "ok",
    );
    return context.gas.used;
  };
  // Both contracts are of one code, which the outer call has paid for.
  const discounted = gasOf(sub(call(two, NOTHING))) - gasOf();
  assert(discounted < 30_000, `${discounted}`);
});

Deno.test("contracts see their own words of refusal, and of all others the code alone", () => {
  const world = new ContractWorld();
  const [one, two, three] = makeContracts(world, 3) as [Address, Address, Address];
  const toldOf = (msg: unknown) => {
    const script = sending(sub(msg, { reply_on: "error", payload: toBase64(NOTHING) }));
    assertEquals(codeOf(world.run(world.context(), EXECUTE, executeMessage(world.people[0]!, one, script))), "ok");
    return (world.engine.calls.at(-1)!.args[1] as { result: { error: string } }).result.error;
  };
  const refusing: Script = { result: { error: "I will not" } };
  assertEquals(toldOf(call(two, refusing)), "I will not: execute wasm contract failed");
  assertEquals(toldOf(call(two, sending(sub(call(three, refusing))))), "I will not: execute wasm contract failed");
  const replying = sending(sub(call(three, refusing), { reply_on: "error", payload: toBase64(refusing) }));
  assertEquals(toldOf(call(two, replying)), "codespace: wasm, code: 5");
  assertEquals(toldOf(call(two, { result: {}, fault: "trap" })), "codespace: wasm, code: 29");
  assertEquals(
    toldOf({ bank: { send: { to_address: two.text, amount: [{ denom: "ucat", amount: "1" }] } } }),
    "codespace: sdk, code: 5",
  );
  assertEquals(toldOf({ custom: {} }), "codespace: wasm, code: 20");
  assertEquals(toldOf({ staking: { delegate: {} } }), "codespace: sdk, code: 6");
  assertEquals(toldOf({ ibc: { close_channel: { channel_id: "channel-0" } } }), "codespace: channel, code: 3");
  assertEquals(toldOf({ any: { type_url: "/no.Msg", value: "" } }), "codespace: wasm, code: 10");
  const foreign = executeMessage(world.people[0]!, two, NOTHING).toBase64();
  assertEquals(toldOf({ any: { type_url: EXECUTE, value: foreign } }), "codespace: sdk, code: 4");
  assertEquals(
    toldOf({ wasm: { execute: { contract_addr: "x", msg: "e30=", funds: [] } } }),
    "codespace: undefined, code: 1",
  );
});

Deno.test("events of contracts are checked as wasmd checks them", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  const tell = (attributes: unknown[], events: unknown[] = []) => {
    const context = world.context();
    const script = { result: { ok: { messages: [], attributes, events, data: null } } };
    const result = world.run(context, EXECUTE, executeMessage(world.people[0]!, one, script));
    return result.ok
      ? context.events.slice(1).map((
        { type, attributes: [, ...own] },
      ) => [type, ...own.map((a) => `${a.key}=${a.value}`)])
      : messageOf(result);
  };
  assertEquals(tell([{ key: " k\t", value: " v\u0085" }, { key: "e", value: "" }]), [["wasm", "k=v", "e="]]);
  assertEquals(tell([], [{ type: " abc ", attributes: [] }]), [["wasm-abc"]]);
  assertEquals(tell([{ key: " ", value: "v" }]), "Empty attribute key. Value: v: invalid event");
  assertEquals(tell([{ key: "_k", value: "v" }]), "Attribute key starts with reserved prefix _: '_k': invalid event");
  assertEquals(tell([], [{ type: "ab ", attributes: [] }]), "Event type too short: 'ab': invalid event");
});

Deno.test("a contract's answer that is not what it has to be ends the call with a code", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  const answer = (result: unknown) =>
    codeOf(world.run(world.context(), EXECUTE, executeMessage(world.people[0]!, one, { result })));
  const okay = { messages: [], attributes: [], events: [], data: null };
  assertEquals(answer({ ok: okay }), "ok");
  const deep = JSON.parse("[".repeat(300) + "]".repeat(300));
  const message = { id: 1, msg: { custom: {} }, reply_on: "never" };
  const broken: unknown[] = [
    null,
    [],
    {},
    { ok: 5 },
    { ok: { ...okay, data: "%" } },
    { ok: { ...okay, data: "aGk" } },
    { ok: { ...okay, messages: {} } },
    { ok: { ...okay, messages: [{ ...message, reply_on: "sometimes" }] } },
    { ok: { ...okay, messages: [{ ...message, id: -1 }] } },
    { ok: { ...okay, messages: [{ ...message, id: 0.5 }] } },
    { ok: { ...okay, messages: [{ ...message, payload: new Uint8Array(128 * 1024 + 1).toBase64() }] } },
    { ok: { ...okay, messages: [{ ...message, msg: { any: {}, stargate: {} } }] } },
    { ok: okay, deep },
  ];
  for (const result of broken) assertEquals(answer(result), "wasm/29", JSON.stringify(result)?.slice(0, 100));
});

Deno.test("ids of 64 bits come back in the reply to the last digit, and the payload as it was", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  const response = `{"ok":{"messages":[{"id":18446744073709551615,"msg":{"custom":{}},"reply_on":"error","payload":"${
    toBase64(NOTHING)
  }"}]}}`;
  let reply = "";
  world.engine.call = (call: ContractCall): CallOutcome => {
    if (call.entry === "reply") reply = new TextDecoder().decode(call.args[1]!);
    const answer = call.entry === "execute" ? response : JSON.stringify(NOTHING.result);
    return { fuelUsed: 0n, result: ok(utf8ToBytes(answer)) };
  };
  assertEquals(codeOf(world.run(world.context(), EXECUTE, executeMessage(world.people[0]!, one, NOTHING))), "ok");
  assert(
    reply.startsWith(
      `{"gas_used":0,"id":18446744073709551615,"result":{"error":"codespace: wasm, code: 20"},"payload":"`,
    ),
    reply,
  );
});

Deno.test("only the admin and the authority may change a contract; who gave the right away has it no more", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  const [authority, admin, other] = world.people.map(({ text }) => text) as [string, string, string];
  const contract = one.text;
  const migrate = (sender: string, codeId = 1n) => {
    const msg = utf8ToBytes(JSON.stringify(NOTHING));
    return codeOf(
      world.run(
        world.context(),
        MsgMigrateContract.typeUrl,
        MsgMigrateContract.encode({ sender, contract, codeId, msg }).finish(),
      ),
    );
  };
  const label = (sender: string, newLabel: string) =>
    codeOf(
      world.run(
        world.context(),
        MsgUpdateContractLabel.typeUrl,
        MsgUpdateContractLabel.encode({ sender, contract, newLabel }).finish(),
      ),
    );
  assertEquals([migrate(other), migrate(admin), migrate(admin, 9n)], ["sdk/4", "ok", "sdk/18"]);
  assertEquals([label(other, "new"), label(admin, "new"), label(admin, " new"), label(admin, "a\u200bb")], [
    "sdk/4",
    "ok",
    "wasm/14",
    "wasm/14",
  ]);
  const update = MsgUpdateAdmin.encode({ sender: admin, contract, newAdmin: other }).finish();
  assertEquals(codeOf(world.run(world.context(), MsgUpdateAdmin.typeUrl, update)), "ok");
  assertEquals([migrate(admin), migrate(other)], ["sdk/4", "ok"]);
  const clear = MsgClearAdmin.encode({ sender: other, contract }).finish();
  assertEquals(codeOf(world.run(world.context(), MsgClearAdmin.typeUrl, clear)), "ok");
  assertEquals([migrate(other), migrate(authority)], ["sdk/4", "ok"]);
  const { place, entry } = world.set.contracts.lastHistory(world.journal, one.bytes)!;
  assertEquals([place, entry.codeId], [4n, 1n]);
});

Deno.test("codes that say they have the same version of the state migrate without a call; the new one is told of the old", () => {
  const world = new ContractWorld();
  world.engine.migrateVersions = { "code 7": 7n, "other 7": 7n, "code 8": 8n };
  const [one] = makeContracts(world, 1, "code 7") as [Address];
  makeContracts(world, 0, "other 7");
  makeContracts(world, 0, "code 8");
  const sender = world.people[1]!.text;
  const migrate = (codeId: bigint) => {
    const calls = world.engine.calls.length;
    const msg = utf8ToBytes(JSON.stringify(NOTHING));
    const bytes = MsgMigrateContract.encode({ sender, contract: one.text, codeId, msg }).finish();
    assertEquals(codeOf(world.run(world.context(), MsgMigrateContract.typeUrl, bytes)), "ok");
    return world.engine.calls.slice(calls).map(({ entry, args }) => [entry, args[2]]);
  };
  assertEquals(migrate(2n), []);
  assertEquals(migrate(3n), [["migrate", { sender, old_migrate_version: 7 }]]);
});

Deno.test("uploads and contracts are permitted by parameters, codes and uploaders", () => {
  const world = new ContractWorld();
  const [authority, admin, other] = world.people.map(({ text }) => text) as [string, string, string];
  const { ACCESS_TYPE_NOBODY: nobody, ACCESS_TYPE_ANY_OF_ADDRESSES: some, ACCESS_TYPE_EVERYBODY: everybody } =
    AccessType;
  const setParams = (sender: string, addresses: string[]) => {
    const params = {
      codeUploadAccess: { permission: addresses.length === 0 ? nobody : some, addresses },
      instantiateDefaultPermission: some,
    };
    return codeOf(
      world.run(
        world.context(),
        MsgUpdateParams.typeUrl,
        MsgUpdateParams.encode({ authority: sender, params }).finish(),
      ),
    );
  };
  const store = (sender: string, instantiatePermission?: { permission: AccessType; addresses: string[] }) => {
    const partial = instantiatePermission === undefined ? {} : { instantiatePermission };
    const message = MsgStoreCode.fromPartial({ sender, wasmByteCode: utf8ToBytes("code"), ...partial });
    return codeOf(world.run(world.context(), MsgStoreCode.typeUrl, MsgStoreCode.encode(message).finish()));
  };
  assertEquals([setParams(other, [other]), setParams(authority, [other])], ["wasm/14", "ok"]);
  assertEquals([store(admin), store(other), store(authority)], ["sdk/4", "ok", "ok"]);
  assertEquals(store(other, { permission: everybody, addresses: [] }), "sdk/4");
  assertEquals(store(other, { permission: nobody, addresses: [] }), "ok");
  assertEquals(store(other, { permission: some, addresses: [admin] }), "sdk/4");
  const salt = utf8ToBytes("salt");
  const make = (sender: string, codeId: bigint, label = "l") => {
    const message = MsgInstantiateContract2.fromPartial({
      sender,
      codeId,
      label,
      salt,
      msg: utf8ToBytes(JSON.stringify(NOTHING)),
    });
    return codeOf(
      world.run(world.context(), MsgInstantiateContract2.typeUrl, MsgInstantiateContract2.encode(message).finish()),
    );
  };
  assertEquals([make(admin, 1n), make(other, 1n), make(other, 1n)], ["sdk/4", "ok", "wasm/15"]);
  const widen = (sender: string, permission: AccessType) => {
    const message = { sender, codeId: 1n, newInstantiatePermission: { permission, addresses: [] } };
    return codeOf(
      world.run(
        world.context(),
        MsgUpdateInstantiateConfig.typeUrl,
        MsgUpdateInstantiateConfig.encode(message).finish(),
      ),
    );
  };
  assertEquals([widen(admin, nobody), widen(other, everybody), widen(other, nobody), widen(authority, everybody)], [
    "sdk/4",
    "sdk/4",
    "ok",
    "ok",
  ]);
  assertEquals(make(admin, 1n), "ok");
});

Deno.test("the authority pins codes, which then cost less, and calls contracts as the chain", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  const [authority, , other] = world.people.map(({ text }) => text) as [string, string, string];
  const tx = { index: 0, hash: new Uint8Array(32) };
  const gasOf = (position?: typeof tx) => {
    const context = world.context(10_000_000, position);
    assertEquals(codeOf(world.run(context, EXECUTE, executeMessage(world.people[2]!, one, NOTHING))), "ok");
    return context.gas.used;
  };
  const before = gasOf(tx);
  const pin = (codec: typeof MsgPinCodes, sender: string, ...codeIds: bigint[]) =>
    codeOf(
      world.run(world.context(10_000_000, tx), codec.typeUrl, codec.encode({ authority: sender, codeIds }).finish()),
    );
  assertEquals([pin(MsgPinCodes, other, 1n), pin(MsgPinCodes, authority, 2n), pin(MsgPinCodes, authority, 1n, 1n)], [
    "wasm/14",
    "wasm/28",
    "sdk/18",
  ]);
  assertEquals(pin(MsgPinCodes, authority, 1n), "ok");
  assertEquals([before - gasOf(), world.engine.pinned.size], [58_000, 0], "no simulation pins anything");
  assertEquals([before - gasOf(tx), world.engine.pinned.size], [58_000, 1]);
  assertEquals([pin(MsgUnpinCodes, authority, 1n), world.engine.pinned.size], ["ok", 0]);
  assertEquals(gasOf(tx), before);
  const sudo = (sender: string) =>
    codeOf(
      world.run(
        world.context(),
        MsgSudoContract.typeUrl,
        MsgSudoContract.encode({ authority: sender, contract: one.text, msg: utf8ToBytes(JSON.stringify(NOTHING)) })
          .finish(),
      ),
    );
  assertEquals([sudo(other), sudo(authority)], ["wasm/14", "ok"]);
  assertEquals(world.engine.calls.at(-1)!.entry, "sudo");
});

Deno.test("no transaction with more gas than a few seconds of work runs contracts", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  const tx = { index: 0, hash: new Uint8Array(32) };
  const run = (gas: number) =>
    codeOf(world.run(world.context(gas, tx), EXECUTE, executeMessage(world.people[0]!, one, NOTHING)));
  assertEquals([run(50_000_000), run(50_000_001)], ["ok", "sdk/41"]);
  assertEquals((world.engine.calls.at(-1)!.args[0] as { transaction: unknown }).transaction, {
    index: 0,
    hash: new Uint8Array(32).toBase64(),
  });
});

Deno.test("a contract is asked at most ten deep, within the gas of whoever asks", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  const asking = (depth: number): Script =>
    depth === 0 ? { result: { ok: toBase64({ depth }) } } : {
      result: { ok: toBase64({ depth }) },
      query: { wasm: { smart: { contract_addr: one.text, msg: toBase64(asking(depth - 1)) } } },
    };
  const run = (depth: number) => {
    world.engine.answers.length = 0;
    const script = {
      ...NOTHING,
      query: { wasm: { smart: { contract_addr: one.text, msg: toBase64(asking(depth)) } } },
    };
    assertEquals(codeOf(world.run(world.context(), EXECUTE, executeMessage(world.people[0]!, one, script))), "ok");
    return JSON.stringify(world.engine.answers[0]);
  };
  assertEquals(run(9), `{"ok":{"ok":"${toBase64({ depth: 0 })}"}}`);
  assertEquals(run(10), `{"ok":{"error":"codespace: wasm, code: 27"}}`);
});

Deno.test("whatever a contract returns, the call ends with a response or a code", () => {
  const world = new ContractWorld();
  const [one] = makeContracts(world, 1) as [Address];
  let answer: Uint8Array = new Uint8Array();
  world.engine.call = () => ({ fuelUsed: 0n, result: ok(answer) });
  const names = fc.constantFrom(
    ...[
      "ok",
      "error",
      "messages",
      "attributes",
      "events",
      "data",
      "key",
      "value",
      "type",
      "id",
      "msg",
      "reply_on",
      "payload",
    ],
    ...[
      "gas_limit",
      "bank",
      "send",
      "burn",
      "to_address",
      "amount",
      "denom",
      "wasm",
      "execute",
      "instantiate2",
      "migrate",
    ],
    ...[
      "contract_addr",
      "funds",
      "any",
      "type_url",
      "stargate",
      "ibc",
      "ibc2",
      "gov",
      "staking",
      "salt",
      "label",
      "code_id",
    ],
  );
  const leaf = fc.constantFrom<unknown>(
    null,
    "",
    "never",
    "always",
    "e30=",
    one.text,
    "ucat",
    "1",
    1,
    -1,
    0.5,
    true,
    EXECUTE,
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 7 },
      leaf,
      fc.dictionary(names, tie("value"), { maxKeys: 4 }),
      fc.array(tie("value"), { maxLength: 2 }),
    ),
  }));
  const run = (bytes: Uint8Array) => {
    answer = bytes;
    const context = world.context(30_000_000);
    const branch = context.branch();
    try {
      const result = world.run(context, EXECUTE, executeMessage(world.people[0]!, one, NOTHING));
      assert(result.ok || result.error.codespace !== "");
    } catch (error) {
      // Contracts here answer alike, so that some of them call themselves until there is nothing left.
      if (!(error instanceof OutOfGas)) throw error;
    } finally {
      branch.drop();
    }
  };
  fc.assert(fc.property(value, (json) => run(utf8ToBytes(JSON.stringify({ ok: json })))), { numRuns: 1_000 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), run), { numRuns: 300 });
});
