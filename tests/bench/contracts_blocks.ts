/** Transfers of a cw20 token on a node in its own process: transactions through RPC, whole blocks, one validator. @module */
import { MsgExecuteContract, MsgInstantiateContract, MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { AddressCodec } from "../../node/core/address.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { classicAddress } from "../../node/modules/wasm/mod.ts";
import { type Account, makeAccount, signMessages } from "../helpers/accounts.ts";
import { writeBenchHome } from "../helpers/bench_home.ts";
import { contractCode } from "../helpers/contract_code.ts";
import { startNodeProcess } from "../helpers/node_process.ts";
import { rpc } from "../helpers/rpc_client.ts";
import { type Lane, loadNode } from "./closed_loop.ts";

const CHAIN_ID = "catenary-bench-1";
const SENDERS = 200;
const LANES = 4;
const RATE_MAX = 8_000;
const BLOCK_TIME_MS = 100;
const LOAD = { inFlightMax: 4_000, batch: 50 };
const TRANSFER_GAS = 300_000n;
const UPLOAD_GAS = 20_000_000n;

/** The first contract of the first code. */
const TOKEN = new AddressCodec("cat").of(classicAddress(1n, 1n)).text;

/** Uploads and instantiates: the first account's first two transactions. */
async function setUp(rpcUrl: string, accounts: readonly Account[], firstNumber: bigint): Promise<void> {
  const [owner] = accounts;
  const { address: sender } = owner!;
  const balances = accounts.map(({ address }) => ({ address, amount: "1000000000000" }));
  const message = { name: "Bench", symbol: "BENCH", decimals: 6, initial_balances: balances };
  const messages = [
    {
      typeUrl: "/cosmwasm.wasm.v1.MsgStoreCode",
      value: MsgStoreCode.encode({ sender, wasmByteCode: contractCode("cw20_base") }).finish(),
    },
    {
      typeUrl: "/cosmwasm.wasm.v1.MsgInstantiateContract",
      value: MsgInstantiateContract.encode({
        sender,
        admin: "",
        codeId: 1n,
        label: "bench",
        msg: utf8ToBytes(JSON.stringify(message)),
        funds: [],
      }).finish(),
    },
  ];
  for (const [i, one] of messages.entries()) {
    const options = { chainId: CHAIN_ID, accountNumber: firstNumber, sequence: BigInt(i), gas: UPLOAD_GAS };
    const tx = signMessages(owner!, [one], options).toBase64();
    const answer = await rpc(rpcUrl, "broadcast_tx_commit", { tx });
    const { code, log } = answer.tx_result;
    if (code !== 0) throw new Error(`bench: ${one.typeUrl}: ${code} ${log}`);
  }
}

function presign(accounts: readonly Account[], firstNumber: bigint, seconds: number): Lane[] {
  const lanes: string[][] = Array.from({ length: LANES }, () => []);
  for (let i = 0; i < seconds * RATE_MAX; i++) {
    const which = i % SENDERS;
    const sender = accounts[which]!;
    const recipient = accounts[(which + 1 + i % 7) % SENDERS]!.address;
    const value = MsgExecuteContract.encode({
      sender: sender.address,
      contract: TOKEN,
      msg: utf8ToBytes(JSON.stringify({ transfer: { recipient, amount: "1" } })),
      funds: [],
    }).finish();
    const tx = signMessages(sender, [{ typeUrl: "/cosmwasm.wasm.v1.MsgExecuteContract", value }], {
      chainId: CHAIN_ID,
      accountNumber: firstNumber + BigInt(which),
      sequence: BigInt(Math.floor(i / SENDERS)) + (which === 0 ? 2n : 0n),
      gas: TRANSFER_GAS,
      fee: "1",
    });
    lanes[which % LANES]!.push(tx.toBase64());
  }
  return lanes;
}

async function run(threads: string, seconds: number): Promise<unknown> {
  const accounts = Array.from({ length: SENDERS }, (_, i) => makeAccount("ed25519", i));
  const home = await Deno.makeTempDir({ prefix: "catenary-bench-" });
  try {
    const firstNumber = await writeBenchHome(home, CHAIN_ID, accounts.map(({ address }) => address));
    const lanes = presign(accounts, firstNumber, seconds);
    const node = await startNodeProcess({
      home,
      args: [
        ...["--block-time-ms", String(BLOCK_TIME_MS), "--metrics-listen", "127.0.0.1:0"],
        ...["--execution-threads", threads],
      ],
    });
    try {
      await setUp(node.rpcUrl, accounts, firstNumber);
      const figures = await loadNode(node.rpcUrl, node.metricsUrl, lanes, { ...LOAD, seconds });
      const { finalised_per_second, latency_ms } = figures;
      console.error(
        `${threads} threads beside: ${finalised_per_second} transfers/s finalised, p50 ${latency_ms.p50} ms`,
      );
      return figures;
    } finally {
      await node.stop();
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** In one thread, and with one beside it. */
export async function benchTokensInBlocks({ seconds }: { readonly seconds: number }): Promise<unknown> {
  return { one_thread: await run("0", seconds), one_beside: await run("1", seconds), auto: await run("auto", seconds) };
}
