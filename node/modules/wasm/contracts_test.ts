/** Unmodified contracts on a whole application: coins are conserved, genesis holds everything, cold state changes nothing. */
import { assert, assertEquals } from "@std/assert";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import {
  MsgExecuteContract,
  MsgInstantiateContract,
  MsgInstantiateContractResponse,
  MsgMigrateContract,
  MsgStoreCode,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { ExecTxResult } from "cosmjs-types/tendermint/abci/types";
import fc from "fast-check";
import {
  type ChainOptions,
  codec,
  makeTx,
  type Signer,
  signerOf,
  TestChain,
} from "../../../tests/bad_input/harness.ts";
import { hostileCode } from "../../../tests/helpers/hostile_contracts.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { coinTexts, parseCoins } from "../../core/coins.ts";

const alice = signerOf("alice");
const bob = signerOf("bob");
const carol = signerOf("carol");
const people = [alice, bob, carol];
const COINS = "1000000000ucat,1000000000umoo";

const wasm = (name: string): Uint8Array =>
  Deno.readFileSync(new URL(`../../../tests/vectors/cosmwasm/${name}`, import.meta.url));
const json = (value: unknown) => utf8ToBytes(JSON.stringify(value));

/** A chain on which people send one transaction a block. */
class Contracts {
  readonly chain: TestChain;
  readonly #sequences = new Map<Signer, bigint>();
  readonly #pending: Uint8Array[] = [];

  constructor(options: ChainOptions = {}) {
    this.chain = new TestChain({ accounts: people, coins: COINS, ...options });
  }

  tx(signer: Signer, typeUrl: string, value: Uint8Array, gas = 20_000_000n): Uint8Array {
    const sequence = this.#sequences.get(signer) ?? 0n;
    this.#sequences.set(signer, sequence + 1n);
    const accountNumber = BigInt(people.indexOf(signer));
    return makeTx({ messages: [{ typeUrl, value }], signers: [{ signer, accountNumber, sequence }], gas });
  }

  run(signer: Signer, typeUrl: string, value: Uint8Array, gas?: bigint): ExecTxResult {
    return this.chain.block(this.tx(signer, typeUrl, value, gas)).txResults[0]!;
  }

  store(signer: Signer, name: string): ExecTxResult {
    const message = MsgStoreCode.fromPartial({ sender: signer.address.text, wasmByteCode: wasm(name) });
    return this.run(signer, MsgStoreCode.typeUrl, MsgStoreCode.encode(message).finish());
  }

  /** The address of the contract. */
  make(signer: Signer, codeId: number, msg: unknown, coins = ""): string {
    const message = MsgInstantiateContract.fromPartial({
      sender: signer.address.text,
      admin: signer.address.text,
      codeId: BigInt(codeId),
      label: "a contract",
      msg: json(msg),
      funds: coinTexts(parseCoins(coins)!),
    });
    const result = this.run(signer, MsgInstantiateContract.typeUrl, MsgInstantiateContract.encode(message).finish());
    assertEquals(result.log, "");
    const response = TxMsgData.decode(result.data).msgResponses[0]!.value;
    return MsgInstantiateContractResponse.decode(response).address;
  }

  execute(signer: Signer, contract: string, msg: unknown, coins = "", gas?: bigint): ExecTxResult {
    const funds = coinTexts(parseCoins(coins)!);
    const message = { sender: signer.address.text, contract, msg: json(msg), funds };
    return this.run(signer, MsgExecuteContract.typeUrl, MsgExecuteContract.encode(message).finish(), gas);
  }

  migrate(signer: Signer, contract: string, codeId: number, msg: unknown): ExecTxResult {
    const message = { sender: signer.address.text, contract, codeId: BigInt(codeId), msg: json(msg) };
    return this.run(signer, MsgMigrateContract.typeUrl, MsgMigrateContract.encode(message).finish());
  }

  /** What everybody has of a denom, people and contracts. */
  held(contracts: readonly string[], denom: string): bigint {
    const all = [...people.map(({ address }) => address), ...contracts.map((text) => codec.parse(text)!)];
    return all.reduce((sum, address) => sum + this.chain.balance(address, denom), 0n);
  }
}

/** Codes 1 to 6, and a contract of each of the first four. */
function world(options?: ChainOptions) {
  const chain = new Contracts(options);
  for (
    const name of [
      "cw20_base.wasm",
      "hackatom.wasm",
      "reflect_2_2.wasm",
      "replier.wasm",
      "burner.wasm",
      "hackatom.wasm",
    ]
  ) {
    assertEquals(chain.store(alice, name).log, "");
  }
  const cw20 = chain.make(alice, 1, {
    name: "Token",
    symbol: "TOK",
    decimals: 6,
    initial_balances: [{ address: alice.address.text, amount: "1000" }],
  });
  const hackatom = chain.make(alice, 2, { verifier: bob.address.text, beneficiary: carol.address.text }, "5000ucat");
  const reflect = chain.make(bob, 3, {}, "7000ucat,3000umoo");
  const replier = chain.make(bob, 4, {});
  return { chain, cw20, hackatom, reflect, replier, all: [cw20, hackatom, reflect, replier] };
}

const send = (to: string, amount: number, denom: string) => ({
  bank: { send: { to_address: to, amount: [{ denom, amount: `${amount}` }] } },
});

Deno.test("what contracts hold, move, burn and fail to move adds up with what people hold", () => {
  const { chain, cw20, hackatom, reflect, replier, all } = world();
  const whole = 3_000_000_000n;
  let burned = 0n;
  const addresses = [...all, ...people.map(({ address }) => address.text)];
  const step = fc.oneof(
    fc.record({ kind: fc.constant("reflect" as const), to: fc.nat(6), amount: fc.nat(4_000), denom: fc.boolean() }),
    fc.record({ kind: fc.constant("burn" as const), amount: fc.nat(1_500) }),
    fc.record({ kind: fc.constant("token" as const), amount: fc.nat(600) }),
    fc.record({ kind: fc.constant("fund" as const), to: fc.nat(3), amount: fc.nat(900) }),
    fc.record({ kind: fc.constant("release" as const), who: fc.nat(2) }),
  );
  let failed = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
      for (const one of steps) {
        let result: ExecTxResult;
        switch (one.kind) {
          case "reflect": {
            const denom = one.denom ? "ucat" : "umoo";
            const msgs = [send(addresses[one.to]!, one.amount, denom), send(addresses[(one.to + 1) % 7]!, 1, denom)];
            result = chain.execute(bob, reflect, { reflect_msg: { msgs } });
            break;
          }
          case "burn": {
            const msgs = [{ bank: { burn: { amount: [{ denom: "ucat", amount: `${one.amount}` }] } } }];
            result = chain.execute(bob, reflect, { reflect_msg: { msgs } });
            if (result.code === 0) burned += BigInt(one.amount);
            break;
          }
          case "token":
            result = chain.execute(alice, cw20, { transfer: { recipient: bob.address.text, amount: `${one.amount}` } });
            break;
          case "fund":
            result = chain.execute(
              carol,
              all[one.to]!,
              one.to === 2 ? { reflect_msg: { msgs: [] } } : {},
              `${one.amount + 1}umoo`,
            );
            break;
          case "release":
            result = chain.execute(people[one.who]!, hackatom, { release: {} });
        }
        if (result.code !== 0) failed++;
        assertEquals(chain.held(all, "ucat"), whole - burned);
        assertEquals(chain.held(all, "umoo"), whole);
      }
    }),
    { numRuns: 20 },
  );
  assert(failed > 0, "nothing failed");
  assert(replier.startsWith("cat1"));
});

