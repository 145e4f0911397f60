/** The form of the recordings in this folder. @module */

/** One transaction that our chain got. */
export interface RecordedStep {
  /** Of its block, in nanoseconds since the epoch. */
  readonly time: string;
  /** Number of the account that signed. */
  readonly signer: number;
  /** 0: it succeeded. */
  readonly code: number;
  readonly messages: readonly { readonly typeUrl: string; readonly value: string }[];
}

/** Everything one of our chains got from its relayer and its users. */
export interface Recording {
  readonly chainId: string;
  readonly steps: readonly RecordedStep[];
}
