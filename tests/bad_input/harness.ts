/**
 * A chain of one application without consensus or disk: state in maps, blocks made by calling the doors. For tests of the
 * application and its modules.
 * @module
 */
import { AuthInfo, Fee, SignDoc, SignerInfo, TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import type { Misbehavior } from "cosmjs-types/tendermint/abci/types";
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import {
  type Application,
  type Aside,
  type BlockOutput,
  createApplication,
  developmentAppState,
  type GenesisInput,
  readGasPrices,
  type Speculator,
  STANDARD_STORES,
  standardModules,
} from "../../node/app/mod.ts";
import type { ExecutionEngine } from "../../contracts/engine.ts";
import { type Address, AddressCodec } from "../../node/core/address.ts";
import { compareBytes } from "../../node/core/bytes.ts";
import { coinTexts, parseCoins } from "../../node/core/coins.ts";
import {
  ed25519KeyFromSeed,
  secp256k1PublicKey,
  sha256,
  signEd25519,
  signSecp256k1,
} from "../../node/core/crypto/mod.ts";
import { encodePubKey, type PubKey, pubKeyAddress } from "../../node/core/pub_key.ts";
import type { Entries, Reply, Request, Work } from "../../node/core/work.ts";
import { MultiStore, type StagedCommit } from "../../node/state/mod.ts";
import { CheckedOnce } from "../helpers/checked_once.ts";

export const CHAIN_ID = "test-1";
export const codec = new AddressCodec("cat");
export const DENOM = "ucat";

/** State storage in maps, with every version of every value. */
export class FakeStorage {
  readonly #flat = new Map<string, { key: Uint8Array; history: [bigint, Uint8Array | undefined][] }>();
  readonly #nodes = new Map<string, Uint8Array>();
  #sorted: { key: Uint8Array; history: [bigint, Uint8Array | undefined][] }[] | undefined;
  /** Answered requests that were no pauses. */
  loads = 0;

  /** The same contents; neither sees what the other writes later. */
  clone(): FakeStorage {
    const copy = new FakeStorage();
    for (const [text, { key, history }] of this.#flat) copy.#flat.set(text, { key, history: [...history] });
    for (const [text, node] of this.#nodes) copy.#nodes.set(text, node);
    return copy;
  }

  write(staged: StagedCommit): void {
    for (const [key, value] of staged.nodes) if (value !== undefined) this.#nodes.set(key.toHex(), value.slice());
    for (const [key, value] of staged.flat) {
      const text = key.toHex();
      let entry = this.#flat.get(text);
      if (entry === undefined) {
        this.#flat.set(text, entry = { key, history: [] });
        this.#sorted = undefined;
      }
      entry.history.push([staged.version, value?.slice()]);
    }
  }

  #at(history: [bigint, Uint8Array | undefined][], version: bigint): Uint8Array | undefined {
    return history.findLast(([written]) => written <= version)?.[1];
  }

  answer(request: Request, version: bigint): Reply {
    if (request.type === "pause" || request.type === "wait") return undefined;
    this.loads++;
    if (request.type === "load_nodes") return request.keys.map((key) => this.#nodes.get(key.toHex()));
    if (request.type === "load_keys") {
      return request.keys.map((key) => this.#at(this.#flat.get(key.toHex())?.history ?? [], version));
    }
    this.#sorted ??= [...this.#flat.values()].sort((a, b) => compareBytes(a.key, b.key));
    const found: (readonly [Uint8Array, Uint8Array])[] = [];
    for (const { key, history } of request.reverse ? this.#sorted.toReversed() : this.#sorted) {
      if (compareBytes(key, request.start) < 0 || compareBytes(key, request.end) >= 0) continue;
      const value = this.#at(history, version);
      if (value !== undefined) found.push([key, value]);
      if (found.length === request.limit) break;
    }
    return found as Entries;
  }

  run<T>(work: Work<T>, version: bigint): T {
    let step = work.next(undefined);
    while (!step.done) step = work.next(this.answer(step.value, version));
    return step.value;
  }
}

/** Somebody who can sign. */
export interface Signer {
  readonly address: Address;
  readonly pubKey: PubKey;
  sign(message: Uint8Array): Uint8Array;
}

const signers = new Map<string, Signer>();

/** A deterministic key. */
export function signerOf(name: string, type: PubKey["type"] = "secp256k1"): Signer {
  const known = `${type} ${name}`;
  let signer = signers.get(known);
  if (signer === undefined) signers.set(known, signer = newSigner(sha256(new TextEncoder().encode(name)), type));
  return signer;
}

function newSigner(secret: Uint8Array, type: PubKey["type"]): Signer {
  if (type === "secp256k1") {
    const pubKey: PubKey = { type, key: secp256k1PublicKey(secret) };
    return { address: codec.of(pubKeyAddress(pubKey)), pubKey, sign: (message) => signSecp256k1(secret, message) };
  }
  const ed25519 = ed25519KeyFromSeed(secret);
  const pubKey: PubKey = { type, key: ed25519.publicKey };
  return { address: codec.of(pubKeyAddress(pubKey)), pubKey, sign: (message) => signEd25519(ed25519, message) };
}

export interface TxOptions {
  readonly messages: readonly { typeUrl: string; value: Uint8Array }[];
  readonly signers: readonly { signer: Signer; accountNumber: bigint; sequence: bigint }[];
  readonly gas?: bigint;
  readonly fee?: string;
  readonly memo?: string;
  readonly timeoutHeight?: bigint;
  readonly chainId?: string;
  readonly payer?: string;
  readonly mode?: SignMode;
  readonly withoutKeys?: boolean;
  /** Changes the bytes after signing. */
  readonly body?: (body: TxBody) => TxBody;
}

/** A signed transaction. */
export function makeTx(options: TxOptions): Uint8Array {
  const partial = TxBody.fromPartial({
    messages: [...options.messages],
    memo: options.memo ?? "",
    timeoutHeight: options.timeoutHeight ?? 0n,
  });
  const body = options.body?.(partial) ?? partial;
  const bodyBytes = TxBody.encode(body).finish();
  const amount = coinTexts(parseCoins(options.fee ?? "")!);
  const mode = options.mode ?? SignMode.SIGN_MODE_DIRECT;
  const authInfoBytes = AuthInfo.encode(AuthInfo.fromPartial({
    signerInfos: options.signers.map(({ signer, sequence }) => {
      const info = SignerInfo.fromPartial({ modeInfo: { single: { mode } }, sequence });
      if (options.withoutKeys !== true) info.publicKey = encodePubKey(signer.pubKey);
      return info;
    }),
    fee: Fee.fromPartial({ amount, gasLimit: options.gas ?? 200_000n, payer: options.payer ?? "" }),
  })).finish();
  const chainId = options.chainId ?? CHAIN_ID;
  const signatures = options.signers.map(({ signer, accountNumber }) =>
    signer.sign(SignDoc.encode({ bodyBytes, authInfoBytes, chainId, accountNumber }).finish())
  );
  return TxRaw.encode({ bodyBytes, authInfoBytes, signatures }).finish();
}

/** An encoded `MsgSend`. */
export const sendMessage = (from: Address, to: Address, coins: string) => ({
  typeUrl: "/cosmos.bank.v1beta1.MsgSend",
  value: MsgSend.encode({
    fromAddress: from.text,
    toAddress: to.text,
    amount: coinTexts(parseCoins(coins)!),
  }).finish(),
});

export interface ChainOptions {
  /** With these coins each; their account numbers follow the order. */
  readonly accounts?: readonly Signer[];
  readonly coins?: string;
  readonly admins?: readonly Address[];
  readonly maxGas?: bigint;
  readonly cacheBytesMax?: number;
  readonly minGasPrices?: string;
  readonly appState?: Readonly<Record<string, unknown>>;
  readonly validators?: GenesisInput["validators"];
  readonly chainId?: string;
  readonly speculator?: Speculator;
  readonly aside?: Aside;
  /** Absent: one for all chains of this process, as compiling contracts takes time. */
  readonly engine?: ExecutionEngine;
}

export const VALIDATOR_KEY = ed25519KeyFromSeed(new Uint8Array(32).fill(7)).publicKey;

const ENGINE = new CheckedOnce();

/** A chain that makes a block whenever it is told to. */
export class TestChain {
  readonly storage = new FakeStorage();
  readonly state: MultiStore;
  readonly app: Application;
  readonly genesisValidators: readonly { pubKey?: unknown; power: bigint }[];
  height = 0n;
  /** What the last block wrote. */
  lastStaged: StagedCommit | undefined;
  /** What the next blocks say that validators did. */
  misbehavior: readonly Misbehavior[] = [];

  constructor(options: ChainOptions = {}) {
    this.state = new MultiStore({ stores: STANDARD_STORES, cacheBytesMax: options.cacheBytesMax ?? 64 * 1024 * 1024 });
    const prices = readGasPrices(options.minGasPrices ?? "");
    if (!prices.ok) throw new Error(prices.error.message);
    const chainId = options.chainId ?? CHAIN_ID;
    this.app = createApplication({
      chainId,
      bech32Prefix: "cat",
      state: this.state,
      minGasPrices: prices.value,
      speculator: options.speculator,
      aside: options.aside,
      modules: (codec) => standardModules(codec, { engine: options.engine ?? ENGINE }),
    });
    const accounts = (options.accounts ?? []).map(({ address }) => ({
      address: address.text,
      coins: coinTexts(parseCoins(options.coins ?? `1000000${DENOM}`)!),
    }));
    const admins = (options.admins ?? []).map(({ text }) => text);
    const output = this.run(this.app.initChain({
      chainId,
      time: 1_700_000_000_000_000_000n,
      initialHeight: 1n,
      consensusParams: ConsensusParams.fromPartial({ block: { maxBytes: 4_194_304n, maxGas: options.maxGas ?? -1n } }),
      validators: options.validators ?? [{ pubKey: { ed25519: VALIDATOR_KEY }, power: 10n }],
      appState: options.appState ?? developmentAppState({ accounts, admins, denom: DENOM, prefix: "cat" }),
    }));
    this.genesisValidators = output.validators;
    this.commit(output.staged);
  }

  run<T>(work: Work<T>, version: bigint = this.state.version): T {
    return this.storage.run(work, version);
  }

  commit(staged: StagedCommit): void {
    this.storage.write(staged);
    this.app.commit(staged);
    this.lastStaged = staged;
  }

  /** Executes without committing. */
  execute(txs: readonly Uint8Array[]): BlockOutput {
    const height = this.height + 1n;
    return this.run(this.app.executeBlock({
      height,
      time: 1_700_000_000_000_000_000n + height * 1_000_000_000n,
      hash: new Uint8Array(32),
      proposerAddress: new Uint8Array(20),
      txs,
      misbehavior: this.misbehavior,
    }));
  }

  /** Executes and commits a block. */
  block(...txs: Uint8Array[]): BlockOutput {
    const output = this.execute(txs);
    this.commit(output.staged);
    this.height += 1n;
    return output;
  }

  /** Of the last committed state. */
  balance(address: Address, denom = DENOM): bigint {
    const answer = this.query(
      "/cosmos.bank.v1beta1.Query/Balance",
      QueryBalanceRequest.encode({ address: address.text, denom }).finish(),
    );
    return BigInt(QueryBalanceResponse.decode(answer.value).balance!.amount);
  }

  moduleAddress(name: string): Address {
    return codec.of(sha256(new TextEncoder().encode(name)).slice(0, 20));
  }

  check(tx: Uint8Array) {
    return this.run(this.app.checkTx(tx, "new"));
  }

  query(path: string, data: Uint8Array, options: { height?: bigint; prove?: boolean } = {}) {
    const query = { path, data, height: options.height ?? 0n, prove: options.prove ?? false };
    return this.run(this.app.query(query), this.app.versionOf!(query));
  }
}
