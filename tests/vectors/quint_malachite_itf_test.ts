/**
 * Malachite's traces of its Tendermint specification, replayed against our vote keeper and round machine: after every
 * step the outputs and the whole state must be the model's.
 */
import { assert, assertEquals } from "@std/assert";
import { type Itf, key, readTraces, type Trace } from "./quint-malachite-itf/itf.ts";
import { EngineValidator } from "./quint-malachite-itf/engine.ts";
import { type Driver, driverToItf, newDriver, preload, runDriver } from "./quint-malachite-itf/driver.ts";
import {
  applyConsensus,
  applyVote,
  bookToItf,
  machineToItf,
  newBook,
  newMachine,
  withoutText,
} from "./quint-malachite-itf/project.ts";

const DIRECTORY = new URL("./quint-malachite-itf/", import.meta.url);

/** State after state, leaving out those in which nothing changed. Returns how many steps were compared. */
function eachChange(trace: Trace, step: (before: Itf, after: Itf) => void): void {
  trace.states.forEach((after, i) => {
    const before = trace.states[i - 1];
    if (before !== undefined && key(before) !== key(after)) step(before, after);
  });
}

function replayVoteKeeper(trace: Trace): number {
  const [initial] = trace.states;
  let book = newBook(initial.bookkeeper.height, initial.bookkeeper.validatorSet);
  assertEquals(key(bookToItf(book)), key(initial.bookkeeper));
  let steps = 0;
  eachChange(trace, (_, { weightedVote, bookkeeper, lastEmitted }) => {
    const [vote, , currentRound] = weightedVote.value;
    const result = applyVote(book, vote, currentRound);
    book = result.book;
    assertEquals(key(result.output), key(lastEmitted));
    assertEquals(key(bookToItf(book)), key(bookkeeper));
    steps++;
  });
  return steps;
}

function replayConsensus(trace: Trace): number {
  const [initial] = trace.states;
  let machine = newMachine(initial.state.p, initial.state.height);
  let steps = 0;
  eachChange(trace, (_, { input, output, state }) => {
    const result = applyConsensus(machine, input);
    machine = result.machine;
    assertEquals(key(withoutText(result.output)), key(withoutText(output)));
    assertEquals(key(machineToItf(machine)), key(state));
    steps++;
  });
  return steps;
}

/** `_hist` is a tuple in one model and a record in the others. */
const history = ({ _hist }: Itf) =>
  Array.isArray(_hist) ? { validator: _hist[0], input: _hist[1], output: _hist[2] } : _hist;

function replayDrivers(trace: Trace): number {
  const drivers = new Map<string, Driver>();
  for (const [name, node] of trace.states[0].system.map) {
    drivers.set(name, newDriver(name, node.es.valset, node.es.cs.height, []));
  }
  let steps = 0;
  eachChange(trace, (before, after) => {
    const nodes = new Map<string, Itf>(before.system.map);
    const { validator, input, output } = history(after);
    for (const [name, { es }] of after.system.map) {
      const old = nodes.get(name);
      const acted = name === validator && key([before._hist, old.es]) !== key([after._hist, es]);
      if (key(old.es) !== key(es) && es.chain.length > 0 && !es.started && es.cs.step.tag === "NoStep") {
        drivers.set(name, newDriver(name, es.valset, es.cs.height, es.chain));
      } else if (acted) {
        const driver = drivers.get(name)!;
        const result = runDriver(!driver.started && es.started ? preload(driver, old) : driver, input);
        assertEquals(key(withoutText(result.output)), key(withoutText(output)), `output of ${name}`);
        drivers.set(name, result.driver);
        steps++;
      }
      assertEquals(driverToItf(drivers.get(name)!), JSON.parse(key(es)), `state of ${name}`);
    }
  });
  return steps;
}

/**
 * The model's driver passes over a proposal it could vote on [L22] when it enters a round in the same step as it left the last
 * one, because it looks at what came early only when the step changes. Our engine votes at once.
 */
