/** Contracts that run ahead of their turn: tokens that are fought over, and a queue that is walked through. */
import { assert, assertEquals } from "@std/assert";
import { MsgExecuteContract, MsgInstantiateContract, MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import fc from "fast-check";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { classicAddress } from "../../node/modules/wasm/mod.ts";
import { codec, makeTx, signerOf, TestChain } from "../bad_input/harness.ts";
import { CheckedOnce } from "../helpers/checked_once.ts";
import { contractCode } from "../helpers/contract_code.ts";
import { InlineSpeculator } from "../helpers/inline_speculator.ts";

const PEOPLE = ["ann", "ben", "cat", "dan"].map((name) => signerOf(name, "ed25519"));
const [TOKEN, QUEUE] = [classicAddress(1n, 1n), classicAddress(2n, 2n)].map((bytes) => codec.of(bytes).text);
const GAS = 3_000_000n;

const message = fc.oneof(
  fc.record({ to: fc.nat(PEOPLE.length - 1), amount: fc.constantFrom("1", "400", "700") }).map(({ to, amount }) => ({
    contract: TOKEN!,
    msg: { transfer: { recipient: PEOPLE[to]!.address.text, amount } },
  })),
  fc.integer({ min: -5, max: 5 }).map((value) => ({ contract: QUEUE!, msg: { enqueue: { value } } })),
  fc.constant({ contract: QUEUE!, msg: { dequeue: {} } }),
);
const sent = fc.record({ from: fc.nat(PEOPLE.length - 1), message });

interface World {
  readonly blocks: readonly (readonly { from: number; message: { contract: string; msg: unknown } }[])[];
  readonly shares: readonly number[];
}

/** One engine for all chains: compiling is what takes time. */
const engine = new CheckedOnce();

function setUp(chain: TestChain): void {
  const { signer, accountNumber } = { signer: PEOPLE[0]!, accountNumber: 0n };
  const sender = signer.address.text;
  const balances = PEOPLE.map(({ address }) => ({ address: address.text, amount: "1000" }));
  const token = { name: "Token", symbol: "TOK", decimals: 0, initial_balances: balances };
  const instantiate = (codeId: bigint, msg: unknown) => ({
    typeUrl: "/cosmwasm.wasm.v1.MsgInstantiateContract",
    value: MsgInstantiateContract.encode({
      sender,
      admin: "",
      codeId,
      label: "test",
      msg: utf8ToBytes(JSON.stringify(msg)),
      funds: [],
    }).finish(),
  });
  const store = (name: string) => ({
    typeUrl: "/cosmwasm.wasm.v1.MsgStoreCode",
    value: MsgStoreCode.encode({ sender, wasmByteCode: contractCode(name) }).finish(),
  });
  const messages = [store("cw20_base"), instantiate(1n, token), store("queue"), instantiate(2n, {})];
  const [result] = chain.block(
    makeTx({ messages, signers: [{ signer, accountNumber, sequence: 0n }], gas: 40_000_000n }),
  ).txResults;
  assertEquals(result!.log, "");
}

function runBoth({ blocks, shares }: World): InlineSpeculator["tally"] {
  const serial = new TestChain({ accounts: PEOPLE, engine });
  const speculator: InlineSpeculator = new InlineSpeculator({
    share: (sender) => shares[sender % shares.length]!,
    answer: (request, version) => parallel.storage.answer(request, version),
    engine,
  });
  const parallel: TestChain = new TestChain({ accounts: PEOPLE, engine, speculator });
  setUp(serial);
  setUp(parallel);
  speculator.follow(parallel.lastStaged!);
  const next = PEOPLE.map((_, i) => i === 0 ? 1n : 0n);
  for (const block of blocks) {
    const txs = block.map(({ from, message: { contract, msg } }) =>
      makeTx({
        messages: [{
          typeUrl: "/cosmwasm.wasm.v1.MsgExecuteContract",
          value: MsgExecuteContract.encode({
            sender: PEOPLE[from]!.address.text,
            contract,
            msg: utf8ToBytes(JSON.stringify(msg)),
            funds: [],
          }).finish(),
        }],
        signers: [{ signer: PEOPLE[from]!, accountNumber: BigInt(from), sequence: next[from]!++ }],
        gas: GAS,
      })
    );
    const [a, b] = [serial.block(...txs), parallel.block(...txs)];
    speculator.follow(b.staged);
    assertEquals(b.txResults, a.txResults);
    assertEquals(b.appHash, a.appHash);
  }
  return speculator.tally;
}

Deno.test("contracts that ran ahead of their turn made the block of running them in order", () => {
  let held = 0, again = 0;
  fc.assert(
    fc.property(
      fc.record({
        blocks: fc.array(fc.array(sent, { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
        shares: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 3 }),
      }),
      (world) => {
        const tally = runBoth(world);
        held += tally.held;
        again += tally.again;
      },
    ),
    { numRuns: 12 },
  );
  assert(held > 0 && again > 0, `nothing was put to the test: ${held} held, ${again} ran again`);
});
