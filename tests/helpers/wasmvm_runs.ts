/**
 * Calls of contracts that both libwasmvm and our engine are given, byte for byte the same. Recorded by tests/interop/wasmvm,
 * replayed by tests/vectors/wasmvm_test.ts.
 * @module
 */
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { probeRuns } from "./wasmvm_probe_runs.ts";

export interface RunStep {
  readonly entry: "instantiate" | "execute" | "query" | "migrate" | "sudo" | "reply";
  readonly args: readonly Uint8Array[];
  readonly gas: number;
}

export interface Run {
  readonly name: string;
  /** Of tests/vectors/cosmwasm, or `probe`. */
  readonly code: string;
  readonly steps: readonly RunStep[];
  /** Whether it is stopped somewhere, so that the storage says nothing. */
  readonly endless?: boolean;
}

/** Enough for everything that ends. */
const GAS = 500_000_000_000;

const ENV = utf8ToBytes(
  '{"block":{"height":123,"time":"1578939743987654321","chain_id":"foobar"},"transaction":{"index":4,"hash":' +
    '"AABBCCDDEEFF0011AABBCCDDEEFF0011AABBCCDDEEFF0011AABBCCDDEEFF0011"},"contract":{"address":"contract"}}',
);
const bytesOf = (message: unknown) =>
  typeof message === "string" ? utf8ToBytes(message) : utf8ToBytes(JSON.stringify(message));
const info = (sender: string) => bytesOf({ sender, funds: [{ denom: "ATOM", amount: "100" }] });

const instantiate = (message: unknown, sender = "creator"): RunStep => ({
  entry: "instantiate",
  args: [ENV, info(sender), bytesOf(message)],
  gas: GAS,
});
const execute = (message: unknown, sender = "creator", gas = GAS): RunStep => ({
  entry: "execute",
  args: [ENV, info(sender), bytesOf(message)],
  gas,
});
const query = (message: unknown): RunStep => ({ entry: "query", args: [ENV, bytesOf(message)], gas: GAS });
const migrate = (message: unknown): RunStep => ({ entry: "migrate", args: [ENV, bytesOf(message)], gas: GAS });
const sudo = (message: unknown): RunStep => ({ entry: "sudo", args: [ENV, bytesOf(message)], gas: GAS });
const reply = (message: unknown): RunStep => ({ entry: "reply", args: [ENV, bytesOf(message)], gas: GAS });

const TOKEN: readonly RunStep[] = [
  instantiate({ name: "Token", symbol: "tok", decimals: 6, initial_balances: [] }),
  instantiate({
    name: "Token",
    symbol: "TOK",
    decimals: 6,
    initial_balances: [{ address: "alice", amount: "12345678901234567890" }, { address: "bob", amount: "1" }],
    mint: { minter: "minter", cap: "12345678901234568000" },
    marketing: { project: "p", description: "d", marketing: "alice", logo: { url: "https://example.org" } },
  }),
  execute({ transfer: { recipient: "bob", amount: "1000" } }, "alice"),
  execute({ transfer: { recipient: "bob", amount: "0" } }, "alice"),
  execute({ transfer: { recipient: "alice", amount: "1002" } }, "bob"),
  execute({ transfer: { recipient: "BOB", amount: "1" } }, "alice"),
  execute({ transfer: { recipient: "b".repeat(33), amount: "1" } }, "alice"),
  execute({ transfer: { recipient: "bob", amount: "-1" } }, "alice"),
  execute({ transfer: { recipient: "bob" } }, "alice"),
  execute('{ "transfer" : {"amount":"7","recipient":"carol\\u00e9"} }', "alice"),
  execute({ burn: { amount: "100" } }, "bob"),
  execute({ increase_allowance: { spender: "carol", amount: "50", expires: { at_height: 200 } } }, "bob"),
  execute({ increase_allowance: { spender: "bob", amount: "50" } }, "bob"),
  execute({ decrease_allowance: { spender: "carol", amount: "10" } }, "bob"),
  execute({ transfer_from: { owner: "bob", recipient: "dave", amount: "39" } }, "carol"),
  execute({ transfer_from: { owner: "bob", recipient: "dave", amount: "2" } }, "carol"),
  execute({ burn_from: { owner: "bob", amount: "1" } }, "carol"),
  execute({ send: { contract: "some", amount: "1", msg: btoa('{"a":1}') } }, "bob"),
  execute({ mint: { recipient: "erin", amount: "10" } }, "minter"),
  execute({ mint: { recipient: "erin", amount: "10" } }, "bob"),
  execute({ mint: { recipient: "erin", amount: "1000" } }, "minter"),
  execute({ update_marketing: { project: "q" } }, "alice"),
  execute({ upload_logo: { embedded: { svg: btoa("<svg/>") } } }, "alice"),
  execute({ nothing: {} }),
  execute("{"),
  execute(""),
  ...[
    { balance: { address: "alice" } },
    { balance: { address: "nobody" } },
    { token_info: {} },
    { minter: {} },
    { allowance: { owner: "bob", spender: "carol" } },
    { all_allowances: { owner: "bob" } },
    { all_accounts: {} },
    { all_accounts: { start_after: "bob", limit: 2 } },
    { marketing_info: {} },
    { download_logo: {} },
    { what: {} },
  ].map(query),
];

