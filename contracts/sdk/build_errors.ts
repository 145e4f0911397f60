/**
 * The compiler's messages, for somebody who knows TypeScript: without those that speak of code nobody wrote, and with a word
 * on what there is instead.
 * @module
 */

/** What a message is about, and what helps. `$1` is what was found. */
const HINTS: readonly (readonly [found: RegExp, hint: string])[] = [
  [
    /Property '(?:de|en)codeJson' does not exist on type '((?!~lib\/number)[^']+)'/,
    "$1 has no form in JSON: put @json before the class, or use another type",
  ],
  [/Operation 'idof' cannot be applied to type '(f32|f64)'/, "$1 (number) is floating point: use integers or Uint128"],
  [/Not implemented: Iterators/, "there is no for … of: for (let i = 0; i < list.length; i++)"],
  [/Not implemented: Exceptions/, "there is no try and catch: fail(…) and ensure(…) refuse a call"],
  [/Not implemented: Closures/, "a function cannot use the variables around it: give them as parameters"],
  [/Identifier expected[^│]*│ *(?:const|let|var) [{[]/, "there is no destructuring: name one thing after the other"],
  [/cannot declare a constructor when instantiated from an object literal/, "an object is made with new"],
];

/** Lines that `transform.ts` writes. */
const GENERATED = /│ (?:const _\w+: .* = json\.|(?:de|en)codeJson\(\w+: Json(?:Writer)?\): void \{)/;
const IN_LIBRARY = /└─ in ~lib\/catenary\//;

/** `errors`: what the compiler wrote. */
export function readableErrors(errors: string): string {
  const blocks = errors.trim().split(/\n\n+/).filter((block) => !/^FAILURE \d+/.test(block));
  const told = blocks.map((block) => {
    const [found, hint] = HINTS.find(([found]) => found.test(block)) ?? [];
    return { block, hint: found && hint!.replace("$1", found.exec(block)?.[1] ?? "") };
  });
  // The library's own line is of no use to who reads what is wrong with a type.
  const hints = new Set(told.flatMap(({ block, hint }) => hint !== undefined && IN_LIBRARY.test(block) ? [hint] : []));
  const own = told.filter(({ block }) => !GENERATED.test(block) && !(hints.size > 0 && IN_LIBRARY.test(block)));
  const lines = own.map(({ block, hint }) => hint === undefined ? block : `${block}\nhint: ${hint}`);
  const all = [...lines, ...[...hints].map((hint) => `ERROR ${hint}`)];
  return all.length === 0 ? errors.trim() : all.join("\n\n");
}
