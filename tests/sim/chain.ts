/**
 * The simulated application: blocks of opaque transactions with headers that commit to the history, validator changes that
 * take effect two heights later, block time as the weighted median of the seal (CometBFT's BFT time). Synchronous and pure;
 * nodes put delays around it.
 * @module
 */
import { Block } from "cosmjs-types/tendermint/types/block";
import { Commit } from "cosmjs-types/tendermint/types/types";
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { bytesToHex, concatBytes, equalBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { type Nanos, nanosToTimestamp, timestampToNanos } from "../../node/core/time.ts";
import { commitVoteSignBytes, partSetHeader } from "../../node/core/types/mod.ts";
import { ProposerRotation, updateValidators } from "../../node/core/validators/mod.ts";
import type { Decision, HeightContext, ProposedBlock } from "../../node/consensus/mod.ts";
import type { SignatureScheme } from "./signatures.ts";

export const CHAIN_ID = "sim-1";
export const GENESIS_NANOS: Nanos = 1_700_000_000_000_000_000n;
export const BLOCK_TRANSACTIONS_MAX = 4;

/** What all nodes of a world share: the genesis, the scheme, and the transactions that somebody really submitted. */
export interface ChainWorld {
  readonly scheme: SignatureScheme;
  /** Of the first height, with the priorities of round 0. */
  readonly validators: ValidatorSet;
  readonly publicKeys: readonly Uint8Array[];
  readonly submitted: ReadonlySet<string>;
  /** Every transaction is filled up to so many bytes, so that blocks have several parts. */
  readonly transactionBytes: number;
}

/** A transaction that asks for another power of a validator. */
export const changeTransaction = (validator: number, power: bigint, nonce: number) =>
  `power/${validator}/${power}/${nonce}`;

const END = "#";
const encodeTransaction = (name: string, bytes: number) => utf8ToBytes((name + END).padEnd(bytes, "."));

function decodeTransaction(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, 64));
  return text.slice(0, text.indexOf(END));
}

const emptyCommit = (): Commit => Commit.fromPartial({});
const setHashes = new WeakMap<ValidatorSet, Uint8Array>();

export function setHash(set: ValidatorSet): Uint8Array {
  let hash = setHashes.get(set);
  if (hash === undefined) {
    // Priorities move with every height and are no part of the identity.
    const plain = set.validators.map((v) => ({ ...v, proposerPriority: 0n }));
    hash = sha256(ValidatorSet.encode({ validators: plain, totalVotingPower: 0n }).finish());
    setHashes.set(set, hash);
  }
  return hash;
}

export const totalPower = (set: ValidatorSet) => set.validators.reduce((sum, v) => sum + v.votingPower, 0n);

export function blockIdOf(bytes: Uint8Array): BlockID {
  return { hash: sha256(bytes), partSetHeader: partSetHeader(bytes) };
}

/** Names a block id; ids that differ only in their parts are different ids. */
export function idKey(id: BlockID | undefined): string {
  if (id === undefined || id.hash.length === 0) return "nil";
  const { total, hash } = id.partSetHeader;
  return `${bytesToHex(id.hash)}/${total}/${bytesToHex(hash)}`;
}

export const sameId = (a: BlockID, b: BlockID) =>
  equalBytes(a.hash, b.hash) && a.partSetHeader.total === b.partSetHeader.total &&
  equalBytes(a.partSetHeader.hash, b.partSetHeader.hash);

/**
 * Checks a seal by the rules every light client uses: the set's order, every signature that is there, and more than 2/3 of
 * the power for this block. Undefined when it holds, else what is wrong.
 */
export function judgeSeal(
  scheme: SignatureScheme,
  set: ValidatorSet,
  height: bigint,
  blockId: BlockID,
  commit: Commit,
): string | undefined {
  if (commit.height !== height) return `seal is of height ${commit.height}`;
  if (commit.blockId === undefined || !sameId(commit.blockId, blockId)) return `seal is of another block`;
  if (commit.signatures.length !== set.validators.length) return `seal has ${commit.signatures.length} entries`;
  let power = 0n;
  for (const [index, signature] of commit.signatures.entries()) {
    const validator = set.validators[index]!;
    if (signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT) {
      if (signature.signature.length + signature.validatorAddress.length > 0) {
        return `seal entry ${index} is absent yet filled`;
      }
      continue;
    }
    if (!equalBytes(signature.validatorAddress, validator.address)) return `seal entry ${index} has another address`;
    const forBlock = signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT;
    const signBytes = commitVoteSignBytes(CHAIN_ID, commit, index);
    if (!scheme.verify(validator.pubKey!.ed25519!, signBytes, signature.signature)) {
      return `seal entry ${index} has a wrong signature`;
    }
    if (forBlock) power += validator.votingPower;
  }
  const total = totalPower(set);
  return power * 3n > total * 2n ? undefined : `seal has power ${power} of ${total}`;
}

