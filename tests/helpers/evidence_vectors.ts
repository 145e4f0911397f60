/** What CometBFT's Go code made and thought of evidence (`tests/vectors/cometbft/evidence.json`), in our types. @module */
import { Evidence } from "cosmjs-types/tendermint/types/evidence";
import { Commit, Header, LightBlock } from "cosmjs-types/tendermint/types/types";
import { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import {
  type ChainState,
  chainStateFromGenesis,
  type EvidenceHistory,
  type EvidenceVerdict,
  judgeEvidenceWork,
  misbehaviorOf,
} from "../../node/chain/mod.ts";
import {
  answerBisection,
  type Bisection,
  type BisectionPlan,
  type LightBlock as AnyLightBlock,
  startBisection,
} from "../../node/core/light/mod.ts";
import { nanosToRfc3339, rfc3339ToNanos, timestampToNanos } from "../../node/core/time.ts";
import { hashEvidence, hashHeader, hashOneEvidence } from "../../node/core/types/mod.ts";
import { runResident } from "../../node/core/work.ts";
import { genesisOf, valueOf } from "./mini_chain.ts";

/** What Go thinks of a piece of evidence. */
export interface GoVerdict {
  readonly ok: boolean;
  readonly reason?: string;
  readonly hash?: string;
  /** The header's `evidence_hash` of a block that carries it alone. */
  readonly list_hash?: string;
  /** As protobuf, hexadecimal. */
  readonly bytes?: string;
  readonly misbehavior?: readonly GoMisbehavior[];
}

interface GoMisbehavior {
  readonly type: number;
  readonly address: string;
  readonly power: number;
  readonly height: number;
  readonly time: string;
  readonly total: number;
}

interface GoChain {
  readonly chain_id: string;
  readonly blocks: readonly { readonly header: string; readonly commit: string; readonly validators: string }[];
}

export interface GoFork {
  readonly name: string;
  readonly target: number;
  readonly now: string;
  /** Light blocks by height. */
  readonly primary: Readonly<Record<string, string>>;
  readonly witness: Readonly<Record<string, string>>;
  readonly against_primary: GoVerdict | null;
  readonly against_witness: GoVerdict | null;
  readonly error: string;
}

export interface EvidenceVectors {
  readonly chain: GoChain;
  readonly cases: readonly (GoVerdict & { readonly name: string; readonly bytes: string; readonly json: unknown })[];
  readonly forks: readonly GoFork[];
}

export function loadEvidenceVectors(): EvidenceVectors {
  return JSON.parse(Deno.readTextFileSync(new URL("../vectors/cometbft/evidence.json", import.meta.url)));
}

/** A block as far as evidence needs it. */
export interface KnownHeight {
  readonly header: Header;
  readonly commit: Commit;
  readonly validators: ValidatorSet;
}

/** A chain from height 1 on, as something that evidence can be judged against. */
export class JudgingChain {
  readonly state: ChainState;
  readonly history: EvidenceHistory;

  constructor(readonly blocks: readonly KnownHeight[]) {
    const { header: last, validators } = blocks.at(-1)!;
    const base = valueOf(chainStateFromGenesis(genesisOf([1n]), { validators: [], appHash: new Uint8Array(32) }));
    this.state = {
      ...base,
      chainId: last.chainId,
      lastHeight: last.height,
      lastBlockTime: timestampToNanos(last.time),
      lastValidators: validators,
    };
    this.history = {
      at: (height) => {
        const block = blocks[Number(height) - 1];
        return block && { ...block, time: timestampToNanos(block.header.time) };
      },
      committed: () => false,
    };
  }

  judge(evidence: Evidence): EvidenceVerdict {
    return runResident(judgeEvidenceWork(this.state, evidence, this.history));
  }

  /** What Go's judge is told first. */
  text(): GoChain {
    return {
      chain_id: this.state.chainId,
      blocks: this.blocks.map(({ header, commit, validators }) => ({
        header: Header.encode(header).finish().toHex(),
        commit: Commit.encode(commit).finish().toHex(),
        validators: ValidatorSet.encode({ ...validators, totalVotingPower: 0n }).finish().toHex(),
      })),
    };
  }
}

export function judgingChain(chain: GoChain): JudgingChain {
  return new JudgingChain(chain.blocks.map(({ header, commit, validators }) => ({
    header: Header.decode(Uint8Array.fromHex(header)),
    commit: Commit.decode(Uint8Array.fromHex(commit)),
    validators: ValidatorSet.decode(Uint8Array.fromHex(validators)),
  })));
}

/** Our description of evidence in Go's words. */
export function describeEvidence(evidence: Evidence): GoVerdict {
  const misbehavior = misbehaviorOf([evidence]).map((each) => ({
    type: each.type as number,
    address: each.validator.address.toHex(),
    power: Number(each.validator.power),
    height: Number(each.height),
    time: nanosToRfc3339(timestampToNanos(each.time)),
    total: Number(each.totalVotingPower),
  }));
  return {
    ok: true,
    hash: hashOneEvidence(evidence).toHex(),
    list_hash: hashEvidence([evidence]).toHex(),
    bytes: Evidence.encode(evidence).finish().toHex(),
    ...(misbehavior.length > 0 && { misbehavior }),
  };
}

/** Our light client over the blocks that Go's was given. */
export function runFork({ target, now, primary, witness }: GoFork): Bisection {
  const sources = [primary, witness].map((blocks) => {
    const heights = Object.keys(blocks).map(BigInt).sort((a, b) => Number(a - b));
    return (height: bigint): AnyLightBlock | undefined => {
      const hex = blocks[`${height === 0n ? heights.at(-1) : height}`];
      return hex === undefined ? undefined : LightBlock.decode(Uint8Array.fromHex(hex));
    };
  });
  const root = sources[0]!(1n)!.signedHeader!.header!;
  const plan: BisectionPlan = {
    trusted: { height: 1n, hash: hashHeader(root) },
    targetHeight: BigInt(target),
    witnesses: 1,
    trustLevel: { numerator: 1n, denominator: 3n },
    trustingPeriodMs: 4 * 3_600_000,
    clockDriftMs: 0,
    blockLagMs: 0,
  };
  let state = startBisection(plan);
  while (state.tag === "asking") {
    state = answerBisection(state, sources[state.source]!(state.height), plan, rfc3339ToNanos(now)!);
  }
  return state;
}
