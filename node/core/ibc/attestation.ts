/**
 * Attestations: ed25519 signatures of m out of n named attestors over a height, a time and a state root of a chain, for
 * chains whose finality no light client can follow. Codecs of `catenary.lightclients.attestation.v1`, the bytes that are
 * signed, and whether enough have signed.
 * @module
 */
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import { compareBytes, concatBytes, equalBytes, u64ToBytes, utf8ToBytes } from "../bytes.ts";
import { fields, type MessageCodec, messageCodec } from "../codec/mod.ts";
import {
  ED25519_PUBLIC_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  type Ed25519Key,
  isProperEd25519Key,
  signEd25519,
  verifyEd25519,
} from "../crypto/mod.ts";
import type { CodedError } from "../errors.ts";
import { invariant } from "../invariant.ts";
import type { Ics23Spec } from "../merkle/mod.ts";
import { ok, type Result } from "../result.ts";
import { ProofSpecCodec } from "./client_state.ts";
import type { IbcHeight } from "./heights.ts";
import { refuse } from "./refusals.ts";

/** Most attestors. */
export const ATTESTORS_MAX = 128;
/** Longest state root, in bytes. */
export const ATTESTED_ROOT_BYTES_MAX = 64;

/** Who attests, and how many of them must agree. */
export interface Attestors {
  /** ed25519, 32 bytes each, in ascending order, each once. */
  readonly keys: readonly Uint8Array[];
  /** In [1, number of keys]. */
  readonly threshold: number;
}

/** What is attested. Whoever signs, signs one of these for a height and no more. */
export interface Attestation {
  /** Within the revision that the chain id names. */
  readonly height: bigint;
  /** Nanoseconds since the Unix epoch; later than at every lower height. */
  readonly timestamp: bigint;
  /** What Merkle proofs of the chain's state at that height lead to. */
  readonly root: Uint8Array;
  /** Who attests above that height; undefined: the same. */
  readonly nextAttestors?: Attestors | undefined;
}

/** One attestor's signature. */
export interface AttestationSignature {
  /** Of the key in {@linkcode Attestors}. */
  readonly index: number;
  readonly signature: Uint8Array;
}

/** An attestation with its signatures, in ascending order of their indexes. */
export interface AttestationHeader extends Attestation {
  readonly signatures: readonly AttestationSignature[];
}

/** Two attestations that must not both be: evidence against the attestors. The higher one first. */
export interface AttestationMisbehaviour {
  readonly header1?: AttestationHeader | undefined;
  readonly header2?: AttestationHeader | undefined;
}

/** What a client of an attested chain knows. */
export interface AttestationClientState {
  readonly chainId: string;
  readonly attestors?: Attestors | undefined;
  readonly latestHeight?: IbcHeight | undefined;
  /** Undefined: not frozen. */
  readonly frozenHeight?: IbcHeight | undefined;
  /** Of the trees from the lowest up. */
  readonly proofSpecs: readonly Ics23Spec[];
  /** Nanoseconds for which an attestation is good; 0: for ever. */
  readonly trustingPeriod: bigint;
  /** Nanoseconds by which an attestation may be ahead of this chain's time. */
  readonly maxClockDrift: bigint;
}

export interface AttestationConsensusState {
  /** Nanoseconds since the Unix epoch. */
  readonly timestamp: bigint;
  readonly root: Uint8Array;
}

const PACKAGE = "/catenary.lightclients.attestation.v1.";

export const AttestorsCodec: MessageCodec<Attestors> = messageCodec(PACKAGE + "Attestors", {
  keys: fields.bytesList(1),
  threshold: fields.uint32(2),
});

const SignatureCodec: MessageCodec<AttestationSignature> = messageCodec(PACKAGE + "Signature", {
  index: fields.uint32(1),
  signature: fields.bytes(2),
});

export const AttestationHeaderCodec: MessageCodec<AttestationHeader> = messageCodec(PACKAGE + "Header", {
  height: fields.uint64(1),
  timestamp: fields.uint64(2),
  root: fields.bytes(3),
  nextAttestors: fields.message(4, AttestorsCodec),
  signatures: fields.messages(5, SignatureCodec),
});

export const AttestationMisbehaviourCodec: MessageCodec<AttestationMisbehaviour> = messageCodec(
  PACKAGE + "Misbehaviour",
  { header1: fields.message(1, AttestationHeaderCodec), header2: fields.message(2, AttestationHeaderCodec) },
);

export const AttestationClientStateCodec: MessageCodec<AttestationClientState> = messageCodec(
  PACKAGE + "ClientState",
  {
    chainId: fields.string(1),
    attestors: fields.message(2, AttestorsCodec),
    latestHeight: fields.message<IbcHeight>(3, Height),
    frozenHeight: fields.message<IbcHeight>(4, Height),
    proofSpecs: fields.messages(5, ProofSpecCodec),
    trustingPeriod: fields.uint64(6),
    maxClockDrift: fields.uint64(7),
  },
);

export const AttestationConsensusStateCodec: MessageCodec<AttestationConsensusState> = messageCodec(
  PACKAGE + "ConsensusState",
  { timestamp: fields.uint64(1), root: fields.bytes(2) },
);

/** No other signed thing of ours begins like this. */
const DOMAIN = utf8ToBytes("catenary/attestation/v1\0");
const NOBODY: Attestors = { keys: [], threshold: 0 };

