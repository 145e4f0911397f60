/** Words of the table in `hostile_steps.ts`. @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { IBC_ERRORS, IbcHeight } from "../../node/core/ibc/mod.ts";
import type { End, Typed } from "../helpers/ibc/mod.ts";

/** One thing to submit at one end, and what it gets. */
export interface Hostile {
  readonly name: string;
  // Any message will do.
  // deno-lint-ignore no-explicit-any
  message(end: End, at: Situation): Typed<any>;
  readonly refusal: keyof typeof IBC_ERRORS;
  /**
   * Where ibc-go v10 has another: `unnamed` is an error it has no code for, `undecoded` a transaction that its codec does
   * not even read.
   */
  readonly theirs?: keyof typeof IBC_ERRORS | "unnamed" | "undecoded";
}

/** Packets on the way when the packet steps are tried. */
export interface Situation {
  /** Sent by the other end, not received yet. */
  readonly incoming: Packet;
  /** Sent by this end and acknowledged by the other. */
  readonly acked: { readonly packet: Packet; readonly ack: Uint8Array };
  /** Sent by this end and late. */
  readonly late: Packet;
  /** Sent by this end, not late, not received. */
  readonly pending: Packet;
}

export const GARBAGE = Uint8Array.of(0xff, 0x01, 0x02);

const flipped = (bytes: Uint8Array) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1);

/** A height that is not there yet. */
export const above = ({ revisionNumber, revisionHeight }: IbcHeight): IbcHeight => ({
  revisionNumber,
  revisionHeight: revisionHeight + 1000n,
});

/** One row of the table. */
export const hostile = (
  name: string,
  message: Hostile["message"],
  refusal: Hostile["refusal"],
  theirs?: NonNullable<Hostile["theirs"]>,
): Hostile => ({ name, message, refusal, ...(theirs !== undefined && { theirs }) });

/**
 * What may be wrong with a proof, wherever there is one. `other`: a path where something is, but not what is to be proven;
 * `unknown`: the refusal of a height above the client's.
 */
export function proofCases<T>(
  make: (end: End, at: Situation) => Typed<T>,
  field: keyof T & string,
  other: (end: End) => string,
  unknown: Hostile["refusal"] = "invalidHeight",
): Hostile[] {
  type Fields = Record<string, unknown>;
  const wrong = (name: string, change: (value: Fields, end: End) => Fields, refusal: Hostile["refusal"]) =>
    hostile(
      `${field}: ${name}`,
      (end, at) => {
        const { codec, value } = make(end, at);
        return { codec, value: { ...value, ...change(value as Fields, end) } };
      },
      refusal,
    );
  const proofOf = (value: Fields) => value[field] as Uint8Array;
  const heightOf = (value: Fields) => value.proofHeight as IbcHeight;
  return [
    wrong("empty", () => ({ [field]: new Uint8Array() }), "invalidProof"),
    wrong("garbage", () => ({ [field]: GARBAGE }), "invalidProof"),
    wrong("one bit flipped", (value) => ({ [field]: flipped(proofOf(value)) }), "invalidProof"),
    wrong("of another key", (_, end) => ({ [field]: end.prove(other(end)).proof }), "invalidProof"),
    wrong("at a height the client does not know yet", (value) => ({ proofHeight: above(heightOf(value)) }), unknown),
    wrong("at a height the client never knew", (value) => ({
      proofHeight: { ...heightOf(value), revisionHeight: 1n },
    }), "consensusStateNotFound"),
    wrong("of another height", (_, end) => ({
      [field]: end.prove(other(end), end.clientHeight - 1n).proof,
    }), "invalidProof"),
  ];
}
