/**
 * Where in a chain of contracts something runs: how deep, and with whose rights (wasmd `keeper/authz_policy.go`,
 * `types/context.go`).
 * @module
 */
import type { Address, Context } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, type Result } from "../../core/result.ts";
import { callTooDeep } from "./errors.ts";
import type { CodedError } from "../../core/errors.ts";
import type { WasmKeeper } from "./keeper.ts";
import { NESTED_RUNS_MAX, TX_GAS_MAX } from "./limits.ts";
import { allows, isNarrower } from "./params.ts";
import { runSteps, type Steps } from "./steps.ts";
import type { AccessConfig } from "./types.ts";

/** `authority`: may do everything. `instantiating`: what it instantiated may instantiate what it likes. */
export type Policy = "default" | "instantiating" | "authority";

export interface Frame {
  /** Contracts whose messages are being handled. */
  readonly depth: number;
  /** With which rights messages run that somebody without rights of their own sends. */
  readonly policy: Policy;
}

/** Where a transaction begins, and what others do to a contract: whoever it was has no part in it. */
export const ROOT: Frame = { depth: 0, policy: "default" };

/** The frames of what runs on the native stack, innermost last: other modules stand in between. */
export class Frames {
  readonly #native: Frame[] = [];

  /** Runs a message of another module for a contract. */
  within<T>(frame: Frame, run: () => T): T {
    this.#native.push(frame);
    try {
      return run();
    } finally {
      this.#native.pop();
    }
  }

  /**
   * Why nothing of contracts can run here, whoever asks for it. It says nothing of the contract: where refusing a contract is an
   * outcome that stays, this must not become one. `nested`: runs that may be around it on the native stack.
   */
  refusal({ tx, gas }: Context, nested = NESTED_RUNS_MAX - 1): CodedError | undefined {
    if (tx !== undefined && gas.limit > TX_GAS_MAX) {
      return sdkRefusal("invalidGasLimit", `run contracts with gas ${gas.limit}, limit ${TX_GAS_MAX}`);
    }
    return this.#native.length > nested ? callTooDeep() : undefined;
  }

  /** Runs what a transaction asks for, or what another module does for a contract. */
  run<T>(context: Context, steps: (frame: Frame) => Steps<Result<T>>): Result<T> {
    const refused = this.refusal(context);
    if (refused !== undefined) return err(refused);
    return runSteps(steps(this.#native.at(-1) ?? ROOT));
  }
}

/** With which rights `actor` acts here (`selectAuthorizationPolicy`). */
export const policyOf = (keeper: WasmKeeper, { free }: Context, frame: Frame, actor: Address): Policy =>
  keeper.parts.authority.isAuthority(free, actor) ? "authority" : frame.policy;

/** The rights of the messages of a contract that was instantiated or migrated with `policy`. */
export function policyOfMessages(policy: Policy, action: "instantiate" | "migrate"): Policy {
  if (policy === "authority") return action === "instantiate" ? "instantiating" : "default";
  return policy;
}

export const mayInstantiate = (policy: Policy, config: AccessConfig, actor: Address): boolean =>
  policy !== "default" || allows(config, actor.text);

/** `admin`: text, empty when there is none. */
export const mayModify = (policy: Policy, admin: string, actor: Address): boolean =>
  policy === "authority" || (admin !== "" && admin === actor.text);

/** Whether `actor` may upload code that those of `wanted` may instantiate; `usual`: what those may be at most. */
export const mayUpload = (
  policy: Policy,
  upload: AccessConfig,
  usual: AccessConfig,
  actor: Address,
  wanted: AccessConfig,
): boolean => policy === "authority" || (allows(upload, actor.text) && isNarrower(wanted, usual));