Deno.test("a contract becomes another one: what it held and kept goes where the new code says", () => {
  const { chain, hackatom } = world();
  const before = chain.chain.balance(carol.address);
  const migrated = chain.migrate(alice, hackatom, 5, { payout: carol.address.text, delete: 100 });
  assertEquals(migrated.log, "");
  assertEquals(chain.chain.balance(carol.address) - before, 5_000n);
  const prefix = `03${codec.parse(hackatom)!.bytes.toHex()}`;
  assertEquals(storeOf(chain.chain).filter((entry) => entry.startsWith(prefix)), []);
  assertEquals(chain.execute(alice, hackatom, { release: {} }).code, 5);
});

Deno.test("an endless loop ends with the gas of its transaction, and nothing of it stays", () => {
  const { chain, hackatom } = world();
  const before = chain.chain.balance(carol.address);
  const result = chain.execute(carol, hackatom, { cpu_loop: {} }, "100ucat", 300_000n);
  assertEquals([result.codespace, result.code], ["sdk", 11]);
  assert(result.gasUsed >= 300_000n);
  assertEquals(chain.chain.balance(carol.address), before);
  assertEquals(chain.execute(bob, hackatom, { release: {} }).log, "");
});

/** Everything in the store of this module. */
function storeOf(chain: TestChain): string[] {
  const entries: string[] = [];
  let start: Uint8Array | undefined;
  for (;;) {
    const page = chain.run(chain.state.resident(() => chain.state.committed.page("wasm", { start, limit: 50 })));
    for (const [key, value] of page) entries.push(`${key.toHex()}=${value.toHex()}`);
    if (page.length < 50) return entries;
    start = new Uint8Array([...page.at(-1)![0], 0]);
  }
}

