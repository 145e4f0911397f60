/**
 * Informal Trace Format, as far as these traces use it: parsed into plain values that compare by content. Sets and maps
 * become sorted arrays under a marker, numbers become `number`.
 * @module
 */

/** A parsed value. Records have their keys sorted, so that equal values have equal JSON. */
// deno-lint-ignore no-explicit-any
export type Itf = any;

/** A variant of a sum type. */
export const variant = (tag: string, value: Itf = []): Itf => ({ tag, value });

/** A set with these members. */
export const itfSet = (members: readonly Itf[]): Itf => ({
  set: [...new Map(members.map((member) => [key(member), sorted(member)])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1)).map(([, member]) => member),
});

/** A map with these entries. */
export const itfMap = (entries: readonly (readonly [Itf, Itf])[]): Itf => ({
  map: entries.map(([k, v]) => [sorted(k), sorted(v)] as const).sort(([a], [b]) => (key(a) < key(b) ? -1 : 1)),
});

/** Equal strings for equal values. */
export const key = (value: Itf): string => JSON.stringify(sorted(value));

function sorted(value: Itf): Itf {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));
}

function parse(raw: Itf): Itf {
  if (Array.isArray(raw)) return raw.map(parse);
  if (typeof raw !== "object" || raw === null) return raw;
  if ("#bigint" in raw) return Number(raw["#bigint"]);
  if ("#tup" in raw) return raw["#tup"].map(parse);
  if ("#set" in raw) return { ...itfSet(raw["#set"].map(parse)) };
  if ("#map" in raw) return { ...itfMap(raw["#map"].map((entry: Itf) => entry.map(parse))) };
  return sorted(Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, parse(value)])));
}

export interface Trace {
  readonly name: string;
  readonly states: readonly Itf[];
}

/**
 * The traces of one file: one for each instance of the model in it, whose variables carry the instance's name
 * (`module::instance::variable`).
 */
export function readTraces(name: string, text: string): Trace[] {
  const { vars, states } = JSON.parse(text) as { vars: string[]; states: Record<string, Itf>[] };
  const prefixes = new Set(
    vars.map((variable) => variable.slice(0, variable.lastIndexOf("::") + 1).replace(/:$/, "::")),
  );
  const traces = [...prefixes].map((prefix) => ({
    name: `${name} ${prefix}`.trim(),
    states: states.filter((state) => vars.some((variable) => variable.startsWith(prefix) && variable in state))
      .map((state) =>
        Object.fromEntries(
          vars.filter((variable) => variable.startsWith(prefix)).map((v) => [v.slice(prefix.length), parse(state[v])]),
        )
      ),
  }));
  return traces.filter((trace) => trace.states.length > 0); // a file may name an instance it does not run
}
