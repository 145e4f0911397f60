/**
 * A chain in memory for tests of contracts: accounts, coins, blocks, and contracts that run in the engine the real chain
 * has, with its fuel. What a call does it does at once; a failed call throws {@linkcode ContractError} and leaves nothing.
 *
 * @module
 */
import { AddressCodec } from "../../../node/core/address.ts";
import { sha256 } from "../../../node/core/crypto/mod.ts";
import type { EntryPoint, ExecutionEngine } from "../../engine.ts";
import { BankRefused, ContractError, ContractStopped } from "./contract_error.ts";
import { contractPort } from "./contract_port.ts";
import { dispatch, type Frame } from "./dispatch.ts";
import { MockHost } from "./host.ts";
import { type Coin, type ContractResponse, fromJsonBytes, type MockEvent, toJsonBytes } from "./messages.ts";
import { defaultEngine } from "./engine.ts";
import { MockIbc } from "./ibc.ts";
import { contractOfPort, type MockApplication, PORT_ENTRY_POINTS, portOf, TRANSFER_PORT } from "./ibc_types.ts";
import { type MockContract, MockState } from "./state.ts";
import { tokenPort } from "./tokens.ts";
import { sendTokens } from "./tokens_send.ts";

const NANOS_PER_SECOND = 1_000_000_000n;
/** Half a minute of machine time by the cost table: whoever needs more has a loop without an end. */
const FUEL = 30_000_000_000_000n;
/** Levels of contracts that call contracts. */
const DEPTH_MAX = 10;
const TRANSFER_SECONDS = 600n;

/** What a call did. */
export interface Outcome {
  readonly events: readonly MockEvent[];
  /** Bytes that the contract gave back; undefined for none. */
  readonly data: Uint8Array | undefined;
  /** Fuel of this call and all that followed from it. */
  readonly fuel: bigint;
}

/** What may come with a call. */
export interface CallOptions {
  /** Coins of the sender that go to the contract. */
  readonly funds?: readonly Coin[];
}

export interface InstantiateOptions extends CallOptions {
  readonly label?: string;
  /** Who may migrate the contract; nobody unless given. */
  readonly admin?: string;
}

export interface TransferOptions {
  /** How long the coin may be under way; ten minutes unless given. */
  readonly seconds?: bigint;
  readonly memo?: string;
}

export interface MockChainOptions {
  readonly chainId?: string;
  /** Of addresses; `cat` unless given. */
  readonly prefix?: string;
  readonly height?: bigint;
  /** Of the first block; 2030-01-01 unless given. */
  readonly time?: Date;
  /** Limit of fuel for each call. */
  readonly fuel?: bigint;
  readonly engine?: ExecutionEngine;
  /** Lines that contracts write with `debug`. */
  readonly onDebug?: (line: string) => void;
}

interface MockCode {
  readonly checksum: Uint8Array;
  readonly wasm: Uint8Array;
  readonly entryPoints: ReadonlySet<EntryPoint>;
}

/** One chain in memory. */
export class MockChain {
  readonly state = new MockState();
  readonly ibc: MockIbc = new MockIbc(this);
  readonly engine: ExecutionEngine;
  readonly chainId: string;
  readonly addresses: AddressCodec;
  readonly #codes: MockCode[] = [];
  readonly #fuel: bigint;
  readonly #onDebug: (line: string) => void;
  #height: bigint;
  #nanos: bigint;
  #instances = 0;

  constructor(options: MockChainOptions = {}) {
    this.engine = options.engine ?? defaultEngine();
    this.chainId = options.chainId ?? "mock-1";
    this.addresses = new AddressCodec(options.prefix ?? "cat");
    this.#height = options.height ?? 1n;
    this.#nanos = BigInt((options.time ?? new Date("2030-01-01T00:00:00Z")).getTime()) * 1_000_000n;
    this.#fuel = options.fuel ?? FUEL;
    this.#onDebug = options.onDebug ?? (() => {});
  }

  /** Height of the block that calls run in. */
  get height(): bigint {
    return this.#height;
  }

  /** Its time, in nanoseconds since 1970. */
  get nanos(): bigint {
    return this.#nanos;
  }

  /** Its time in whole seconds. */
  get time(): bigint {
    return this.#nanos / NANOS_PER_SECOND;
  }

  /** Goes on by blocks, five seconds each unless said otherwise. */
  advance({ blocks = 1n, seconds = 5n * blocks }: { blocks?: bigint; seconds?: bigint } = {}): void {
    this.#height += blocks;
    this.#nanos += seconds * NANOS_PER_SECOND;
  }

