import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type EndStage,
  type FoundEnd,
  type FoundEnds,
  nextOpeningMove,
  type OpeningMove,
  otherSide,
  pinnedEnds,
  type Side,
} from "./opening.ts";

type End = FoundEnd<undefined>;
type Move = OpeningMove<undefined>;

const NOBODY = new Set<string>();
const end = (id: string, stage: EndStage, counterpartyId = ""): End => ({ id, stage, counterpartyId, end: undefined });
const plan = (a: End[], b: End[], first: Side = "a", givenUp: ReadonlySet<string> = NOBODY) =>
  nextOpeningMove({ a, b }, { first, reference: "a", givenUp });

/** `tag side ids`, to compare with. */
function told(move: Move): string {
  if (move.tag === "done") return `done ${move.a.id} ${move.b.id}`;
  if (move.tag === "init") return `init ${move.side}`;
  if (move.tag === "try") return `try ${move.side} ${move.counterparty.id}`;
  if (move.tag === "wait") return `wait ${move.side} ${move.end.id}`;
  return `${move.tag} ${move.side} ${move.own.id} ${move.counterparty.id}`;
}

Deno.test("each pair of ends has one next step", async (t) => {
  const cases: [string, End[], End[], string][] = [
    ["nothing is there", [], [], "init a"],
    ["one has begun", [end("c-0", "init")], [], "try b c-0"],
    ["the other has begun", [], [end("c-0", "init")], "try a c-0"],
    ["both have begun at once", [end("c-0", "init")], [end("c-7", "init")], "try b c-0"],
    ["the other has answered", [end("c-0", "init")], [end("c-1", "tryopen", "c-0")], "ack a c-0 c-1"],
    ["the first has agreed", [end("c-0", "open", "c-1")], [end("c-1", "tryopen", "c-0")], "confirm b c-1 c-0"],
    ["both are open", [end("c-0", "open", "c-1")], [end("c-1", "open", "c-0")], "done c-0 c-1"],
    ["the answer came from this side", [end("c-1", "tryopen", "c-0")], [end("c-0", "init")], "ack b c-0 c-1"],
    ["an answer twice: the first of them", [end("c-0", "init")], [
      end("c-10", "tryopen", "c-0"),
      end("c-9", "tryopen", "c-0"),
    ], "ack a c-0 c-9"],
    ["an answer that lost is left behind", [end("c-0", "open", "c-1")], [
      end("c-1", "open", "c-0"),
      end("c-2", "tryopen", "c-0"),
    ], "done c-0 c-1"],
    ["a lost answer alone does not stop a new opening", [end("c-0", "open", "c-1")], [
      end("c-2", "tryopen", "c-0"),
    ], "wait b c-0"],
    ["an end that answers what is not to be seen", [], [end("c-1", "tryopen", "c-0")], "wait a c-1"],
    ["an open end whose counterparty is not to be seen", [end("c-0", "open", "c-1")], [], "wait b c-0"],
    ["the most advanced pair goes first", [end("c-0", "init"), end("c-3", "init")], [
      end("c-5", "tryopen", "c-3"),
    ], "ack a c-3 c-5"],
    ["one beginning that was answered, one that was not", [end("c-0", "init"), end("c-3", "open", "c-5")], [
      end("c-5", "tryopen", "c-3"),
    ], "confirm b c-5 c-3"],
  ];
  for (const [name, a, b, wanted] of cases) {
    await t.step(name, () => assertEquals(told(plan(a, b)), wanted));
  }
  await t.step("what was waited for in vain is as if it were not there", () => {
    assertEquals(told(plan([end("c-0", "open", "c-1")], [], "a", new Set(["a/c-0"]))), "init a");
    assertEquals(told(plan([end("c-0", "open", "c-1")], [], "b", new Set(["a/c-0"]))), "init b");
  });
});

Deno.test("pins leave only what belongs to them", async (t) => {
  const ends: FoundEnds<undefined> = {
    a: [end("c-0", "open", "c-1"), end("c-2", "init")],
    b: [end("c-1", "open", "c-0"), end("c-3", "init"), end("c-4", "tryopen", "c-2")],
  };
  const left = (a?: string, b?: string) => {
    const found = pinnedEnds(ends, { a, b });
    return typeof found === "string" ? found : [found.a.map(({ id }) => id), found.b.map(({ id }) => id)];
  };
  await t.step("none", () => assertEquals(left(), [["c-0", "c-2"], ["c-1", "c-3", "c-4"]]));
  await t.step("one that is open", () => assertEquals(left("c-0"), [["c-0"], ["c-1"]]));
  await t.step("one that has begun", () => assertEquals(left("c-2"), [["c-2"], ["c-4"]]));
  await t.step("of the other side", () => assertEquals(left(undefined, "c-4"), [["c-2"], ["c-4"]]));
  await t.step("both", () => assertEquals(left("c-0", "c-1"), [["c-0"], ["c-1"]]));
  await t.step("one that is not there", () => assertEquals(left("c-9"), "there is no c-9 that fits"));
});