Deno.test("a genesis file holds codes, contracts and everything they keep: a chain that starts from it is the same", () => {
  const { chain, cw20, reflect, hackatom } = world({ admins: [alice.address] });
  chain.execute(alice, cw20, { transfer: { recipient: bob.address.text, amount: "12" } });
  chain.migrate(alice, hackatom, 6, { verifier: carol.address.text });
  const exported = chain.chain.run(chain.chain.app.exportGenesis());
  const text = JSON.stringify(exported);
  const next = new Contracts({ appState: JSON.parse(text) });
  assertEquals(storeOf(next.chain), storeOf(chain.chain));
  assertEquals(JSON.stringify(next.chain.run(next.chain.app.exportGenesis())), text);
  // It goes on: contracts answer, and new ones have new addresses.
  const msgs = [send(carol.address.text, 5, "ucat")];
  const execute = { sender: bob.address.text, contract: reflect, msg: json({ reflect_msg: { msgs } }), funds: [] };
  const tx = makeTx({
    messages: [{ typeUrl: MsgExecuteContract.typeUrl, value: MsgExecuteContract.encode(execute).finish() }],
    signers: [{ signer: bob, accountNumber: 1n, sequence: 2n }],
    gas: 2_000_000n,
  });
  assertEquals(next.chain.block(tx).txResults[0]!.log, "");
});

Deno.test("a genesis file that contradicts itself is refused with what is wrong", () => {
  const { chain } = world();
  const exported = chain.chain.run(chain.chain.app.exportGenesis());
  // deno-lint-ignore no-explicit-any
  const refusalOf = (change: (wasm: any) => void) => {
    const state = JSON.parse(JSON.stringify(exported));
    change(state.wasm);
    try {
      new Contracts({ appState: state });
      return "started";
    } catch (error) {
      return (error as Error).message;
    }
  };
  const has = (message: string, part: string) => assert(message.includes(part), message);
  has(refusalOf((wasm) => wasm.codes.push(wasm.codes[0])), "code 1 is there twice");
  has(refusalOf((wasm) => (wasm.codes[0].code_bytes = wasm.codes[1].code_bytes)), "another hash");
  has(refusalOf((wasm) => (wasm.codes[0].code_bytes = "AAAA")), "code 1: ");
  has(refusalOf((wasm) => (wasm.sequences[0].value = "2")), "and the next one is 2");
  has(refusalOf((wasm) => wasm.contracts.push(wasm.contracts[0])), "there twice");
  has(refusalOf((wasm) => (wasm.contracts[0].contract_info.code_id = "99")), "there is no code 99");
  has(refusalOf((wasm) => wasm.contracts[0].contract_state.push(wasm.contracts[0].contract_state[0])), "there twice");
  has(refusalOf((wasm) => (wasm.params.instantiate_default_permission = "Somebody")), "access type");
  has(refusalOf((wasm) => (wasm.floats = "maybe")), "floats");
});

