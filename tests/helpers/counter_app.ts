/**
 * A small application over the real state, for tests of what runs applications. A transaction is text:
 * `sender/sequence/priority/command` with the commands `add`, `fail`, and `power:KEY:POWER` for the n-th test key.
 * @module
 */
import type { ExecTxResult, ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type {
  Application,
  BlockInput,
  BlockOutput,
  CheckTxResult,
  GenesisInput,
  GenesisOutput,
  QueryInput,
  QueryOutput,
} from "../../node/app/ports.ts";
import { bytesToU64, u64ToBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import type { Work } from "../../node/core/work.ts";
import { Journal, MultiStore, type StagedCommit, type StateView } from "../../node/state/mod.ts";
import { updateOf } from "./mini_chain.ts";

const NOTHING = new Uint8Array();

interface CounterTx {
  readonly sender: string;
  readonly sequence: bigint;
  readonly priority: bigint;
  readonly command: string;
}

export const counterTx = (sender: string, sequence: number, priority = 0, command = "add"): Uint8Array =>
  utf8ToBytes(`${sender}/${sequence}/${priority}/${command}`);

function parse(bytes: Uint8Array): CounterTx | undefined {
  const [sender, sequence, priority, command] = new TextDecoder().decode(bytes).split("/");
  if (!sender || !sequence || !priority || !command) return undefined;
  return { sender, sequence: BigInt(sequence), priority: BigInt(priority), command };
}

/** Runs one transaction; its code. Checks do not carry out the command; the sequence counts also when it fails. */
function run(view: StateView, tx: CounterTx, isCheck: boolean): number {
  const key = utf8ToBytes(tx.sender);
  const stored = view.get("counters", key);
  const expected = stored === undefined ? 0n : bytesToU64(stored);
  if (tx.sequence !== expected) return 32;
  view.set("counters", key, u64ToBytes(expected + 1n));
  return tx.command === "fail" && !isCheck ? 5 : 0;
}

function powerOf({ command }: CounterTx): ValidatorUpdate[] {
  const [name, key, power] = command.split(":");
  return name === "power" ? [updateOf(Number(key), BigInt(power!))] : [];
}

export class CounterApp implements Application {
  readonly state: MultiStore;
  #check: Journal;
  /** Times that work ran from its start, to see misses. */
  runs = 0;

  constructor(head?: { readonly version: bigint; readonly meta: Uint8Array }, cacheBytesMax = 1 << 20) {
    this.state = new MultiStore({ stores: ["counters"], cacheBytesMax });
    this.state.open(head);
    this.#check = new Journal(this.state.committed);
  }

  *initChain(genesis: GenesisInput): Work<GenesisOutput> {
    const changes = [{ store: "counters", key: utf8ToBytes("genesis"), value: utf8ToBytes(genesis.chainId) }];
    const staged = yield* this.state.stage(genesis.initialHeight - 1n, changes);
    return { validators: genesis.validators, appHash: staged.appHash, staged };
  }

  *checkTx(bytes: Uint8Array): Work<CheckTxResult> {
    yield { type: "pause" };
    const tx = parse(bytes);
    const code = tx === undefined ? 2 : yield* this.state.resident(() => run(this.#check, tx, true));
    return {
      code,
      codespace: code === 0 ? "" : "counter",
      log: code === 0 ? "" : `code ${code}`,
      data: NOTHING,
      gasWanted: 1n,
      gasUsed: 1n,
      events: [],
      sender: utf8ToBytes(tx?.sender ?? ""),
      sequence: tx?.sequence ?? 0n,
      priority: tx?.priority ?? 0n,
    };
  }

  buildBlock(candidates: readonly Uint8Array[]): readonly Uint8Array[] {
    return candidates;
  }

  validateBlock(txs: readonly Uint8Array[]): { ok: true } | { ok: false; reason: string } {
    return txs.every((tx) => parse(tx) !== undefined)
      ? { ok: true }
      : { ok: false, reason: "a transaction is malformed" };
  }

  *executeBlock(block: BlockInput): Work<BlockOutput> {
    const journal = new Journal(this.state.committed);
    const txResults: ExecTxResult[] = [];
    const validatorUpdates: ValidatorUpdate[] = [];
    for (const bytes of block.txs) {
      yield { type: "pause" };
      const tx = parse(bytes)!;
      const code = yield* this.state.resident(() => {
        this.runs++;
        return run(journal, tx, false);
      });
      if (code === 0) validatorUpdates.push(...powerOf(tx));
      txResults.push({
        code,
        data: bytes,
        log: "",
        info: "",
        gasWanted: 1n,
        gasUsed: 1n,
        codespace: code === 0 ? "" : "counter",
        events: [{ type: "count", attributes: [{ key: "sender", value: tx.sender, index: true }] }],
      });
    }
    const staged = yield* this.state.stage(block.height, journal.changes());
    const events = [{ type: "block", attributes: [{ key: "txs", value: `${block.txs.length}`, index: true }] }];
    const { appHash } = staged;
    return { txResults, events, validatorUpdates, consensusParamUpdates: undefined, appHash, staged };
  }

  commit(staged: StagedCommit): void {
    this.state.adopt(staged);
    this.#check = new Journal(this.state.committed);
  }

  *query(query: QueryInput): Work<QueryOutput> {
    const version = query.height === 0n ? this.state.version : query.height;
    const at = this.state.at(version);
    const value = yield* at.resident(() => at.reader.get("counters", query.data));
    return {
      code: 0,
      codespace: "",
      log: "",
      key: query.data,
      value: value ?? NOTHING,
      height: version,
      proofOps: undefined,
    };
  }

  *exportGenesis(): Work<Record<string, unknown>> {
    yield { type: "pause" };
    return {};
  }
}
