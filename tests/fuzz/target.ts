/** What is fuzzed: something that takes bytes of others apart and says what it thinks of them. @module */
import type { CodedError } from "../../node/core/errors.ts";
import type { Result } from "../../node/core/result.ts";

/** What a target made of an input. */
export type Verdict =
  | { readonly accepted: false; readonly error: CodedError }
  | { readonly accepted: true; readonly value: unknown; readonly again: Again | undefined };

/** How the value is written again. `exact`: to the bytes that were read; otherwise to bytes that say the same. */
export interface Again {
  readonly bytes: Uint8Array;
  readonly exact: boolean;
}

export interface Target {
  readonly name: string;
  /** Longest input that the node would look at; longer ones are made, too. */
  readonly bytesMax: number;
  /** Valid inputs, always the same: the corpus is made of them. */
  readonly seeds: () => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Never throws. */
  run(bytes: Uint8Array): Verdict | Promise<Verdict>;
}

export interface DecoderTarget<T> {
  readonly name: string;
  readonly bytesMax: number;
  readonly seeds: Target["seeds"];
  readonly decode: (bytes: Uint8Array) => Result<T, CodedError>;
  /** Absent or undefined: nobody writes this. */
  readonly encode?: (value: T) => Uint8Array | undefined;
  /** One form only: what was read is written as it came. True unless it is said. */
  readonly exact?: boolean;
  /** What the node does with the value before anything else; must not throw either. */
  readonly then?: (value: T) => void;
}

/** A target of a decoder that answers with a result. */
export function decoderTarget<T>(options: DecoderTarget<T>): Target {
  const { name, bytesMax, seeds, decode, encode, exact = true, then } = options;
  return {
    name,
    bytesMax,
    seeds,
    run(bytes) {
      const result = decode(bytes);
      if (!result.ok) return { accepted: false, error: result.error };
      const { value } = result;
      then?.(value);
      const written = encode?.(value);
      return { accepted: true, value, again: written && { bytes: written, exact } };
    },
  };
}

/** A decoder that answers with undefined instead of a reason. */
export const orRefusal = <T>(value: T | undefined): Result<T, CodedError> =>
  value === undefined
    ? { ok: false, error: { codespace: "fuzz", code: 1, message: "refused without a reason" } }
    : { ok: true, value };
