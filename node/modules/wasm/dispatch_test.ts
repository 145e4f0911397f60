/**
 * Trees of submessages that succeed, fail and are replied to, against a model that copies its whole world before each of them.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { MsgExecuteContract, MsgExecuteContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import fc from "fast-check";
import {
  ContractWorld,
  executeMessage,
  makeContracts,
  type Script,
  toBase64,
} from "../../../tests/helpers/scripted_contracts.ts";
import type { Address } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";

const REPLY_ON = ["always", "success", "error", "never"] as const;
const CONTRACTS = 3;

/** What a contract does when it is called, or replied to. */
interface Act {
  readonly write: readonly (readonly [key: string, value: string])[];
  readonly tell: readonly (readonly [key: string, value: string])[];
  readonly event: boolean;
  readonly data: string | undefined;
  /** The contract refuses: after its writes. */
  readonly fails: boolean;
  readonly sends: readonly Sub[];
}
interface Sub {
  readonly replyOn: typeof REPLY_ON[number];
  readonly reply: Act;
  readonly message:
    | { readonly kind: "call"; readonly to: number; readonly coins: number; readonly act: Act }
    | { readonly kind: "send"; readonly to: number; readonly coins: number }
    | { readonly kind: "burn"; readonly coins: number }
    | { readonly kind: "unknown" };
}

const text = fc.constantFrom("a", "b", "c");
const pairs = fc.array(fc.tuple(text, text), { maxLength: 2 });
const act = (sends: fc.Arbitrary<Sub[]>, fails: fc.Arbitrary<boolean>): fc.Arbitrary<Act> =>
  fc.record({
    write: pairs,
    tell: pairs,
    event: fc.boolean(),
    data: fc.option(fc.constantFrom("", "x", "yy"), { nil: undefined }),
    fails,
    sends,
  });
const sometimes = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
const { acts } = fc.letrec<{ acts: Act; sub: Sub; subs: Sub[] }>((tie) => ({
  acts: act(tie("subs"), sometimes),
  subs: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant<Sub[]>([]),
    fc.array(tie("sub"), { maxLength: 3 }),
  ),
  sub: fc.record({
    replyOn: fc.constantFrom(...REPLY_ON),
    reply: act(fc.constant([]), sometimes),
    message: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constant("call" as const),
          to: fc.nat(CONTRACTS - 1),
          coins: fc.nat(30),
          act: tie("acts"),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("send" as const), to: fc.nat(CONTRACTS - 1), coins: fc.nat(60) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("burn" as const), coins: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.constant({ kind: "unknown" as const }) },
    ),
  }),
}));

const coinsOf = (amount: number) => amount === 0 ? [] : [{ denom: "ucat", amount: `${amount}` }];

/** An act as a script for the engine. */
function scriptOf({ write, tell, event, data, fails, sends }: Act, contracts: readonly Address[]): Script {
  const attributes = tell.map(([key, value]) => ({ key, value }));
  const messages = sends.map((sub, id) => ({
    id,
    msg: messageOf(sub, contracts),
    gas_limit: null,
    reply_on: sub.replyOn,
    payload: toBase64(scriptOf(sub.reply, contracts)),
  }));
  const events = event ? [{ type: "told", attributes }] : [];
  const said = data === undefined ? null : utf8ToBytes(data).toBase64();
  return { writes: write, result: fails ? { error: "no" } : { ok: { messages, attributes, events, data: said } } };
}

function messageOf({ message }: Sub, contracts: readonly Address[]): unknown {
  switch (message.kind) {
    case "call":
      return {
        wasm: {
          execute: {
            contract_addr: contracts[message.to]!.text,
            msg: toBase64(scriptOf(message.act, contracts)),
            funds: coinsOf(message.coins),
          },
        },
      };
    case "send":
      return { bank: { send: { to_address: contracts[message.to]!.text, amount: coinsOf(message.coins) } } };
    case "burn":
      return { bank: { burn: { amount: coinsOf(message.coins) } } };
    case "unknown":
      return { custom: {} };
  }
}

type Told = [type: string, ...attributes: string[]];

/** The whole world, and what became of a call. Plain values: `structuredClone` takes a copy. */
interface ModelWorld {
  kept: Record<string, string>[];
  coins: number[];
  burned: number;
  told: Told[];
}

class Model {
  constructor(
    public world: ModelWorld,
    readonly names: readonly string[],
    readonly sender: string,
    readonly module: string,
  ) {}

  /** The data of a call, or undefined for a refusal; -1 is whoever sends the transaction. */
  call(from: number, to: number, coins: number, acted: Act): { data: string | undefined } | undefined {
    if (!this.move(from, to, coins)) return undefined;
    return this.act("execute", to, acted);
  }

  move(from: number, to: number, coins: number): boolean {
    if (coins === 0) return true;
    const amount = `${coins}ucat`;
    const [spender, receiver] = [this.names[from] ?? this.sender, this.names[to]!];
    if ((this.world.coins[from] ?? Infinity) < coins) return false;
    if (from >= 0) this.world.coins[from]! -= coins;
    this.world.coins[to]! += coins;
    this.world.told.push(["coin_spent", "spender", spender, "amount", amount]);
    this.world.told.push(["coin_received", "receiver", receiver, "amount", amount]);
    this.world.told.push(["transfer", "recipient", receiver, "sender", spender, "amount", amount]);
    return true;
  }