Deno.test("a chain whose state is never in memory makes the same blocks", () => {
  const runs = [64 * 1024 * 1024, 1].map((cacheBytesMax) => {
    const { chain, cw20, reflect, replier } = world({ cacheBytesMax });
    const tree = {
      msg_id: 1,
      set_data_in_exec_and_reply: true,
      return_order_in_reply: true,
      exec_error: false,
      reply_error: false,
      reply_on_never: false,
    };
    const results = [
      chain.execute(alice, cw20, { transfer: { recipient: bob.address.text, amount: "12" } }),
      chain.execute(bob, reflect, { reflect_msg: { msgs: [send(replier, 5, "ucat"), send(cw20, 5, "umoo")] } }),
      chain.execute(bob, replier, { ...tree, messages: [{ ...tree, msg_id: 2, exec_error: true, messages: [] }] }),
    ];
    return { results, hash: chain.chain.execute([]).appHash, loads: chain.chain.storage.loads };
  });
  const [warm, cold] = runs as [typeof runs[0], typeof runs[0]];
  assertEquals({ ...cold, loads: 0 }, { ...warm, loads: 0 });
  assert(cold.loads > 2 * warm.loads, `${cold.loads} loads against ${warm.loads}`);
});

/** Codes of what comes of uploads on a chain with those rules; the chain. */
function uploadsWith(rules: Record<string, unknown>, codes: readonly Uint8Array[]) {
  const { chain } = world();
  const state = JSON.parse(JSON.stringify(chain.chain.run(chain.chain.app.exportGenesis())));
  state.wasm = { ...state.wasm, codes: [], contracts: [], sequences: [], ...rules };
  const ruled = new Contracts({ appState: state });
  const results = codes.map((code, i) => {
    const message = MsgStoreCode.fromPartial({ sender: carol.address.text, wasmByteCode: code });
    const value = MsgStoreCode.encode(message).finish();
    const signers = [{ signer: carol, accountNumber: 2n, sequence: BigInt(i) }];
    return ruled.chain.block(
      makeTx({ messages: [{ typeUrl: MsgStoreCode.typeUrl, value }], signers, gas: 20_000_000n }),
    ).txResults[0]!.code;
  });
  return { results, exported: ruled.chain.run(ruled.chain.app.exportGenesis()) as { wasm: Record<string, unknown> } };
}

Deno.test("a chain that refuses floats refuses code with floats, and takes the rest", () => {
  const { results, exported } = uploadsWith({ floats: "reject" }, [wasm("floaty_2.0.wasm"), wasm("hackatom.wasm")]);
  assertEquals(results, [2, 0]);
  assertEquals(exported.wasm.floats, "reject");
});

Deno.test("a chain takes functions with as many locals as its genesis file says", () => {
  const [fits, over] = [150, 151].map((count) =>
    hostileCode({ more: { functions: [{ locals: Array.from({ length: count }, () => "i32" as const), body: "" }] } })
  );
  const { results, exported } = uploadsWith({ function_locals_max: 150 }, [fits!, over!]);
  assertEquals(results, [0, 2]);
  assertEquals(exported.wasm.function_locals_max, 150);
  assertEquals(uploadsWith({}, [fits!]).results, [2]);
});
