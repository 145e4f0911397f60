/** What the processes of a network used between two moments: processor, memory, messages and bytes. @module */
import type { NodeProcess } from "../helpers/node_process.ts";

/** Of `/proc/PID/stat`: ticks of a second. Linux has it so on every machine of today. */
const TICKS_PER_SECOND = 100;

/** Counters of a node at one moment. */
export interface Reading {
  /** Processor time in seconds; undefined where `/proc` does not tell. */
  readonly cpuSeconds: number | undefined;
  readonly rssMib: number | undefined;
  /** By the name and labels of each series of its metrics page. */
  readonly metrics: ReadonlyMap<string, number>;
}

export const readNodes = (nodes: readonly NodeProcess[]): Promise<Reading[]> => Promise.all(nodes.map(readNode));

async function readNode({ pid, metricsUrl }: NodeProcess): Promise<Reading> {
  const page = metricsUrl === undefined ? "" : await (await fetch(metricsUrl)).text();
  return { cpuSeconds: await cpuSecondsOf(pid), rssMib: await rssMibOf(pid), metrics: parsePage(page) };
}

async function cpuSecondsOf(pid: number): Promise<number | undefined> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/stat`);
    // After the name in parentheses, which may hold spaces: field 3 is the state, 14 and 15 are utime and stime.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

async function rssMibOf(pid: number): Promise<number | undefined> {
  try {
    const kib = /VmRSS:\s+(\d+) kB/.exec(await Deno.readTextFile(`/proc/${pid}/status`))?.[1];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1024);
  } catch {
    return undefined;
  }
}

/** `name{labels} value` of each line. */
function parsePage(page: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of page.split("\n")) {
    const match = /^(catenary_[^ ]+) (\S+)$/.exec(line);
    if (match) series.set(match[1]!, Number(match[2]));
  }
  return series;
}

export interface Traffic {
  readonly messages: number;
  readonly bytes: number;
}

export interface Usage {
  readonly cpu_seconds: number | undefined;
  /** The largest process. */
  readonly rss_mib_max: number | undefined;
  /** What one node sent for one decision, on average, by kind. */
  readonly sent_per_decision_per_node: Readonly<Record<string, Traffic>>;
}

const MESSAGES = /^catenary_p2p_messages_sent_total\{message_type="([a-z_]+)"\}$/;

/** What all used between two readings, in which `decisions` heights were decided. */
export function usageBetween(before: readonly Reading[], after: readonly Reading[], decisions: number): Usage {
  const cpu = after.map(({ cpuSeconds }, index) => minus(cpuSeconds, before[index]!.cpuSeconds));
  const rss = after.map(({ rssMib }) => rssMib).filter((mib) => mib !== undefined);
  return {
    cpu_seconds: cpu.includes(undefined) ? undefined : round(cpu.reduce<number>((sum, one) => sum + one!, 0), 2),
    rss_mib_max: rss.length === 0 ? undefined : Math.max(...rss),
    sent_per_decision_per_node: trafficOf(before, after, Math.max(1, decisions) * after.length),
  };
}

function trafficOf(before: readonly Reading[], after: readonly Reading[], shares: number): Record<string, Traffic> {
  const growth = (name: string) =>
    after.reduce((sum, { metrics }, i) => sum + (metrics.get(name) ?? 0) - (before[i]!.metrics.get(name) ?? 0), 0);
  const kinds = new Set(
    after.flatMap(({ metrics }) => [...metrics.keys()].flatMap((key) => MESSAGES.exec(key)?.[1] ?? [])),
  );
  const traffic: Record<string, Traffic> = {};
  let [messages, bytes] = [0, 0];
  for (const kind of kinds) {
    const sent = growth(`catenary_p2p_messages_sent_total{message_type="${kind}"}`);
    if (sent === 0) continue;
    const size = growth(`catenary_p2p_message_send_bytes_total{message_type="${kind}"}`);
    traffic[kind] = { messages: round(sent / shares, 2), bytes: Math.round(size / shares) };
    messages += sent;
    bytes += size;
  }
  return { all: { messages: round(messages / shares, 2), bytes: Math.round(bytes / shares) }, ...traffic };
}

const minus = (a: number | undefined, b: number | undefined) => a === undefined || b === undefined ? undefined : a - b;

export const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** The value that a share `q` of all does not exceed; undefined of none. */
export function percentile(values: readonly number[], q: number): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!, 1);
}
