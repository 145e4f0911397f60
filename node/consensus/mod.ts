/**
 * Consensus: the contract between an engine and the world, the driver that runs one, and the guarded signer. Engines live in
 * folders of their own.
 * @module
 */
export * from "./effect.ts";
export * from "./engine.ts";
export * from "./input.ts";
export * from "./ports.ts";
export * from "./driver.ts";
export {
  createGuardedSigner,
  type GuardOptions,
  guardSigner,
  holdBackSigner,
  type SeenPrecommit,
  type SignerStorage,
} from "./signer.ts";
export { decodeLastSigned as readLastSigned, type LastSigned } from "./_last_signed.ts";
export { INBOX_LIMITS, type InboxLimits } from "./_inbox.ts";
export { proposerOf } from "./proposer.ts";
