/** What happened, as one number: two runs of a seed are the same run exactly when their traces are. @module */

const PRIME = 0x01000193;

/** Messages end in signatures or hashes, which depend on all the rest. */
const TAIL_BYTES = 16;

export class Trace {
  #a = 0x811c9dc5;
  #b = 0x9dc5811c;
  #lines = 0;
  readonly #print: ((line: string) => void) | undefined;

  constructor(print?: (line: string) => void) {
    this.#print = print;
  }

  /** `detail` is only computed when it is printed. */
  add(nowUs: number, node: number, what: string, bytes?: Uint8Array, detail?: () => string): void {
    this.#lines++;
    this.#mix(nowUs);
    this.#mix(node);
    for (let i = 0; i < what.length; i++) this.#mix(what.charCodeAt(i));
    if (bytes !== undefined) {
      this.#mix(bytes.length);
      for (let i = Math.max(0, bytes.length - TAIL_BYTES); i < bytes.length; i++) this.#mix(bytes[i]!);
    }
    if (this.#print !== undefined) {
      const at = (nowUs / 1000).toFixed(3).padStart(10);
      this.#print(`${at} ms  node ${node}  ${what}${detail === undefined ? "" : " " + detail()}`);
    }
  }

  get digest(): string {
    return `${hex(this.#a)}${hex(this.#b)}-${this.#lines}`;
  }

  #mix(value: number): void {
    this.#a = Math.imul(this.#a ^ value, PRIME);
    this.#b = Math.imul(this.#b + value, 0x85ebca6b) ^ (this.#b >>> 13);
  }
}

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
