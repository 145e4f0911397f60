/** What the helpers of paths need of a chain, ours or another. @module */
import type { ConsensusState, Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import type { IbcHeight } from "../../../node/core/ibc/mod.ts";
import type { Ics23Spec } from "../../../node/core/merkle/mod.ts";
import type { Nanos } from "../../../node/core/time.ts";
import type { TestClock } from "./clock.ts";

/** A message for a transaction body. */
export interface Message {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** What became of a transaction. */
export interface Delivered {
  /** Upper-case hexadecimal. */
  readonly hash: string;
  readonly height: bigint;
  /** 0: it succeeded. */
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  /** An encoded `TxMsgData`. */
  readonly data: Uint8Array;
  readonly gasUsed: bigint;
  readonly events: readonly Event[];
}

/** A value, or its absence, with an encoded `MerkleProof` that leads to the header of `height`. */
export interface Proof {
  readonly value: Uint8Array | undefined;
  readonly proof: Uint8Array;
  readonly height: IbcHeight;
}

export interface IbcChain {
  readonly chainId: string;
  readonly clock: TestClock;
  /** Height of the last block. */
  readonly height: bigint;
  /** Time of the last block. */
  readonly time: Nanos;
  /** Of its stores' trees, then of the tree of their roots. */
  readonly proofSpecs: readonly Ics23Spec[];
  /** The address that {@linkcode IbcChain.relay} signs with. */
  readonly relayer: string;
  /** Every delivered transaction, oldest first. */
  readonly history: readonly Delivered[];
  ibcHeight(height?: bigint): IbcHeight;
  /** Makes an empty block. */
  nextBlock(): unknown;
  /** Makes a block with one transaction of these messages, signed by the relayer's account. */
  relay(messages: readonly Message[]): Delivered;
  /** A gRPC query of the latest state; throws when it is refused. */
  query(path: string, data: Uint8Array): Uint8Array;
  /** `key` of `store` after block `height` (the last unless said). */
  prove(store: string, key: Uint8Array, height?: bigint): Proof;
  /** The header with which a client that trusts `trustedHeight` is updated to `height`. */
  header(height: bigint, trustedHeight: bigint): Header;
  consensusState(height: bigint): ConsensusState;
}