  burn(from: number, coins: number): boolean {
    if (coins === 0 || this.world.coins[from]! < coins) return false;
    const amount = `${coins}ucat`;
    const name = this.names[from]!;
    this.world.coins[from]! -= coins;
    this.world.burned += coins;
    this.world.told.push(
      ["coin_spent", "spender", name, "amount", amount],
      ["coin_received", "receiver", this.module, "amount", amount],
      ["transfer", "recipient", this.module, "sender", name, "amount", amount],
      ["coin_spent", "spender", this.module, "amount", amount],
      ["burn", "burner", this.module, "amount", amount],
    );
    return true;
  }

  act(entry: "execute" | "reply", self: number, acted: Act): { data: string | undefined } | undefined {
    for (const [key, value] of acted.write) this.world.kept[self]![key] = value;
    if (acted.fails) return undefined;
    const own = ["_contract_address", this.names[self]!];
    this.world.told.push([entry, ...own]);
    const attributes = acted.tell.flat();
    if (acted.tell.length > 0) this.world.told.push(["wasm", ...own, ...attributes]);
    if (acted.event) this.world.told.push(["wasm-told", ...own, ...attributes]);
    let { data } = acted;
    for (const sub of acted.sends) {
      const before = structuredClone(this.world);
      const done = this.send(self, sub);
      if (!done) this.world = before;
      else if (sub.message.kind === "call") this.sortAttributes(before.told.length);
      if (!done && (sub.replyOn === "never" || sub.replyOn === "success")) return undefined;
      if (sub.replyOn === "never" || (done && sub.replyOn === "error")) continue;
      const replied = this.act("reply", self, sub.reply);
      if (replied === undefined) return undefined;
      data = replied.data ?? data;
    }
    return { data };
  }

  send(self: number, { message }: Sub): boolean {
    switch (message.kind) {
      case "call":
        return this.call(self, message.to, message.coins, message.act) !== undefined;
      case "send":
        // No amount is no message, which is none that fails.
        return this.move(self, message.to, message.coins);
      case "burn":
        return this.burn(self, message.coins);
      case "unknown":
        return false;
    }
  }

  sortAttributes(first: number): void {
    this.world.told = this.world.told.map((told, at) => {
      if (at < first) return told;
      const [type, ...flat] = told;
      const list = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const);
      list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
      return [type, ...list.flat()];
    });
  }
}

function keptOf(world: ContractWorld, contract: Address): Record<string, string> {
  const range = { start: undefined, end: undefined, reverse: false, limit: 100 };
  const decoder = new TextDecoder();
  return Object.fromEntries(
    world.set.contracts.rawRange(world.journal, contract.bytes, range)
      .map(([key, value]) => [decoder.decode(key), decoder.decode(value)]),
  );
}

Deno.test("any tree of submessages leaves the state, coins, events and data that copying the world for each would", () => {
  let failures = 0;
  fc.assert(
    fc.property(acts, fc.nat(CONTRACTS - 1), fc.nat(100), (acted, to, coins) => {
      const world = new ContractWorld();
      const contracts = makeContracts(world, CONTRACTS);
      const { accounts } = world.set.contracts.parts;
      const module = accounts.moduleAddress("wasm").text;
      const sender = world.people[2]!;
      const model = new Model(
        { kept: contracts.map(() => ({})), coins: contracts.map(() => 0), burned: 0, told: [] },
        contracts.map(({ text }) => text),
        sender.text,
        module,
      );
      const before = structuredClone(model.world);
      const expected = model.call(-1, to, coins, acted);
      if (expected === undefined) {
        model.world = before;
        failures++;
      }
      const context = world.context();
      const checkpoint = world.journal.checkpoint();
      const bytes = executeMessage(
        sender,
        contracts[to]!,
        scriptOf(acted, contracts),
        coins === 0 ? "" : `${coins}ucat`,
      );
      const result = world.run(context, MsgExecuteContract.typeUrl, bytes);
      if (result.ok) world.journal.commit(checkpoint);
      else world.journal.revert(checkpoint);
      assertEquals(result.ok, expected !== undefined);
      assertEquals(contracts.map((contract) => keptOf(world, contract)), model.world.kept);
      assertEquals(contracts.map((contract) => world.balance(contract)), model.world.coins.map(BigInt));
      const held = model.world.coins.reduce((sum, amount) => sum + amount, 0);
      assertEquals(world.balance(sender), 1_000_000n - BigInt(held + model.world.burned));
      if (!result.ok) return;
      const told = context.events.map(({ type, attributes }) => [type, ...attributes.flatMap((a) => [a.key, a.value])]);
      assertEquals(told, model.world.told);
      const { data } = MsgExecuteContractResponse.decode(result.value);
      assertEquals(new TextDecoder().decode(data), expected!.data ?? "");
    }),
    { numRuns: 400 },
  );
  // The property is about both.
  assert(failures > 20 && failures < 390, `${failures} of the trees failed`);
});
