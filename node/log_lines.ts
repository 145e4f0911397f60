/**
 * The lines a node of a network logs, with stable messages and field names, so that who collects them (`logging.format =
 * "json"`) can search and alert. What repeats with every block is said at `debug`, and at `info` at most every few seconds.
 *
 * | message | level | fields |
 * |---|---|---|
 * | `block committed` | debug | height, round, hash, txs, failed, bytes, execute_ms, persist_ms, total_ms |
 * | `chain grows` | info, every 5 s | height, blocks, txs, interval_ms, peers |
 * | `round entered after a failed one` | warn | height, round, proposer |
 * | `no proposal in time` | warn | height, round, proposer |
 * | `proposed block refused` | warn | height, round, hash |
 * | `own precommit is not in the block` | warn | height, missed |
 * | `signature refused` | warn | type, height, round, reason |
 * | `double vote seen` | warn | height, round, validator, type |
 * | `light client attack seen` | warn | common_height, height, validators |
 * | `evidence in a block` | warn | height, count, validators |
 * | `peer joined` | info | peer, address, moniker, version, outbound, relayed, validator, peers |
 * | `peer left` | info | peer, moniker, seconds, peers |
 * | `peer banned` | warn | peer, reason, until, code |
 * | `syncing blocks` | info, every 5 s | height, target, peers, blocks_per_second |
 * | `sync switched` | info | to, reason |
 * | `restoring a snapshot` | info, every 5 s | height, chunks, total |
 * | `question to a peer failed` | debug | protocol, peer, ms, reason |
 * | `contract says` | debug | contract, text (`contracts.debug`; again each time that it runs) |
 *
 * Warnings that peers or a stuck chain could repeat without end are said {@linkcode WARNINGS_MAX} times in
 * {@linkcode REPEAT_MS}, what contracts say {@linkcode CONTRACT_LINES_MAX} times; `suppressed` in the next line says how many were not.
 * @module
 */
import type { Evidence } from "cosmjs-types/tendermint/types/evidence";
import type { Vote } from "cosmjs-types/tendermint/types/types";
import type { PeerBan, PeerView } from "./network/ports.ts";
import type { SyncProgress, SyncQuestion } from "./sync/ports.ts";
import { type LogFields, type Logger, SILENT } from "./telemetry/mod.ts";

/** Lines about what goes on all the time come at most this often. */
export const REPEAT_MS = 5000;
/** Lines of one message in that time. */
export const WARNINGS_MAX = 20;

/** A committed block as it is logged. Times in milliseconds. */
export interface BlockLine {
  readonly height: bigint;
  readonly round: number;
  readonly hash: Uint8Array;
  readonly txs: number;
  readonly failed: number;
  readonly bytes: number;
  readonly executeMs: number;
  readonly persistMs: number;
  readonly totalMs: number;
}

/** Lines of contracts in that time. */
export const CONTRACT_LINES_MAX = 200;

const tenths = (value: number): number => Math.round(value * 10) / 10;
const namesOf = (addresses: readonly Uint8Array[]): string =>
  addresses.map((address) => address.toHex().toUpperCase()).join(",");

/** Is due at most once in {@linkcode REPEAT_MS}. */
class Pace {
  #last = -Infinity;
  /** Between the last two times it was due; 0 the first time. */
  sinceMs = 0;

  isDue(nowMs: number): boolean {
    if (nowMs - this.#last < REPEAT_MS) return false;
    this.sinceMs = this.#last === -Infinity ? 0 : nowMs - this.#last;
    this.#last = nowMs;
    return true;
  }
}

/** How often a message was said lately. */
interface Said {
  since: number;
  count: number;
}

/** See the module. `nowMs` never goes back. */
export class LogLines {
  readonly #log: Logger;
  readonly #nowMs: () => number;
  readonly #growth = { pace: new Pace(), blocks: 0, txs: 0 };
  readonly #sync = { pace: new Pace(), from: 0n };
  readonly #restore = new Pace();
  readonly #said = new Map<string, Said>();

