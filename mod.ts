/**
 * Catenary as a library: the verifiers other software may want (ICS-23 proofs, light blocks, signatures, CometBFT hashes
 * and sign bytes, the proposer rotation, IBC's commitments), contracts under fuel, a store, a whole node, and a relayer.
 *
 * @example A chain in memory, read by its own RPC
 * ```ts
 * import { createNode } from "./mod.ts";
 *
 * const node = createNode({ rpcListen: "127.0.0.1:0", blockTimeMs: 20 });
 * await node.start();
 * const status = await (await fetch(`${node.rpcAddress}/status`)).json();
 * console.assert(status.result.node_info.network === "catenary-local-1");
 * await node.stop();
 * ```
 * @module
 */
export {
  ICS23_SPECS,
  type Ics23Spec,
  merkleRoot,
  verifyMembership,
  verifyNonMembership,
} from "./node/core/merkle/mod.ts";
export { verifyEd25519, verifySecp256k1 } from "./node/core/crypto/mod.ts";
export {
  acknowledgementCommitment,
  type CommittedPacket,
  denomHash,
  escrowAddress,
  type IbcHeight,
  type IdentifierKind,
  packetCommitment,
  validateIdentifier,
} from "./node/core/ibc/mod.ts";
export {
  answerBisection,
  type AskingBisection,
  type AttackKind,
  type Bisection,
  type BisectionFailure,
  type BisectionPlan,
  type Divergence,
  type DoneBisection,
  type FailedBisection,
  type Instant,
  type KnownBlock,
  type LightBlock,
  type LightOptions,
  type LightValidator,
  type LightValidators,
  type LightVerdict,
  type LightVerification,
  startBisection,
  verifyLightBlock,
  type WitnessFault,
} from "./node/core/light/mod.ts";
export { hashHeader, type SignedVote, voteSignBytes } from "./node/core/types/mod.ts";
export { hashValidatorSet, ProposerRotation, type RotatingValidator } from "./node/core/validators/mod.ts";
export {
  checkContract,
  type CheckOptions,
  ContractEngine,
  type ContractEngineOptions,
  type CostClass,
  type CostTable,
  costTableHash,
  DEFAULT_COSTS,
  type FloatRule,
  instrument,
  type Instrumented,
  InstrumentError,
  type InstrumentOptions,
  type Verdict,
} from "./contracts/wasm/mod.ts";
export {
  type CallOutcome,
  type CodeReport,
  type ContractCall,
  type EntryPoint,
  type ExecutionEngine,
  FUEL_PER_GAS,
} from "./contracts/engine.ts";
export type { ContractAddresses, ContractHost, ContractStorage, StorageEntry } from "./contracts/host.ts";
export { IoError } from "./node/core/errors.ts";
export { openStore, type OpenStoreOptions } from "./node/storage/mod.ts";
export type {
  Entry,
  IterateOptions,
  KeyRange,
  Store,
  StorePart,
  StoreReader,
  VersionedStore,
  Write,
} from "./node/storage/store.ts";
export type { NodeConfigInput } from "./node/config/mod.ts";
export type { NamedAccount } from "./node/development.ts";
export { type BlockEventDetail, type CatenaryNode, createNode, type NodeOptions } from "./node/node.ts";
export { createMemoryHub, type MemoryHub, type MemoryHubOptions } from "./node/network/mod.ts";
export type { PeerBan, PeerView } from "./node/network/ports.ts";
export {
  createRelayer,
  type Relayer,
  type RelayerConfig,
  type RelayerConfigInput,
  type RelayerControl,
  type RelayerEvent,
  type RelayerOptions,
} from "./relayer/mod.ts";