/** A chain's ends and the rules of ICS-03 and ICS-04 by which messages change them. */
class ModelChain {
  readonly ends: End[] = [];
  #next: number;
  constructor(first: number) {
    this.#next = first;
  }
  #make(stage: EndStage, counterpartyId: string): void {
    // Other openings count up the same numbers.
    this.#next += 1 + this.#next % 3;
    this.ends.push(end(`c-${this.#next}`, stage, counterpartyId));
  }
  #change(id: string, stage: EndStage, counterpartyId: string): void {
    const at = this.ends.findIndex((one) => one.id === id);
    this.ends[at] = end(id, stage, counterpartyId);
  }

  /** The message of `move`, judged with what the other chain holds now; whatever is not allowed changes nothing. */
  deliver(move: Move, other: ModelChain): void {
    if (move.tag === "init") return this.#make("init", "");
    if (move.tag === "done" || move.tag === "wait") return;
    const counterparty = other.ends.find(({ id }) => id === move.counterparty.id);
    if (counterparty === undefined) return;
    if (move.tag === "try") {
      if (counterparty.stage === "init") this.#make("tryopen", counterparty.id);
      return;
    }
    const own = this.ends.find(({ id }) => id === move.own.id);
    if (own === undefined || counterparty.counterpartyId !== own.id) return;
    if (move.tag === "ack" && own.stage === "init" && counterparty.stage === "tryopen") {
      this.#change(own.id, "open", counterparty.id);
    }
    if (move.tag === "confirm" && own.stage === "tryopen" && own.counterpartyId === counterparty.id) {
      if (counterparty.stage === "open") this.#change(own.id, "open", counterparty.id);
    }
  }
}

interface Happening {
  /** Which relayer works; the second sees the chains the other way round. */
  readonly relayer: 0 | 1;
  /** How many happenings ago it looked at each chain. */
  readonly staleA: number;
  readonly staleB: number;
  /** Its message is lost on the way, arrives, arrives twice, or arrives again later. */
  readonly fate: "lost" | "once" | "twice" | "late";
}

/** The second relayer calls the chains by each other's names. */
function moveOf(ends: FoundEnds<undefined>, relayer: 0 | 1): Move {
  const options = { first: "a", givenUp: NOBODY } as const;
  if (relayer === 0) return nextOpeningMove(ends, { ...options, reference: "a" });
  const move = nextOpeningMove({ a: ends.b, b: ends.a }, { ...options, reference: "b" });
  return move.tag === "done" ? { ...move, a: move.b, b: move.a } : { ...move, side: otherSide(move.side) };
}

Deno.test("whatever is lost, repeated, seen late or done by another relayer at once, one pair opens in the end", () => {
  const happening = fc.record<Happening>({
    relayer: fc.constantFrom(0, 1),
    staleA: fc.nat(3),
    staleB: fc.nat(3),
    fate: fc.constantFrom("lost", "once", "twice", "late"),
  });
  fc.assert(fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
    const chains: Record<Side, ModelChain> = { a: new ModelChain(0), b: new ModelChain(0) };
    const history: FoundEnds<undefined>[] = [{ a: [], b: [] }];
    const late: Move[] = [];
    const look = () => history.push({ a: [...chains.a.ends], b: [...chains.b.ends] });
    const deliver = (move: Move) => {
      if (move.tag === "done" || move.tag === "wait") return;
      chains[move.side].deliver(move, chains[otherSide(move.side)]);
      look();
    };
    for (const { relayer, staleA, staleB, fate } of happenings) {
      const seen = { a: history.at(-1 - staleA)?.a ?? [], b: history.at(-1 - staleB)?.b ?? [] };
      const move = moveOf(seen, relayer);
      if (fate === "late") late.push(move);
      if (fate === "once" || fate === "twice") deliver(move);
      if (fate === "twice") deliver(move);
    }
    late.forEach(deliver);
    for (let steps = 0;; steps++) {
      assert(steps <= 4, "four steps open a connection from nothing");
      const move = moveOf(history.at(-1)!, 0);
      if (move.tag === "done") {
        assertEquals([move.a.counterpartyId, move.b.counterpartyId], [move.b.id, move.a.id]);
        assertEquals(told(moveOf(history.at(-1)!, 1)), told(move), "both relayers settle on the same");
        break;
      }
      assert(move.tag !== "wait", "all is to be seen");
      deliver(move);
    }
  }));
});