/**
 * The bytes an attestor signs. They name the chain and no client, so that one signature serves every client of it:
 *
 * | bytes | |
 * |---|---|
 * | 24 | `catenary/attestation/v1`, then a zero |
 * | 1, n | length of the chain id; the chain id in UTF-8 |
 * | 8 | height, big-endian |
 * | 8 | time in nanoseconds since the Unix epoch, big-endian |
 * | 1, n | length of the root; the root |
 * | 1, 1, 32n | number and threshold of the next attestors; their keys. Two zeros: the attestors stay |
 *
 * The parts must be within their bounds (see {@linkcode checkAttestation}).
 */
export function attestationSignBytes(chainId: string, attestation: Attestation): Uint8Array {
  const { height, timestamp, root, nextAttestors = NOBODY } = attestation;
  const chain = utf8ToBytes(chainId);
  invariant(chain.length < 256 && root.length < 256, "attest: the chain id or the root is too long");
  invariant(nextAttestors.keys.length <= ATTESTORS_MAX, "attest: too many next attestors");
  return concatBytes(
    DOMAIN,
    Uint8Array.of(chain.length),
    chain,
    u64ToBytes(height),
    u64ToBytes(timestamp),
    Uint8Array.of(root.length),
    root,
    Uint8Array.of(nextAttestors.keys.length, nextAttestors.threshold),
    ...nextAttestors.keys,
  );
}

/** Refused unless there are 1 to {@linkcode ATTESTORS_MAX} keys, sorted, each once, and the threshold is one of them. */
export function checkAttestors({ keys, threshold }: Attestors): Result<undefined, CodedError> {
  if (keys.length === 0 || keys.length > ATTESTORS_MAX) {
    return refuse("attestors", `check attestors: ${keys.length} keys, must be 1 to ${ATTESTORS_MAX}`);
  }
  for (const [i, key] of keys.entries()) {
    if (key.length !== ED25519_PUBLIC_KEY_BYTES) return refuse("attestors", `check attestors: key ${i} is none`);
    if (i > 0 && compareBytes(keys[i - 1]!, key) >= 0) {
      return refuse("attestors", `check attestors: key ${i} is not above the one before`);
    }
  }
  if (threshold >= 1 && threshold <= keys.length) return ok(undefined);
  return refuse("attestors", `check attestors: threshold ${threshold} of ${keys.length}`);
}

/** Refused unless each key has one owner (see `isProperEd25519Key`); costs about as much as a signature for each. */
export function checkAttestorKeys({ keys }: Attestors): Result<undefined, CodedError> {
  const bad = keys.findIndex((key) => !isProperEd25519Key(key));
  return bad < 0 ? ok(undefined) : refuse("attestors", `check attestors: anybody can sign for key ${bad}`);
}

/** What can be said of an attestation without its signatures. */
export function checkAttestationForm(header: AttestationHeader): Result<undefined, CodedError> {
  const { height, timestamp, root, nextAttestors, signatures } = header;
  if (height === 0n) return refuse("attestation", "check attestation: the height is 0");
  if (timestamp === 0n) return refuse("attestation", "check attestation: the time is 0");
  if (root.length === 0 || root.length > ATTESTED_ROOT_BYTES_MAX) {
    return refuse("attestation", `check attestation: a root of ${root.length} bytes`);
  }
  let last = -1;
  for (const { index, signature } of signatures) {
    if (index <= last || index >= ATTESTORS_MAX) {
      return refuse("attestation", `check attestation: signature of ${index} after that of ${last}`);
    }
    if (signature.length !== ED25519_SIGNATURE_BYTES) {
      return refuse("attestation", `check attestation: a signature of ${signature.length} bytes`);
    }
    last = index;
  }
  return nextAttestors === undefined ? ok(undefined) : checkAttestors(nextAttestors);
}

/**
 * Refused unless at least `threshold` of `attestors`, each counted once, have signed, and no signature that is there is
 * wrong.
 */
export function checkAttestation(
  chainId: string,
  { keys, threshold }: Attestors,
  header: AttestationHeader,
): Result<undefined, CodedError> {
  const form = checkAttestationForm(header);
  if (!form.ok) return form;
  const { signatures } = header;
  if (signatures.length < threshold) {
    return refuse("attestationSignature", `check attestation: ${signatures.length} signed, needed are ${threshold}`);
  }
  const message = attestationSignBytes(chainId, header);
  for (const { index, signature } of signatures) {
    const key = keys[index];
    if (key === undefined) return refuse("attestationSignature", `check attestation: there is no attestor ${index}`);
    if (!verifyEd25519(key, message, signature)) {
      return refuse("attestationSignature", `check attestation: the signature of ${index} is wrong`);
    }
  }
  return ok(undefined);
}

/** Whether two attestations for one chain contradict each other; `higher` is not below the other. */
export function attestationsConflict(higher: Attestation, lower: Attestation): boolean {
  if (higher.height === lower.height) {
    return !equalBytes(attestationSignBytes("", higher), attestationSignBytes("", lower));
  }
  return higher.timestamp <= lower.timestamp;
}

/** The signature of one attestor. */
export const signAttestation = (chainId: string, attestation: Attestation, key: Ed25519Key): Uint8Array =>
  signEd25519(key, attestationSignBytes(chainId, attestation));

/** An attestation with the signatures that were gathered, those of strangers left out. Nothing is verified. */
export function assembleAttestation(
  { keys }: Attestors,
  attestation: Attestation,
  gathered: readonly { readonly publicKey: Uint8Array; readonly signature: Uint8Array }[],
): AttestationHeader {
  const signatures = keys.flatMap((key, index): AttestationSignature[] => {
    const found = gathered.find(({ publicKey }) => equalBytes(publicKey, key));
    return found === undefined ? [] : [{ index, signature: found.signature }];
  });
  return { ...attestation, signatures };
}