  constructor(log: Logger = SILENT, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  blockCommitted(block: BlockLine, peers: number): void {
    const { height, round, hash, txs, failed, bytes } = block;
    this.#log.debug("block committed", {
      height,
      round,
      hash,
      txs,
      failed,
      bytes,
      execute_ms: tenths(block.executeMs),
      persist_ms: tenths(block.persistMs),
      total_ms: tenths(block.totalMs),
    });
    const growth = this.#growth;
    growth.blocks++;
    growth.txs += txs;
    if (!growth.pace.isDue(this.#nowMs())) return;
    const { blocks } = growth;
    const interval_ms = tenths(growth.pace.sinceMs / blocks);
    this.#log.info("chain grows", { height, blocks, txs: growth.txs, interval_ms, peers });
    growth.blocks = 0;
    growth.txs = 0;
  }

  /** `proposer`: of the new round. */
  roundFailed(height: bigint, round: number, proposer: Uint8Array | undefined): void {
    this.#warn("round entered after a failed one", { height, round, proposer });
  }
  proposalMissed(height: bigint, round: number, proposer: Uint8Array | undefined): void {
    this.#warn("no proposal in time", { height, round, proposer });
  }
  blockRefused(height: bigint, round: number, hash: Uint8Array): void {
    this.#warn("proposed block refused", { height, round, hash });
  }
  /** `missed`: in this process's life. */
  ownPrecommitMissing(height: bigint, missed: number): void {
    this.#warn("own precommit is not in the block", { height, missed });
  }
  signRefused(type: string, height: bigint, round: number, reason: string): void {
    this.#warn("signature refused", { type, height, round, reason });
  }
  /** Evidence this node made or was given; it may not be in a block yet. */
  evidenceSeen({ duplicateVoteEvidence, lightClientAttackEvidence: attack }: Evidence): void {
    if (duplicateVoteEvidence?.voteA !== undefined) return this.#doubleVote(duplicateVoteEvidence.voteA);
    if (attack === undefined) return;
    this.#warn("light client attack seen", {
      common_height: attack.commonHeight,
      height: attack.conflictingBlock?.signedHeader?.header?.height,
      validators: namesOf(attack.byzantineValidators.map(({ address }) => address)),
    });
  }
  /** `validators`: addresses of those it is about. */
  evidenceCommitted(height: bigint, count: number, validators: readonly Uint8Array[]): void {
    this.#warn("evidence in a block", { height, count, validators: namesOf(validators) });
  }

  peerJoined(peer: PeerView, peers: number): void {
    const { id, address, moniker, version, outbound, relayed, validator } = peer;
    const fields = { peer: id, address, moniker, version, outbound, relayed, validator, peers };
    this.#say("info", "peer joined", fields);
  }
  peerLeft(peer: string, moniker: string | undefined, seconds: number | undefined, peers: number): void {
    this.#say("info", "peer left", { peer, moniker, seconds: seconds && tenths(seconds), peers });
  }
  /** `code`: of the report that was one too many, if known. */
  peerBanned({ peer, until, reason }: PeerBan, code: string | undefined): void {
    this.#warn("peer banned", { peer, reason, until: new Date(until).toISOString(), code });
  }

  syncProgress({ mode, next, target, peers }: SyncProgress): void {
    const { pace } = this.#sync;
    if (mode !== "sync" || !pace.isDue(this.#nowMs())) return;
    const blocks = Number(next - this.#sync.from);
    const blocks_per_second = pace.sinceMs === 0 ? 0 : tenths(blocks / pace.sinceMs * 1000);
    this.#sync.from = next;
    this.#log.info("syncing blocks", { height: next - 1n, target, peers, blocks_per_second });
  }
  syncSwitched(to: "sync" | "consensus", reason: string): void {
    this.#log.info("sync switched", { to, reason });
  }
  restoring(height: bigint, chunks: number, total: number): void {
    if (chunks < total && !this.#restore.isDue(this.#nowMs())) return;
    this.#log.info("restoring a snapshot", { height, chunks, total });
  }
  questionFailed({ protocol, peer, ms, failure }: SyncQuestion): void {
    this.#log.debug("question to a peer failed", { protocol, peer, ms: tenths(ms), reason: failure });
  }

  contractSaid(contract: string, text: string): void {
    this.#say("debug", "contract says", { contract, text }, CONTRACT_LINES_MAX);
  }

  #doubleVote({ height, round, validatorAddress, type }: Vote): void {
    const name = type as number === 1 ? "prevote" : "precommit";
    this.#warn("double vote seen", { height, round, validator: validatorAddress, type: name });
  }

  #warn(message: string, fields: LogFields): void {
    this.#say("warn", message, fields);
  }

  /** Messages are ours, so what is remembered of them is bounded. */
  #say(level: "debug" | "info" | "warn", message: string, fields: LogFields, linesMax = WARNINGS_MAX): void {
    const now = this.#nowMs();
    const said = this.#said.get(message);
    if (said === undefined || now - said.since >= REPEAT_MS) {
      const suppressed = Math.max(0, (said?.count ?? 0) - linesMax);
      this.#said.set(message, { since: now, count: 1 });
      return this.#log[level](message, suppressed > 0 ? { ...fields, suppressed } : fields);
    }
    if (++said.count <= linesMax) this.#log[level](message, fields);
  }
}
