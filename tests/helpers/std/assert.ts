/**
 * The part of `@std/assert` that this project uses, with the same names and signatures, for machines that cannot reach
 * the registry it lives in. `deno.json` maps `@std/assert` here; one changed line there gives the real one.
 * @module
 */
import nodeAssert from "node:assert/strict";

/** What the real package throws. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

const suffix = (msg?: string) => (msg === undefined ? "" : `: ${msg}`);

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws when `expr` is truthy. */
export function assertFalse(expr: unknown, msg = ""): void {
  if (expr) throw new AssertionError(msg);
}

/** Structural equality, as strict as `deepStrictEqual`. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    throw new AssertionError(`Values are not equal${suffix(msg)}\n${(error as Error).message}`);
  }
}

/** The opposite of {@linkcode assertEquals}. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  try {
    nodeAssert.notDeepStrictEqual(actual, expected);
  } catch {
    throw new AssertionError(`Expected actual not to equal expected${suffix(msg)}`);
  }
}

/** `Object.is` equality. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (!Object.is(actual, expected)) {
    throw new AssertionError(`Values are not strictly equal${suffix(msg)}: ${String(actual)} and ${String(expected)}`);
  }
}

/** Throws when `actual` is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw new AssertionError(`Expected a value, got ${actual}${suffix(msg)}`);
  }
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) {
    throw new AssertionError(`Expected actual to contain ${JSON.stringify(expected)}${suffix(msg)}\n${actual}`);
  }
}

/** Throws unless `actual` matches `expected`. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) throw new AssertionError(`Expected actual to match ${expected}${suffix(msg)}\n${actual}`);
}

/** Throws unless `actual >= expected`. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw new AssertionError(`Expected ${actual} >= ${expected}${suffix(msg)}`);
}

/** Throws unless `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw new AssertionError(`Expected ${actual} > ${expected}${suffix(msg)}`);
}

/** Throws unless `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw new AssertionError(`Expected ${actual} < ${expected}${suffix(msg)}`);
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function checkError<E extends Error>(error: unknown, errorClass?: ErrorClass<E>, includes?: string, msg?: string): E {
  if (!(error instanceof Error)) throw new AssertionError(`A non-Error object was thrown${suffix(msg)}`);
  if (errorClass && !(error instanceof errorClass)) {
    throw new AssertionError(
      `Expected ${errorClass.name}, got ${error.constructor.name}${suffix(msg)}: ${error.message}`,
    );
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    throw new AssertionError(
      `Expected error message to include ${JSON.stringify(includes)}, got ${JSON.stringify(error.message)}${
        suffix(msg)
      }`,
    );
  }
  return error as E;
}

/** Throws unless `fn` throws (an `errorClass` whose message has `msgIncludes`); returns what it threw. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E {
  try {
    fn();
  } catch (error) {
    return checkError(error, errorClass, msgIncludes, msg);
  }
  throw new AssertionError(`Expected function to throw${suffix(msg)}`);
}

/** Throws unless the promise of `fn` rejects; returns what it rejected with. */
export async function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E> {
  try {
    await fn();
  } catch (error) {
    return checkError(error, errorClass, msgIncludes, msg);
  }
  throw new AssertionError(`Expected function to reject${suffix(msg)}`);
}

/** Always throws. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffix(msg)}`);
}
