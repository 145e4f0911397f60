/** Modules byte by byte, for tests of what is wrong with them. @module */

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push(value % 128 | (rest > 0 ? 0x80 : 0));
    value = rest;
  } while (value > 0);
  return bytes;
}

export type Bytes = Uint8Array | readonly number[];

export function join(...parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The same bytes again and again. */
export function repeat(part: Bytes, times: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(part.length * times);
  for (let i = 0; i < times; i++) bytes.set(part, i * part.length);
  return bytes;
}

/** A section with its size before it. */
export const section = (id: number, ...content: readonly Bytes[]): Uint8Array => {
  const bytes = join(...content);
  return join([id], leb(bytes.length), bytes);
};

/** A vector: how many, then they. */
export const vector = (...items: readonly Bytes[]): Uint8Array => join(leb(items.length), ...items);

export const name = (text: string): Uint8Array => {
  const bytes = new TextEncoder().encode(text);
  return join(leb(bytes.length), bytes);
};

/** Magic number, version, sections. */
export const wasm = (...sections: readonly Bytes[]): Uint8Array<ArrayBuffer> =>
  join([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], ...sections);

/** A function body with its size before it; `code` without the last `end`. */
export const body = (code: Bytes, ...locals: readonly (readonly [count: number, type: number])[]): Uint8Array => {
  const bytes = join(vector(...locals.map(([count, type]) => [...leb(count), type])), code, [0x0b]);
  return join(leb(bytes.length), bytes);
};

/** One function from an i32 to nothing, exported as `f`. */
export const oneFunction = (
  code: Bytes,
  ...locals: readonly (readonly [count: number, type: number])[]
): Uint8Array<ArrayBuffer> =>
  wasm(
    section(1, vector([0x60, 1, 0x7f, 0])),
    section(3, vector([0])),
    section(7, vector(join(name("f"), [0, 0]))),
    section(10, vector(body(code, ...locals))),
  );
