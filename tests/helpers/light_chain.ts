/** Sealed headers of made-up chains, as a light client is given them. @module */
import type { Commit, CommitSig, Header } from "cosmjs-types/tendermint/types/types";
import { BlockIDFlag, type Validator } from "cosmjs-types/tendermint/types/validator";
import { equalBytes } from "../../node/core/bytes.ts";
import {
  ed25519Address,
  type Ed25519Key,
  ed25519KeyFromSeed,
  sha256,
  signEd25519,
} from "../../node/core/crypto/mod.ts";
import { commitVoteSignBytes, EMPTY_BLOCK_ID, hashHeader, ZERO_TIME } from "../../node/core/types/mod.ts";
import { compareValidators, hashValidatorSet } from "../../node/core/validators/mod.ts";
import { nanosToTimestamp } from "../../node/core/time.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";

/** A validator whose key the test has. */
export interface Member {
  readonly key: Ed25519Key;
  readonly power: bigint;
}

const keys: Ed25519Key[] = [];

/** The key number `index`, always the same. */
export function testKey(index: number): Ed25519Key {
  return keys[index] ??= ed25519KeyFromSeed(sha256(utf8ToBytes(`light chain key ${index}`)));
}

/** Validators with the keys of these numbers. */
export const membersOf = (indexes: readonly number[], power: (index: number) => bigint = () => 10n): Member[] =>
  indexes.map((index) => ({ key: testKey(index), power: power(index) }));

/** As a set: in CometBFT's order. */
export function validatorsOf(members: readonly Member[]): Validator[] {
  return members.map(({ key, power }) => ({
    address: ed25519Address(key.publicKey),
    pubKey: { ed25519: key.publicKey },
    votingPower: power,
    proposerPriority: 0n,
  })).sort(compareValidators);
}

/** What a block is made of; everything else follows from it. */
export interface BlockParts {
  readonly chainId: string;
  readonly height: bigint;
  /** Nanoseconds. */
  readonly time: bigint;
  readonly members: readonly Member[];
  readonly next: readonly Member[];
  /** Who signs; all, if not given. */
  readonly signers?: readonly Member[];
  /** Tells blocks of equal heights apart. */
  readonly app?: string;
  /** The same, for blocks that both could follow from the state. */
  readonly data?: string;
  /** Of the seal; 1, if not given. */
  readonly round?: number;
}

/** A light block with nothing left out. */
export interface WholeLightBlock {
  readonly signedHeader: { readonly header: Header; readonly commit: Commit };
  readonly validatorSet: { readonly validators: Validator[] };
  readonly nextValidatorSet: { readonly validators: Validator[] };
}

/** `header` sealed by the signers among `members`. */
export function sealHeader(
  header: Header,
  members: readonly Member[],
  signers: readonly Member[],
  round = 1,
): Commit {
  const hash = hashHeader(header);
  const signatures = validatorsOf(members).map((validator): CommitSig => {
    const signs = signers.some(({ key }) => equalBytes(key.publicKey, validator.pubKey.ed25519!));
    return signs
      ? {
        blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_COMMIT,
        validatorAddress: validator.address,
        timestamp: header.time,
        signature: new Uint8Array(),
      }
      : {
        blockIdFlag: BlockIDFlag.BLOCK_ID_FLAG_ABSENT,
        validatorAddress: new Uint8Array(),
        timestamp: ZERO_TIME,
        signature: new Uint8Array(),
      };
  });
  const commit: Commit = {
    height: header.height,
    round,
    blockId: { hash, partSetHeader: { total: 1, hash } },
    signatures,
  };
  validatorsOf(members).forEach((validator, index) => {
    const signature = signatures[index]!;
    if (signature.blockIdFlag !== BlockIDFlag.BLOCK_ID_FLAG_COMMIT) return;
    const { key } = members.find(({ key }) => equalBytes(key.publicKey, validator.pubKey.ed25519!))!;
    signature.signature = signEd25519(key, commitVoteSignBytes(header.chainId, commit, index));
  });
  return commit;
}

/** A light block, sealed. */
export function makeLightBlock(parts: BlockParts): WholeLightBlock {
  const { chainId, height, time, members, next, signers = members, app = "", data = app, round = 1 } = parts;
  const validators = validatorsOf(members);
  const nextValidators = validatorsOf(next);
  const hash = sha256(utf8ToBytes(app));
  const header: Header = {
    version: { block: 11n, app: 0n },
    chainId,
    height,
    time: nanosToTimestamp(time),
    lastBlockId: EMPTY_BLOCK_ID,
    lastCommitHash: hash,
    dataHash: sha256(utf8ToBytes(data)),
    validatorsHash: hashValidatorSet({ validators }),
    nextValidatorsHash: hashValidatorSet({ validators: nextValidators }),
    consensusHash: hash,
    appHash: hash,
    lastResultsHash: hash,
    evidenceHash: hash,
    proposerAddress: validators[0]!.address,
  };
  return {
    signedHeader: { header, commit: sealHeader(header, members, signers, round) },
    validatorSet: { validators },
    nextValidatorSet: { validators: nextValidators },
  };
}
