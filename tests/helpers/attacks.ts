/** Attacks on light clients by validators whose keys the tests have, and what can be wrong with the evidence. @module */
import { Evidence, type LightClientAttackEvidence } from "cosmjs-types/tendermint/types/evidence";
import type { ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { attackEvidence, type ConflictingBlock } from "../../node/core/light/mod.ts";
import { type BlockParts, makeLightBlock, membersOf, type WholeLightBlock } from "./light_chain.ts";
import { JudgingChain, type KnownHeight } from "./evidence_vectors.ts";

const CHAIN_ID = "attacked-1";
const SECOND = 1_000_000_000n;
const BIRTH = 1_700_000_000n * SECOND;
export const attackTimeAt = (height: bigint): bigint => BIRTH + height * SECOND;

/** Powers 10, 20, 30 …: every threshold can be hit and missed by little. */
const powerOf = (index: number) => BigInt(10 * (index + 1));
export const attackMembers = (...indexes: number[]) => membersOf(indexes, powerOf);

/** Number 1 goes and number 5 comes at height 7. */
export const honestIndexes = (height: bigint) => height < 7n ? [0, 1, 2, 3, 4] : [0, 2, 3, 4, 5];

export const honestParts = (height: bigint): BlockParts => ({
  chainId: CHAIN_ID,
  height,
  time: attackTimeAt(height),
  members: attackMembers(...honestIndexes(height)),
  next: attackMembers(...honestIndexes(height + 1n)),
});

/** A chain of twelve blocks, and its blocks as an accuser has them. */
export class AttackedChain extends JudgingChain {
  readonly length = 12n;

  constructor() {
    super(Array.from({ length: 12 }, (_, i) => knownHeight(makeLightBlock(honestParts(BigInt(i + 1))))));
  }

  at(height: bigint): ConflictingBlock {
    const { header, commit, validators } = this.blocks[Number(height) - 1]!;
    return { header, commit, validators: validators.validators };
  }
}

/** As a light block on the wire has it. */
function setOf({ validatorSet: { validators } }: WholeLightBlock): ValidatorSet {
  return { validators, proposer: validators[0]!, totalVotingPower: 0n };
}

function knownHeight(block: WholeLightBlock): KnownHeight {
  return { ...block.signedHeader, validators: setOf(block) };
}

/** What an honest accuser says of `conflicting`, whom the chain's block at `trustedHeight` contradicts. */
export function accuse(
  chain: AttackedChain,
  conflicting: BlockParts,
  commonHeight: bigint,
  trustedHeight: bigint = conflicting.height,
): LightClientAttackEvidence {
  const block = makeLightBlock(conflicting);
  const { validators } = block.validatorSet;
  const whole: ConflictingBlock = { ...block.signedHeader, validators };
  return attackEvidence(whole, chain.at(trustedHeight), chain.at(commonHeight)).evidence;
}

/** One piece of evidence of each kind, all of them true. */
export function attacksOf(chain: AttackedChain): Record<string, LightClientAttackEvidence> {
  const own = { members: attackMembers(3, 4, 9), next: attackMembers(3, 4, 9) };
  return {
    lunatic: accuse(chain, { ...honestParts(9n), ...own }, 3n),
    "lunatic application": accuse(
      chain,
      { ...honestParts(10n), app: "lie", signers: attackMembers(2, 3, 4, 5) },
      5n,
    ),
    equivocation: accuse(chain, { ...honestParts(8n), data: "other", signers: attackMembers(0, 3, 4, 5) }, 8n),
    amnesia: accuse(chain, { ...honestParts(8n), data: "other", round: 3 }, 8n),
    forward: accuse(chain, { ...honestParts(20n), ...own, time: attackTimeAt(11n) }, 2n, 12n),
  };
}

/** Numbers below `limit`, the same for each seed. */
export type Dice = (limit: number) => number;

export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Evidence that may be true or not: of random blocks, signers, common heights. Everything signed by those who can. */
export function randomAccusation(chain: AttackedChain, dice: Dice): LightClientAttackEvidence {
  const height = BigInt(1 + dice(14));
  const known = height < chain.length ? height : chain.length;
  const commonHeight = dice(3) === 0 ? known : BigInt(1 + dice(Number(known)));
  const parts = honestParts(height);
  const members = dice(2) === 0 ? parts.members : attackMembers(...some(dice, [0, 1, 2, 3, 4, 5, 9]));
  const signers = dice(3) === 0 ? members : some(dice, [...members]);
  const conflicting: BlockParts = {
    ...parts,
    members,
    signers,
    round: 1 + dice(2),
    data: dice(4) === 0 ? "" : "other",
    app: dice(2) === 0 ? "" : "lie",
    next: dice(2) === 0 ? parts.next : members,
    time: dice(3) === 0 ? attackTimeAt(BigInt(1 + dice(14))) : parts.time,
  };
  const made = accuse(chain, conflicting, commonHeight, known);
  if (dice(5) > 0) return made;
  // A common height of the accuser's own choice.
  const other = BigInt(1 + dice(Number(height)));
  const then = chain.blocks[Number(other) - 1];
  return then === undefined ? made : { ...made, commonHeight: other, timestamp: then.header.time };
}

/** At least one of `all`, in order. */
function some<T>(dice: Dice, all: readonly T[]): T[] {
  const chosen = all.filter(() => dice(3) > 0);
  return chosen.length > 0 ? chosen : [all[dice(all.length)]!];
}

/** The evidence with one thing changed somewhere, as protobuf. */
export function mutateEvidence(evidence: Evidence, dice: Dice): Uint8Array {
  const copy = structuredClone(evidence);
  const places = placesOf(copy);
  for (let tries = 0; tries < 20; tries++) {
    const { holder, key } = places[dice(places.length)]!;
    holder[key] = mutateValue(holder[key], dice);
    try {
      return Evidence.encode(copy).finish();
    } catch {
      // A number that protobuf cannot hold, or something is missing that it must have.
    }
  }
  return Evidence.encode(evidence).finish();
}

interface Place {
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
}

function placesOf(value: unknown): Place[] {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return [];
  const holder = value as Record<string | number, unknown>;
  return Object.keys(holder).flatMap((key) => [
    ...(holder[key] === undefined ? [] : [{ holder, key }]),
    ...placesOf(holder[key]),
  ]);
}

function mutateValue(value: unknown, dice: Dice): unknown {
  if (typeof value === "bigint") return [value + 1n, value - 1n, 0n, -value, value * 2n][dice(5)];
  if (typeof value === "number") return [value + 1, Math.max(0, value - 1), 0, value * 2][dice(4)];
  if (typeof value === "string") return value + "x";
  if (value instanceof Uint8Array) return mutateBytes(value, dice);
  if (Array.isArray(value)) return mutateList(value, dice);
  return undefined;
}

function mutateBytes(value: Uint8Array, dice: Dice): Uint8Array {
  if (value.length === 0 || dice(4) === 0) return Uint8Array.of(...value, dice(256));
  if (dice(4) === 0) return value.slice(dice(value.length));
  const changed = value.slice();
  changed[dice(value.length)]! ^= 1 << dice(8);
  return changed;
}

function mutateList(value: readonly unknown[], dice: Dice): unknown[] {
  if (value.length === 0) return [];
  const [a, b] = [dice(value.length), dice(value.length)];
  switch (dice(4)) {
    case 0:
      return value.filter((_, i) => i !== a);
    case 1:
      return [...value.slice(0, a), value[b], ...value.slice(a)];
    case 2:
      return value.map((each, i) => i === a ? value[b] : i === b ? value[a] : each);
    default:
      return value.slice(0, a);
  }
}
