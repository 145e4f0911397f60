/** Transactions that lack what they read run in a real thread, and the blocks are those of a chain that has everything in memory. */
import { assertEquals } from "@std/assert";
import { MsgExecuteContract, MsgInstantiateContract, MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { Aside } from "../../node/app/mod.ts";
import { asideThread } from "../../node/aside.ts";
import type { NodeConfig } from "../../node/config/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import type { Work } from "../../node/core/work.ts";
import { classicAddress } from "../../node/modules/wasm/mod.ts";
import { codec, makeTx, signerOf, TestChain } from "../bad_input/harness.ts";
import { CheckedOnce } from "../helpers/checked_once.ts";
import { contractCode } from "../helpers/contract_code.ts";

const PEOPLE = ["ann", "ben"].map((name) => signerOf(name, "ed25519"));
const [ann, ben] = PEOPLE.map(({ address }) => address.text) as [string, string];
const TOKEN = codec.of(classicAddress(1n, 1n)).text;
const json = (value: unknown) => utf8ToBytes(JSON.stringify(value));

const initial_balances = PEOPLE.map(({ address }) => ({ address: address.text, amount: "1000" }));
const token = { name: "Token", symbol: "TOK", decimals: 0, initial_balances };
const store = MsgStoreCode.fromPartial({ sender: ann, wasmByteCode: contractCode("cw20_base") });
const make = MsgInstantiateContract.fromPartial({ sender: ann, codeId: 1n, label: "test", msg: json(token) });
const SET_UP = [
  { typeUrl: MsgStoreCode.typeUrl, value: MsgStoreCode.encode(store).finish() },
  { typeUrl: MsgInstantiateContract.typeUrl, value: MsgInstantiateContract.encode(make).finish() },
];
const transfer = (sender: string, recipient: string, amount: string) => ({
  typeUrl: MsgExecuteContract.typeUrl,
  value: MsgExecuteContract.encode({
    sender,
    contract: TOKEN,
    msg: json({ transfer: { recipient, amount } }),
    funds: [],
  }).finish(),
});
const sign = (who: number, sequence: bigint, messages: Parameters<typeof makeTx>[0]["messages"]) =>
  makeTx({ messages, signers: [{ signer: PEOPLE[who]!, accountNumber: BigInt(who), sequence }], gas: 40_000_000n });

/** As a node does: what is waited for takes its time. */
async function run<T>({ storage, state }: TestChain, work: Work<T>): Promise<T> {
  const { version } = state;
  let step = work.next(undefined);
  while (!step.done) {
    if (step.value.type === "wait") await step.value.done;
    step = work.next(storage.answer(step.value, version));
  }
  return step.value;
}

Deno.test("what a thread aside makes of transactions is what they do in their turn", async () => {
  const config = { mempool: { tx_bytes_max: 1 << 20 }, contracts: { cache_bytes_max: 1 << 24, debug: false } };
  const failures: unknown[] = [];
  const thread = asideThread(config as NodeConfig, (error) => failures.push(error));
  const aside: Aside = {
    patience: () => ({ begin: () => {}, isOver: () => true }),
    run: (task) => thread.run(task),
  };
  const engine = new CheckedOnce();
  const warm = new TestChain({ accounts: PEOPLE, engine });
  const cold = new TestChain({ accounts: PEOPLE, engine, aside, cacheBytesMax: 0 });
  try {
    const blocks = [
      [sign(0, 0n, SET_UP)],
      [sign(0, 1n, [transfer(ann, ben, "400")]), sign(1, 0n, [transfer(ben, ann, "1400"), transfer(ben, ann, "1")])],
      [sign(1, 1n, [transfer(ben, ann, "7")]), sign(0, 2n, [transfer(ann, ben, "5"), transfer(ann, ben, "6")])],
    ];
    for (const txs of blocks) {
      const expected = warm.block(...txs);
      const height = ++cold.height;
      const time = 1_700_000_000_000_000_000n + height * 1_000_000_000n;
      const [hash, proposerAddress] = [new Uint8Array(32), new Uint8Array(20)];
      const made = await run(
        cold,
        cold.app.executeBlock({ height, time, hash, proposerAddress, txs, misbehavior: [] }),
      );
      cold.commit(made.staged);
      assertEquals(made.txResults, expected.txResults);
      assertEquals(made.appHash, expected.appHash);
    }
    assertEquals([thread.ran, failures], [5, []]);
  } finally {
    thread.stop();
  }
});