const hackatom: readonly RunStep[] = [
  execute({ release: {} }),
  instantiate({ verifier: "fred", beneficiary: "bob" }),
  query({ verifier: {} }),
  query({ other_balance: { address: "contract" } }),
  query({ other_balance: { address: "foobar" } }),
  query({ recurse: { depth: 0, work: 20 } }),
  query({ recurse: { depth: 1, work: 2 } }),
  query({ get_int: {} }),
  execute({ release: {} }),
  execute({ release: {} }, "fred"),
  execute({ panic: {} }),
  execute({ message_loop: {} }),
  execute({ user_errors_in_api_calls: {} }),
  execute({ allocate_large_memory: { pages: 0 } }),
  execute({ allocate_large_memory: { pages: 100 } }),
  execute({ allocate_large_memory: { pages: 600 } }),
  migrate({ verifier: "alice" }),
  {
    ...migrate({ verifier: "alice" }),
    args: [ENV, bytesOf({ verifier: "bob" }), bytesOf({ sender: "x", old_migrate_version: null })],
  },
  query({ verifier: {} }),
  sudo({ steal_funds: { recipient: "thief", amount: [{ denom: "ATOM", amount: "5" }] } }),
  reply({ id: 1, result: { error: "no" } }),
];

const LOOPS: readonly RunStep[] = [
  instantiate({ verifier: "fred", beneficiary: "bob" }),
  execute({ cpu_loop: {} }, "fred", 50_000_000_000),
  execute({ storage_loop: {} }, "fred", 50_000_000_000),
  // Ends when its memory is full; in a large memory code counts more here, so that takes more than it does there.
  execute({ memory_loop: {} }, "fred", 5_000_000_000_000),
];

const cyberpunk: readonly RunStep[] = [
  instantiate({}),
  execute({ argon2: { mem_cost: 256, time_cost: 1 } }),
  execute({ argon2: { mem_cost: 1, time_cost: 1 } }),
  execute({ unreachable: {} }),
  execute({ panic: {} }),
  execute({ mirror_env: {} }),
  execute({ debug: {} }),
  execute({ noop: {} }),
  query({ mirror_env: {} }),
  query({ denoms: {} }),
  query({ denom: { denom: "a" } }),
];

const QUEUE: readonly RunStep[] = [
  instantiate({}),
  ...Array.from({ length: 37 }, (_, i) => execute({ enqueue: { value: i * 7 % 11 - 5 } })),
  execute({ dequeue: {} }),
  execute({ dequeue: {} }),
  ...[{ count: {} }, { sum: {} }, { reducer: {} }, { list: {} }, { open_iterators: { count: 10 } }].map(query),
  query({ open_iterators: { count: 32_768 } }),
  query({ open_iterators: { count: 32_769 } }),
  migrate({}),
  query({ list: {} }),
];

const reflect: readonly RunStep[] = [
  instantiate({}),
  query({ owner: {} }),
  query({ capitalized: { text: "small" } }),
  query({ chain: { request: { bank: { balance: { address: "contract", denom: "ATOM" } } } } }),
  query({ chain: { request: { bank: { all_balances: { address: "contract" } } } } }),
  query({ chain: { request: { wasm: { smart: { contract_addr: "x", msg: btoa("{}") } } } } }),
  query({ raw: { contract: "x", key: btoa("k") } }),
  execute({ reflect_msg: { msgs: [] } }),
  execute({ reflect_msg: { msgs: [{ bank: { send: { to_address: "f", amount: [{ denom: "x", amount: "1" }] } } }] } }),
  execute({ reflect_sub_msg: { msgs: [] } }),
  execute({ change_owner: { owner: "other" } }),
  execute({ change_owner: { owner: "other" } }),
  reply({ id: 9, result: { ok: { events: [], data: null } } }),
  query({ sub_msg_result: { id: 9 } }),
];

