/** Opening two ends, of a connection or of a channel: look at both chains, do the next step, look again. @module */
import type { Message } from "../chain/mod.ts";
import { type OpeningMove, type OpeningOptions, otherSide, type ProvenMove, type Side } from "../path/mod.ts";
import type { HandshakeChain } from "./handshake_ports.ts";
import {
  attributeOf,
  end,
  HandshakeEnded,
  type HandshakeRun,
  LOOKS_MAX,
  type Prepared,
  REFUSALS_MAX,
  WAITS_MAX,
} from "./handshake_run.ts";

/** The two chains. */
export type Chains = Readonly<Record<Side, HandshakeChain>>;
/** A height of each. */
export type Heights = Readonly<Record<Side, bigint>>;

/** One kind of ends. */
export interface OpeningKind<T> {
  /** `connection` or `channel`. */
  readonly name: "connection" | "channel";
  /** What both chains hold after those heights, and what follows from it. A string: nothing can. */
  look(heights: Heights, options: OpeningOptions): Promise<OpeningMove<T> | string>;
  /** Has proven what a message of that move needs, as the other chain has it after `height` or later; the end itself first. */
  prepare(run: HandshakeRun, move: ProvenMove<T>, height: bigint): Promise<Prepared>;
  /** Whether the proven end is still what the move was planned from. */
  isSame(move: ProvenMove<T>, value: Uint8Array | undefined): boolean;
  init(side: Side, signer: string): Message;
  following(move: ProvenMove<T>, prepared: Prepared, signer: string): Message;
}

/** The two ends, open. */
export type Opened<T> = Extract<OpeningMove<T>, { tag: "done" }>;

/** Opens the ends of one kind. Whatever was done before, by us or by others, is continued. */
export async function openEnds<T>(run: HandshakeRun, chains: Chains, kind: OpeningKind<T>): Promise<Opened<T>> {
  const givenUp = new Set<string>();
  const waits = new Map<string, number>();
  const seen: Record<Side, bigint> = { a: 1n, b: 1n };
  const reference = chains.a.endpoint.chainId <= chains.b.endpoint.chainId ? "a" : "b";
  let refusals = 0;
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    const [a, b] = await Promise.all([run.headAt(chains.a, seen.a), run.headAt(chains.b, seen.b)]);
    const heights = { a: a.height, b: b.height };
    const move = await kind.look(heights, { first: "a", reference, givenUp });
    if (typeof move === "string") return end("impossible", move);
    if (move.tag === "done") return move;
    if (move.tag === "wait") {
      const name = `${otherSide(move.side)}/${move.end.id}`;
      const count = (waits.get(name) ?? 0) + 1;
      waits.set(name, count);
      if (count > WAITS_MAX) givenUp.add(name);
      else seen[move.side] = heights[move.side] + 1n;
      continue;
    }
    const done = await doMove(run, chains, kind, move, heights);
    if (done === "changed") continue;
    if (typeof done === "bigint") {
      seen[move.side] = done;
      refusals = 0;
      continue;
    }
    if (++refusals > REFUSALS_MAX) throw done;
    // Whatever was in the way may be gone a block later; what was lost may be there.
    seen[move.side] = heights[move.side] + 1n;
  }
  return end("stalled", `open ${kind.name}: it is not open after ${LOOKS_MAX} looks`);
}

/** Height of the block that has the step; `changed`: the other end is not what it was. */
async function doMove<T>(
  run: HandshakeRun,
  chains: Chains,
  kind: OpeningKind<T>,
  move: Exclude<OpeningMove<T>, { tag: "done" | "wait" }>,
  heights: Heights,
): Promise<bigint | "changed" | HandshakeEnded> {
  const { side } = move;
  const chain = chains[side];
  let prepared: Prepared | undefined;
  if (move.tag !== "init") {
    prepared = await kind.prepare(run, move, heights[otherSide(side)]);
    if (!kind.isSame(move, prepared.proofs[0]!.value)) return "changed";
  }
  const done = await run.submit(
    chain,
    (signer) =>
      prepared === undefined || move.tag === "init"
        ? [kind.init(side, signer)]
        : [...prepared.before(signer), kind.following(move, prepared, signer)],
  );
  if ("code" in done) return new HandshakeEnded(done);
  const step = `${kind.name}_open_${move.tag}`;
  const { height, hash: txHash, events } = done;
  const id = attributeOf(events, step, `${kind.name}_id`) ?? ("own" in move ? move.own.id : "");
  run.told({ step, chain: chain.name, id, height, txHash, proofHeight: prepared?.proofHeight });
  return height;
}
