import { bytesToHex, hexToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { ContractEngine } from "../../contracts/wasm/mod.ts";
import { contractCode } from "./contract_code.ts";
import { TestHost } from "./contract_host.ts";
import { probeCode } from "./probe_contract.ts";
import type { Run, RunStep } from "./wasmvm_runs.ts";

/** What came of a call: what it returned, in hexadecimal, or the error. */
export interface Outcome {
  readonly result?: string;
  readonly error?: string;
}

/** What came of a run: of each call, or of storing the code; and the storage at the end. */
export interface Report {
  readonly outcomes: readonly Outcome[];
  readonly storage: Readonly<Record<string, string>>;
}

export const codeOf = (run: Run): Promise<Uint8Array> | Uint8Array =>
  run.code === "probe" ? probeCode() : contractCode(run.code);

/** A chain where `contract` has 100 ATOM, that answers to the bank's queries and to no other: wasmvm's mock. */
function answerQuery(request: string): string {
  let parsed;
  try {
    parsed = JSON.parse(request);
  } catch {
    return JSON.stringify({ error: { invalid_request: { error: "", request: "" } } });
  }
  const { bank, staking, wasm, custom } = parsed;
  const unsupported = (kind: string) => JSON.stringify({ error: { unsupported_request: { kind } } });
  const ok = (answer: unknown) => JSON.stringify({ ok: { ok: btoa(JSON.stringify(answer)) } });
  const coin = (amount: string, denom: string) => ({ denom, amount });
  if (bank?.balance !== undefined) {
    const { address, denom } = bank.balance;
    return ok({ amount: coin(address === "contract" && denom === "ATOM" ? "100" : "0", denom) });
  }
  if (bank?.all_balances !== undefined) {
    return ok({ amount: bank.all_balances.address === "contract" ? [coin("100", "ATOM")] : [] });
  }
  if (bank !== undefined) return unsupported("Empty BankQuery");
  if (custom !== undefined) return unsupported("custom");
  if (staking !== undefined) return unsupported("staking");
  if (wasm !== undefined) return unsupported("wasm");
  return JSON.stringify({ error: { unknown: {} } });
}

/** Plays runs in our engine. */
export class Player {
  readonly engine = new ContractEngine();

  async play(run: Run): Promise<Report> {
    const code = await codeOf(run);
    const checked = this.engine.check(code);
    if (!checked.ok) return { outcomes: [{ error: checked.error.message }], storage: {} };
    const host = new TestHost();
    host.onQuery = answerQuery;
    const outcomes = run.steps.map((step) => this.#call(code, host, step));
    const storage = [...host.entries].sort(([a], [b]) => a < b ? -1 : 1).map((
      [key, [, value]],
    ) => [key, bytesToHex(value)]);
    return { outcomes, storage: Object.fromEntries(storage) };
  }

  /** The answer (JSON) to a query of a contract without storage. */
  ask(code: Uint8Array, step: RunStep): string {
    const { result } = this.#call(code, new TestHost(), step);
    const { ok } = JSON.parse(new TextDecoder().decode(hexToBytes(result!)));
    return atob(ok);
  }

  #call(code: Uint8Array, host: TestHost, step: RunStep): Outcome {
    const call = {
      checksum: sha256(code),
      code: () => code,
      entry: step.entry,
      args: step.args,
      host,
      fuel: BigInt(step.gas),
    };
    const { result } = step.entry === "query" ? this.engine.query(call) : this.engine.call(call);
    return result.ok ? { result: bytesToHex(result.value) } : { error: result.error.message };
  }
}
