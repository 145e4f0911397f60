/**
 * Who is linked with whom. Correct nodes are always connected by correct nodes, once all run: who is surrounded by liars only
 * has no protocol that helps.
 * @module
 */
import type { Prng } from "../../node/core/prng.ts";
import type { Edge } from "./network.ts";

export const SHAPES = ["full", "ring", "line", "star", "sparse"] as const;
export type Shape = typeof SHAPES[number];

/** Of the links of a sparse graph beyond those that hold it together, how many there are. */
const SPARSE = 0.25;

/** `honest[i]`: endpoint i is a correct node. `reachAll`: the others are linked with everybody. */
export function drawEdges(prng: Prng, shape: Shape, honest: readonly boolean[], reachAll: boolean): Edge[] {
  const order = prng.shuffle(honest.flatMap((isHonest, at) => isHonest ? [at] : []));
  const edges = linked(prng, shape, order);
  const everywhere = reachAll || shape === "full";
  for (const [at, isHonest] of honest.entries()) {
    if (isHonest) continue;
    const certain = order.length === 0 ? undefined : prng.pick(order);
    for (let to = 0; to < honest.length; to++) {
      const isOther = honest[to] === true || to < at;
      if (to !== at && isOther && (everywhere || to === certain || prng.chance(0.5))) edges.push([at, to]);
    }
  }
  return edges;
}

function linked(prng: Prng, shape: Shape, order: readonly number[]): Edge[] {
  const edges: Edge[] = [];
  for (let i = 1; i < order.length; i++) {
    const parent = shape === "sparse" ? prng.below(i) : shape === "star" ? 0 : i - 1;
    for (let j = 0; j < i; j++) {
      const closes = shape === "ring" && j === 0 && i === order.length - 1;
      const more = shape === "full" || closes || (shape === "sparse" && prng.chance(SPARSE));
      if (j === parent || more) edges.push([order[i]!, order[j]!]);
    }
  }
  return edges;
}
