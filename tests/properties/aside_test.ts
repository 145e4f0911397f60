/** Transactions that lack what they read, and are run aside or begin anew, do what they do where everything is in memory. */
import { assert, assertEquals } from "@std/assert";
import { MsgExecuteContract, MsgInstantiateContract, MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import fc from "fast-check";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { Prng } from "../../node/core/prng.ts";
import { classicAddress } from "../../node/modules/wasm/mod.ts";
import { codec, makeTx, sendMessage, signerOf, TestChain } from "../bad_input/harness.ts";
import { CheckedOnce } from "../helpers/checked_once.ts";
import { contractCode } from "../helpers/contract_code.ts";
import { InlineAside } from "../helpers/inline_aside.ts";

const PEOPLE = ["ann", "ben", "cat", "dan"].map((name) => signerOf(name, "ed25519"));
const [TOKEN, QUEUE] = [classicAddress(1n, 1n), classicAddress(2n, 2n)].map((bytes) => codec.of(bytes).text);
const FEW = 150_000n;
const MUCH = 3_000_000n;

type Made = (sender: string) => { readonly typeUrl: string; readonly value: Uint8Array };
const execute = (contract: string, msg: unknown): Made => (sender) => ({
  typeUrl: MsgExecuteContract.typeUrl,
  value: MsgExecuteContract.encode({ sender, contract, msg: utf8ToBytes(JSON.stringify(msg)), funds: [] }).finish(),
});
const message = fc.oneof(
  fc.tuple(fc.nat(PEOPLE.length - 1), fc.constantFrom("1", "400", "700")).map(([to, amount]) =>
    execute(TOKEN!, { transfer: { recipient: PEOPLE[to]!.address.text, amount } })
  ),
  fc.integer({ min: -5, max: 5 }).map((value) => execute(QUEUE!, { enqueue: { value } })),
  fc.constant(execute(QUEUE!, { dequeue: {} })),
  fc.tuple(fc.nat(PEOPLE.length - 1), fc.constantFrom("3ucat", "999999ucat")).map(([to, coins]): Made => (sender) =>
    sendMessage(codec.parse(sender)!, PEOPLE[to]!.address, coins)
  ),
);
const sent = fc.record({
  from: fc.nat(PEOPLE.length - 1),
  /** More than one stretch of messages at times. */
  messages: fc.oneof(
    { weight: 6, arbitrary: fc.array(message, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: message.map((one) => new Array<Made>(23).fill(one)) },
  ),
  gas: fc.constantFrom(FEW, MUCH, MUCH),
  isSigned: fc.constantFrom(true, true, true, false),
});

/** One for all: compiling is what takes time. */
const engine = new CheckedOnce();

function setUp(chain: TestChain): void {
  const [signer] = PEOPLE;
  const sender = signer!.address.text;
  const balances = PEOPLE.map(({ address }) => ({ address: address.text, amount: "1000" }));
  const token = { name: "Token", symbol: "TOK", decimals: 0, initial_balances: balances };
  const instantiate = (codeId: bigint, msg: unknown) => ({
    typeUrl: MsgInstantiateContract.typeUrl,
    value: MsgInstantiateContract.encode(
      MsgInstantiateContract.fromPartial({ sender, codeId, label: "test", msg: utf8ToBytes(JSON.stringify(msg)) }),
    ).finish(),
  });
  const store = (name: string) => ({
    typeUrl: MsgStoreCode.typeUrl,
    value: MsgStoreCode.encode(MsgStoreCode.fromPartial({ sender, wasmByteCode: contractCode(name) })).finish(),
  });
  const messages = [store("cw20_base"), instantiate(1n, token), store("queue"), instantiate(2n, {})];
  const signers = [{ signer: signer!, accountNumber: 0n, sequence: 0n }];
  const [result] = chain.block(makeTx({ messages, signers, gas: 40_000_000n })).txResults;
  assertEquals(result!.log, "");
}

Deno.test("blocks with cold caches, whose transactions are run aside or begin anew, are those of everything in memory", () => {
  const total = { ran: 0, failed: 0, asked: 0, stayed: 0, succeeded: 0, refused: 0 };
  fc.assert(
    fc.property(
      fc.array(fc.array(sent, { minLength: 3, maxLength: 6 }), { minLength: 2, maxLength: 3 }),
      fc.constantFrom(0, 60_000),
      fc.nat(),
      (blocks, cacheBytesMax, seed) => {
        const random = new Prng(seed);
        const aside = new InlineAside({
          engine,
          isOver() {
            const isOver = random.below(4) === 0;
            if (!isOver) total.stayed++;
            return isOver;
          },
          fails: () => random.below(8) === 0,
        });
        const warm = new TestChain({ accounts: PEOPLE, engine });
        const cold = new TestChain({ accounts: PEOPLE, engine, aside, cacheBytesMax });
        setUp(warm);
        setUp(cold);
        const next = PEOPLE.map((_, i) => i === 0 ? 1n : 0n);
        for (const block of blocks) {
          const txs = block.map(({ from, messages, gas, isSigned }) => {
            const signer = PEOPLE[from]!;
            const sequence = isSigned ? next[from]!++ : 77n;
            const signers = [{ signer, accountNumber: BigInt(from), sequence }];
            return makeTx({
              messages: messages.map((make) => make(signer.address.text)),
              signers,
              gas,
              fee: "7ucat",
            });
          });
          const [a, b] = [warm.block(...txs), cold.block(...txs)];
          for (const { code } of a.txResults) total[code === 0 ? "succeeded" : "refused"]++;
          // What is refused before its messages does not count a sequence.
          a.txResults.forEach(({ events }, i) => {
            if (block[i]!.isSigned && events.length === 0) next[block[i]!.from]!--;
          });
          assertEquals(b.txResults, a.txResults);
          assertEquals(b.events, a.events);
          assertEquals(b.appHash, a.appHash);
        }
        for (const name of ["ran", "failed", "asked"] as const) total[name] += aside.tally[name];
      },
    ),
    { numRuns: 6 },
  );
  const { ran, stayed, asked } = total;
  assert(ran > 0 && stayed > 0 && asked > 0, `nothing was put to the test: ${JSON.stringify(total)}`);
});
