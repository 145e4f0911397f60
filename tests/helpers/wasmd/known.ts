/**
 * Where our chain answers otherwise than wasmd, and why. Every entry has to be found in the transcript that it names: one that
 * is not any more fails the replay as much as a difference that is not listed.
 * @module
 */
import type { Difference } from "./compare.ts";

/** The same refusal in other words: only the log, or an event that holds it, differs. Groups of the same name have to match the same. */
interface Words {
  readonly scripts: readonly string[];
  readonly theirs: RegExp;
  readonly ours: RegExp;
  readonly why: string;
}

const VALIDATION = "Error calling the VM: Error during static Wasm validation: ";

const WORDS: readonly Words[] = [
  {
    scripts: ["codes", "hackatom"],
    theirs: /invalid authority; expected cat1/,
    ours: /invalid authority; expected one of the validators' admins, got cat1/,
    why: "there is no governance; the admins of the validators are several",
  },
  {
    scripts: ["codes", "static_checks"],
    theirs: new RegExp(`${VALIDATION}Wasm bytecode could not be deserialized`),
    ours: new RegExp(VALIDATION),
    why: "the parser is ours, and so are its words for malformed, invalid and forbidden modules",
  },
  {
    scripts: ["static_checks"],
    theirs: /contains more than 20000 functions/,
    ours: /types: 20001, at most 20000 are allowed/,
    why: "types are counted while they are read, before functions",
  },
  {
    scripts: ["codes"],
    theirs: /^unknown query path$/,
    ours: /^unknown query path \/cosmwasm.wasm.v1.Query\/Nothing: unknown request$/,
    why: "ours names the path",
  },
  {
    scripts: ["ibc_channels", "ibc_contracts", "ibc_packets", "reflect"],
    theirs: /channel \w+ \w+ callback failed for port ID: (?<port>\S+), channel ID: (?<channel>\S+): (?<rest>.*)/,
    ours: /ask application of port (?<port>\S+) about (?<channel>\S+): (?<rest>.*)/,
    why: "our IBC module's words for a channel's callback",
  },
  {
    scripts: ["ibc_packets"],
    theirs: /(acknowledge packet|timeout packet|timeout on close) callback failed: (?<rest>.*)/,
    ours: /ask application of port \S+: (?<rest>.*)/,
    why: "our IBC module's words for a packet's callback",
  },
  {
    scripts: ["ibc_packets"],
    theirs: /^recovered: (?<rest>Error calling the VM: .*)/,
    ours: /ask application of port \S+: recovered: (?<rest>.*): panic$/,
    why: "our IBC module's words for a packet's callback, and the application's for what Go panics with",
  },
  {
    scripts: ["ibc_channels", "ibc_packets", "ibc_transfers"],
    theirs:
      /(ORDER_NONE|one connection hop|channel handshake|packet verification|packet timeout|route not found to|basic validation|channel: channel-\d+|be empty|is not OPEN).*: (?<rest>[^:]+)$/,
    ours: /: (?<rest>[^:]+)$/,
    why: "our IBC module's words, but for those that belong to the code",
  },
  {
    scripts: [],
    theirs: /(?<before>.*callback_exec_gas_limit) \| \d+ (?<after>.*)/,
    ours: /(?<before>.*callback_exec_gas_limit) \| \d+ (?<after>.*)/,
    why: "what is left of a transaction's gas",
  },
  {
    scripts: ["ibc_transfers"],
    theirs: /: (?<rest>gas limit|calldata).*: invalid callback data$/,
    ours: /: (?<rest>gas limit|calldata).*: invalid callback data$/,
    why: "what Go's libraries say of numbers and digits",
  },
  {
    scripts: ["floaty"],
    theirs: /RuntimeError: integer overflow/,
    ours: /RuntimeError: invalid conversion to integer/,
    why: "V8 has one trap for both",
  },
  {
    scripts: ["ibc_channels", "ibc_packets", "results"],
    theirs: /json: |illegal base64 data|unexpected end of JSON input|invalid character '\\x00'/,
    ours: /cannot read (array|number|string|object|"\d+") as|malformed JSON/,
    why: "words and type names of Go's JSON",
  },
  {
    scripts: ["ibc_packets"],
    theirs: /^recovered: runtime error: invalid memory address or nil pointer dereference$/,
    ours: /recovered: a contract's result holds neither ok nor error: panic$/,
    why: "Go dereferences nothing",
  },
  {
    scripts: ["ibc_transfers"],
    theirs: /callback panicked with: runtime error: invalid memory address or nil pointer dereference: callback panic/,
    ours: /a contract's result holds neither ok nor error/,
    why: "Go dereferences nothing",
  },
  {
    scripts: ["results"],
    theirs: /^address cat1\w+: no such contract$/,
    ours: /a contract's result holds neither ok nor error/,
    why: "wasmd takes an answer without a value for a contract that is not there",
  },
  {
    scripts: ["chain_queries"],
    theirs: /gRPC queries are disabled on this chain/,
    ours: /'\/unknown.Query\/X' path is not allowed from the contract/,
    why:
      "wasmd as shipped allows contracts no paths; a chain of ours allows a list, with the words wasmd has for lists",
  },
  {
    scripts: ["chain_queries"],
    theirs: /Panic in FFI call/,
    ours: /Querier contract error: codespace: sdk, code: 18/,
    why: "an empty denom makes Go panic",
  },
];

