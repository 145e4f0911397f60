/**
 * Blocks of token transfers in one thread and in several, in process: what reading ahead saves, and what it costs where
 * transactions fight over the same entries. @module
 */
import { MsgExecuteContract, MsgInstantiateContract, MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { parseNodeConfig } from "../../node/config/mod.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { classicAddress } from "../../node/modules/wasm/mod.ts";
import { breathe, SLICE_MS } from "../../node/runtime/breathe.ts";
import type { SpeculationPool } from "../../node/runtime/mod.ts";
import { speculationPool } from "../../node/speculation.ts";
import { makeTx, type Signer, signerOf, TestChain } from "../bad_input/harness.ts";
import { contractCode } from "../helpers/contract_code.ts";

const SENDERS = 500;
const BLOCKS = 6;
const WARM_UP = 3;
const TOKEN = new AddressCodec("cat").of(classicAddress(1n, 1n)).text;
const UPLOAD_GAS = 50_000_000n;

/** What a block's transactions do: tokens in short calls, or some hashing each, which nobody fights over. */
type Load = "tokens" | "hashing" | "short_hashing";
/** Some milliseconds, and some tenths of one. */
const HASHING = {
  hashing: { senders: 60, msg: { argon2: { mem_cost: 256, time_cost: 3 } } },
  short_hashing: { senders: 300, msg: { argon2: { mem_cost: 40, time_cost: 1 } } },
};

const people = () => Array.from({ length: SENDERS }, (_, i) => signerOf(`threads ${i}`, "ed25519"));

function setUp(chain: TestChain, signers: readonly Signer[], load: Load): void {
  const [owner] = signers;
  const sender = owner!.address.text;
  const msg = {
    name: "Bench",
    symbol: "BENCH",
    decimals: 6,
    initial_balances: signers.map(({ address }) => ({ address: address.text, amount: "1000000000000" })),
  };
  const value = MsgInstantiateContract.encode({
    sender,
    admin: "",
    codeId: 1n,
    label: "bench",
    msg: utf8ToBytes(JSON.stringify(load === "tokens" ? msg : {})),
    funds: [],
  }).finish();
  const code = contractCode(load === "tokens" ? "cw20_base" : "cyberpunk");
  const messages = [
    {
      typeUrl: "/cosmwasm.wasm.v1.MsgStoreCode",
      value: MsgStoreCode.encode({ sender, wasmByteCode: code }).finish(),
    },
    { typeUrl: "/cosmwasm.wasm.v1.MsgInstantiateContract", value },
  ];
  for (const [i, message] of messages.entries()) {
    const from = [{ signer: owner!, accountNumber: 0n, sequence: BigInt(i) }];
    const { txResults } = chain.block(makeTx({ messages: [message], signers: from, gas: UPLOAD_GAS }));
    if (txResults[0]!.code !== 0) throw new Error(`bench: ${txResults[0]!.log}`);
  }
}

/** A call from each of some senders. */
function hashingOf(signers: readonly Signer[], height: number, load: keyof typeof HASHING): Uint8Array[] {
  const { senders, msg } = HASHING[load];
  return signers.slice(0, senders).map((signer, i) =>
    makeTx({
      messages: [{
        typeUrl: "/cosmwasm.wasm.v1.MsgExecuteContract",
        value: MsgExecuteContract.encode({
          sender: signer.address.text,
          contract: TOKEN,
          msg: utf8ToBytes(JSON.stringify(msg)),
          funds: [],
        }).finish(),
      }],
      signers: [{ signer, accountNumber: BigInt(i), sequence: BigInt(height) + (i === 0 ? 2n : 0n) }],
      gas: 5_000_000n,
      fee: "1ucat",
    })
  );
}

/** A transfer from each sender; `conflicts` of them (0 to 1) go to one and the same receiver, the others to new ones. */
function blockOf(signers: readonly Signer[], height: number, conflicts: number): Uint8Array[] {
  return signers.map((signer, i) => {
    const fought = i % 100 < conflicts * 100;
    // Whoever receives does not send in the same block: an address of nobody's.
    const recipient = fought ? TOKEN : signerOf(`receiver ${i} ${height % 2}`, "ed25519").address.text;
    const value = MsgExecuteContract.encode({
      sender: signer.address.text,
      contract: TOKEN,
      msg: utf8ToBytes(JSON.stringify({ transfer: { recipient, amount: "1" } })),
      funds: [],
    }).finish();
    return makeTx({
      messages: [{ typeUrl: "/cosmwasm.wasm.v1.MsgExecuteContract", value }],
      signers: [{ signer, accountNumber: BigInt(i), sequence: BigInt(height) + (i === 0 ? 2n : 0n) }],
      gas: 300_000n,
      fee: "1ucat",
    });
  });
}

/** Executes and commits; milliseconds of executing, staging included. */
async function execute(chain: TestChain, txs: readonly Uint8Array[]): Promise<{ ms: number; appHash: string }> {
  // As in a node: signatures were verified when the transactions came.
  for (const tx of txs) chain.check(tx);
  const height = chain.height + 1n;
  const time = 1_700_000_000_000_000_000n + height * 1_000_000_000n;
  const block = { height, time, hash: new Uint8Array(32), proposerAddress: new Uint8Array(20), txs, misbehavior: [] };
  const began = performance.now();
  const work = chain.app.executeBlock(block);
  let sliceEnd = began + SLICE_MS;
  let step = work.next(undefined);
  while (!step.done) {
    if (performance.now() > sliceEnd) {
      await breathe();
      sliceEnd = performance.now() + SLICE_MS;
    }
    step = work.next(chain.storage.answer(step.value, chain.state.version));
  }
  const ms = performance.now() - began;
  const failed = step.value.txResults.find(({ code }) => code !== 0);
  if (failed !== undefined) throw new Error(`bench: a transfer failed: ${failed.log}`);
  chain.commit(step.value.staged);
  chain.height = height;
  return { ms, appHash: step.value.appHash.toHex() };
}

async function measure(
  load: Load,
  conflicts: number,
  threads: number,
): Promise<{ ms: number; appHash: string; held: number }> {
  const accounts = people();
  const config = parseNodeConfig({ execution: { threads } });
  if (!config.ok) throw new Error(config.error.message);
  const pool: SpeculationPool | undefined = speculationPool(
    config.value,
    (request, version) => Promise.resolve(chain.storage.answer(request, version)),
    (error) => console.error(error),
  );
  const chain: TestChain = new TestChain({ accounts, ...(pool !== undefined && { speculator: pool }) });
  try {
    setUp(chain, accounts, load);
    await pool?.warmUp(chain.state.version);
    const times: number[] = [];
    let appHash = "";
    for (let height = 0; height < WARM_UP + BLOCKS; height++) {
      const before = pool?.figures;
      const txs = load === "tokens" ? blockOf(accounts, height, conflicts) : hashingOf(accounts, height, load);
      const done = await execute(chain, txs);
      // The commit reaches the threads as it does in a node; what they do with it is not timed.
      if (pool !== undefined && before!.blocks.together === pool.figures.blocks.together) {
        throw new Error("bench: the threads did nothing");
      }
      pool?.follow(chain.lastStaged!);
      await pool?.idle();
      appHash = done.appHash;
      if (height >= WARM_UP) times.push(done.ms);
    }
    times.sort((a, b) => a - b);
    const { held, again } = pool?.figures ?? { held: 0, again: 0 };
    return { ms: times[times.length >> 1]!, appHash, held: held + again === 0 ? 0 : held / (held + again) };
  } finally {
    pool?.stop();
  }
}

/** Threads beside the one that makes the block. */
const WAYS = { one_beside: 1, two_beside: 2 };

const rounded = (value: number) => Math.round(value * 100) / 100;

/** Time in several threads ÷ time in one. */
async function compare(load: Load, conflicts: number): Promise<unknown> {
  const serial = await measure(load, conflicts, 0);
  const row: Record<string, unknown> = { serial_ms: rounded(serial.ms) };
  for (const [name, threads] of Object.entries(WAYS)) {
    const { ms, appHash, held } = await measure(load, conflicts, threads);
    if (appHash !== serial.appHash) throw new Error("bench: several threads made another block");
    row[name] = { ratio: rounded(ms / serial.ms), held: rounded(held) };
  }
  console.error(`${load}, conflicts ${conflicts * 100} %: ${JSON.stringify(row)}`);
  return row;
}

/** Tokens at several shares of transactions that fight, and calls that compute for long. */
export async function benchTokensInThreads(): Promise<unknown> {
  const figures: Record<string, unknown> = {};
  for (const conflicts of [0, 0.1, 0.5]) {
    figures[`conflicts_${conflicts * 100}_percent`] = await compare("tokens", conflicts);
  }
  return {
    transactions: SENDERS,
    ...figures,
    hashing: await compare("hashing", 0),
    short_hashing: await compare("short_hashing", 0),
  };
}
