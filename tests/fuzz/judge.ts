/** What must hold of every target and every input. Throws an error that says what does not. @module */
import { assert, assertEquals } from "@std/assert";
import { equalBytes } from "../../node/core/bytes.ts";
import type { Target, Verdict } from "./target.ts";

/** A message for people is short, whatever the input says. */
const MESSAGE_CHARACTERS_MAX = 1_000;
/** What a value may weigh in memory: so many bytes for each of the input, and those beside. */
const WEIGHT_EACH = 400;
const WEIGHT_FREE = 64 * 1024;

/** Runs the target and judges the verdict. */
export async function judge(target: Target, bytes: Uint8Array): Promise<Verdict> {
  const before = bytes.slice();
  const verdict = await target.run(bytes);
  assert(equalBytes(before, bytes), "the input was changed");
  if (!verdict.accepted) {
    const { codespace, code, message } = verdict.error;
    assert(codespace !== "" && Number.isSafeInteger(code) && code > 0, `no code: ${codespace} ${code}`);
    assert(message.length > 0 && message.length <= MESSAGE_CHARACTERS_MAX, `a message of ${message.length} characters`);
    return verdict;
  }
  const weight = weightOf(verdict.value);
  assert(weight <= WEIGHT_FREE + WEIGHT_EACH * bytes.length, `${bytes.length} bytes became ${weight}`);
  if (verdict.again !== undefined) await judgeAgain(target, bytes, verdict.value, verdict.again);
  return verdict;
}

async function judgeAgain(
  target: Target,
  bytes: Uint8Array,
  value: unknown,
  again: { readonly bytes: Uint8Array; readonly exact: boolean },
): Promise<void> {
  if (again.exact) {
    assert(equalBytes(again.bytes, bytes), `written again it is ${again.bytes.toHex().slice(0, 200)}`);
    return;
  }
  const verdict = await target.run(again.bytes);
  assert(verdict.accepted, `written again it is refused: ${again.bytes.toHex().slice(0, 200)}`);
  assertEquals(verdict.value, value, "written and read again it is something else");
}

/** About what a value takes in memory, in bytes. Views count with all of what they keep. */
export function weightOf(value: unknown, seen: Set<object> = new Set()): number {
  switch (typeof value) {
    case "string":
      return 16 + 2 * value.length;
    case "bigint":
      return 24;
    case "object":
      break;
    default:
      return 8;
  }
  if (value === null || seen.has(value)) return 8;
  seen.add(value);
  if (value instanceof Uint8Array) return 120 + weightOf(value.buffer, seen);
  if (value instanceof ArrayBuffer) return 64 + value.byteLength;
  let weight = 48;
  if (value instanceof Map || value instanceof Set) {
    for (const entry of value.entries()) weight += 32 + weightOf(entry[0], seen) + weightOf(entry[1], seen);
    return weight;
  }
  for (const inner of Object.values(value)) weight += 8 + weightOf(inner, seen);
  return weight;
}