/** Steps that end otherwise; what follows from that in events, data, state and balances is not compared. */
interface OtherEnd {
  readonly script: string;
  /** Beginnings of what the steps say, and how they end here. */
  readonly steps: readonly string[];
  readonly ours: string;
  readonly why: string;
}

const ENDS: readonly OtherEnd[] = [
  {
    script: "chain_queries",
    steps: [`asks {"chain":{"request":{"stargate":`, `asks {"chain":{"request":{"grpc":{"path":"/cosmos.bank`],
    ours: "/0",
    why: "wasmd as shipped allows contracts no paths; a chain of ours allows a list",
  },
  {
    script: "chain_queries",
    steps: [`asks {"chain":{"request":{"staking":{"bonded_denom":`],
    ours: "wasm/9",
    why: "there is no coin to stake",
  },
  {
    script: "chain_queries",
    steps: [`asks {"chain":{"request":{"staking":{"all_validators":`],
    ours: "/0",
    why: "nobody can be staked with",
  },
  {
    script: "chain_queries",
    steps: [`asks {"chain":{"request":{"distribution":{"delegator_validators":`],
    ours: "/0",
    why: "there is null in place of an empty list, which contracts do not read",
  },
  { script: "codes", steps: ["limits"], ours: "/0", why: "wasmd as shipped says {}; ours tells its limits" },
  {
    script: "cw1",
    steps: [`bob executes {"execute":{"msgs":[{"staking":`, `bob executes {"execute":{"msgs":[{"distribution":`],
    ours: "sdk/6",
    why: "there is no module that would take the message",
  },
  ...["cyberpunk", "hackatom"].map((script): OtherEnd => ({
    script,
    steps: [`bob executes {"memory_loop":{}}`],
    ours: "sdk/11",
    why: "code counts more in a large memory, so the gas ends before the memory is full",
  })),
  {
    script: "floaty",
    steps: [`asks {"run":{"instruction":"f64.promote_f32","args":[{"f32":2141192193}]}}`],
    ours: "/0",
    why: "libwasmvm keeps the payload of a NaN that is promoted; ours is the canonical one after every operation",
  },
  {
    script: "host_calls",
    steps: ["writes a key of 900 bytes", "writes a key of 3000 bytes", "writes a key of 64 KiB"],
    ours: "wasm/29",
    why: "keys of contracts are shorter: what a key of the state leaves",
  },
  {
    script: "ibc_channels",
    steps: ["init of the port wasm.: ", "init of the port wasm.x: ", "init of the port a and more: "],
    ours: "port/5",
    why: "a port without a contract's address is nobody's; there the application says so (undefined/1)",
  },
  {
    script: "ibc_channels",
    steps: ["ack to one that says neither", "confirm to one that says neither"],
    ours: "wasm/5",
    why: "Go dereferences nothing and panics (undefined/111222)",
  },
  {
    script: "ibc_packets",
    steps: ["acknowledged to one that says null"],
    ours: "wasm/5",
    why: "Go dereferences nothing and panics (undefined/111222)",
  },
  {
    script: "ibc_contracts",
    steps: ["alice stores ibc2.wasm.gz"],
    ours: "wasm/2",
    why: "there is no IBC v2, and the capability is not announced",
  },
  {
    script: "ibc_packets",
    steps: ["sends by IBC v2 to nobody"],
    ours: "wasm/20",
    why: "there is no IBC v2",
  },
  {
    script: "ibc_packets",
    steps: ["is answered with an acknowledgement that is a list"],
    ours: "undefined/111222",
    why: "Go reads bytes also from a list of numbers",
  },
  {
    script: "ibc_transfers",
    steps: ["sends over a channel that is not there"],
    ours: "channel/3",
    why: "a channel that is not there; ibc-go then looks for a client of IBC v2 with that name (clientv2/35)",
  },
  {
    script: "reflect",
    steps: [`alice executes {"reflect_msg":{"msgs":[{"ibc":{"transfer":`],
    ours: "channel/3",
    why: "a channel that is not there; ibc-go then looks for a client of IBC v2 with that name (clientv2/35)",
  },
  {
    script: "reflect",
    steps: [`alice executes {"reflect_msg":{"msgs":[{"gov":`],
    ours: "sdk/6",
    why: "there is no governance module",
  },
  {
    script: "results",
    steps: [
      `alice executes {"error":""}`,
      `alice executes {}`,
      "alice executes null",
      `alice executes {"ok":null}`,
      `alice executes {"error":null}`,
      "alice instantiates 1 with {}",
    ],
    ours: "wasm/29",
    why: "Go dereferences nothing and panics (undefined/111222)",
  },
  {
    script: "results",
    steps: [`alice executes {"OK":`],
    ours: "wasm/29",
    why: "Go reads field names whatever their case",
  },
  {
    script: "results",
    steps: [`alice executes {"ok":{"messages":[],"attributes":[],"events":[],"data":[1,2]}}`],
    ours: "wasm/29",
    why: "Go reads bytes also from a list of numbers",
  },
  {
    script: "results",
    steps: [`alice executes {"ok":{"messages":[{"id":1,"msg":{"bank":{"send":`],
    ours: "wasm/14",
    why: "reply_on null is none of the four words, as when it is missing",
  },
  {
    script: "results",
    steps: ["sends to cat10j92p70heuk0g9zhyylcpz0ftw8ed5ks6k50m3 [{"],
    ours: "sdk/10",
    why: "amounts are decimal and have one form; Go reads 0x1, +1, octal, and has no code for negative ones",
  },
  {
    script: "static_checks",
    steps: ["a known import with another type", "IBC entry points", "some IBC entry points"],
    ours: "wasm/2",
    why:
      "types of imports and entry points are checked at the upload; there the contract cannot be instantiated or called",
  },
  {
    script: "static_checks",
    steps: ["a start section"],
    ours: "wasm/2",
    why: "it would run before the call has fuel; there it ends without gas whenever the contract is called",
  },
  {
    script: "static_checks",
    steps: ["many locals"],
    ours: "wasm/2",
    why: "100 locals a function: the limit of later versions of cosmwasm-vm (3.0.9), which 3.0.2 has not",
  },
  {
    script: "static_checks",
    steps: ["20 000 functions"],
    ours: "wasm/2",
    why: "150 function types: V8 never forgets one",
  },
  {
    script: "static_checks",
    steps: ["a table of external references", "memory.copy", "memory.fill", "ref.null"],
    ours: "/0",
    why: "bulk memory and reference types are deterministic and allowed here",
  },
];