  /** The address that belongs to a name, always the same; `coins` are made for it. */
  account(name: string, ...coins: Coin[]): string {
    const address = this.addresses.of(sha256(new TextEncoder().encode(`account ${name}`)).subarray(0, 20)).text;
    for (const { denom, amount } of coins) this.mint(address, denom, BigInt(amount));
    return address;
  }

  /** Makes coins. */
  mint(address: string, denom: string, amount: bigint): void {
    this.state.setBalance(address, denom, this.state.balance(address, denom) + amount);
  }

  balance(address: string, denom: string): bigint {
    return this.state.balance(address, denom);
  }

  /** Uploads a code; gives its number. Refuses what a chain would refuse. */
  store(wasm: Uint8Array): number {
    const report = this.engine.check(wasm);
    if (!report.ok) throw new ContractError(`store the code: ${report.error.message}`);
    this.#codes.push({ ...report.value, wasm });
    return this.#codes.length;
  }

  /** Makes a contract of a code. */
  instantiate(sender: string, codeId: number, message: unknown, options: InstantiateOptions = {}): MockInstance {
    const contract = this.transaction((frame) => this.create(frame, sender, codeId, toJsonBytes(message), options));
    return new MockInstance(this, contract.result.address, contract.outcome);
  }

  /** Calls a contract. */
  execute(sender: string, contract: string, message: unknown, options: CallOptions = {}): Outcome {
    return this.transaction((frame) =>
      this.run(frame, "execute", contract, toJsonBytes(message), sender, options.funds ?? [])
    ).outcome;
  }

  /** Gives a contract another code, which only its admin may. */
  migrate(sender: string, contract: string, codeId: number, message: unknown): Outcome {
    return this.transaction((frame) => this.migrateIn(frame, sender, contract, codeId, toJsonBytes(message))).outcome;
  }

  /** Calls a contract's `sudo`, as the chain itself does. */
  sudo(contract: string, message: unknown): Outcome {
    return this.transaction((frame) => this.run(frame, "sudo", contract, toJsonBytes(message), undefined, [])).outcome;
  }

