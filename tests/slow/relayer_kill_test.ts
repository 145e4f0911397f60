/**
 * Kills the relayer (SIGKILL) at random moments while it carries packets over two hops, and judges what is left: every
 * packet delivered exactly once or refunded, every balance adds up. CATENARY_RELAYER_KILLS, CATENARY_PACKETS and
 * CATENARY_SEED override.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { QueryAllBalancesRequest, QueryAllBalancesResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { QueryPacketCommitmentsRequest, QueryPacketCommitmentsResponse } from "cosmjs-types/ibc/core/channel/v1/query";
import { bech32 } from "@scure/base";
import { denomHash, encodeForwardMemo, escrowAddress } from "../../node/core/ibc/mod.ts";
import { Prng } from "../../node/core/prng.ts";
import { type Account, makeAccount, signMessages } from "../helpers/accounts.ts";
import {
  type ChainProcess,
  openChannel,
  relayerConfig,
  type RelayerProcess,
  startChain,
  startRelayerProcess,
} from "../helpers/relayer_process.ts";
import { rpc, rpcBatch } from "../helpers/rpc_client.ts";

const KILLS = Number(Deno.env.get("CATENARY_RELAYER_KILLS") ?? 50);
const PACKETS = Number(Deno.env.get("CATENARY_PACKETS") ?? 2000);
const SEED = Number(Deno.env.get("CATENARY_SEED") ?? Math.floor(Math.random() * 2 ** 32));
const SENDERS = 20;
const BLOCK_TIME_MS = 200;
const GENESIS_BALANCE = 1_000_000_000_000n;
/** One in so many packets has so little time on its second hop, in milliseconds, that it may come back. */
const HURRIED = 7;
const HURRIED_MS = [500, 4_000] as const;
const HOUR_NS = 3_600_000_000_000n;