/**
 * The time that splits the power of the seal in half. CometBFT's `MedianTime` halves the power in integers, rounding down: then
 * a liar with power 1 among three signatures of power 1 sets the time, and stops the chain by setting it back. Here the
 * halves are exact, so the time is always between two honest ones.
 */
export function medianTime(commit: Commit, set: ValidatorSet): Nanos {
  const times: [Nanos, bigint][] = [];
  let rest = 0n;
  for (const [index, signature] of commit.signatures.entries()) {
    if (signature.blockIdFlag === BlockIDFlag.BLOCK_ID_FLAG_ABSENT) continue;
    const power = set.validators[index]?.votingPower ?? 0n;
    times.push([timestampToNanos(signature.timestamp), power]);
    rest += power;
  }
  times.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  for (const [time, power] of times) {
    if (rest <= 2n * power) return time;
    rest -= 2n * power;
  }
  return 0n;
}

export class SimChain {
  readonly #world: ChainWorld;
  /** Last committed height; 0 before the first. */
  height = 0n;
  appHash: Uint8Array = new Uint8Array(32);
  /** Of height + 1. */
  validators: ValidatorSet;
  #nextValidators: ValidatorSet;
  #lastValidators: ValidatorSet | undefined;
  #lastBlockId: BlockID | undefined;
  #lastTime = GENESIS_NANOS;
  #lastSeal: Commit | undefined;
  #lastBlock: ProposedBlock | undefined;
  #appHashChanged = true;
  readonly included = new Set<string>();
  /** Of the last block. */
  lastTransactions: readonly string[] = [];
  /** App hash after each height, from height 1. */
  readonly appHashes: Uint8Array[] = [];

  constructor(world: ChainWorld) {
    this.#world = world;
    this.validators = world.validators;
    this.#nextValidators = increment(world.validators);
  }

  context(): HeightContext {
    return {
      height: this.height + 1n,
      validators: this.validators,
      lastCommit: this.#lastSeal,
      lastValidators: this.#lastValidators,
      nextValidators: this.#nextValidators,
      lastBlockTime: this.#lastTime,
      lastBlock: this.#lastBlock,
      proofBlock: this.#appHashChanged,
    };
  }