  /** Sends a coin over a channel of the chain's own token transfers, as anybody may; see {@linkcode tokensOf}. */
  transfer(sender: string, channelId: string, to: string, coin: Coin, options: TransferOptions = {}): Outcome {
    const { seconds = TRANSFER_SECONDS, memo = "" } = options;
    const timeout = { block: undefined, nanos: this.#nanos + seconds * NANOS_PER_SECOND };
    return this.transaction((frame) => sendTokens(this, frame, sender, { channelId, to, coin, timeout, memo })).outcome;
  }

  /** Asks a contract; gives its answer as JSON has it. */
  query<T = unknown>(contract: string, message: unknown): T {
    const frame = this.#frame();
    return fromJsonBytes(this.ask(frame, contract, toJsonBytes(message))) as T;
  }

  #frame(): Frame {
    return { events: [], data: undefined, fuel: { left: this.#fuel }, depth: 0 };
  }

  /** Does something whole or, when it throws, not at all. */
  transaction<T>(work: (frame: Frame) => T): { readonly result: T; readonly outcome: Outcome } {
    const frame = this.#frame();
    const checkpoint = this.state.checkpoint();
    try {
      const result = work(frame);
      return { result, outcome: { events: frame.events, data: frame.data, fuel: this.#fuel - frame.fuel.left } };
    } catch (error) {
      this.state.revert(checkpoint);
      throw error;
    }
  }

  /** A contract that is there. */
  contractAt(address: string): MockContract {
    const contract = this.state.contract(address);
    if (contract === undefined) throw new ContractError(`${address}: no such contract`);
    return contract;
  }

  /** Moves coins, as bank does. */
  send(frame: Frame, from: string, to: string, coins: readonly Coin[]): void {
    for (const { denom, amount } of coins) {
      const [has, wants] = [this.state.balance(from, denom), BigInt(amount)];
      if (wants <= 0n) throw new ContractError(`${amount}${denom}: invalid coins`);
      if (has < wants) {
        throw new BankRefused(
          `spendable balance ${has}${denom} is smaller than ${amount}${denom}: insufficient funds`,
        );
      }
      this.state.setBalance(from, denom, has - wants);
      this.state.setBalance(to, denom, this.state.balance(to, denom) + wants);
    }
    if (coins.length === 0) return;
    const amount = coins.map((coin) => coin.amount + coin.denom).join(",");
    const attributes = [{ key: "recipient", value: to }, { key: "sender", value: from }, {
      key: "amount",
      value: amount,
    }];
    frame.events.push({ type: "transfer", attributes });
  }

  /** Makes a contract within a call. */
  create(
    frame: Frame,
    sender: string,
    codeId: number,
    message: Uint8Array,
    { funds = [], label = "mock", admin }: InstantiateOptions,
  ): MockContract {
    if (this.#codes[codeId - 1] === undefined) throw new ContractError(`code id ${codeId}: no such code`);
    const seed = new TextEncoder().encode(`contract ${codeId} ${++this.#instances}`);
    const address = this.addresses.of(sha256(seed)).text;
    const contract: MockContract = { address, codeId, creator: sender, admin, label };
    this.state.setContract(contract);
    this.run(frame, "instantiate", address, message, sender, funds);
    return contract;
  }

  /** Migrates a contract within a call. */
  migrateIn(frame: Frame, sender: string, address: string, codeId: number, message: Uint8Array): void {
    const contract = this.contractAt(address);
    if (contract.admin !== sender) throw new ContractError("can not migrate: unauthorized");
    if (this.#codes[codeId - 1] === undefined) throw new ContractError(`code id ${codeId}: no such code`);
    this.state.setContract({ ...contract, codeId });
    this.run(frame, "migrate", address, message, undefined, []);
  }

  /** Runs an entry point and everything that follows from it; `sender` undefined where there is none. */
  run(
    frame: Frame,
    entry: EntryPoint,
    address: string,
    message: Uint8Array,
    sender: string | undefined,
    funds: readonly Coin[],
  ): void {
    if (frame.depth === DEPTH_MAX) throw new ContractError("max call depth exceeded");
    this.contractAt(address);
    if (sender !== undefined) this.send(frame, sender, address, funds);
    const info = sender === undefined ? [] : [toJsonBytes({ sender, funds })];
    const response = this.call(frame, entry, address, [...info, message]) as ContractResponse;
    dispatch(this, frame, entry, address, response);
  }

  /** Asks a contract within a call; the answer's bytes. */
  ask(frame: Frame, address: string, message: Uint8Array): Uint8Array {
    if (frame.depth === DEPTH_MAX) throw new ContractError("max query stack size exceeded");
    const answer = this.call(frame, "query", address, [message]);
    return Uint8Array.fromBase64(answer as string);
  }

  /** What is behind a port: the chain's own token transfers, or a contract that has all entry points for that. */
  application(portId: string): MockApplication {
    if (portId === TRANSFER_PORT) return tokenPort(this);
    const address = contractOfPort(portId);
    const { entryPoints } = this.#codes[this.contractAt(address).codeId - 1]!;
    const missing = PORT_ENTRY_POINTS.filter((entry) => !entryPoints.has(entry));
    if (missing.length > 0) throw new ContractError(`${address} has no port: its code lacks ${missing.join(", ")}`);
    return contractPort(this, address);
  }

  #env(address: string): Uint8Array {
    return toJsonBytes({
      block: { height: Number(this.#height), time: this.#nanos, chain_id: this.chainId },
      transaction: { index: 0 },
      contract: { address },
    });
  }

  /** Calls an entry point with what comes behind `env`; what it answered, of which nothing is carried out. */
  call(frame: Frame, entry: EntryPoint, address: string, messages: readonly Uint8Array[]): unknown {
    const contract = this.contractAt(address);
    const { checksum, wasm } = this.#codes[contract.codeId - 1]!;
    const args = [this.#env(address), ...messages];
    const host = new MockHost(this, { ...frame, depth: frame.depth + 1 }, address, this.#onDebug);
    const call = { checksum, code: () => wasm, entry, args, host, fuel: frame.fuel.left };
    const { fuelUsed, result } = entry === "query" ? this.engine.query(call) : this.engine.call(call);
    // What was asked of others within this call has been taken off already.
    frame.fuel.left = call.fuel - fuelUsed;
    if (!result.ok) throw new ContractStopped(result.error.message);
    const answer = fromJsonBytes(result.value) as { ok?: unknown; error?: string };
    if (answer.error !== undefined) throw new ContractError(answer.error);
    return answer.ok;
  }
}

/** A contract on a mock chain, with its address at hand. */
export class MockInstance {
  constructor(readonly chain: MockChain, readonly address: string, readonly outcome: Outcome) {}

  /** Its port, from which channels can be opened if it has the entry points for that. */
  get portId(): string {
    return portOf(this.address);
  }

  /** Calls it. */
  execute(sender: string, message: unknown, ...funds: Coin[]): Outcome {
    return this.chain.execute(sender, this.address, message, { funds });
  }

  /** Asks it. */
  query<T = unknown>(message: unknown): T {
    return this.chain.query<T>(this.address, message);
  }
}

/** The value of the first attribute `key` of events of a type (`wasm` unless given). */
export function attribute(outcome: Outcome, key: string, type = "wasm"): string | undefined {
  for (const event of outcome.events) {
    if (event.type !== type) continue;
    const found = event.attributes.find((one) => one.key === key);
    if (found) return found.value;
  }
  return undefined;
}