Deno.test(`a relayer killed ${KILLS} times loses and doubles none of ${PACKETS} packets (seed ${SEED})`, async () => {
  const random = new Prng(SEED);
  const folder = await Deno.makeTempDir({ prefix: "catenary-relayer-kill-" });
  const accounts = Array.from({ length: SENDERS }, (_, i) => makeAccount("ed25519", i));
  const chains: ChainProcess[] = [];
  let relayer: RelayerProcess | undefined;
  let settledUnderFire = 0n;
  try {
    for (const name of ["a", "b", "c"]) {
      chains.push(await startChain(folder, name, accounts.map(({ address }) => address), BLOCK_TIME_MS));
    }
    const config = `${folder}/relayer.toml`;
    await Deno.writeTextFile(
      config,
      relayerConfig(chains, { wallets: 2, paths: [["a", "b"], ["b", "c"]] }),
    );
    relayer = await startRelayerProcess(config);
    const ab = await openChannel(relayer.api, "a-b");
    const bc = await openChannel(relayer.api, "b-c");
    const users = new Users(chains[0]!, { ab: ab.a, bc: bc.a }, accounts, random);
    for (let kill = 0; kill < KILLS; kill++) {
      await users.send(Math.ceil(PACKETS * (kill + 1) / KILLS) - users.sent);
      await new Promise((resolve) => setTimeout(resolve, 200 + random.below(1300)));
      await relayer.stop("SIGKILL");
      relayer = await startRelayerProcess(config);
      if (kill % 10 === 9) {
        const waiting = await pending(chains[0]!, ab.a);
        settledUnderFire = BigInt(users.sent) - waiting;
        console.log(`kill ${kill + 1}: ${users.sent} packets sent, ${waiting} of them not settled`);
      }
    }
    if (KILLS >= 10) assert(settledUnderFire > 0n, "no packet was settled between the kills: they hit an idle relayer");
    await everythingSettled(chains, { ab, bc });
    await judge(chains, { ab, bc }, accounts, users.sent);
  } finally {
    await relayer?.stop();
    for (const { node } of chains) await node.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

/** Sends transfers of one token from a over b to c, to the sender's own address there. */
class Users {
  sent = 0;
  readonly #sequences: bigint[];

  constructor(
    readonly chain: ChainProcess,
    readonly channels: { readonly ab: string; readonly bc: string },
    readonly accounts: readonly Account[],
    readonly random: Prng,
  ) {
    this.#sequences = accounts.map(() => 0n);
  }

  async send(count: number): Promise<void> {
    const txs = Array.from({ length: count }, () => ({ tx: this.#sign().toBase64() }));
    if (txs.length === 0) return;
    const answers = await rpcBatch(this.chain.node.rpcUrl, "broadcast_tx_sync", txs);
    for (const { error, result } of answers) assert(error === undefined && result.code === 0, JSON.stringify(result));
  }

  #shortNs(): bigint {
    const [least, most] = HURRIED_MS;
    return BigInt(least + this.random.below(most - least)) * 1_000_000n;
  }

  #sign(): Uint8Array {
    const index = this.sent++ % this.accounts.length;
    const sender = this.accounts[index]!;
    const memo = encodeForwardMemo({
      receiver: sender.address,
      portId: "transfer",
      channelId: this.channels.bc,
      timeoutNs: this.sent % HURRIED === 0 ? this.#shortNs() : HOUR_NS,
      retries: 0,
    });
    const value = MsgTransfer.encode(MsgTransfer.fromPartial({
      sourcePort: "transfer",
      sourceChannel: this.channels.ab,
      token: { denom: "ucat", amount: "1" },
      sender: sender.address,
      receiver: sender.address,
      timeoutTimestamp: BigInt(Date.now()) * 1_000_000n + HOUR_NS,
      memo,
    })).finish();
    return signMessages(sender, [{ typeUrl: MsgTransfer.typeUrl, value }], {
      chainId: this.chain.chainId,
      accountNumber: this.chain.firstNumber + BigInt(index),
      sequence: this.#sequences[index]!++,
      gas: 600_000n,
    });
  }
}

interface Channels {
  readonly ab: { readonly a: string; readonly b: string };
  readonly bc: { readonly a: string; readonly b: string };
}

async function ask(chain: ChainProcess, path: string, request: Uint8Array): Promise<Uint8Array> {
  const { response } = await rpc(chain.node.rpcUrl, "abci_query", { path, data: request.toHex() });
  if (response.code !== 0) throw new Error(`${path}: ${response.log}`);
  return Uint8Array.fromBase64(response.value ?? "");
}

/** Packets of that channel end that wait for their acknowledgement or timeout. */
async function pending(chain: ChainProcess, channelId: string): Promise<bigint> {
  const request = QueryPacketCommitmentsRequest.encode(QueryPacketCommitmentsRequest.fromPartial({
    portId: "transfer",
    channelId,
    pagination: { limit: 1n, countTotal: true },
  })).finish();
  const answer = await ask(chain, "/ibc.core.channel.v1.Query/PacketCommitments", request);
  return QueryPacketCommitmentsResponse.decode(answer).pagination!.total;
}

/** A relayer runs; nobody sends any more. */
async function everythingSettled([a, b]: readonly ChainProcess[], { ab, bc }: Channels): Promise<void> {
  for (let pause = 0; pause < 600; pause++) {
    if (await pending(a!, ab.a) === 0n && await pending(b!, bc.a) === 0n) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("packets are still not settled after five minutes without a kill");
}

async function balances(chain: ChainProcess, address: string): Promise<ReadonlyMap<string, bigint>> {
  const request = QueryAllBalancesRequest.encode(QueryAllBalancesRequest.fromPartial({ address })).finish();
  const answer = QueryAllBalancesResponse.decode(await ask(chain, "/cosmos.bank.v1beta1.Query/AllBalances", request));
  return new Map(answer.balances.map(({ denom, amount }) => [denom, BigInt(amount)]));
}

const bech32Of = (bytes: Uint8Array) => bech32.encode("cat", bech32.toWords(bytes));

/** What each user lacks on a is what it has on c, and both escrows hold just that. */
async function judge(
  [a, b, c]: readonly ChainProcess[],
  { ab, bc }: Channels,
  accounts: readonly Account[],
  sent: number,
): Promise<void> {
  const onB = denomHash(`transfer/${ab.b}/ucat`);
  const onC = denomHash(`transfer/${bc.b}/transfer/${ab.b}/ucat`);
  let delivered = 0n;
  for (const { address } of accounts) {
    const home = (await balances(a!, address)).get("ucat")!;
    const away = (await balances(c!, address)).get(onC) ?? 0n;
    assertEquals(GENESIS_BALANCE - home, away, `${address}: what left a is not what arrived on c`);
    assertEquals((await balances(b!, address)).get(onB) ?? 0n, 0n, `${address}: something is left on b`);
    delivered += away;
  }
  const escrowed = async (chain: ChainProcess, channelId: string, denom: string) =>
    (await balances(chain, bech32Of(escrowAddress("transfer", channelId)))).get(denom) ?? 0n;
  assertEquals(await escrowed(a!, ab.a, "ucat"), delivered, "escrow on a");
  assertEquals(await escrowed(b!, bc.a, onB), delivered, "escrow on b");
  assert(delivered > 0n, "nothing was delivered");
  console.log(`${sent} packets: ${delivered} delivered, ${BigInt(sent) - delivered} refunded`);
}
