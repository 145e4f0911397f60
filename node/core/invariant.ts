/** We are wrong. Nobody catches this to go on: the node halts before it writes anything that rests on a false belief. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Halts unless `condition` holds. Never used on someone else's input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** For the `default` arm of an exhaustive switch: the compiler proves it is never reached. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable: ${JSON.stringify(value)}`);
}
