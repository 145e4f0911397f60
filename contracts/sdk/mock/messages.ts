/**
 * The JSON that contracts and chain exchange, as far as the mock chain understands it.
 * @module
 */

/** Coins of the chain. */
export interface Coin {
  readonly denom: string;
  readonly amount: string;
}

export interface Attribute {
  readonly key: string;
  readonly value: string;
}

/** An event as a chain tells it. */
export interface MockEvent {
  readonly type: string;
  readonly attributes: readonly Attribute[];
}

export interface SubMessage {
  readonly id: number | bigint;
  readonly msg: Readonly<Record<string, unknown>>;
  readonly gas_limit: number | bigint | null;
  readonly reply_on: "never" | "success" | "error" | "always";
  readonly payload?: string;
}

/** What a handler answered. */
export interface ContractResponse {
  readonly messages: readonly SubMessage[];
  readonly attributes: readonly Attribute[];
  readonly events: readonly MockEvent[];
  readonly data: string | null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** JSON of a message; a bigint becomes digits in quotes, as `Uint128` has it, bytes become base64. */
export function toJsonText(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item) => typeof item === "bigint" ? item.toString() : item instanceof Uint8Array ? item.toBase64() : item,
  );
}

export const toJsonBytes = (value: unknown): Uint8Array => encoder.encode(toJsonText(value));

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

/** Reads JSON; integers that a number cannot hold become bigints. */
export function fromJsonBytes(bytes: Uint8Array): unknown {
  const exact: Reviver = (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "") ? BigInt(source!) : value;
  return JSON.parse(decoder.decode(bytes), exact as (key: string, value: unknown) => unknown);
}

/** The only member of an object: the form of messages and queries. */
export function onlyMember(value: unknown): [name: string, body: Record<string, unknown>] {
  const members = Object.entries(value as Record<string, unknown>);
  if (members.length !== 1) throw new TypeError(`read a message: it has ${members.length} members, not one`);
  return members[0] as [string, Record<string, unknown>];
}
