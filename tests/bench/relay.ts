/**
 * Packets from one chain to another and their acknowledgements back: two nodes and a relayer, each in its own process, and
 * users that sign transfers. First at low load, one packet at a time, for latency; then all packets at once; then a backlog
 * that was sent while no relayer ran, with single fresh packets after it.
 * @module
 */
import { parseArgs } from "node:util";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { MsgAcknowledgement, MsgRecvPacket } from "cosmjs-types/ibc/core/channel/v1/tx";
import { type Account, makeAccount, signMessages } from "../helpers/accounts.ts";
import { followBlocks, type FollowedBlock, type Following } from "../helpers/follow_blocks.ts";
import {
  type ChainProcess,
  openChannel,
  relayerConfig,
  type RelayerProcess,
  startChain,
  startRelayerProcess,
} from "../helpers/relayer_process.ts";
import { rpcBatch } from "../helpers/rpc_client.ts";

interface Options {
  readonly packets: number;
  readonly idle: number;
  readonly backlog: number;
  readonly senders: number;
  readonly wallets: number;
  readonly blockTimeMs: number;
}

/** A moment of a packet's life: in which block, and when that was known here. */
interface Seen {
  readonly height: bigint;
  readonly timeMs: number;
  readonly seenMs: number;
}

/** What was seen of each packet, by sequence. */
class Ledger {
  readonly sent = new Map<bigint, Seen>();
  readonly received = new Map<bigint, Seen>();
  readonly acknowledged = new Map<bigint, Seen>();
  readonly blocksOnB: Seen[] = [];
  relayerTxs = 0;
  clientUpdates = 0;
  failedTxs = 0;
  #nextSequence = 1n;
  #waiting: { readonly condition: () => boolean; readonly done: () => void }[] = [];

