/** One of four validators is hostile: what it signs is good as to form and by whom it must be, and worth nothing. */
import { assert, assertEquals } from "@std/assert";
import { Block } from "cosmjs-types/tendermint/types/block";
import { Proposal, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import { readHome } from "../../node/config/mod.ts";
import { tendermintCodec } from "../../node/consensus/tendermint/codec.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { encode } from "../../node/core/codec/mod.ts";
import { ed25519KeyFromSeed, sha256, signEd25519 } from "../../node/core/crypto/mod.ts";
import { NANOS_PER_MS, nanosToTimestamp } from "../../node/core/time.ts";
import { partSet, proposalSignBytes, voteSignBytes } from "../../node/core/types/mod.ts";
import { encodeCarry } from "../../node/gossip/wire.ts";
import { makeValidatorProof, peerIdOfSeed } from "../../node/network/mod.ts";
import type { PeerNetwork } from "../../node/network/ports.ts";
import { breathe } from "../../node/runtime/mod.ts";
import { VERSION } from "../../node/version.ts";
import { MemoryTestnet } from "../helpers/memory_testnet.ts";
import { rpc } from "../helpers/rpc_client.ts";

const CHAIN = "memory-testnet";
const HOSTILE = 3;

/** Where consensus is, as an honest node tells. */
interface Place {
  readonly height: bigint;
  readonly round: number;
  /** It is the hostile one's turn to propose. */
  readonly isMine: boolean;
  readonly index: number;
}

/** What the hostile one may use: its keys, and an honest node's view. */
class Traitor {
  readonly network: PeerNetwork;
  readonly #key;
  readonly #address: Uint8Array;
  readonly #rpcUrl: string;

  private constructor(network: PeerNetwork, seed: Uint8Array, address: Uint8Array, rpcUrl: string) {
    this.network = network;
    this.#key = ed25519KeyFromSeed(seed);
    this.#address = address;
    this.#rpcUrl = rpcUrl;
  }

  static async start(net: MemoryTestnet): Promise<Traitor> {
    const { nodeKey, validatorKey } = await readHome(net.homes[HOSTILE]!.home);
    const key = ed25519KeyFromSeed(validatorKey!.seed);
    const network = net.hub.join({
      nodeKeySeed: nodeKey.seed,
      chainId: CHAIN,
      moniker: "traitor",
      version: VERSION,
      validatorProof: makeValidatorProof(key, CHAIN, peerIdOfSeed(nodeKey.seed)),
    });
    await network.start({
      onTopic: () => "accept",
      onMessage: () => {},
      async *onRequest() {},
      onPeerJoined: () => {},
      onPeerLeft: () => {},
    });
    return new Traitor(network, validatorKey!.seed, validatorKey!.address, net.nodes.get(0)!.node.rpcAddress);
  }

  async place(): Promise<Place> {
    const { round_state } = await rpc(this.#rpcUrl, "consensus_state");
    const [height, round] = round_state["height/round/step"].split("/");
    const { validators } = await rpc(this.#rpcUrl, "validators", { height });
    const own = this.#address.toHex().toUpperCase();
    const index = validators.findIndex(({ address }: { address: string }) => address === own);
    return { height: BigInt(height), round: Number(round), isMine: round_state.proposer.address === own, index };
  }

  /** Its proposal of any bytes; with parts that are another's, if that is said. */
  propose(
    { height, round }: Place,
    block: Uint8Array,
    part: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
  ): void {
    const { header, parts } = partSet(block);
    const unsigned = Proposal.fromPartial({
      type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL,
      height,
      round,
      polRound: -1,
      blockId: { hash: sha256(block), partSetHeader: header },
      timestamp: nanosToTimestamp(BigInt(Date.now()) * NANOS_PER_MS),
    });
    const signature = signEd25519(this.#key, proposalSignBytes(CHAIN, unsigned));
    const proposal = { ...unsigned, signature };
    const head = tendermintCodec.encodeMessage({ type: "proposal", proposal, block: new Uint8Array() });
    for (const each of parts) {
      this.network.publish("consensus", encodeCarry(head, { ...each, bytes: part(each.bytes) }));
    }
  }

  /** Its votes for blocks that nobody made. */
  vote({ height, index }: Place, round: number, type: SignedMsgType, name: string): void {
    const hash = sha256(utf8ToBytes(name));
    const vote: Vote = {
      type,
      height,
      round,
      blockId: { hash, partSetHeader: { total: 1, hash } },
      timestamp: nanosToTimestamp(BigInt(Date.now()) * NANOS_PER_MS),
      validatorAddress: this.#address,
      validatorIndex: index,
      signature: new Uint8Array(),
      extension: new Uint8Array(),
      extensionSignature: new Uint8Array(),
    };
    const signature = signEd25519(this.#key, voteSignBytes(CHAIN, vote));
    const message = { type: "vote" as const, vote: { ...vote, signature } };
    this.network.publish("consensus", encodeCarry(tendermintCodec.encodeMessage(message)));
  }
}

/** Lets `betray` act again and again while the three others make `blocks` blocks; they agree, and none has given up. */
async function withTraitor(
  blocks: bigint,
  betray: (traitor: Traitor, place: Place) => void,
  then: (net: MemoryTestnet, traitor: Traitor) => void,
): Promise<void> {
  const net = await MemoryTestnet.make({ validators: 4 });
  let traitor: Traitor | undefined;
  try {
    const honest = [0, 1, 2];
    await Promise.all(honest.map((index) => net.start(index)));
    const halted: string[] = [];
    for (const { node } of net.nodes.values()) {
      node.events.addEventListener("halt", (event) => halted.push((event as CustomEvent).detail.reason));
    }
    traitor = await Traitor.start(net);
    await net.reach(2n);
    const end = net.highest + blocks;
    while (honest.some((index) => net.nodes.get(index)!.node.height < end)) {
      assertEquals(halted, []);
      betray(traitor, await traitor.place());
      await breathe();
    }
    assertEquals(halted, []);
    const seen = new Map<bigint, string>();
    for (const { blocks } of net.nodes.values()) {
      for (const { height, hash } of blocks.values()) assertEquals(seen.get(height) ?? hash, hash, `${height}`);
    }
    for (const { node } of net.nodes.values()) {
      for (const { peer } of node.bans) assertEquals(peer, traitor.network.self);
    }
    then(net, traitor);
  } finally {
    await traitor?.network.stop();
    await net.close();
  }
}

Deno.test("hostile validator: blocks that are none, two for one round, and empty ones of a megabyte are voted down", async () => {
  // Fields of which each makes something, and none is worth anything.
  const bomb = new Uint8Array(1 << 20);
  for (let i = 0; i < bomb.length; i += 2) bomb[i] = 0x0a;
  const empty = encode(Block, Block.fromPartial({ lastCommit: {} }));
  const garbage = [new Uint8Array(200_000).fill(7), bomb, empty, new Uint8Array([1])];
  let turns = 0;
  let last = "";
  await withTraitor(10n, (traitor, place) => {
    const now = `${place.height}/${place.round}`;
    if (!place.isMine || now === last) return;
    last = now;
    turns++;
    for (const block of [garbage[turns % 4]!, garbage[(turns + 1) % 4]!]) traitor.propose(place, block);
  }, (net) => {
    assert(turns >= 2, `${turns} turns`);
    assertEquals(net.nodes.get(0)!.node.bans, []);
  });
});

Deno.test("hostile validator: parts that are none of its block are its last", async () => {
  await withTraitor(6n, (traitor, place) => {
    if (place.isMine) traitor.propose(place, new Uint8Array(200_000).fill(7), (bytes) => bytes.with(0, 8));
  }, (net, traitor) => {
    for (const { node } of net.nodes.values()) {
      assertEquals(node.bans.map(({ peer }) => peer), [traitor.network.self]);
      assert(/^(bad_part|rejected)/.test(node.bans[0]!.reason), node.bans[0]!.reason);
    }
  });
});

Deno.test("hostile validator: thousands of votes, each another, for all rounds change nothing", async () => {
  let said = 0;
  await withTraitor(10n, (traitor, place) => {
    for (let i = 0; i < 60; i++, said++) {
      const type = i % 2 === 0 ? SignedMsgType.SIGNED_MSG_TYPE_PREVOTE : SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT;
      traitor.vote(place, i % 3 === 0 ? place.round : i * 7, type, `nothing ${said}`);
    }
  }, () => assert(said > 500, `${said}`));
});