  /** A block for the next height. `lastCommit` is the engine's; undefined at the first height. */
  build(proposer: Uint8Array, lastCommit: Commit | undefined, transactions: readonly string[]): ProposedBlock {
    const time = this.#blockTime(lastCommit ?? emptyCommit());
    const block = Block.fromPartial({
      header: {
        version: { block: 11n, app: 0n },
        chainId: CHAIN_ID,
        height: this.height + 1n,
        time: nanosToTimestamp(time),
        ...(this.#lastBlockId === undefined ? {} : { lastBlockId: this.#lastBlockId }),
        validatorsHash: setHash(this.validators),
        nextValidatorsHash: setHash(this.#nextValidators),
        appHash: this.appHash,
        dataHash: sha256(utf8ToBytes(transactions.join("\n"))),
        proposerAddress: proposer,
      },
      data: { txs: transactions.map((name) => encodeTransaction(name, this.#world.transactionBytes)) },
      lastCommit: lastCommit ?? emptyCommit(),
    });
    const bytes = Block.encode(block).finish();
    return { blockId: blockIdOf(bytes), bytes, time };
  }

  /** Undefined when the bytes are a valid next block under this id, else what is wrong. */
  judge(height: bigint, blockId: BlockID, bytes: Uint8Array): string | undefined {
    if (height !== this.height + 1n) return `height ${height} is not next after ${this.height}`;
    if (!sameId(blockIdOf(bytes), blockId)) return "bytes are not of this id";
    const block = decodeBlock(bytes);
    if (block === undefined) return "bytes are not a block";
    const header = block.header;
    if (header.chainId !== CHAIN_ID) return "another chain";
    if (header.height !== height) return `header is of height ${header.height}`;
    if (idKey(header.lastBlockId) !== idKey(this.#lastBlockId)) return "another parent";
    if (!equalBytes(header.appHash, this.appHash)) return "another app hash";
    if (!equalBytes(header.validatorsHash, setHash(this.validators))) return "other validators";
    if (!equalBytes(header.nextValidatorsHash, setHash(this.#nextValidators))) return "other next validators";
    if (!this.validators.validators.some((v) => equalBytes(v.address, header.proposerAddress))) {
      return "unknown proposer";
    }
    return this.#judgeContent(block);
  }

  /** The header's time of bytes that were judged valid. */
  timeOf(bytes: Uint8Array): Nanos {
    return timestampToNanos(decodeBlock(bytes)!.header.time);
  }

  /** Executes a decided block. */
  commit(decision: Decision): void {
    const block = decodeBlock(decision.block.bytes)!;
    const transactions = block.data.txs.map(decodeTransaction);
    this.height = decision.height;
    this.#lastBlockId = decision.block.blockId;
    this.#lastTime = timestampToNanos(block.header.time);
    this.#lastSeal = decision.commit;
    this.#lastBlock = decision.block;
    this.#lastValidators = this.validators;
    this.validators = this.#nextValidators;
    this.#nextValidators = increment(this.#changed(transactions));
    this.#appHashChanged = transactions.length > 0;
    if (this.#appHashChanged) this.appHash = sha256(concatBytes(this.appHash, utf8ToBytes(transactions.join("\n"))));
    this.appHashes.push(this.appHash);
    this.lastTransactions = transactions;
    for (const transaction of transactions) this.included.add(transaction);
  }

  #judgeContent(block: Block): string | undefined {
    const { header } = block;
    const seal = block.lastCommit ?? emptyCommit();
    if (this.#lastBlockId === undefined) {
      if (seal.signatures.length > 0) return "a seal before the first block";
    } else {
      const wrong = judgeSeal(this.#world.scheme, this.#lastValidators!, this.height, this.#lastBlockId, seal);
      if (wrong !== undefined) return `last commit: ${wrong}`;
    }
    const time = timestampToNanos(header.time);
    if (time !== this.#blockTime(seal)) return "time is not the median";
    if (this.height > 0n && time <= this.#lastTime) return "time does not go forward";
    if (block.data.txs.length > BLOCK_TRANSACTIONS_MAX) return `${block.data.txs.length} transactions`;
    const transactions = block.data.txs.map(decodeTransaction);
    if (!equalBytes(header.dataHash, sha256(utf8ToBytes(transactions.join("\n"))))) return "another data hash";
    const once = new Set(transactions);
    if (once.size !== transactions.length) return "a transaction twice";
    for (const transaction of transactions) {
      if (!this.#world.submitted.has(transaction)) return `transaction ${transaction} was never submitted`;
      if (this.included.has(transaction)) return `transaction ${transaction} is in the chain already`;
    }
    return undefined;
  }

  #blockTime(seal: Commit): Nanos {
    return this.#lastValidators === undefined ? GENESIS_NANOS : medianTime(seal, this.#lastValidators);
  }

  /** The next validators with the changes that this block's transactions ask for. */
  #changed(transactions: readonly string[]): ValidatorSet {
    const changes = new Map<number, bigint>();
    for (const transaction of transactions) {
      const [kind, index, power] = transaction.split("/");
      if (kind === "power") changes.set(Number(index), BigInt(power!));
    }
    if (changes.size === 0) return this.#nextValidators;
    const current = this.#nextValidators;
    const updates = [...changes].map(([index, votingPower]) => {
      const known = this.#world.publicKeys[index]!;
      const address = sha256(known).slice(0, 20);
      return { address, pubKey: { ed25519: known }, votingPower, proposerPriority: 0n };
    }).filter((update) =>
      // Removing who is not there would be refused.
      update.votingPower > 0n || current.validators.some((v) => equalBytes(v.address, update.address))
    );
    const changed = updateValidators(current, updates);
    return changed.ok ? changed.value : current;
  }
}

function increment(set: ValidatorSet): ValidatorSet {
  return new ProposerRotation(set.validators).copyIncrement(1).toValidatorSet();
}

type WholeBlock = Block & Required<Pick<Block, "header" | "data">>;

export function decodeBlock(bytes: Uint8Array): WholeBlock | undefined {
  try {
    const block = Block.decode(bytes);
    return block.header === undefined || block.data === undefined ? undefined : block as WholeBlock;
  } catch {
    return undefined;
  }
}