/** What is left of the differences of a script: those that are not known, and known ones that were not found. */
export function unknownOf(script: string, found: readonly Difference[], endOf: (step: number) => string): unknown[] {
  const unseen = new Set<unknown>([
    ...WORDS.filter(({ scripts }) => scripts.includes(script)),
    ...ENDS.filter((end) => end.script === script).flatMap(({ steps }) => steps),
  ]);
  const left = found.filter((each) => {
    const words = wordsOf(each, WORDS.filter(({ scripts }) => scripts.includes(script)));
    if (words !== undefined) return unseen.delete(words), false;
    for (const { steps } of ENDS.filter((end) => end.script === script && end.ours === endOf(each.step))) {
      const step = steps.find((say) => each.say.startsWith(say));
      if (step !== undefined) return unseen.delete(step), false;
    }
    return true;
  });
  return [...left, ...[...unseen].map((known) => ({ "known, but not found": known }))];
}

/** Whether a difference is one of words alone, in whichever script. */
export const isOfWords = (difference: Difference): boolean => wordsOf(difference, WORDS) !== undefined;

function wordsOf({ what, theirs, ours }: Difference, known: readonly Words[]): Words | undefined {
  if (what !== "log" && !what.startsWith("event")) return undefined;
  return known.find((words) => {
    const [a, b] = [words.theirs.exec(theirs), words.ours.exec(ours)];
    return a !== null && b !== null &&
      Object.entries(a.groups ?? {}).every(([name, text]) => b.groups?.[name] === text);
  });
}
