/**
 * A strict reader of Prometheus' text format 0.0.4: what a scraper takes, and beyond that what `promtool check metrics`
 * complains about. Throws with the line on anything else.
 * @module
 */

/** One metric with its series. */
export interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  /** With the suffix of histograms. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/;
const NUMBER = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/;

function fail(line: string, why: string): never {
  throw new Error(`exposition: ${why}: ${line}`);
}

function readNumber(text: string, line: string): number {
  if (!NUMBER.test(text)) fail(line, "not a number");
  return text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
}

function readLabels(text: string, line: string): { labels: Record<string, string>; rest: string } {
  const labels: Record<string, string> = {};
  if (!text.startsWith("{")) return { labels, rest: text };
  let rest = text.slice(1);
  while (!rest.startsWith("}")) {
    const found = LABEL.exec(rest) ?? fail(line, "a label is malformed");
    const [whole, name, value] = found;
    if (name!.startsWith("__")) fail(line, "label names with two underscores are reserved");
    if (Object.hasOwn(labels, name!)) fail(line, "a label stands twice");
    labels[name!] = value!.replaceAll(/\\(.)/g, (_, escaped: string) => escaped === "n" ? "\n" : escaped);
    rest = rest.slice(whole.length);
    if (rest.startsWith(",")) rest = rest.slice(1);
    else if (!rest.startsWith("}")) fail(line, "labels are not separated by commas");
  }
  return { labels, rest: rest.slice(1) };
}

function readSample(line: string): Sample {
  const end = line.search(/[{ ]/);
  const name = end < 0 ? line : line.slice(0, end);
  if (!NAME.test(name)) fail(line, "a name is malformed");
  const { labels, rest } = readLabels(line.slice(name.length), line);
  if (!/^ \S+$/.test(rest)) fail(line, "one space and a value must follow, and no timestamp");
  return { name, labels, value: readNumber(rest.slice(1), line) };
}

const keyOf = ({ name, labels }: Sample): string => name + JSON.stringify(Object.entries(labels).sort());
const without = (labels: Sample["labels"], dropped: string) =>
  JSON.stringify(Object.entries(labels).filter(([name]) => name !== dropped).sort());

/** The samples belong to the family, and make sense for its type. */
function checkFamily({ name, type, samples }: Family): void {
  const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  for (const sample of samples) {
    if (!suffixes.some((suffix) => sample.name === name + suffix)) fail(sample.name, `stands under ${name}`);
    if (type === "counter" && !(sample.value >= 0)) fail(sample.name, "a counter is negative");
    if (sample.name.endsWith("_bucket") !== Object.hasOwn(sample.labels, "le")) {
      fail(sample.name, "le on a bucket only");
    }
  }
  if (type === "histogram") checkHistogram(name, samples);
}

/** Each set of labels has rising buckets up to +Inf, a sum and a count that is the last bucket's. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const of = (suffix: string, key: string) =>
    samples.filter((sample) => sample.name === name + suffix && without(sample.labels, "le") === key);
  for (const key of new Set(samples.map(({ labels }) => without(labels, "le")))) {
    const buckets = of("_bucket", key).map(({ labels, value }) => ({ le: readNumber(labels["le"]!, name), value }));
    const [counts, sums] = [of("_count", key), of("_sum", key)];
    if (counts.length !== 1 || sums.length !== 1) fail(name + key, "needs one sum and one count");
    if (buckets.at(-1)?.le !== Infinity) fail(name + key, "has no last bucket +Inf");
    if (buckets.at(-1)!.value !== counts[0]!.value) fail(name + key, "the count is not that of the last bucket");
    buckets.forEach(({ le, value }, i) => {
      const before = buckets[i - 1];
      if (before !== undefined && !(le > before.le && value >= before.value)) fail(name + key, "buckets do not rise");
    });
  }
}

/** All families of a page, by name. */
export function parseExposition(page: string): ReadonlyMap<string, Family> {
  if (!page.endsWith("\n")) fail(page.slice(-40), "the last line has no end");
  const families = new Map<string, Family & { samples: Sample[] }>();
  const seen = new Set<string>();
  let help: [string, string] | undefined;
  let current: (Family & { samples: Sample[] }) | undefined;
  for (const line of page.slice(0, -1).split("\n")) {
    if (line === "") continue;
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment !== null) {
      const [, what, name, text] = comment;
      if (!NAME.test(name!)) fail(line, "a name is malformed");
      if (what === "HELP") help = [name!, text!];
      else {
        if (help?.[0] !== name) fail(line, "HELP must stand before TYPE");
        if (families.has(name!)) fail(line, "a family stands twice");
        if (text !== "counter" && text !== "gauge" && text !== "histogram") fail(line, "the type is unknown");
        current = { name: name!, type: text, help: help![1], samples: [] };
        families.set(name!, current);
      }
      continue;
    }
    if (line.startsWith("#")) fail(line, "is no HELP and no TYPE");
    const sample = readSample(line);
    if (current === undefined) fail(line, "stands before any TYPE");
    const key = keyOf(sample);
    if (seen.has(key)) fail(line, "a series stands twice");
    seen.add(key);
    current.samples.push(sample);
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

/** The value of a series written as `name{label="value"}`; undefined: it is not there. */
export function valueOf(families: ReadonlyMap<string, Family>, series: string): number | undefined {
  const wanted = keyOf(readSample(series + " 0"));
  for (const { samples } of families.values()) {
    const found = samples.find((sample) => keyOf(sample) === wanted);
    if (found !== undefined) return found.value;
  }
  return undefined;
}
