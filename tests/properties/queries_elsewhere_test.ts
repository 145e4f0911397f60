/** Queries that are answered elsewhere get the answers that the application itself would give, also while blocks are made. */
import { assert, assertEquals } from "@std/assert";
import { QuerySmartContractStateRequest } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { MsgExecuteContract, MsgInstantiateContract, MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { SimulateRequest } from "cosmjs-types/cosmos/tx/v1beta1/service";
import fc from "fast-check";
import { Interrupted } from "../../contracts/wasm/mod.ts";
import { createQuerying, type QueryElsewhere, type QueryInput, standardModules } from "../../node/app/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import type { LoadKeys, LoadNodes, LoadRange, Reply } from "../../node/core/work.ts";
import { classicAddress } from "../../node/modules/wasm/mod.ts";
import { type FromQueryThread, QueryPool, type QueryThread, queryThread } from "../../node/runtime/mod.ts";
import { FollowingState } from "../../node/state/mod.ts";
import { codec, makeTx, sendMessage, signerOf, TestChain } from "../bad_input/harness.ts";
import { CheckedOnce } from "../helpers/checked_once.ts";
import { contractCode } from "../helpers/contract_code.ts";

const PEOPLE = ["ann", "ben", "cat", "dan"].map((name) => signerOf(name, "ed25519"));
const [TOKEN, NOBODY] = [classicAddress(1n, 1n), classicAddress(7n, 7n)].map((bytes) => codec.of(bytes).text);
const GAS = 3_000_000n;
/** One for all: compiling is what takes time. */
const engine = new CheckedOnce();
const threadEngine = new CheckedOnce();

const execute = (from: number, contract: string, msg: unknown) => ({
  typeUrl: MsgExecuteContract.typeUrl,
  value: MsgExecuteContract.encode({
    sender: PEOPLE[from]!.address.text,
    contract,
    msg: utf8ToBytes(JSON.stringify(msg)),
    funds: [],
  }).finish(),
});

/** What changes what others ask about. */
const OVERTAKING = [1, 2].flatMap((from) => {
  const to = PEOPLE[3]!.address;
  const transfer = execute(from, TOKEN!, { transfer: { recipient: to.text, amount: "1" } });
  return [transfer, sendMessage(PEOPLE[from]!.address, to, "1ucat")].map((message) => ({ from, message }));
});

const person = fc.nat(PEOPLE.length - 1);
const amount = fc.constantFrom("1", "400", "5000");
const message = fc.record({ from: person }).chain(({ from }) =>
  fc.oneof(
    fc.tuple(person, amount).map(([to, amount]) =>
      execute(from, TOKEN!, { transfer: { recipient: PEOPLE[to]!.address.text, amount } })
    ),
    fc.tuple(person, amount).map(([to, amount]) =>
      sendMessage(PEOPLE[from]!.address, PEOPLE[to]!.address, `${amount}ucat`)
    ),
    fc.constant(execute(from, NOBODY!, {})),
  ).map((message) => ({ from, message }))
);

const smart = fc.record({
  contract: fc.constantFrom(TOKEN!, TOKEN!, NOBODY!, "cat1"),
  asked: fc.oneof(
    person.map((who) => ({ balance: { address: PEOPLE[who]!.address.text } })),
    fc.constantFrom({ token_info: {} }, { all_accounts: {} }, { nothing: {} }, { balance: { address: "x" } }),
  ),
}).map(({ contract, asked }) => ({
  path: "/cosmwasm.wasm.v1.Query/SmartContractState",
  data: () =>
    QuerySmartContractStateRequest.encode({ address: contract, queryData: utf8ToBytes(JSON.stringify(asked)) })
      .finish(),
}));
const simulated = fc.record({ sent: message, skew: fc.constantFrom(0n, 0n, 0n, 1n, -1n) }).map(({ sent, skew }) => ({
  path: "/cosmos.tx.v1beta1.Service/Simulate",
  data: (world: World) =>
    SimulateRequest.encode(SimulateRequest.fromPartial({ txBytes: world.tx(sent, skew) })).finish(),
}));
const garbage = fc.record({
  path: fc.constantFrom(
    "/cosmwasm.wasm.v1.Query/SmartContractState",
    "/app/simulate",
    "/cosmos.tx.v1beta1.Service/Simulate",
  ),
  bytes: fc.uint8Array({ maxLength: 20 }),
}).map(({ path, bytes }) => ({ path, data: () => bytes }));
const query = fc.record({
  one: fc.oneof(smart, simulated, garbage),
  height: fc.constantFrom(0n, 0n, 0n, 1n, 2n, 99n, -1n),
  /** A block is made before a request of this query is answered. */
  overtaken: fc.boolean(),
});
type Query = typeof query extends fc.Arbitrary<infer T> ? T : never;
type Sent = typeof message extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ block: fc.array(message, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ waits: message }) },
  { weight: 4, arbitrary: fc.record({ query }) },
);

