/** One decided block over the committed state: begin, every transaction in order, end. @module */
import type { Event, ExecTxResult, ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import type { Work } from "../core/work.ts";
import { sdkRefusal } from "../core/errors.ts";
import type { Result } from "../core/result.ts";
import { Journal, type MultiStore } from "../state/mod.ts";
import { SpeculatedBlock } from "./_speculated_block.ts";
import { RunContext } from "./_run_context.ts";
import { Turn } from "./_turn.ts";
import type { AnteOptions } from "./ante.ts";
import type { Aside } from "./aside.ts";
import { loadBlockGasMax } from "./consensus_params.ts";
import type { DecodedTx } from "./decode.ts";
import { MESSAGES_PER_PAUSE, type Outcome, refusedOutcome } from "./execute.ts";
import { FreeGasMeter } from "./gas.ts";
import { COMPUTED_GAS_BLOCK_MAX } from "./limits.ts";
import type { BlockBegin, BlockContext, Module } from "./module.ts";
import type { BlockInput, Speculator } from "./ports.ts";
import { attempt, Prefetch } from "./prefetch.ts";
import type { ModuleSet } from "./standard_modules.ts";
import type { TxCache } from "./tx_cache.ts";

/** Transactions that are decoded between two offers to let others run. */
const TXS_PER_PAUSE = 20;
/** Gas that is used between two of them: some milliseconds of contracts. Fewer, dearer messages hold nobody up for longer. */
const GAS_PER_PAUSE = 2_000_000n;
const PAUSE = { type: "pause" } as const;

/** What a block needs of the application. */
export interface BlockParts {
  readonly state: MultiStore;
  readonly cache: TxCache;
  readonly set: ModuleSet;
  readonly ante: AnteOptions;
  readonly chainId: string;
  /** Who may run transactions ahead of their turn. */
  readonly speculator: Speculator | undefined;
  /** Where transactions run that would begin anew too often. */
  readonly aside: Aside | undefined;
}

export interface ExecutedBlock {
  readonly journal: Journal;
  readonly txResults: readonly ExecTxResult[];
  readonly events: readonly Event[];
  readonly validatorUpdates: readonly ValidatorUpdate[];
}

/** Runs a block over a journal of its own: the committed state stays as it is. */
export function* runBlock(parts: BlockParts, input: BlockInput): Work<ExecutedBlock> {
  const { state, cache, set } = parts;
  const decoded: Result<DecodedTx>[] = [];
  for (const tx of input.txs) {
    if (decoded.length % TXS_PER_PAUSE === TXS_PER_PAUSE - 1) yield PAUSE;
    decoded.push(cache.decode(tx));
  }
  const prefetch = new Prefetch({ state, ...set }, decoded.length, (i) => decoded[i]!);
  const journal = new Journal(state.committed);
  const block: BlockContext = { chainId: parts.chainId, height: input.height, time: input.time };
  const began = yield* state.resident(() => beginBlock(set.modules, journal, block, input));
  const gasMax = yield* state.resident(() => loadBlockGasMax(journal));
  const ahead = SpeculatedBlock.begin(parts, block, input.txs, decoded);
  const runInTurn = function* (i: number, tx: DecodedTx, stays = false): Work<Outcome> {
    const turn = new Turn(
      journal,
      tx,
      { block, index: i, bytes: input.txs[i]! },
      parts.ante,
      stays ? undefined : parts.aside,
    );
    const run = () => turn.advance();
    let done = attempt(run) ?? (yield* prefetch.thenRun(i, run));
    while (done === "paused") {
      yield PAUSE;
      done = attempt(run) ?? (yield* prefetch.thenRun(i, run));
    }
    if (done !== "aside") return done;
    return (yield* turn.aside((run) => state.resident(run))) ?? (yield* runInTurn(i, tx, true));
  };
  const txResults: ExecTxResult[] = [];
  const fees = new Map<string, bigint>();
  let gasUsed = 0n;
  let gasComputed = 0n;
  let sincePause = 0;
  let gasAtPause = 0n;
  for (const [i, tx] of decoded.entries()) {
    sincePause += tx.ok ? tx.value.messages.length : 1;
    if (sincePause >= MESSAGES_PER_PAUSE || gasUsed - gasAtPause >= GAS_PER_PAUSE) {
      yield PAUSE;
      sincePause = 0;
      gasAtPause = gasUsed;
    }
    let outcome: Outcome;
    if (!tx.ok) outcome = refusedOutcome(tx.error);
    else if (gasMax >= 0n && gasUsed + tx.value.gasLimit > gasMax) {
      outcome = refusedOutcome(sdkRefusal("outOfGas", "no block gas left to run tx"), tx.value.gasLimit);
    } else if (gasComputed >= COMPUTED_GAS_BLOCK_MAX && mayCompute(tx.value)) {
      outcome = refusedOutcome(sdkRefusal("outOfGas", "no block gas left to run contracts"), tx.value.gasLimit);
    } else outcome = (ahead && (yield* ahead.take(i, tx.value, journal))) ?? (yield* runInTurn(i, tx.value));
    // Else one charge beyond its limit would take the block from everybody (`GasConsumedToLimit` of the cosmos-sdk).
    gasUsed += outcome.gasUsed < outcome.gasWanted ? outcome.gasUsed : outcome.gasWanted;
    gasComputed += outcome.gasComputed;
    for (const { denom, amount } of outcome.fee) fees.set(denom, (fees.get(denom) ?? 0n) + amount);
    txResults.push(resultOf(outcome));
  }
  ahead?.settle();
  const paid = [...fees].sort(([a], [b]) => (a < b ? -1 : 1)).map(([denom, amount]) => ({ denom, amount }));
  if (paid.length > 0) yield* state.resident(() => whole(journal, () => set.fees.collect(journal, paid)));
  const ended = yield* state.resident(() => endBlock(set.modules, journal, block));
  return { journal, txResults, events: [...began, ...ended.events], validatorUpdates: ended.updates };
}

const mayCompute = ({ messages }: DecodedTx): boolean => messages.some(({ route }) => route.mayRunContracts);

/** As `ExecTxResult`: the log is empty on success, `info` always. */
function resultOf({ error, data, gasWanted, gasUsed, events }: Outcome): ExecTxResult {
  return {
    code: error?.code ?? 0,
    data,
    log: error?.message ?? "",
    info: "",
    gasWanted,
    gasUsed,
    events: events as Event[],
    codespace: error?.codespace ?? "",
  };
}

function beginBlock(
  modules: readonly Module[],
  journal: Journal,
  block: BlockContext,
  begin: BlockBegin,
): readonly Event[] {
  return whole(journal, () => {
    const context = new RunContext(journal, new FreeGasMeter(), block);
    for (const module of modules) module.beginBlock?.(context, begin);
    return context.events;
  });
}

function endBlock(modules: readonly Module[], journal: Journal, block: BlockContext) {
  return whole(journal, () => {
    const context = new RunContext(journal, new FreeGasMeter(), block);
    const updates: ValidatorUpdate[] = [];
    for (const module of modules) updates.push(...(module.endBlock?.(context) ?? []));
    return { events: context.events, updates };
  });
}

/** Leaves nothing behind when a miss interrupts it: it runs again from its start. */
function whole<T>(journal: Journal, run: () => T): T {
  const checkpoint = journal.checkpoint();
  let done = false;
  try {
    const value = run();
    done = true;
    return value;
  } finally {
    if (done) journal.commit(checkpoint);
    else journal.revert(checkpoint);
  }
}
