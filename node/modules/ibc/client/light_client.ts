/**
 * What a client type is: how this chain judges another one (ibc-go v10 `core/exported/client.go`, `LightClientModule`).
 * Objects of it are given to the keeper, so the wiring decides which types exist.
 * @module
 */
import type { Any } from "cosmjs-types/google/protobuf/any";
import type { BlockContext, ClientStatus, Context, CounterpartyProof } from "../../../app/ports.ts";
import { type IbcHeight, revisionOfChainId } from "../../../core/ibc/mod.ts";
import type { Ics23Spec } from "../../../core/merkle/mod.ts";
import type { Result } from "../../../core/result.ts";

/** What proofs of another chain's state at one height are judged by. */
export interface ProofBasis {
  readonly root: Uint8Array;
  /** Of the trees from the lowest up: the store first, then the map of stores. */
  readonly specs: readonly Ics23Spec[];
  /** Nanoseconds since the Unix epoch. */
  readonly timestamp: bigint;
}

/** A client state and a consensus state of the chain after an upgrade, encoded without their `Any`, with their proofs. */
export interface ClientUpgrade {
  readonly clientState: Uint8Array;
  readonly consensusState: Uint8Array;
  readonly proofClient: Uint8Array;
  readonly proofConsensusState: Uint8Array;
}

/** One of the two kinds of states as genesis files have it: the JSON of ibc-go without `@type`, bytes without `Any`. */
export interface StateForm {
  /** `bytes` come from the store. */
  toJson(bytes: Uint8Array): Readonly<Record<string, unknown>>;
  fromJson(json: Readonly<Record<string, unknown>>): Result<Uint8Array>;
}

/**
 * A client type; `M` is a decoded client message (a header, or evidence of misbehaviour). It keeps what it knows under
 * `clients/<id>/` of the store of {@linkcode Context.view}, and charges gas for its cryptography. Refusals carry the codes
 * of ibc-go. The keeper calls everything after {@linkcode LightClient.verifyClientMessage} only with a message that
 * passed it, and everything but `initialize` also for clients that are not there.
 */
export interface LightClient<M = unknown> {
  /** For example `07-tendermint`. */
  readonly clientType: string;
  readonly clientStateTypeUrl: string;
  readonly consensusStateTypeUrl: string;
  readonly messageTypeUrls: readonly string[];
  /** Undefined for a type that stores nothing. */
  readonly genesis: {
    readonly clientState: StateForm;
    readonly consensusState: StateForm;
    /** What a consensus state must be that an update may have stored; unless said, what that of a new client must be. */
    validateStored?(bytes: Uint8Array): Result<unknown>;
  } | undefined;

  /** Whether a new client may have these states, as far as that needs no state (`ValidateBasic`). Bytes without `Any`. */
  validateClientState(bytes: Uint8Array): Result<unknown>;
  validateConsensusState(bytes: Uint8Array): Result<unknown>;
  /** Decodes a message of one of {@linkcode LightClient.messageTypeUrls}; does what needs neither state nor signatures. */
  decodeMessage(message: Any): Result<M>;

  /** Writes the first state of a new client. */
  initialize(
    context: Context,
    clientId: string,
    clientState: Uint8Array,
    consensusState: Uint8Array,
  ): Result<undefined>;

  /** Refused unless the client believes the message: a header it would follow, or two it might have followed. */
  verifyClientMessage(context: Context, clientId: string, message: M): Result<undefined>;
  /** Whether a message that was believed shows that the other chain contradicts itself. */
  checkForMisbehaviour(context: Context, clientId: string, message: M): boolean;
  /** Freezes the client. */
  updateStateOnMisbehaviour(context: Context, clientId: string, message: M): void;
  /** Stores what a believed header says; answers the heights that are now known. */
  updateState(context: Context, clientId: string, message: M): readonly IbcHeight[];

  /** Refused unless the proof shows `value` under `path` (store prefix, then key). The keeper has seen to the status. */
  verifyMembership(
    context: Context,
    clientId: string,
    proof: CounterpartyProof,
    path: readonly Uint8Array[],
    value: Uint8Array,
  ): Result<undefined>;
  verifyNonMembership(
    context: Context,
    clientId: string,
    proof: CounterpartyProof,
    path: readonly Uint8Array[],
  ): Result<undefined>;

  /** `Unknown` when there is no such client. */
  status(context: Context, clientId: string): ClientStatus;
  /** The zero height when there is no such client. */
  latestHeight(context: Context, clientId: string): IbcHeight;
  /** Nanoseconds since the Unix epoch. */
  timestampAtHeight(context: Context, clientId: string, height: IbcHeight): Result<bigint>;
  /** For types whose proofs are Merkle proofs: what those at `height` are judged by. */
  proofBasis?(context: Context, clientId: string, height: IbcHeight): Result<ProofBasis>;

  /** Takes over the state of another client of the same type. The keeper has compared status, types and heights. */
  recoverClient(context: Context, clientId: string, substituteId: string): Result<undefined>;
  /** Follows the other chain to its next revision when it committed to it. */
  verifyUpgradeAndUpdateState(context: Context, clientId: string, upgrade: ClientUpgrade): Result<undefined>;
}

/** The height of a block of this chain as other chains speak of it. */
export const selfHeight = ({ chainId, height }: Pick<BlockContext, "chainId" | "height">): IbcHeight => ({
  revisionNumber: revisionOfChainId(chainId),
  revisionHeight: height,
});