const OTHERS: readonly Run[] = [
  {
    name: "cw1_whitelist",
    code: "cw1_whitelist",
    steps: [
      instantiate({ admins: ["alice", "bob"], mutable: true }),
      execute({ update_admins: { admins: ["alice"] } }, "alice"),
      execute({ freeze: {} }, "bob"),
      execute({ freeze: {} }, "alice"),
      execute({ update_admins: { admins: ["bob"] } }, "alice"),
      execute({ execute: { msgs: [{ bank: { burn: { amount: [{ denom: "x", amount: "1" }] } } }] } }, "alice"),
      query({ admin_list: {} }),
      query({ can_execute: { sender: "bob", msg: { bank: { burn: { amount: [] } } } } }),
    ],
  },
  { name: "burner", code: "burner", steps: [instantiate({}), migrate({ payout: "bob" })] },
  { name: "escrow of 0.7", code: "escrow_0.7", steps: [] },
  {
    name: "replier",
    code: "replier",
    steps: [instantiate({}), execute({ set_data_in_exec_and_reply: {} }), reply({ id: 1, result: { error: "x" } })],
  },
  {
    name: "staking",
    code: "staking",
    steps: [
      instantiate({ name: "Der", symbol: "DRV", decimals: 9, validator: "val", exit_tax: "0.1", min_withdrawal: "50" }),
      query({ token_info: {} }),
    ],
  },
  {
    name: "cw20_ics20",
    code: "cw20_ics20",
    steps: [
      instantiate({ default_timeout: 10, gov_contract: "gov", allowlist: [] }),
      query({ port: {} }),
      query({ list_channels: {} }),
    ],
  },
  {
    name: "ibc_reflect",
    code: "ibc_reflect",
    steps: [instantiate({ reflect_code_id: 7 }), query({ list_accounts: {} })],
  },
  {
    name: "ibc_reflect_send",
    code: "ibc_reflect_send",
    steps: [instantiate({}), query({ admin: {} }), query({ list_accounts: {} })],
  },
  { name: "ibc_callbacks", code: "ibc_callbacks", steps: [instantiate({}), query({ callback_stats: {} })] },
];

/** Everything but what needs answers first. */
export function wasmvmRuns(): readonly Run[] {
  return [
    { name: "cw20_base", code: "cw20_base", steps: TOKEN },
    { name: "hackatom 1.4", code: "hackatom", steps: hackatom },
    { name: "hackatom 2.0", code: "hackatom_2.0", steps: hackatom },
    { name: "hackatom that knows its version", code: "hackatom_42", steps: hackatom },
    { name: "hackatom that does not end", code: "hackatom_2.0", steps: LOOPS, endless: true },
    { name: "cyberpunk 3.0", code: "cyberpunk", steps: cyberpunk },
    { name: "cyberpunk 1.0", code: "cyberpunk_1.0", steps: cyberpunk },
    { name: "queue", code: "queue", steps: QUEUE },
    { name: "queue 1.0", code: "queue_1.0", steps: QUEUE },
    { name: "reflect 1.0", code: "reflect_1.0", steps: reflect },
    { name: "reflect 2.2", code: "reflect_2_2", steps: reflect },
    ...OTHERS,
    ...probeRuns(),
  ];
}

/**
 * Every instruction with floats in it, `floaty`'s whole list, on arguments that it draws from seeds. `ask` answers a query of
 * that contract with JSON: the list and the arguments come out of it, numbers of 64 bits among them.
 */
export function floatyRun(ask: (step: RunStep) => string): Run {
  const instructions: string[] = JSON.parse(ask(query({ instructions: {} })));
  const steps = [query({ instructions: {} })];
  for (const instruction of instructions) {
    for (let seed = 0; seed < FLOAT_SEEDS; seed++) {
      const draw = query({ random_args_for: { instruction, seed } });
      steps.push(draw, query(`{"run":{"instruction":"${instruction}","args":${ask(draw)}}}`));
    }
  }
  return { name: "floaty", code: "floaty_2.0", steps: [instantiate({}), ...steps] };
}

/** Draws for each instruction. */
const FLOAT_SEEDS = 20;