  onA(block: FollowedBlock): void {
    this.#count(block, ({ typeUrl, value }) => {
      if (typeUrl === MsgTransfer.typeUrl) this.sent.set(this.#nextSequence++, block);
      if (typeUrl === MsgAcknowledgement.typeUrl) {
        this.acknowledged.set(MsgAcknowledgement.decode(value).packet.sequence, block);
      }
    });
    this.#waiting = this.#waiting.filter(({ condition, done }) => !condition() || done());
  }

  onB(block: FollowedBlock): void {
    this.blocksOnB.push(block);
    this.#count(block, ({ typeUrl, value }) => {
      if (typeUrl !== MsgRecvPacket.typeUrl) return;
      const { sequence } = MsgRecvPacket.decode(value).packet;
      if (!this.received.has(sequence)) this.received.set(sequence, block);
    });
  }

  #count(block: FollowedBlock, each: (message: { typeUrl: string; value: Uint8Array }) => void): void {
    this.failedTxs += block.failed;
    for (const messages of block.succeeded) {
      if (messages.some(({ typeUrl }) => typeUrl.startsWith("/ibc.core."))) this.relayerTxs++;
      for (const message of messages) {
        if (message.typeUrl === "/ibc.core.client.v1.MsgUpdateClient") this.clientUpdates++;
        each(message);
      }
    }
  }

  /** Resolves when that many packets are acknowledged. */
  settled(count: number): Promise<void> {
    return this.until(() => this.acknowledged.size >= count);
  }

  /** Resolves with the first block of chain a after which `condition` holds. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((done) => this.#waiting.push({ condition, done }));
  }
}

/** `--packets 5000 --idle 20 --backlog 5000 --senders 50 --wallets 4 --block-time-ms 500`. */
export async function benchRelay(args: string[]): Promise<unknown> {
  const { values } = parseArgs({
    args,
    options: {
      packets: { type: "string", default: "5000" },
      idle: { type: "string", default: "20" },
      backlog: { type: "string", default: "5000" },
      senders: { type: "string", default: "50" },
      wallets: { type: "string", default: "4" },
      "block-time-ms": { type: "string", default: "500" },
    },
  });
  const options: Options = {
    packets: Number(values.packets),
    idle: Number(values.idle),
    backlog: Number(values.backlog),
    senders: Number(values.senders),
    wallets: Number(values.wallets),
    blockTimeMs: Number(values["block-time-ms"]),
  };
  const folder = await Deno.makeTempDir({ prefix: "catenary-relay-" });
  const accounts = Array.from({ length: options.senders }, (_, i) => makeAccount("ed25519", i));
  const addresses = accounts.map(({ address }) => address);
  const chains: ChainProcess[] = [];
  let relayer: RelayerProcess | undefined;
  try {
    for (const name of ["a", "b"]) chains.push(await startChain(folder, name, addresses, options.blockTimeMs));
    await Deno.writeTextFile(
      `${folder}/relayer.toml`,
      relayerConfig(chains, { wallets: options.wallets, paths: [["a", "b"]] }),
    );
    const config = `${folder}/relayer.toml`;
    relayer = await startRelayerProcess(config);
    const channel = await openChannel(relayer.api, "a-b");
    console.error(`channel ${channel.a} to ${channel.b} is open`);
    const run = await Run.start(chains, new Users(chains[0]!, channel.a, accounts));
    const idle = await run.idle(options.idle);
    const load = await run.load(options.packets);
    const memory = await residentMib(relayer.api);
    await relayer.stop();
    const backlog = options.backlog === 0 ? undefined : await run.backlog(options.backlog, async () => {
      relayer = await startRelayerProcess(config);
    });
    run.stop();
    const { blockTimeMs, wallets } = options;
    const failed = run.ledger.failedTxs;
    const figures = { bench: "relay", block_time_ms: blockTimeMs, wallets, ...load, idle_latency: idle, backlog };
    return { ...figures, failed_transactions: failed, relayer_rss_mib: memory };
  } finally {
    await relayer?.stop();
    for (const { node } of chains) await node.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The phases of the bench over one pair of chains. */
class Run {
  readonly ledger = new Ledger();
  /** Packets sent in the phases before. */
  #sent = 0;

  private constructor(readonly users: Users, readonly following: Following[]) {}

  static async start([a, b]: readonly ChainProcess[], users: Users): Promise<Run> {
    const run = new Run(users, []);
    run.following.push(
      await followBlocks(a!.node.rpcUrl, (block) => run.ledger.onA(block)),
      await followBlocks(b!.node.rpcUrl, (block) => run.ledger.onB(block)),
    );
    return run;
  }

  stop(): void {
    for (const one of this.following) one.close();
  }

  /** Waits for `work` as long as both nodes are there. */
  #orLost<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, ...this.following.map(({ lost }) => lost)]);
  }

  async #settle(count: number): Promise<void> {
    const settled = this.ledger.settled(this.#sent += count);
    await this.#orLost(Promise.all([this.users.send(count), settled]));
  }

  /** One packet after the other. */
  async idle(count: number) {
    const first = this.#sent + 1;
    for (let i = 0; i < count; i++) await this.#settle(1);
    const figures = latencies(this.ledger, first, this.#sent);
    console.error(`idle: ${JSON.stringify(figures)}`);
    return figures;
  }

  /** All at once. */
  async load(packets: number) {
    const first = this.#sent + 1;
    const before = { txs: this.ledger.relayerTxs, updates: this.ledger.clientUpdates };
    const began = performance.now();
    const progress = this.#progress();
    await this.#settle(packets);
    clearInterval(progress);
    const seconds = (performance.now() - began) / 1000;
    return {
      packets,
      seconds: round(seconds, 10),
      packets_per_second: Math.round(packets / seconds),
      loaded_latency: latencies(this.ledger, first, this.#sent),
      transactions_per_packet: round((this.ledger.relayerTxs - before.txs) / packets, 1000),
      client_updates_per_packet: round((this.ledger.clientUpdates - before.updates) / packets, 1000),
    };
  }

  /** Old packets while nobody relays; then a relayer, and fresh packets one after the other until the old are gone. */
  async backlog(packets: number, startRelayer: () => Promise<void>) {
    await this.#orLost(this.users.send(packets));
    const last = BigInt(this.#sent + packets);
    await this.#orLost(this.ledger.until(() => this.ledger.sent.has(last)));
    const began = performance.now();
    const progress = this.#progress();
    await startRelayer();
    const cleared = this.ledger.until(() => {
      for (let sequence = BigInt(this.#sent + 1); sequence <= last; sequence++) {
        if (!this.ledger.acknowledged.has(sequence)) return false;
      }
      return true;
    }).then(() => true);
    let fresh = last;
    while (!await Promise.race([cleared, Promise.resolve(false)])) {
      fresh++;
      await this.#orLost(this.users.send(1));
      await this.#orLost(this.ledger.until(() => this.ledger.acknowledged.has(fresh)));
    }
    clearInterval(progress);
    const seconds = (performance.now() - began) / 1000;
    this.#sent = Number(fresh);
    const figures = { packets, seconds: round(seconds, 10), fresh_packets: Number(fresh - last) };
    return { ...figures, fresh_latency: latencies(this.ledger, Number(last) + 1, Number(fresh)) };
  }

  #progress() {
    const { ledger } = this;
    const say = () =>
      console.error(`${ledger.sent.size} sent, ${ledger.received.size} received, ${ledger.acknowledged.size} settled`);
    return setInterval(say, 2000);
  }
}

/** Users of chain a, each with its own sequence. */
class Users {
  readonly #sequences: bigint[];
  #next = 0;

  constructor(readonly chain: ChainProcess, readonly channelId: string, readonly accounts: readonly Account[]) {
    this.#sequences = accounts.map(() => 0n);
  }

  /** Offers that many transfers of one token, each in a transaction of its own. */
  async send(count: number): Promise<void> {
    const txs = Array.from({ length: count }, () => ({ tx: this.#sign().toBase64() }));
    for (let at = 0; at < txs.length; at += 100) {
      const answers = await rpcBatch(this.chain.node.rpcUrl, "broadcast_tx_sync", txs.slice(at, at + 100));
      const bad = answers.find(({ error, result }) => error !== undefined || result.code !== 0);
      if (bad !== undefined) throw new Error(`send: ${JSON.stringify(bad)}`);
    }
  }

  #sign(): Uint8Array {
    const index = this.#next++ % this.accounts.length;
    const sender = this.accounts[index]!;
    const value = MsgTransfer.encode(MsgTransfer.fromPartial({
      sourcePort: "transfer",
      sourceChannel: this.channelId,
      token: { denom: "ucat", amount: "1" },
      sender: sender.address,
      receiver: sender.address,
      timeoutTimestamp: BigInt(Date.now() + 3_600_000) * 1_000_000n,
    })).finish();
    return signMessages(sender, [{ typeUrl: MsgTransfer.typeUrl, value }], {
      chainId: this.chain.chainId,
      accountNumber: this.chain.firstNumber + BigInt(index),
      sequence: this.#sequences[index]!++,
      gas: 400_000n,
    });
  }
}

/** From the block that sent a packet to the block of the other chain that received it; blocks are that chain's. */
function latencies(ledger: Ledger, first: number, last: number) {
  const receive: number[] = [];
  const acknowledge: number[] = [];
  const blocks: number[] = [];
  for (let sequence = BigInt(first); sequence <= BigInt(last); sequence++) {
    const [sent, received] = [ledger.sent.get(sequence)!, ledger.received.get(sequence)!];
    receive.push(received.seenMs - sent.seenMs);
    acknowledge.push(ledger.acknowledged.get(sequence)!.seenMs - sent.seenMs);
    blocks.push(ledger.blocksOnB.filter((one) => one.seenMs > sent.seenMs && one.height <= received.height).length);
  }
  return { receive_ms: spread(receive), acknowledge_ms: spread(acknowledge), receive_blocks: spread(blocks) };
}

function spread(values: number[]) {
  values.sort((x, y) => x - y);
  const at = (q: number) => Math.round(values[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0);
  return { p50: at(0.5), p99: at(0.99) };
}

const round = (value: number, to: number) => Math.round(value * to) / to;

/** Memory of a relayer as its metrics tell. */
async function residentMib(api: string): Promise<number | undefined> {
  const page = await (await fetch(`${api}/metrics`)).text();
  const match = /^\S*process_resident_memory_bytes\S* (\d+)/m.exec(page);
  return match === null ? undefined : Math.round(Number(match[1]) / 1024 / 1024);
}
