/** Our application, driven like the judge. @module */
import { codec, TestChain } from "../../bad_input/harness.ts";
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
/** First byte of keys of balances. */
const BALANCES = 0x02;
/** From this first byte on the keys are ours alone: code, which wasmd keeps in files. */
const OURS = 0xc0;
/** Wasmd counts the transactions of a block under this byte. */
const COUNTER = "08";

/** What is compared of a store: not what wasmd keeps for itself. */
export const comparable = ([key]: readonly [string, string | null]): boolean => !key.startsWith(COUNTER);

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

  /** Everything below what is ours alone. */
  #dump(): Map<string, string> {
    return new Map(this.#entries(STORE, [0], [OURS]).map(([key, value]) => [key.toHex(), value.toHex()]));
  }

  #held(): Map<string, string> {
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return new Map(
      this.#entries("bank", [BALANCES], [BALANCES + 1]).map(([key, amount]) => {
        const end = 2 + key[1]!;
        return [`${codec.of(key.subarray(2, end)).text} ${text(key.subarray(end))}`, text(amount)];
      }),
    );
  }

  #entries(store: string, from: readonly number[], to: readonly number[]): [Uint8Array, Uint8Array][] {
    const { state } = this.chain;
    const end = Uint8Array.from(to);
    return this.chain.run(state.resident(() => {
      const found: [Uint8Array, Uint8Array][] = [];
      for (let start = Uint8Array.from(from);;) {
        const page = state.committed.page(store, { start, end, limit: PAGE });
        for (const [key, value] of page) found.push([key, value]);
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return found;
        start = Uint8Array.of(...last[0], 0);
      }
    }));
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
