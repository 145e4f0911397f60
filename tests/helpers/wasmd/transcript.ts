/**
 * What a chain was told and what it answered: the form of the recordings in `tests/vectors/wasmd`, which wasmd made and our
 * module repeats.
 * @module
 */
import { sha256 } from "../../../node/core/crypto/mod.ts";

/** A message of a transaction. `code`: a contract of `tests/vectors/cosmwasm` whose bytes belong into it. */
export interface TxMessage {
  readonly typeUrl: string;
  /** Protobuf, base64. */
  readonly value: string;
  readonly code?: string;
}

export interface TxSpec {
  /** Names one of the accounts. */
  readonly from: string;
  readonly gas: number;
  readonly messages: readonly TxMessage[];
}

/** What became of a transaction. An event is its type, then keys and values in turn. */
export interface TxOutcome {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  /** `TxMsgData`, base64. */
  readonly data: string;
  readonly events: readonly (readonly string[])[];
  readonly gasUsed: number;
}

export interface BlockOutcome {
  readonly txs: readonly TxOutcome[];
  /**
   * Changed entries of the store `wasm`: key and value in hexadecimal, null where it is gone; in key order. Of long ones
   * only a digest is kept (see {@linkcode shortened}).
   */
  readonly state: readonly (readonly [string, string | null])[];
  /** Changed balances: address and denom, then the amount; in order. */
  readonly balances: readonly (readonly [string, string])[];
}

export interface QueryOutcome {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  /** Base64. */
  readonly value: string;
}

export type Step =
  | { readonly say: string; readonly txs: readonly TxSpec[]; readonly outcome: BlockOutcome }
  | { readonly say: string; readonly path: string; readonly data: string; readonly outcome: QueryOutcome };

/** Where everything begins: accounts in order of their numbers, all with the same coins. */
export interface World {
  readonly chainId: string;
  readonly accounts: readonly string[];
  readonly coins: string;
  /** Of the accounts: what wasmd calls the authority. */
  readonly authority: string;
  readonly capabilities: readonly string[];
}

export interface Transcript {
  /** Versions of what made it. */
  readonly origin: Readonly<Record<string, string>>;
  /** SHA-256 of the contracts. */
  readonly codes: Readonly<Record<string, string>>;
  readonly world: World;
  readonly steps: readonly Step[];
}

/** A chain that can be driven like this. */
export interface DrivenChain {
  block(txs: readonly TxSpec[]): Promise<BlockOutcome>;
  query(path: string, data: string): Promise<QueryOutcome>;
}

/** Longest key or value of the state that is kept as it is, in digits. */
const HEX_DIGITS_MAX = 4096;

/** A long key or value by its first bytes, its length and its SHA-256. */
export function shortened(hex: string): string {
  if (hex.length <= HEX_DIGITS_MAX) return hex;
  const bytes = Uint8Array.fromHex(hex);
  return `${hex.slice(0, 80)}… ${bytes.length} bytes, SHA-256 ${sha256(bytes).toHex()}`;
}

/** The changes of a state with long keys and values shortened. */
export const shortenedState = (state: BlockOutcome["state"]): BlockOutcome["state"] =>
  state.map(([key, value]) => [shortened(key), value === null ? null : shortened(value)]);

const FOLDER = new URL("../../vectors/wasmd/", import.meta.url);

export const transcriptNames = (): string[] =>
  [...Deno.readDirSync(FOLDER)].map(({ name }) => name).filter((name) => name.endsWith(".json")).sort()
    .map((name) => name.slice(0, -5));

export const loadTranscript = (name: string): Transcript =>
  JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, FOLDER)));

/** One step a line. */
export function saveTranscript(name: string, { steps, ...head }: Transcript): void {
  const lines = steps.map((step) => JSON.stringify(step)).join(",\n");
  const text = `${JSON.stringify(head).slice(0, -1)},"steps":[\n${lines}\n]}\n`;
  Deno.writeTextFileSync(new URL(`${name}.json`, FOLDER), text);
}
