/** How messages get into blocks: contracts only. @module */
import type { Event } from "cosmjs-types/tendermint/abci/types";

/** A message for a transaction body. */
export interface Message {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** What became of a submitted batch. */
export type Submission =
  /** In a block, and all of it succeeded. */
  | {
    readonly tag: "included";
    readonly hash: string;
    readonly height: bigint;
    readonly gasUsed: bigint;
    readonly events: readonly Event[];
  }
  /** Refused as a whole; nothing of it happened. */
  | {
    readonly tag: "refused";
    readonly stage: "simulate" | "check" | "deliver" | "limits";
    readonly codespace: string;
    readonly code: number;
    readonly log: string;
    /** The message at fault, where the chain says which. */
    readonly messageIndex: number | undefined;
  }
  /** It was offered and not seen in a block in time: it may still happen. */
  | { readonly tag: "lost"; readonly hash: string };

export interface SubmitOptions {
  /** The wallet that must sign, one of {@linkcode Submitter.addresses}; any one when missing. */
  readonly from?: string;
  /**
   * What the messages will use, as the caller knows from others like them: the first try goes without a simulation. What is
   * wrong with them then shows in a block.
   */
  readonly gasUsed?: bigint;
}

/**
 * The wallets of one chain. Batches of different wallets run in parallel, those of one wallet in order. Takes care of
 * account numbers and sequences (also after somebody else used the account), of gas and fees.
 */
export interface Submitter {
  /** Addresses of the wallets, in the order of the configuration. */
  readonly addresses: readonly string[];
  /**
   * `build` is called with the address of the wallet that will sign, possibly again for another try. Throws as endpoints do
   * when the chain does not answer and nothing was offered.
   */
  submit(build: (signer: string) => readonly Message[], options?: SubmitOptions): Promise<Submission>;
}
