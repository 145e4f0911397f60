/**
 * The validator key under its double-sign guard, as CometBFT's `FilePV`: (height, round, step) never goes back; at the same
 * place only the same bytes are signed again, or bytes that differ in nothing but the time, and these get the first
 * signature with its time. What was signed is durable before the signature is returned.
 * @module
 */
import type { Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { SignedMsgType } from "cosmjs-types/tendermint/types/types";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { BinaryReader } from "cosmjs-types/binary";
import { equalBytes } from "../core/bytes.ts";
import { ed25519KeyFromSeed, signEd25519 } from "../core/crypto/mod.ts";
import { invariant } from "../core/invariant.ts";
import { proposalSignBytes, voteSignBytes } from "../core/types/mod.ts";
import type { Signable } from "./input.ts";
import type { SignerPort } from "./ports.ts";
import { decodeLastSigned, encodeLastSigned, type LastSigned, SIGN_STEP } from "./_last_signed.ts";

/** Where the guard keeps what was signed last. One small value, replaced as a whole. */
export interface SignerStorage {
  /** The bytes of the last `save`; undefined when there never was one. */
  load(): Promise<Uint8Array | undefined>;
  /** Resolves when the bytes are durable. */
  save(bytes: Uint8Array): Promise<void>;
}

export interface GuardOptions {
  /** Signs bytes with the validator key; 64 bytes. */
  readonly sign: (bytes: Uint8Array) => Uint8Array;
  readonly storage: SignerStorage;
}

/**
 * A signer with an ed25519 key.
 * @param options `key`: the 32-byte seed.
 */
export function createGuardedSigner(options: { key: Uint8Array; storage: SignerStorage }): SignerPort {
  invariant(options.key.length === 32, `create signer: seed has ${options.key.length} bytes`);
  const key = ed25519KeyFromSeed(options.key);
  return guardSigner({ sign: (bytes) => signEd25519(key, bytes), storage: options.storage });
}

/**
 * Puts the guard before any way to sign. Requests are answered one after another. Rejects with an `IoError`
 * `signer_state_damaged` when the stored state means nothing: signing on without it could sign twice.
 */
export function guardSigner(options: GuardOptions): SignerPort {
  const { sign, storage } = options;
  let last: LastSigned | undefined;
  let loaded = false;
  let queue: Promise<unknown> = Promise.resolve();

  const signNext: SignerPort["sign"] = async (chainId, message) => {
    if (!loaded) {
      last = decodeLastSigned(await storage.load());
      loaded = true;
    }
    const asked = place(message);
    const signBytes = signBytesOf(chainId, message);
    const order = last === undefined ? 1 : comparePlaces(asked, last);
    if (order < 0) return { ok: false, reason: `sign ${text(asked)}: signed ${text(last!)} before` };
    if (order === 0) return signAgain(chainId, last!, signBytes, message);
    const signature = sign(signBytes);
    const record: LastSigned = { ...asked, signBytes, signature };
    await storage.save(encodeLastSigned(record));
    // Only now: had the write failed, memory would forbid what the disk knows nothing of, and allow it after a restart.
    last = record;
    return { ok: true, message: withSignature(message, signature) };
  };

  return {
    sign(chainId, message) {
      const answer = queue.then(() => signNext(chainId, message));
      queue = answer.catch(() => {});
      return answer;
    },
  };
}

/** Rounds are int32. */
const ROUND_MAX = 2 ** 31 - 1;
const NOTHING = new Uint8Array();

/** Where a key has precommitted, as a block shows. */
export interface SeenPrecommit {
  readonly height: bigint;
  readonly round: number;
}

/**
 * Makes a guard that remembers nothing refuse every height below `height`, for good: also after a restart, and without
 * moving on with the chain. The same when it remembers less than the chain shows that its key has signed (`seen`): its memory
 * is of another time, or of another home. Where enough is remembered nothing changes. Answers below which height nothing is
 * signed that was not signed before. To be called before a guard is made over this storage.
 * @param held As many heights before the one that is given nothing has been signed by this home, since it was held back.
 */
export async function holdBackSigner(
  storage: SignerStorage,
  height: bigint,
  seen?: SeenPrecommit,
  held = 0n,
): Promise<bigint> {
  const last = decodeLastSigned(await storage.load());
  if (last !== undefined && (seen === undefined || remembers(last, seen, held))) {
    return last.signBytes.length === 0 ? last.height + 1n : last.height;
  }
  const record = { height: height - 1n, round: ROUND_MAX, step: SIGN_STEP.precommit };
  await storage.save(encodeLastSigned({ ...record, signBytes: NOTHING, signature: NOTHING }));
  return height;
}

/** Whether a home that remembers `last` may have signed what was seen, or knew of it. */
function remembers(last: LastSigned, seen: SeenPrecommit, held: bigint): boolean {
  if (last.signBytes.length === 0) return seen.height + held <= last.height;
  return comparePlaces({ ...seen, step: SIGN_STEP.precommit }, last) <= 0;
}

type Place = Pick<LastSigned, "height" | "round" | "step">;

function place(message: Signable): Place {
  if (message.type === "proposal") {
    return { height: message.proposal.height, round: message.proposal.round, step: SIGN_STEP.propose };
  }
  const { height, round, type } = message.vote;
  invariant(
    type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE || type === SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
    `sign vote: unknown type ${type}`,
  );
  const step = type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE ? SIGN_STEP.prevote : SIGN_STEP.precommit;
  return { height, round, step };
}

function comparePlaces(a: Place, b: Place): number {
  if (a.height !== b.height) return a.height < b.height ? -1 : 1;
  return a.round - b.round || a.step - b.step;
}

const text = ({ height, round, step }: Place) => `${height}/${round}/${step}`;

function signBytesOf(chainId: string, message: Signable): Uint8Array {
  return message.type === "vote" ? voteSignBytes(chainId, message.vote) : proposalSignBytes(chainId, message.proposal);
}

function withSignature(message: Signable, signature: Uint8Array, time?: Vote["timestamp"]): Signable {
  if (message.type === "vote") {
    return { type: "vote", vote: { ...message.vote, timestamp: time ?? message.vote.timestamp, signature } };
  }
  const proposal: Proposal = { ...message.proposal, timestamp: time ?? message.proposal.timestamp, signature };
  return { type: "proposal", proposal };
}

/** Same height, round and step: the same signature for the same bytes, or none. */
function signAgain(
  chainId: string,
  last: LastSigned,
  signBytes: Uint8Array,
  message: Signable,
): { ok: true; message: Signable } | { ok: false; reason: string } {
  if (last.signBytes.length === 0) {
    return { ok: false, reason: `sign ${text(last)}: something was signed there that is not on record` };
  }
  if (equalBytes(last.signBytes, signBytes)) return { ok: true, message: withSignature(message, last.signature) };
  // With the time of then: if that makes the same bytes, nothing but the time differed.
  const time = timeOf(last.signBytes, message.type);
  const first = withSignature(message, last.signature, time);
  if (equalBytes(last.signBytes, signBytesOf(chainId, first))) return { ok: true, message: first };
  return { ok: false, reason: `sign ${text(last)}: conflicting data was signed there` };
}

/** The fields of the time in `CanonicalVote` and `CanonicalProposal` (CometBFT `canonical.proto`). */
const TIME_FIELD = { vote: 5, proposal: 6 } as const;

/** The time in canonical sign bytes, which are our own: length-delimited protobuf. */
function timeOf(signBytes: Uint8Array, type: Signable["type"]): Timestamp {
  const reader = new BinaryReader(new BinaryReader(signBytes).bytes());
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag >>> 3 === TIME_FIELD[type]) return Timestamp.decode(reader.bytes());
    reader.skipType(tag & 7);
  }
  return { seconds: 0n, nanos: 0 };
}
