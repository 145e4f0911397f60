/** A contract with all IBC entry points that answers as it was told to, and keeps what it hears. @module */
import { MsgExecuteContract, MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import type { BlockOutcome, TxMessage } from "../../helpers/wasmd/transcript.ts";
import { addressOf, attribute, funds, json, message, type Script } from "./script.ts";
import { constant, I32, THREE, tiny, TWO, USUAL, word } from "./tiny.ts";

/**
 * Its answers by what asks for them. Executing it with `[key, answer]` keeps the answer under the digit, and returns it when the
 * key is `execute`. What an entry point is told is kept under a letter: `A` for `execute`, and so on.
 */
export const ENTRIES = {
  execute: 0,
  ibc_channel_open: 1,
  ibc_channel_connect: 2,
  ibc_channel_close: 3,
  ibc_packet_receive: 4,
  ibc_packet_ack: 5,
  ibc_packet_timeout: 6,
  ibc_source_callback: 7,
  ibc_destination_callback: 8,
  reply: 9,
} as const;

export type Entry = keyof typeof ENTRIES;

/** Instead of an answer: it goes on until its gas ends, or panics. */
export const LOOPS = null;
export const PANICS = true;

// Regions: of the key, of a value, of the answer where none was given. Behind them the key's byte and that answer.
const [KEY, VALUE, NOTHING, BYTE, TEXT] = [16, 32, 48, 64, 80];
const TEXT_BYTES = utf8ToBytes(`{"ok":{"messages":[],"attributes":[],"events":[]}}`);

const [DB_READ, DB_WRITE, QUERY_CHAIN] = [[0x10, 0], [0x10, 1], [0x10, 2]] as const;
/** Behind three imports and what every contract has. */
const ANSWER = [0x10, 3 + USUAL.length];

const get = (local: number) => [0x20, local];
const load = (offset: number) => [0x28, 2, offset];
const load8 = (offset: number) => [0x2d, 0, offset];
const store = [0x36, 2, 0];
const store8 = [0x3a, 0, 0];
const minus = (n: number) => [...constant(n), 0x6b];
const plus = (n: number) => [...constant(n), 0x6a];
const isEqual = (n: number) => [...constant(n), 0x46];
const when = (then: readonly number[]) => [0x04, 0x40, ...then, 0x0b];
const ZERO = 0x30;
const LETTER = 0x41;

/** `answer(digit)`: what was given for it; a word that is none is done. */
const ANSWERING = [
  ...[...constant(BYTE), ...get(0), ...store8],
  ...[...constant(KEY), ...DB_READ, 0x22, 1, 0x45, ...when([...constant(NOTHING), 0x0f])],
  ...[...get(1), ...load(0), ...load8(0), 0x22, 0, ...isEqual(0x6e), ...when([0x03, 0x40, 0x0c, 0, 0x0b])],
  ...[...get(0), ...isEqual(0x74), ...when([0x00])],
  ...get(1),
];

const entry = (digit: number) => [
  ...[...constant(BYTE), ...constant(LETTER + digit), ...store8, ...constant(KEY), ...get(1), ...DB_WRITE],
  ...[...constant(ZERO + digit), ...ANSWER],
];

/** Keeps all of a region's bytes from `start` to one before the end in the region {@linkcode VALUE}. */
const valueOf = (region: number, start: number) => [
  ...[...constant(VALUE), ...get(region), ...load(0), ...plus(start), ...store],
  ...[...constant(VALUE + 4), ...get(region), ...load(8), ...minus(start + 1), ...store],
  ...[...constant(VALUE + 8), ...get(region), ...load(8), ...minus(start + 1), ...store],
];

const EXECUTE = [
  ...[...constant(BYTE), ...get(2), ...load(0), ...load8(1), 0x22, 3, ...store8],
  ...valueOf(2, `[0,`.length),
  ...[...constant(KEY), ...constant(VALUE), ...DB_WRITE],
  ...[...get(3), ...isEqual(ZERO), ...when([...constant(ZERO), ...ANSWER, 0x0f])],
  ...constant(NOTHING),
];

/** Asks the chain what it is asked; what the chain says stands behind `{"ok":`. */
const QUERY = [...get(1), ...QUERY_CHAIN, 0x21, 0, ...valueOf(0, `{"ok":`.length), ...constant(VALUE)];

export const PUPPET: Uint8Array = tiny({
  imports: [
    { name: "db_read", type: [[I32], [I32]] },
    { name: "db_write", type: [[I32, I32], []] },
    { name: "query_chain", type: [[I32], [I32]] },
  ],
  functions: [
    ...USUAL,
    { type: [[I32], [I32]], locals: [[1, I32]], code: ANSWERING },
    { name: "instantiate", type: THREE, code: constant(NOTHING) },
    { name: "execute", type: THREE, locals: [[1, I32]], code: EXECUTE },
    { name: "query", type: TWO, code: QUERY },
    { name: "migrate", type: TWO, code: constant(NOTHING) },
    ...Object.entries(ENTRIES).filter(([name]) => name !== "execute")
      .map(([name, digit]) => ({ name, type: TWO, code: entry(digit) })),
  ],
  data: [
    [KEY, [BYTE, 1, 1].flatMap(word)],
    [NOTHING, [TEXT, TEXT_BYTES.length, TEXT_BYTES.length].flatMap(word)],
    [TEXT, TEXT_BYTES],
  ],
});

export const response = (more: Record<string, unknown> = {}) => ({
  ok: { messages: [], attributes: [], events: [], ...more },
});
export const submessage = (msg: unknown, more: Record<string, unknown> = {}) => ({
  id: 7,
  msg,
  gas_limit: null,
  reply_on: "never",
  ...more,
});

export type Answers = Partial<Record<Entry, unknown>>;

/** Puppets of alice. */
export class Puppets {
  constructor(readonly script: Script) {}

  async store(): Promise<bigint> {
    const stored = message(MsgStoreCode, { sender: addressOf("alice"), wasmByteCode: PUPPET });
    const { txs } = await this.script.tx("stores a puppet", "alice", [stored]);
    return BigInt(attribute(txs[0]!.events, "store_code", "code_id")!);
  }

  /** What puppets say from now on, by their addresses. One with an answer to `execute` does that at once. */
  tell(say: string, told: Readonly<Record<string, Answers>>): Promise<BlockOutcome> {
    const instructions = Object.entries(told).flatMap(([contract, answers]) =>
      (Object.entries(answers) as [Entry, unknown][]).map(([entry, answer]): TxMessage =>
        message(MsgExecuteContract, {
          sender: addressOf("alice"),
          contract,
          msg: json([ENTRIES[entry], answer]),
          funds: funds(),
        })
      )
    );
    return this.script.tx(say, "alice", instructions);
  }
}
