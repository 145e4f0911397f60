/** What `catenary up` prints: lines for people, or one JSON object a line. @module */
import { type Output, print } from "../output.ts";

/** Prints with the time since the start, so that one sees what took long. */
export class Report {
  readonly #output: Output;
  readonly #startedMs = performance.now();

  constructor(output: Output) {
    this.#output = output;
  }

  /** `event` names the object of `--json`; `text` is what people see. */
  say(event: string, fields: object, text: string): void {
    const atMs = Math.round(performance.now() - this.#startedMs);
    const time = `${(atMs / 1000).toFixed(1)}s`.padStart(6);
    print(this.#output, { event, atMs, ...fields }, text.split("\n").map((line) => `${time}  ${line}`).join("\n"));
  }

  get elapsedMs(): number {
    return Math.round(performance.now() - this.#startedMs);
  }
}
