/** From which chain to which a message goes: who proves, who believes, and by which clients. @module */
import { type Lane, proverOf } from "../packet/mod.ts";
import type { ActionKind } from "../packet/mod.ts";
import { type Leg, legsOf } from "../path/mod.ts";
import type { WorkerCore } from "./core.ts";
import type { WorkerChain } from "./ports.ts";

/** One direction over one path, or over several in a row for multi-hop channels. */
export interface Course {
  /** The same for the same clients in the same order. */
  readonly id: string;
  readonly prover: WorkerChain;
  readonly target: WorkerChain;
  /** From the target, whose client is the first leg's near one, to the prover. */
  readonly legs: readonly Leg[];
  readonly pathId: string;
}

/** The course of an action on a lane; undefined while a path or a chain of it is not there. */
export function courseOf(core: WorkerCore, lane: Lane, kind: ActionKind): Course | undefined {
  return courseTo(core, lane, proverOf(kind) === "source" ? "destination" : "source");
}

/** The course that ends at that end of the lane. */
export function courseTo(core: WorkerCore, lane: Lane, targetEnd: "source" | "destination"): Course | undefined {
  const [targetName, proverName] = targetEnd === "source"
    ? [lane.source.chain, lane.destination.chain]
    : [lane.destination.chain, lane.source.chain];
  const pathIds = targetEnd === "source" ? lane.pathIds : [...lane.pathIds].reverse();
  const target = core.chain(targetName);
  const prover = core.chain(proverName);
  const legs = legsOf(core.paths.paths, pathIds, targetName);
  const pathId = pathIds[0];
  if (target === undefined || prover === undefined || !legs.ok || pathId === undefined) return undefined;
  const id = legs.value.map(({ near }) => `${near.chain}/${near.clientId}`).join(" ");
  return { id, prover, target, legs: legs.value, pathId };
}