function overlooksProposal({ cs, proposals }: Itf): boolean {
  const here = ({ round, validRound }: Itf) => round === cs.round && validRound === -1;
  return cs.step.tag === "ProposeStep" && proposals.set.some(here);
}

/** The model's validator is in a round and has nothing left to do by itself. */
const isSettled = ({ es, getValueRequests }: Itf) =>
  !["NoStep", "UnstartedStep"].includes(es.cs.step.tag) && !overlooksProposal(es) &&
  es.pendingStepChange.tag === "NoStep" && es.pendingInputs.set.length === 0 && getValueRequests.set.length === 0;

const positionOf = ({ cs }: Itf) => ({
  lockedRound: cs.lockedRound,
  lockedValue: cs.lockedValue,
  round: cs.round,
  step: cs.step.tag.replace("Step", "").toLowerCase(),
  validRound: cs.validRound,
  validValue: cs.validValue,
});

function replayEngines(trace: Trace): number {
  const engines = new Map<string, EngineValidator>();
  const said = new Map<string, Set<string>>();
  let compared = 0;
  eachChange(trace, (before, after) => {
    const nodes = new Map<string, Itf>(before.system.map);
    const { validator, input, output } = history(after);
    for (const [name, node] of after.system.map) {
      const { es } = node;
      const old = nodes.get(name);
      if (es.cs.height !== old.es.cs.height || (old.es.started && !es.started)) engines.delete(name);
      if (!es.started) continue;
      let engine = engines.get(name);
      if (engine === undefined) {
        engine = new EngineValidator(
          name,
          es.valset.map.map(([n]: [string]) => n),
          es.valset.map.map(([, w]: [string, number]) => w),
          es.cs.height,
        );
        engines.set(name, engine);
        said.set(name, new Set());
        for (const { set } of [...old.incomingCertificates.set, old.incomingVotes]) {
          for (const vote of set) if (vote.height === es.cs.height) engine.vote(vote);
        }
      }
      if (name !== validator || key([before._hist, old.es]) === key([after._hist, es])) continue;
      engine.input(input);
      if (output.tag === "VoteOutput" || output.tag === "ProposalOutput") said.get(name)!.add(key(output.value));
      if (!isSettled(node)) continue;
      const position = positionOf(es);
      if (position.step === "commit") {
        const [round, value] = [es.chain.at(-1).decision.round, es.chain.at(-1).decision.proposal];
        assertEquals(engine.decided, { round, value }, `decision of ${name}`);
      } else {
        assertEquals(engine.position, position, `position of ${name}`);
        assertEquals([...engine.said].sort(), [...said.get(name)!].sort(), `what ${name} said`);
      }
      compared++;
    }
  });
  return compared;
}

function replay(trace: Trace): number {
  const [initial] = trace.states;
  if ("bookkeeper" in initial) return replayVoteKeeper(trace);
  return "system" in initial ? replayDrivers(trace) : replayConsensus(trace);
}

// A directory of more traces of these families may be named in the environment.
const directory = Deno.env.get("ITF_TRACES") ?? DIRECTORY;
for (const { name } of Deno.readDirSync(directory)) {
  if (!name.endsWith(".itf.json")) continue;
  Deno.test(`trace ${name.replace(".itf.json", "")} holds step by step`, () => {
    const path = directory instanceof URL ? new URL(name, directory) : `${directory}/${name}`;
    for (const trace of readTraces(name, Deno.readTextFileSync(path))) {
      assert(replay(trace) > 0, `${trace.name} has no steps`);
    }
  });
}

for (const { name } of Deno.readDirSync(directory)) {
  if (!name.endsWith(".itf.json")) continue;
  const path = directory instanceof URL ? new URL(name, directory) : `${directory}/${name}`;
  const traces = readTraces(name, Deno.readTextFileSync(path)).filter((trace) => "system" in trace.states[0]);
  if (traces.length === 0) continue;
  Deno.test(`the engine says and decides what the validators of trace ${name.replace(".itf.json", "")} do`, () => {
    for (const trace of traces) assert(replayEngines(trace) > 0, `${trace.name} has nothing to compare`);
  });
}
