/** That something is refused with its code, and nothing is written. @module */
import { assertEquals } from "@std/assert";
import { IBC_ERRORS } from "../../../node/core/ibc/mod.ts";
import type { TestChain } from "./chain.ts";
import type { Delivered } from "./ports.ts";

/** A name of {@linkcode IBC_ERRORS}, or codespace and code. */
export type Refusal = keyof typeof IBC_ERRORS | readonly [codespace: string, code: number];

/**
 * Runs `deliver`, which makes one block on `chain`, and checks the refusal and that no store but that of the accounts has
 * changed: the signer's sequence has gone up, and nothing else has happened.
 */
export function assertRefused(chain: TestChain, refusal: Refusal, deliver: () => Delivered): Delivered {
  const [codespace, code] = typeof refusal === "string" ? IBC_ERRORS[refusal] : refusal;
  const before = new Map(chain.roots());
  const delivered = deliver();
  const after = new Map(chain.roots());
  before.delete("acc");
  after.delete("acc");
  assertEquals({ codespace: delivered.codespace, code: delivered.code }, { codespace, code }, delivered.log);
  assertEquals(after, before, `${delivered.log}: something was written`);
  return delivered;
}
