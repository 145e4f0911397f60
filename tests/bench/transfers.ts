/**
 * A node in its own process, loaded through RPC with signed transfers. Transactions are signed before the clock starts;
 * the load is closed-loop: a bounded number is in flight, so latency is a figure of the node and not of a backlog.
 * @module
 */
import { parseArgs } from "node:util";
import { type Account, type KeyKind, makeAccount, signTransfer } from "../helpers/accounts.ts";
import { startNodeProcess } from "../helpers/node_process.ts";
import { type LoadFigures, loadNode, type LoadOptions } from "./closed_loop.ts";
import { writeBenchHome } from "../helpers/bench_home.ts";

interface Options extends LoadOptions {
  readonly senders: number;
  readonly connections: number;
  readonly blockTimeMs: number;
  readonly rateMax: number;
}

export interface TransferFigures extends LoadFigures {
  readonly keys: KeyKind;
}

const CHAIN_ID = "catenary-bench-1";

/** `--seconds 20 --senders 200 --keys ed25519|secp256k1|both --in-flight 4000 --block-time-ms 100`. */
export async function benchTransfers(args: string[]): Promise<unknown> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: "string", default: "20" },
      senders: { type: "string", default: "200" },
      keys: { type: "string", default: "both" },
      "in-flight": { type: "string", default: "6000" },
      batch: { type: "string", default: "50" },
      connections: { type: "string", default: "4" },
      "block-time-ms": { type: "string", default: "100" },
      "rate-max": { type: "string", default: "9000" },
    },
  });
  const options: Options = {
    seconds: Number(values.seconds),
    senders: Number(values.senders),
    inFlightMax: Number(values["in-flight"]),
    batch: Number(values.batch),
    connections: Number(values.connections),
    blockTimeMs: Number(values["block-time-ms"]),
    rateMax: Number(values["rate-max"]),
  };
  const kinds: KeyKind[] = values.keys === "both" ? ["ed25519", "secp256k1"] : [values.keys as KeyKind];
  const runs: TransferFigures[] = [];
  for (const kind of kinds) runs.push(await run(kind, options));
  const [first, ...others] = runs;
  return { bench: "transfers", senders: options.senders, ...first, others };
}

async function run(kind: KeyKind, options: Options): Promise<TransferFigures> {
  const accounts = Array.from({ length: options.senders }, (_, i) => makeAccount(kind, i));
  const home = await Deno.makeTempDir({ prefix: "catenary-bench-" });
  try {
    const firstNumber = await writeBenchHome(home, CHAIN_ID, accounts.map(({ address }) => address));
    const lanes = presign(accounts, firstNumber, options);
    const node = await startNodeProcess({
      home,
      args: ["--block-time-ms", String(options.blockTimeMs), "--metrics-listen", "127.0.0.1:0"],
    });
    try {
      return { keys: kind, ...await loadNode(node.rpcUrl, node.metricsUrl, lanes, options) };
    } finally {
      await node.stop();
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/**
 * Transactions by connection, in the order they are sent: round-robin over senders, each sender's sequence ascending, and
 * a sender always on the same connection, so that nothing overtakes; base64.
 */
function presign(accounts: readonly Account[], firstNumber: bigint, options: Options): string[][] {
  const total = Math.ceil(options.seconds * options.rateMax);
  const lanes: string[][] = Array.from({ length: options.connections }, () => []);
  const began = performance.now();
  for (let i = 0; i < total; i++) {
    const sender = i % accounts.length;
    const sequence = BigInt(Math.floor(i / accounts.length));
    const bytes = signTransfer(accounts[sender]!, {
      chainId: CHAIN_ID,
      accountNumber: firstNumber + BigInt(sender),
      sequence,
      to: accounts[(sender + 1 + i % 7) % accounts.length]!.address,
      amount: "1",
      fee: "1",
    });
    lanes[sender % options.connections]!.push(bytes.toBase64());
    if (i % 20_000 === 0) console.error(`signing ${i} of ${total} (${Math.round(performance.now() - began)} ms)`);
  }
  return lanes;
}
