/** An engine that several chains of a test share: what it checked once, it knows. @module */
import type { CodeReport, CodeRules } from "../../contracts/engine.ts";
import { ContractEngine } from "../../contracts/wasm/mod.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import type { Result } from "../../node/core/result.ts";

/** As the engine, which answers the same for the same code, and compiles it each time. */
export class CheckedOnce extends ContractEngine {
  readonly #reports = new Map<string, Result<CodeReport>>();

  override check(code: Uint8Array, rules: CodeRules = {}): Result<CodeReport> {
    const key = `${sha256(code).toHex()} ${rules.floats} ${rules.locals}`;
    let report = this.#reports.get(key);
    if (report === undefined) this.#reports.set(key, report = super.check(code, rules));
    return report;
  }
}
