/** What a chain's client knows of the chain it follows, in one shape for all types of clients. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { ConsensusState } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { decodeStrict } from "../../node/core/codec/mod.ts";
import {
  AttestationClientStateCodec,
  AttestationConsensusStateCodec,
  CLIENT_STATE_BYTES_MAX,
  ClientStateCodec,
  type IbcHeight,
  isZeroHeight,
  ZERO_HEIGHT,
} from "../../node/core/ibc/mod.ts";
import type { Ics23Spec } from "../../node/core/merkle/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { durationToNanos, timestampToNanos } from "../../node/core/time.ts";

/** Codes of the codespace `light_relayer`. Append-only. */
export const LIGHT_RELAYER_CODE = { unknownType: 1, malformed: 2, noConflict: 3, proof: 4 } as const;

/** Where a client's news come from. */
export type ClientFeed =
  /** Sealed headers of the chain itself. */
  | "headers"
  /** Signatures that attestors give outside the chain. */
  | "attestations";

/** A client as far as a relayer needs it. Times are nanoseconds. */
export interface FollowedClient {
  readonly clientType: string;
  readonly feed: ClientFeed;
  /** Of the chain it follows. */
  readonly chainId: string;
  readonly latestHeight: IbcHeight;
  readonly frozen: boolean;
  /** 0: it trusts for ever. */
  readonly trustingPeriodNs: bigint;
  readonly maxClockDriftNs: bigint;
  readonly trustLevel: { readonly numerator: bigint; readonly denominator: bigint };
  readonly proofSpecs: readonly Ics23Spec[];
}

/** What a client believes of one height. */
export interface TrustedPoint {
  readonly height: IbcHeight;
  /** Nanoseconds since the Unix epoch. */
  readonly timestampNs: bigint;
  readonly root: Uint8Array;
  /** Undefined for clients that do not follow validators. */
  readonly nextValidatorsHash: Uint8Array | undefined;
}

interface Kind {
  readonly clientType: string;
  readonly stateUrl: string;
  readonly consensusUrl: string;
  state(bytes: Uint8Array): Result<FollowedClient>;
  consensus(bytes: Uint8Array): Result<Omit<TrustedPoint, "height">>;
}

const nanosOf = (duration: { seconds: bigint; nanos: number } | undefined): bigint =>
  duration === undefined ? 0n : durationToNanos(duration);
const CONSENSUS_BYTES_MAX = 4_096;

const tendermint: Kind = {
  clientType: "07-tendermint",
  stateUrl: ClientStateCodec.typeUrl,
  consensusUrl: ConsensusState.typeUrl,
  state(bytes) {
    const decoded = decodeStrict(ClientStateCodec, bytes, "client state", CLIENT_STATE_BYTES_MAX);
    if (!decoded.ok) return decoded;
    const { chainId, trustLevel, trustingPeriod, maxClockDrift, frozenHeight, latestHeight, proofSpecs } =
      decoded.value;
    return ok({
      clientType: this.clientType,
      feed: "headers",
      chainId,
      latestHeight,
      frozen: !isZeroHeight(frozenHeight),
      trustingPeriodNs: nanosOf(trustingPeriod),
      maxClockDriftNs: nanosOf(maxClockDrift),
      trustLevel,
      proofSpecs,
    });
  },
  consensus(bytes) {
    const decoded = decodeStrict(ConsensusState, bytes, "consensus state", CONSENSUS_BYTES_MAX);
    if (!decoded.ok) return decoded;
    const { timestamp, root, nextValidatorsHash } = decoded.value;
    return ok({ timestampNs: timestampToNanos(timestamp), root: root.hash, nextValidatorsHash });
  },
};

const attestation: Kind = {
  clientType: "10-attestation",
  stateUrl: AttestationClientStateCodec.typeUrl,
  consensusUrl: AttestationConsensusStateCodec.typeUrl,
  state(bytes) {
    const decoded = decodeStrict(AttestationClientStateCodec, bytes, "client state", CLIENT_STATE_BYTES_MAX);
    if (!decoded.ok) return decoded;
    const { chainId, latestHeight = ZERO_HEIGHT, frozenHeight, proofSpecs, trustingPeriod, maxClockDrift } =
      decoded.value;
    return ok({
      clientType: this.clientType,
      feed: "attestations",
      chainId,
      latestHeight,
      frozen: frozenHeight !== undefined,
      trustingPeriodNs: trustingPeriod,
      maxClockDriftNs: maxClockDrift,
      trustLevel: { numerator: 1n, denominator: 1n },
      proofSpecs,
    });
  },
  consensus(bytes) {
    const decoded = decodeStrict(AttestationConsensusStateCodec, bytes, "consensus state", CONSENSUS_BYTES_MAX);
    if (!decoded.ok) return decoded;
    const { timestamp, root } = decoded.value;
    return ok({ timestampNs: timestamp, root, nextValidatorsHash: undefined });
  },
};

/**
 * The types of clients that are understood. Solo machines are not: whoever has the key carries their packets. `09-localhost`
 * needs no news.
 */
const KINDS: readonly Kind[] = [tendermint, attestation];

const unknown = (what: string, { typeUrl }: Any) =>
  err({
    codespace: "light_relayer",
    code: LIGHT_RELAYER_CODE.unknownType,
    message: `read ${what}: type ${typeUrl.slice(0, 80)}`,
  });

/** A client state of any type that is understood. */
export function readClientState(any: Any): Result<FollowedClient> {
  const kind = KINDS.find(({ stateUrl }) => stateUrl === any.typeUrl);
  return kind === undefined ? unknown("client state", any) : kind.state(any.value);
}

/** A consensus state of any type that is understood. */
export function readConsensusState(any: Any, height: IbcHeight): Result<TrustedPoint> {
  const kind = KINDS.find(({ consensusUrl }) => consensusUrl === any.typeUrl);
  if (kind === undefined) return unknown("consensus state", any);
  const read = kind.consensus(any.value);
  return read.ok ? ok({ height, ...read.value }) : read;
}
