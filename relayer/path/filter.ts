/** Which packets a path carries. @module */
import type { ChannelEnd, Direction, FilterRule, PathFilter } from "./model.ts";

/** Everything is carried. */
export const ALLOW_ALL: PathFilter = { rules: [], otherwise: "allow" };

/** What can be in a rule: `port/channel`, in which `*` stands for any run of characters. */
export const CHANNEL_PATTERN = /^[A-Za-z0-9._+\-#[\]<>*]{1,128}\/[A-Za-z0-9._+\-#[\]<>*]{1,64}$/;

/**
 * Whether `text` fits `pattern`. Each piece between stars is looked for once, from the left: what fits one greedy choice
 * fits the earliest, so there is nothing to go back for and no pattern takes long.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const [first, ...rest] = pattern.split("*");
  if (rest.length === 0) return pattern === text;
  const last = rest.pop()!;
  if (!text.startsWith(first!) || !text.endsWith(last) || text.length < first!.length + last.length) return false;
  let at = first!.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}

const fits = (rule: FilterRule, name: string, direction: Direction): boolean =>
  (rule.direction === undefined || rule.direction === direction) && matchesPattern(rule.channel, name);

/** Whether packets of that channel (named by its end on `a`) are carried in that direction. */
export function allows(filter: PathFilter, endOnA: ChannelEnd, direction: Direction): boolean {
  const name = `${endOnA.portId}/${endOnA.channelId}`;
  const rule = filter.rules.find((rule) => fits(rule, name, direction));
  return (rule?.action ?? filter.otherwise) === "allow";
}

/** The filter that allows only what an entry fits, or all but that. */
export function listFilter(policy: "allow" | "deny", channels: readonly string[]): PathFilter {
  return {
    rules: channels.map((channel) => ({ action: policy, channel })),
    otherwise: policy === "allow" ? "deny" : "allow",
  };
}
