/** The events of a transaction's messages without their values: to compare two chains. @module */
import type { Delivered } from "../../helpers/ibc/mod.ts";

/** The type URLs of the messages, and from the first of them on the events in order, each with the names of its attributes. */
export function eventShape({ events }: Delivered): { messages: string; shape: string[] } {
  const valueOf = (index: number, wanted: string) => events[index]?.attributes.find(({ key }) => key === wanted)?.value;
  const actions = events.flatMap((_, i) => (valueOf(i, "action") === undefined ? [] : [i]));
  const shape = events.slice(actions[0]).flatMap(({ type, attributes }, i) => {
    // What test applications emit is theirs.
    if (/^(mock|tx$)/.test(type)) return [];
    const module = type === "message" ? `=${valueOf(i + actions[0]!, "module")}` : "";
    return [`${type}${module}(${attributes.map(({ key }) => key).join(" ")})`];
  });
  return { messages: actions.map((i) => valueOf(i, "action")).join(" + "), shape };
}
