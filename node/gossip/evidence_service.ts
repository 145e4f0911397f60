/**
 * Evidence between nodes: what is new here goes out, what is heard is judged and, when it is new and true, goes on; a new peer
 * gets what waits for a block, and whoever could not judge it at first gets it again.
 *
 * Wire: `{ version, list }` with `tendermint.types.EvidenceList`, as CometBFT v0.38's evidence reactor sends it; one piece by the
 * topic, since the verdict on a message is that on its evidence.
 * @module
 */
import { type Evidence, EvidenceList } from "cosmjs-types/tendermint/types/evidence";
import { encode, fields, messageCodec } from "../core/codec/mod.ts";
import type { CodedError } from "../core/errors.ts";
import type { GossipVerdict, PeerId } from "../core/peer.ts";
import { err, ok, type Result } from "../core/result.ts";
import { CHANNEL_BYTES_MAX, type PeerNetwork, TOPIC_BYTES_MAX } from "../network/ports.ts";
import { decodeVersioned, GOSSIP_CODE, isOtherVersion, WIRE_VERSION } from "./_versioned.ts";
import type { Scheduler } from "./transactions_service.ts";

/** Who judges and keeps evidence, as gossip sees it. */
export interface EvidenceKeeper {
  /** `accept`: new and true; `reject`: false, and whoever sent it should have known; `ignore`: anything else. */
  submit(evidence: Evidence): Promise<{ readonly verdict: GossipVerdict; readonly reason: string }>;
  /** Everything that waits for a block, oldest first. */
  pending(): readonly Evidence[];
  /** Calls back for each piece that begins to wait, wherever it came from and before `submit` answers. */
  onNew(listener: (evidence: Evidence) => void): () => void;
}

export interface EvidenceGossipOptions {
  readonly network: Pick<PeerNetwork, "publish" | "send" | "report">;
  readonly clock: Scheduler;
  readonly keeper: EvidenceKeeper;
  /** False while blocks are synced: what happened later cannot be judged yet. */
  readonly active: () => boolean;
  /** The keeper failed for a reason that is no peer's fault. */
  readonly onFailure: (error: unknown) => void;
}

/** Pieces in one message to a new peer. */
const PIECES_MAX = 32;
/** New peers are sent about so much at once, so often. */
const PENDING_BYTES = 256 * 1024;
const PENDING_EVERY_MS = 200;
/**
 * So often one peer, in turns, is sent again what has been waiting since the last time: peers that had not come to its height yet,
 * or were syncing, have ignored it.
 */
const REMIND_MS = 5_000;

const codec = messageCodec("/catenary.gossip.v1.Evidence", {
  version: fields.uint32(1),
  list: fields.message(2, EvidenceList),
});

export const encodeEvidence = (evidence: readonly Evidence[]): Uint8Array =>
  encode(codec, { version: WIRE_VERSION, list: { evidence: [...evidence] } });

/** Bounded and strict; at least one piece and at most `max`. */
export function decodeEvidence(bytes: Uint8Array, max: number): Result<readonly Evidence[], CodedError> {
  const decoded = decodeVersioned(codec, bytes, "evidence", TOPIC_BYTES_MAX.evidence);
  if (!decoded.ok) return decoded;
  const { evidence = [] } = decoded.value.list ?? {};
  if (evidence.length > 0 && evidence.length <= max) return ok(evidence);
  return err({ codespace: "gossip", code: GOSSIP_CODE.count, message: `decode evidence: ${evidence.length} pieces` });
}

export class EvidenceGossip {
  readonly #options: EvidenceGossipOptions;
  /** Pieces that came by the topic, which passes them on. */
  readonly #byTopic = new WeakSet<Evidence>();
  /** What each new peer is still to be sent. */
  readonly #newPeers = new Map<PeerId, readonly Evidence[]>();
  readonly #unsubscribe: () => void;
  #cancel: (() => void) | undefined;
  /** Whose turn to be reminded is first stands first. */
  readonly #peers = new Set<PeerId>();
  /** What waited at the last reminder. */
  #old: ReadonlySet<Evidence> = new Set();
  #cancelReminder: (() => void) | undefined;

  constructor(options: EvidenceGossipOptions) {
    this.#options = options;
    this.#unsubscribe = options.keeper.onNew((evidence) => this.#onNew(evidence));
  }

  stop(): void {
    this.#unsubscribe();
    this.#cancel?.();
    this.#cancel = undefined;
    this.#cancelReminder?.();
    this.#cancelReminder = undefined;
    this.#newPeers.clear();
    this.#peers.clear();
  }

