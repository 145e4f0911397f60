/**
 * A whole chain in this process, in the manner of ibc-go's `testing` package: the application over state in maps, real
 * blocks under it, keys of everybody, and a clock that only the test winds.
 * @module
 */
import { QueryAccountInfoRequest, QueryAccountInfoResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { MerkleProof } from "cosmjs-types/ibc/core/commitment/v1/commitment";
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { ConsensusState, type Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import type { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import {
  type Application,
  applicationStores,
  type BlockOutput,
  type CheckTxResult,
  createApplication,
  developmentAppState,
  type ModuleSet,
  standardModules,
} from "../../../node/app/mod.ts";
import { chainStateFromGenesis, DEFAULT_CONSENSUS_PARAMS, type GenesisDoc } from "../../../node/chain/mod.ts";
import type { Address, AddressCodec } from "../../../node/core/address.ts";
import { bytesToHex } from "../../../node/core/bytes.ts";
import { coinTexts, parseCoins } from "../../../node/core/coins.ts";
import { ed25519Address } from "../../../node/core/crypto/mod.ts";
import type { IbcHeight } from "../../../node/core/ibc/mod.ts";
import { ICS23_SPECS } from "../../../node/core/merkle/mod.ts";
import { type Nanos, timestampToNanos } from "../../../node/core/time.ts";
import { hashTx } from "../../../node/core/types/mod.ts";
import type { Work } from "../../../node/core/work.ts";
import { MsgUpdateValidatorCodec } from "../../../node/modules/validators/types.ts";
import { MultiStore, type StagedCommit } from "../../../node/state/mod.ts";
import { codec, DENOM, FakeStorage, makeTx, type Signer, signerOf } from "../../bad_input/harness.ts";
import { type Made, valueOf } from "../mini_chain.ts";
import { Blocks } from "./blocks.ts";
import { SECOND, TestClock } from "./clock.ts";
import { ValidatorKeys } from "./keys.ts";
import type { Delivered, IbcChain, Message, Proof } from "./ports.ts";

/** A codec of `cosmjs-types`, as far as queries need it. */
export interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

export interface TestChainOptions {
  /** `catenary-a-1` unless said. */
  readonly chainId?: string;
  readonly clock?: TestClock;
  /** Voting power of each validator; four of 10 unless said. */
  readonly validators?: readonly bigint[];
  /** How many accounts have coins; 10 unless said. */
  readonly accounts?: number;
  /** Of each account. */
  readonly coins?: string;
  /** By how much a block moves the clock; one second unless said. */
  readonly blockTime?: Nanos;
  readonly initialHeight?: bigint;
  /** Instead of the standard modules. */
  readonly modules?: (codec: AddressCodec) => ModuleSet;
  /** Changes the `app_state` the chain starts with, or gives another. */
  readonly appState?: (usual: Record<string, unknown>) => Readonly<Record<string, unknown>>;
}

export interface TxOptions {
  /** Who signs: a number of an account (0 unless said), or somebody. */
  readonly signer?: number | Signer;
  readonly gas?: bigint;
  readonly fee?: string;
  readonly memo?: string;
  /** How many transactions of the signer come before in the same block. */
  readonly after?: bigint;
}

const GAS = 20_000_000n;

/** A query that the chain refused. */
export class QueryRefused extends Error {
  constructor(path: string, readonly codespace: string, readonly code: number, log: string) {
    super(`query ${path}: ${codespace} ${code}: ${log}`);
  }
}

export class TestChain implements IbcChain {
  readonly chainId: string;
  readonly clock: TestClock;
  readonly blockTime: Nanos;
  readonly storage: FakeStorage;
  /** Names of the stores, sorted. */
  readonly stores: readonly string[];
  /** Type URLs of all messages it takes. */
  readonly messageTypes: readonly string[];
  readonly state: MultiStore;
  readonly app: Application;
  readonly blocks: Blocks;
  readonly validatorKeys: ValidatorKeys;
  readonly accounts: readonly Signer[];
  /** Transactions that were admitted and wait for the next block. */
  readonly mempool: Uint8Array[] = [];
  readonly history: Delivered[] = [];
  readonly delivered: Map<string, Delivered> = new Map();
  readonly proofSpecs = [ICS23_SPECS.jmt, ICS23_SPECS.tendermint];
  #meta: Uint8Array = new Uint8Array();
  readonly #watchers = new Set<() => void>();

  /** `parent`: the chain whose past this one shares; see {@linkcode TestChain.fork}. */
  constructor(private readonly options: TestChainOptions = {}, parent?: TestChain) {
    this.chainId = options.chainId ?? "catenary-a-1";
    this.clock = options.clock ?? new TestClock();
    this.blockTime = options.blockTime ?? SECOND;
    this.validatorKeys = new ValidatorKeys(this.chainId);
    this.accounts = Array.from(
      { length: options.accounts ?? 10 },
      (_, i) => signerOf(`account ${i} of ${this.chainId}`),
    );
    const set = (options.modules ?? standardModules)(codec);
    this.stores = applicationStores(set.modules);
    this.messageTypes = set.modules.flatMap(({ messages }) => messages.map(({ typeUrl }) => typeUrl));
    this.state = new MultiStore({ stores: this.stores, cacheBytesMax: 256 * 1024 * 1024 });
    const { chainId, state } = this;
    this.app = createApplication({ chainId, bech32Prefix: codec.prefix, state, modules: () => set });
    if (parent === undefined) {
      this.storage = new FakeStorage();
      this.blocks = new Blocks(this.#start(options), this.validatorKeys);
      this.nextBlock();
    } else {
      this.storage = parent.storage.clone();
      this.#meta = parent.#meta;
      state.open({ version: parent.state.version, meta: parent.#meta });
      this.app.resume?.(parent.time);
      this.blocks = parent.blocks.fork();
      this.history.push(...parent.history);
      this.delivered = new Map(parent.delivered);
    }
  }

  /** A chain with the same past, which goes its own way from here: for runs that all start alike. */
  fork(clock: TestClock = new TestClock(this.clock.now)): TestChain {
    return new TestChain({ ...this.options, clock }, this);
  }

  #start(options: TestChainOptions) {
    const { initialHeight = 1n, validators: powers = [10n, 10n, 10n, 10n], coins = `1000000000${DENOM}` } = options;
    const { chainId, accounts } = this;
    const usual = developmentAppState({
      accounts: accounts.map(({ address }) => ({ address: address.text, coins: coinTexts(parseCoins(coins)!) })),
      admins: accounts.slice(0, 1).map(({ address }) => address.text),
      denom: DENOM,
      prefix: codec.prefix,
    });
    const appState = options.appState?.(usual) ?? usual;
    const updates = powers.map((power, i): ValidatorUpdate => ({
      pubKey: { ed25519: this.validatorKeys.at(i).publicKey },
      power,
    }));
    const genesis: GenesisDoc = {
      chainId,
      genesisTime: this.clock.now,
      initialHeight,
      consensusParams: DEFAULT_CONSENSUS_PARAMS,
      validators: updates.map(({ pubKey, power }, i) => {
        const publicKey = pubKey.ed25519!;
        return { address: ed25519Address(publicKey), publicKey, power, name: `v${i}` };
      }),
      appHash: new Uint8Array(),
      appState,
    };
    const output = this.run(this.app.initChain({
      chainId,
      time: genesis.genesisTime,
      initialHeight,
      consensusParams: ConsensusParams.fromPartial(DEFAULT_CONSENSUS_PARAMS),
      validators: updates,
      appState,
    }));
    this.#commit(output.staged);
    return valueOf(chainStateFromGenesis(genesis, output));
  }

  #commit(staged: StagedCommit): void {
    this.storage.write(staged);
    this.app.commit(staged);
    this.#meta = staged.meta;
  }

  run<T>(work: Work<T>, version: bigint = this.state.version): T {
    return this.storage.run(work, version);
  }

  /** Height of the last block. */
  get height(): bigint {
    return this.blocks.height;
  }

  /** Time of the last block. */
  get time(): Nanos {
    return this.blocks.state.lastBlockTime;
  }

  ibcHeight(height: bigint = this.height): IbcHeight {
    return this.blocks.ibcHeight(height);
  }

  #execute({ block: { header, data }, blockId }: Made): BlockOutput {
    return this.run(this.app.executeBlock({
      height: header.height,
      time: timestampToNanos(header.time),
      hash: blockId.hash,
      proposerAddress: header.proposerAddress,
      txs: data.txs,
      misbehavior: [],
    }));
  }

  /** What the next block would do with these transactions. Nothing is committed, and the clock stays. */
  rehearse(txs: readonly Uint8Array[]): BlockOutput {
    return this.#execute(this.blocks.make(txs, this.clock.now + this.blockTime));
  }

  /** Moves the clock by the block time and makes a block of the mempool and `txs`. */
  nextBlock(txs: readonly Uint8Array[] = []): Delivered[] {
    this.clock.advance(this.blockTime);
    const all = [...this.mempool.splice(0), ...txs];
    const made = this.blocks.make(all, this.clock.now);
    const { height } = made.block.header;
    const output = this.#execute(made);
    this.#commit(output.staged);
    this.blocks.take(made, output);
    const results = output.txResults.map((result, i): Delivered => {
      const { code, codespace, log, data, gasUsed, events } = result;
      const hash = bytesToHex(hashTx(all[i]!)).toUpperCase();
      return { hash, height, code, codespace, log, data, gasUsed, events };
    });
    for (const result of results) this.delivered.set(result.hash, result);
    this.history.push(...results);
    for (const wake of [...this.#watchers]) wake();
    return results;
  }

  /** Calls `wake` after each block; returns how to end it. */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    return () => this.#watchers.delete(wake);
  }

  /** A signed transaction at the signer's sequence in the committed state. */
  sign(messages: readonly Message[], options: TxOptions = {}): Uint8Array {
    const { signer: who = 0, gas = GAS, after = 0n } = options;
    const signer = typeof who === "number" ? this.accounts[who]! : who;
    const { accountNumber, sequence } = this.account(signer.address);
    return makeTx({
      messages,
      signers: [{ signer, accountNumber, sequence: sequence + after }],
      gas,
      chainId: this.chainId,
      ...(options.fee !== undefined && { fee: options.fee }),
      ...(options.memo !== undefined && { memo: options.memo }),
    });
  }

  /** Makes a block with one transaction of these messages and answers what became of it. */
  deliver(messages: readonly Message[], options: TxOptions = {}): Delivered {
    return this.nextBlock([this.sign(messages, options)]).at(-1)!;
  }

  /** As {@linkcode deliver}; throws when it was refused. */
  deliverOk(messages: readonly Message[], options: TxOptions = {}): Delivered {
    const result = this.deliver(messages, options);
    if (result.code !== 0) throw new Error(`${this.chainId}: ${result.codespace} ${result.code}: ${result.log}`);
    return result;
  }

  /** The address of {@linkcode TestChain.relay}: the last account. */
  get relayer(): string {
    return this.accounts.at(-1)!.address.text;
  }

  relay(messages: readonly Message[]): Delivered {
    return this.deliver(messages, { signer: this.accounts.length - 1 });
  }

  header(height: bigint, trustedHeight: bigint): Header {
    return this.blocks.header(height, trustedHeight);
  }

  consensusState(height: bigint): ConsensusState {
    const { time: timestamp, appHash, nextValidatorsHash } = this.blocks.at(height).block.header;
    return ConsensusState.fromPartial({ timestamp, root: { hash: appHash }, nextValidatorsHash });
  }

  /** Offers a transaction to the mempool. */
  check(tx: Uint8Array): CheckTxResult {
    const checked = this.run(this.app.checkTx(tx, "new"));
    if (checked.code === 0) this.mempool.push(tx);
    return checked;
  }

  account(address: Address): { readonly accountNumber: bigint; readonly sequence: bigint } {
    const request = QueryAccountInfoRequest.fromPartial({ address: address.text });
    const path = "/cosmos.auth.v1beta1.Query/AccountInfo";
    return this.ask(path, QueryAccountInfoRequest, QueryAccountInfoResponse, request).info!;
  }

  /** Of an account number, an account or an address. */
  balance(of: number | Address | string, denom: string = DENOM): bigint {
    const address = typeof of === "string" ? of : typeof of === "number" ? this.accounts[of]!.address.text : of.text;
    const path = "/cosmos.bank.v1beta1.Query/Balance";
    const answer = this.ask(path, QueryBalanceRequest, QueryBalanceResponse, { address, denom });
    return BigInt(answer.balance!.amount);
  }

  /** A gRPC query in the state after `height`, or the latest. Throws a {@linkcode QueryRefused}. */
  query(path: string, data: Uint8Array, height: bigint = this.height): Uint8Array {
    const answer = this.run(this.app.query({ path, data, height, prove: false }), height);
    if (answer.code !== 0) throw new QueryRefused(path, answer.codespace, answer.code, answer.log);
    return answer.value;
  }

  /** As {@linkcode query}, with the codecs of request and response. */
  ask<Q, R>(path: string, request: Codec<Q>, response: Codec<R>, asked: Q, height?: bigint): R {
    return response.decode(this.query(path, request.encode(asked).finish(), height));
  }

  /** `key` of `store` after block `height`, proven to the header of the next one, which need not be there yet. */
  prove(store: string, key: Uint8Array, height: bigint = this.height): Proof {
    const path = `/store/${store}/key`;
    const answer = this.run(this.app.query({ path, data: key, height, prove: true }), height);
    if (answer.code !== 0) throw new QueryRefused(path, answer.codespace, answer.code, answer.log);
    const proofs = answer.proofOps!.ops.map(({ data }) => CommitmentProof.decode(data));
    return {
      value: answer.value.length === 0 ? undefined : answer.value,
      proof: MerkleProof.encode({ proofs }).finish(),
      height: this.ibcHeight(height + 1n),
    };
  }

  /** An admin sets the power of validators by their numbers (0 removes); in force two blocks later. */
  changeValidators(powers: Readonly<Record<number, bigint>>): Delivered {
    const { address: { text: authority } } = this.accounts[0]!;
    const messages = Object.entries(powers).map(([index, power]): Message => ({
      typeUrl: MsgUpdateValidatorCodec.typeUrl,
      value: MsgUpdateValidatorCodec.encode({
        authority,
        pubKey: this.validatorKeys.at(Number(index)).publicKey,
        power,
      }).finish(),
    }));
    return this.deliverOk(messages);
  }

  /** The root of each store that is not empty: what must not change when nothing was to be written. */
  roots(): ReadonlyMap<string, string> {
    const roots = new Map<string, string>();
    for (const store of this.stores) {
      const proven = this.run(this.state.prove(this.state.version, store, Uint8Array.of(0)));
      if (proven.ok) roots.set(store, bytesToHex(proven.value.storeRoot));
    }
    return roots;
  }

  /** The `app_state` of the committed state, as a genesis file would carry it. */
  exportGenesis(): Record<string, unknown> {
    return JSON.parse(JSON.stringify(this.run(this.app.exportGenesis())));
  }
}
