import { compareBytes } from "../core/bytes.ts";
import { invariant } from "../core/invariant.ts";
import { keyCost, type KvLimits, type KvPort, type Mutation, valueCost } from "./_kv_port.ts";

/** Shorter commits gain nothing from order. */
const SORT_FROM = 32;

/** Mutations for one commit and their cost, which never exceeds the limits. */
class Pack {
  readonly mutations: Mutation[] = [];
  #bytes = 0;
  #keyBytes = 0;

  constructor(readonly limits: KvLimits) {}

  /** Adds all of `unit`, or nothing when it does not fit beside what is there. */
  tryAdd(unit: readonly Mutation[]): boolean {
    let bytes = this.#bytes;
    let keyBytes = this.#keyBytes;
    for (const [key, value] of unit) {
      const cost = keyCost(key);
      keyBytes += cost;
      // Deno KV counts keys into the sum twice: measured, its refusal begins at Σ(2·key + value).
      bytes += 2 * cost + valueCost(value);
    }
    const { mutationsMax, commitBytesMax, commitKeyBytesMax } = this.limits;
    if (this.mutations.length + unit.length > mutationsMax) return false;
    if (bytes > commitBytesMax || keyBytes > commitKeyBytesMax) return false;
    for (const mutation of unit) this.mutations.push(mutation);
    this.#bytes = bytes;
    this.#keyBytes = keyBytes;
    return true;
  }
}

/** Whether one commit can hold all of `mutations`. */
export function fitsOneCommit(mutations: readonly Mutation[], limits: KvLimits): boolean {
  return mutations.length <= limits.mutationsMax && new Pack(limits).tryAdd(mutations);
}

/** Commits units in order, as many in one commit as fit. A unit is atomic and must fit a commit of its own. */
export async function commitUnits(port: KvPort, units: Iterable<readonly Mutation[]>): Promise<void> {
  let pack = new Pack(port.limits);
  for (const unit of units) {
    if (pack.tryAdd(unit)) continue;
    await commitPack(port, pack);
    pack = new Pack(port.limits);
    invariant(pack.tryAdd(unit), `commit to the store: a unit of ${unit.length} mutations is above the limits`);
  }
  if (pack.mutations.length > 0) await commitPack(port, pack);
}

/**
 * In key order, because neighbours share pages of the engine's tree. The sort is stable and the commit atomic, so writes
 * to one key keep their order and nobody can tell the rest.
 */
async function commitPack(port: KvPort, { mutations }: Pack): Promise<void> {
  if (mutations.length > SORT_FROM) mutations.sort(([[a]], [[b]]) => compareBytes(a, b));
  await port.commit(mutations);
}

/** Each mutation as a unit of its own. */
export function* singly(mutations: Iterable<Mutation>): Generator<readonly Mutation[]> {
  for (const mutation of mutations) yield [mutation];
}