  onPeerJoined(peer: PeerId): void {
    this.#peers.add(peer);
    this.#remindLater();
    const pending = this.#options.keeper.pending();
    if (pending.length === 0) return;
    this.#newPeers.set(peer, pending);
    this.#serveLater();
  }

  onPeerLeft(peer: PeerId): void {
    this.#peers.delete(peer);
    this.#newPeers.delete(peer);
  }

  /** Bytes of the topic `evidence`. */
  async onTopic(from: PeerId, bytes: Uint8Array): Promise<GossipVerdict> {
    return await this.#onHeard(from, bytes, 1, (evidence) => this.#byTopic.add(evidence));
  }

  /** Bytes of the channel `evidence`. Resolves when all was judged: that is the back pressure. */
  async onMessage(from: PeerId, bytes: Uint8Array): Promise<void> {
    await this.#onHeard(from, bytes, PIECES_MAX, () => {});
  }

  /** The verdict on the last piece that was judged. */
  async #onHeard(
    from: PeerId,
    bytes: Uint8Array,
    max: number,
    mark: (evidence: Evidence) => void,
  ): Promise<GossipVerdict> {
    const { active, network } = this.#options;
    if (!active()) return "ignore";
    const decoded = decodeEvidence(bytes, max);
    if (!decoded.ok) {
      if (isOtherVersion(decoded.error)) return "ignore";
      network.report(from, "undecodable", decoded.error.message);
      return "reject";
    }
    let verdict: GossipVerdict = "ignore";
    for (const evidence of decoded.value) {
      mark(evidence);
      verdict = await this.#submit(from, evidence);
      // Whoever sends what is false is not listened to any further.
      if (verdict === "reject") break;
    }
    return verdict;
  }

  async #submit(from: PeerId, evidence: Evidence): Promise<GossipVerdict> {
    const { keeper, network, onFailure } = this.#options;
    try {
      const { verdict, reason } = await keeper.submit(evidence);
      if (verdict === "reject") network.report(from, "bad_evidence", reason);
      return verdict;
    } catch (error) {
      onFailure(error);
      return "ignore";
    }
  }

  #onNew(evidence: Evidence): void {
    this.#remindLater();
    if (this.#byTopic.has(evidence)) return;
    const bytes = encodeEvidence([evidence]);
    // What is longer reaches others in the block that carries it.
    if (bytes.length <= TOPIC_BYTES_MAX.evidence) this.#options.network.publish("evidence", bytes);
  }

  #remindLater(): void {
    const { clock, keeper } = this.#options;
    if (this.#cancelReminder !== undefined || this.#peers.size === 0 || keeper.pending().length === 0) return;
    this.#cancelReminder = clock.schedule(REMIND_MS, () => {
      this.#cancelReminder = undefined;
      this.#remind();
      this.#remindLater();
    });
  }

  #remind(): void {
    const { active, keeper } = this.#options;
    const pending = keeper.pending();
    const old = pending.filter((evidence) => this.#old.has(evidence));
    this.#old = new Set(pending);
    if (old.length === 0 || !active()) return;
    for (const peer of this.#peers) {
      // To be sent what waits anyway.
      if (this.#newPeers.has(peer)) continue;
      this.#peers.delete(peer);
      this.#peers.add(peer);
      this.#newPeers.set(peer, old);
      return this.#serveLater();
    }
  }

  #serveLater(): void {
    if (this.#cancel !== undefined || this.#newPeers.size === 0) return;
    this.#cancel = this.#options.clock.schedule(PENDING_EVERY_MS, () => {
      this.#cancel = undefined;
      for (const [peer, left] of this.#newPeers) this.#serve(peer, left);
      this.#serveLater();
    });
  }

  #serve(peer: PeerId, left: readonly Evidence[]): void {
    let count = 0;
    let bytes = encodeEvidence(left.slice(0, 1));
    while (count < Math.min(left.length, PIECES_MAX)) {
      const more = encodeEvidence(left.slice(0, count + 1));
      if (count > 0 && more.length > PENDING_BYTES) break;
      [bytes, count] = [more, count + 1];
    }
    const tooLong = bytes.length > CHANNEL_BYTES_MAX.evidence;
    // What finds no room is sent again.
    if (!tooLong && !this.#options.network.send(peer, "evidence", bytes)) return;
    const rest = left.slice(count);
    if (rest.length === 0) this.#newPeers.delete(peer);
    else this.#newPeers.set(peer, rest);
  }
}
