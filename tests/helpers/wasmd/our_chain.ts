/** Our application, driven like the judge. @module */
import { TestChain } from "../../bad_input/harness.ts";
import {
  type BlockOutcome,
  type DrivenChain,
  type QueryOutcome,
  shortenedState,
  type TxSpec,
  type World,
} from "./transcript.ts";
import { ACCOUNT_PATH, accountQuery, appStateOf, sequenceIn, txBytes } from "./txs.ts";

const STORE = "wasm";
const PAGE = 256;
/** Behind these first bytes of a key each of the two keeps what is its own affair: the counter of transactions, code. */
const OWN_PREFIXES = new Set(["08", "c0", "c1", "c2"]);

/** What is compared of a store: not what each keeps for itself. */
export const comparable = ([key]: readonly [string, string | null]): boolean => !OWN_PREFIXES.has(key.slice(0, 2));

export class OurChain implements DrivenChain {
  readonly chain: TestChain;
  readonly #world: World;
  #state = new Map<string, string>();
  #balances = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
    this.chain = new TestChain({ chainId: world.chainId, appState: appStateOf(world) });
  }

  block(txs: readonly TxSpec[]): Promise<BlockOutcome> {
    const sequences = new Map<string, bigint>();
    for (const name of new Set(txs.map(({ from }) => from))) {
      sequences.set(name, sequenceIn(this.chain.query(ACCOUNT_PATH, accountQuery(name)).value));
    }
    const { txResults } = this.chain.block(...txBytes(this.#world, txs, sequences));
    const outcome = {
      txs: txResults.map(({ code, codespace, log, data, events, gasUsed }) => ({
        code,
        codespace,
        log,
        data: data.toBase64(),
        events: events.map(({ type, attributes }) => [type, ...attributes.flatMap(({ key, value }) => [key, value])]),
        gasUsed: Number(gasUsed),
      })),
      state: shortenedState(changes(this.#state, this.#state = this.#dump())),
      balances: changes(this.#balances, this.#balances = this.#held())
        .map(([holding, amount]) => [holding, amount ?? "0"] as const),
    };
    return Promise.resolve(outcome);
  }

  query(path: string, data: string): Promise<QueryOutcome> {
    const { code, codespace, log, value } = this.chain.query(path, Uint8Array.fromBase64(data));
    return Promise.resolve({ code, codespace, log, value: value.toBase64() });
  }

  #dump(): Map<string, string> {
    const { state } = this.chain;
    return this.chain.run(state.resident(() => {
      const found = new Map<string, string>();
      for (let start = new Uint8Array();;) {
        const page = state.committed.page(STORE, { start, limit: PAGE });
        for (const [key, value] of page) found.set(key.toHex(), value.toHex());
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return found;
        start = Uint8Array.of(...last[0], 0);
      }
    }));
  }

  #held(): Map<string, string> {
    const { bank } = this.chain.run(this.chain.app.exportGenesis()) as unknown as {
      bank: { balances: { address: string; coins: { denom: string; amount: string }[] }[] };
    };
    const held = new Map<string, string>();
    for (const { address, coins } of bank.balances) {
      for (const { denom, amount } of coins) held.set(`${address} ${denom}`, amount);
    }
    return held;
  }
}

/** What is different in `after`, in order of the keys' bytes. */
function changes(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): [string, string | null][] {
  const found: [string, string | null][] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(key) !== after.get(key)) found.push([key, after.get(key) ?? null]);
  }
  return found.sort(([a], [b]) => compareText(a, b));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
