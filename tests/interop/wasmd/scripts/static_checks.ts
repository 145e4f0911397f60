import { MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { addressOf, message, type Script } from "../script.ts";
import {
  constant,
  type Defined,
  I32,
  I64,
  leb,
  list,
  name,
  type Signature,
  THREE,
  type Tiny,
  tiny,
  USUAL,
} from "../tiny.ts";

const NOTHING: Signature = [[], []];
const V128 = 0x7b;
const F64 = 0x7c;
const made: Defined = { name: "instantiate", type: THREE, code: constant(16) };
const whole = [...USUAL, made];
/** A contract with one more function. */
const also = (code: readonly number[], type: Signature = NOTHING, more: Partial<Tiny> = {}): Uint8Array =>
  tiny({ functions: [...whole, { type, code }], ...more });
const without = (left: string): Uint8Array => tiny({ functions: whole.filter((each) => each.name !== left) });
const many = (count: number, of: number): number[] => new Array(count).fill(of);
const importing = (...names: string[]): Uint8Array =>
  tiny({ functions: whole, imports: names.map((each) => ({ name: each, type: [[I32], []] })) });
const exporting = (...names: string[]): Uint8Array =>
  tiny({ functions: [...whole, ...names.map((each) => ({ name: each, type: NOTHING, code: [] }))] });
const section = (id: number, body: readonly number[]): Uint8Array =>
  tiny({ functions: whole, sections: { [id]: body } });

const MODULES: Readonly<Record<string, Uint8Array>> = {
  "nothing special": tiny({ functions: whole }),
  "no allocate": without("allocate"),
  "no deallocate": without("deallocate"),
  "no instantiate": without("instantiate"),
  "no interface version": without("interface_version_8"),
  "another interface version": exporting("interface_version_7"),
  "only an old interface version": tiny({
    functions: [...whole.filter(({ name: each }) => each !== "interface_version_8"), {
      name: "interface_version_7",
      type: NOTHING,
      code: [],
    }],
  }),
  "a newer interface version": exporting("interface_version_9"),
  "an unknown import": importing("db_writes"),
  "two unknown imports": importing("foo", "bar"),
  "an import of another module": importing("wasi.fd_write"),
  "a known import with another type": importing("db_write"),
  "a hundred imports": importing(...many(100, 0).map(() => "debug")),
  "a hundred and one imports": importing(...many(101, 0).map(() => "debug")),
  "a memory that is imported": section(2, list([[...name("env"), ...name("memory"), 2, 0, 1]])),
  "a global that is imported": section(2, list([[...name("env"), ...name("g"), 3, I32, 0]])),
  "a table that is imported": section(2, list([[...name("env"), ...name("t"), 1, 0x70, 0, 1]])),
  "no memory": tiny({ functions: [made], sections: { 5: [], 7: [] } }),
  "512 pages": tiny({ functions: whole, pages: 512 }),
  "513 pages": tiny({ functions: whole, pages: 513 }),
  "a memory with a maximum": section(5, list([[1, 10, 20]])),
  "a shared memory": section(5, list([[3, 10, 20]])),
  "a 64 bit memory": section(5, list([[4, 10]])),
  "a table of 2500": section(4, list([[0x70, 1, ...leb(2500), ...leb(2500)]])),
  "a table of 2501": section(4, list([[0x70, 1, ...leb(2501), ...leb(2501)]])),
  "a table without maximum": section(4, list([[0x70, 0, 1]])),
  "a table with a great maximum": section(4, list([[0x70, 1, 1, ...leb(100_000)]])),
  "two tables": section(4, list([[0x70, 1, 1, 1], [0x70, 1, 1, 1]])),
  "a table of external references": section(4, list([[0x6f, 1, 1, 1]])),
  "100 parameters": also([], [many(100, I32), []]),
  "101 parameters": also([], [many(101, I32), []]),
  "one result": also(constant(1), [[], [I32]]),
  "two results": also([...constant(1), ...constant(1)], [[], [I32, I32]]),
  "many locals": also([], NOTHING, { functions: [...whole, { type: NOTHING, locals: [[2000, I64]], code: [] }] }),
  "too many locals": also([], NOTHING, {
    functions: [...whole, { type: NOTHING, locals: [[50_001, I64]], code: [] }],
  }),
  "20 000 functions": tiny({ functions: [...whole, ...many(19_996, 0).map(() => ({ type: NOTHING, code: [] }))] }),
  "20 001 functions": tiny({ functions: [...whole, ...many(19_997, 0).map(() => ({ type: NOTHING, code: [] }))] }),
  "a capability that is there": exporting("requires_iterator", "requires_stargate"),
  "a capability that is not": exporting("requires_time_travel"),
  "capabilities that are not": exporting("requires_zebra", "requires_apple", "requires_iterator"),
  "a capability without a name": exporting("requires_"),
  "IBC entry points": exporting(
    "ibc_channel_open",
    "ibc_channel_connect",
    "ibc_channel_close",
    "ibc_packet_receive",
    "ibc_packet_ack",
    "ibc_packet_timeout",
  ),
  "some IBC entry points": exporting("ibc_channel_open"),
  "an export of a global": tiny({ functions: whole, exports: [[...name("g"), 3, 0]] }),
  "two exports of a name": tiny({ functions: whole, exports: [[...name("memory"), 2, 0]] }),
  "an export that is no text": tiny({ functions: whole, exports: [[2, 0xff, 0xfe, 3, 0]] }),
  "a start section": tiny({ functions: [...whole, { type: NOTHING, code: [] }], sections: { 8: [4] } }),
  "floats": also([0x44, ...many(8, 0), 0x44, ...many(8, 0), 0xa0, 0x1a]),
  "a parameter that is a float": also([], [[F64], []]),
  "sign extension": also([...constant(1), 0xc0, 0x1a]),
  "saturating conversion": also([0x44, ...many(8, 0), 0xfc, 2, 0x1a]),
  "memory.copy": also([...constant(1), ...constant(1), ...constant(1), 0xfc, 10, 0, 0]),
  "memory.fill": also([...constant(1), ...constant(1), ...constant(1), 0xfc, 11, 0]),
  "ref.null": also([0xd0, 0x70, 0x1a]),
  "a passive segment": section(11, list([[1, 1, 7]])),
  "a count of data": tiny({ functions: whole, sections: { 12: [0] } }),
  "SIMD": also([0xfd, 12, ...many(16, 0), 0x1a]),
  "a parameter that is a vector": also([], [[V128], []]),
  "a tail call": also([0x12, 0]),
  "an exception": also([0x06, 0x40, 0x19, 0x0b]),
  "an atomic instruction": also([0xfe, 3, 0]),
  "a block with parameters": also([...constant(1), 0x02, 1, 0x0b, 0x1a], [[I32], [I32]]),
  "an unknown instruction": also([0xff]),
  "a missing operand": also([0x6a, 0x1a]),
  "a value too much": also(constant(1)),
  "a body that does not end": tiny({ functions: whole, sections: { 10: list([[1, 0]]) } }),
  "a call of what is not there": also([0x10, 99]),
  "a branch to nowhere": also([0x0c, 5]),
  "an alignment that is too great": also([...constant(0), 0x28, 5, 0, 0x1a]),
  "deep blocks": also([...many(200, 0).flatMap(() => [0x02, 0x40]), ...many(200, 0x0b)]),
  "very deep blocks": also([...many(10_000, 0).flatMap(() => [0x02, 0x40]), ...many(10_000, 0x0b)]),
};

/** Modules at the edges of what may be uploaded: which are taken, and with what words the others are refused. */
export async function staticChecks(script: Script): Promise<void> {
  for (const [say, wasmByteCode] of Object.entries(MODULES)) {
    await script.tx(say, "alice", [message(MsgStoreCode, { sender: addressOf("alice"), wasmByteCode })]);
  }
}