/** A chain, what waits for its next block, and a pool whose threads are in this one. */
class World {
  readonly chain = new TestChain({ accounts: PEOPLE, engine });
  readonly #committed = PEOPLE.map(() => 0n);
  readonly #waiting = PEOPLE.map(() => 0n);
  #overtaking = false;
  #asked: QueryElsewhere | undefined;
  loads = 0;
  interruptions = 0;
  readonly pool = new QueryPool({
    threads: 2,
    timeoutMs: 60_000,
    setup: {},
    clock: { now: () => 0, after: () => () => {} },
    elsewhere: (query) => this.#asked = this.chain.app.queryElsewhere!(query),
    load: () => Promise.reject(new Error("load: threads in this one load at once")),
    start: (onMessage, onFailure): QueryThread => {
      const say = (message: FromQueryThread) => queueMicrotask(() => onMessage(structuredClone(message)));
      const take = queryThread(
        (_, version) => {
          // So small that it forgets in between.
          const state = new FollowingState(version, 4_000, this.#load);
          const modules = (codec: Parameters<typeof standardModules>[0]) =>
            standardModules(codec, { engine: threadEngine });
          return {
            state,
            query: createQuerying({ bech32Prefix: "cat", state, modules }),
            allow: (fuel) => threadEngine.allow(fuel),
            isInterruption: (thrown) => {
              const is = thrown instanceof Interrupted;
              if (is) this.interruptions++;
              return is;
            },
          };
        },
        say,
        this.#load,
        // An instance alone takes more: all that run contracts begin anew.
        { firstFuel: 500_000_000n, hasEnded: () => false },
      );
      return {
        post(message) {
          const copy = structuredClone(message);
          queueMicrotask(() => {
            try {
              take(copy);
            } catch (error) {
              onFailure(error);
            }
          });
        },
        answer: () => {},
        end: () => {},
      };
    },
  });
  readonly #load = (request: LoadKeys | LoadRange | LoadNodes): Reply => {
    this.loads++;
    if (this.#overtaking) {
      this.#overtaking = false;
      this.block(OVERTAKING);
    }
    const { answer, bound } = this.#asked!;
    return structuredClone(this.chain.storage.run(answer(request), bound));
  };

  constructor() {
    const sender = PEOPLE[0]!.address.text;
    const balances = PEOPLE.map(({ address }) => ({ address: address.text, amount: "1000" }));
    const init = { name: "Token", symbol: "TOK", decimals: 0, initial_balances: balances };
    const store = MsgStoreCode.fromPartial({ sender, wasmByteCode: contractCode("cw20_base") });
    const make = MsgInstantiateContract.fromPartial({
      sender,
      codeId: 1n,
      label: "test",
      msg: utf8ToBytes(JSON.stringify(init)),
    });
    this.block([
      { from: 0, message: { typeUrl: MsgStoreCode.typeUrl, value: MsgStoreCode.encode(store).finish() } },
      {
        from: 0,
        message: { typeUrl: MsgInstantiateContract.typeUrl, value: MsgInstantiateContract.encode(make).finish() },
      },
    ], 40_000_000n);
  }

  tx({ from, message }: Sent, skew = 0n, gas = GAS): Uint8Array {
    const sequence = this.#committed[from]! + this.#waiting[from]! + skew;
    const signers = [{ signer: PEOPLE[from]!, accountNumber: BigInt(from), sequence: sequence < 0n ? 0n : sequence }];
    return makeTx({ messages: [message], signers, gas, fee: "7ucat" });
  }

  /** What waits is dropped: its senders begin again where the chain is. */
  block(messages: readonly Sent[], gas?: bigint): void {
    this.#waiting.fill(0n);
    const txs = messages.map((one) => {
      const tx = this.tx(one, 0n, gas);
      this.#committed[one.from]!++;
      return tx;
    });
    const { staged } = this.chain.block(...txs);
    this.pool.follow(staged);
  }

  wait(one: Sent): void {
    assertEquals(this.chain.check(this.tx(one)).log, "");
    this.#waiting[one.from]!++;
  }

  async compare({ one, height, overtaken }: Query): Promise<number> {
    const asked: QueryInput = { path: one.path, data: one.data(this), height, prove: false };
    const { app, storage } = this.chain;
    const expected = storage.run(app.query(asked), app.versionOf!(asked));
    this.#overtaking = overtaken;
    const answer = await this.pool.ask(asked);
    this.#overtaking = false;
    assertEquals(answer, expected);
    return answer.code;
  }
}

Deno.test("queries that run contracts get the same answers elsewhere, whatever waits and whatever is committed meanwhile", async () => {
  const codes = new Map<number, number>();
  let loads = 0;
  let interruptions = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const world = new World();
      for (const step of steps) {
        if ("block" in step) world.block(step.block);
        else if ("waits" in step) world.wait(step.waits);
        else {
          const code = await world.compare(step.query);
          codes.set(code, (codes.get(code) ?? 0) + 1);
        }
      }
      assertEquals(world.pool.figures.ended.failed, 0);
      loads += world.loads;
      interruptions += world.interruptions;
      world.pool.stop();
    }),
    { numRuns: 25 },
  );
  assert(
    (codes.get(0) ?? 0) > 20 && (codes.get(32) ?? 0) > 0 && codes.size > 4 && loads > 100 && interruptions > 20,
    `${[...codes]}, ${loads} loads, ${interruptions} interruptions`,
  );
});
