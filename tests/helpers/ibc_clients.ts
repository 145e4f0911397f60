/** A keeper of clients over a state of its own, and a made-up chain for `07-tendermint` clients to follow. @module */
import { assert } from "@std/assert";
import type { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import type { Any } from "cosmjs-types/google/protobuf/any";
import { Any as AnyCodec } from "cosmjs-types/google/protobuf/any";
import { ConsensusState, Header, Misbehaviour } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import type { RunContext } from "../../node/app/_run_context.ts";
import { FreeGasMeter } from "../../node/app/gas.ts";
import type { GasMeter } from "../../node/app/ports.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { encode, type MessageCodec } from "../../node/core/codec/mod.ts";
import {
  ClientStateCodec,
  encodeMerkleProof,
  type IbcHeight,
  type TendermintClientState,
} from "../../node/core/ibc/mod.ts";
import { ICS23_SPECS, type MapEntry, tendermintMapProof, tendermintMapRoot } from "../../node/core/merkle/mod.ts";
import type { Result } from "../../node/core/result.ts";
import { ClientKeeper, initClientGenesis } from "../../node/modules/ibc/client/mod.ts";
import { STANDARD_LIGHT_CLIENTS } from "../../node/modules/ibc/light_clients/mod.ts";
import { Journal } from "../../node/state/mod.ts";
import { testContext } from "./context.ts";
import {
  type BlockParts,
  makeLightBlock,
  type Member,
  membersOf,
  sealHeader,
  validatorsOf,
  type WholeLightBlock,
} from "./light_chain.ts";

/** A moment from which tests count, in nanoseconds. */
export const T0 = 1_700_000_000_000_000_000n;
export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;

/** The height in the first revision of the made-up chain. */
export const h = (revisionHeight: bigint, revisionNumber = 1n): IbcHeight => ({ revisionNumber, revisionHeight });

export const anyOf = <T>(codec: MessageCodec<T>, message: T): Any => ({
  typeUrl: codec.typeUrl,
  value: encode(codec, message),
});

/** `codespace/code`, or `ok`. */
export const codeOf = (result: Result<unknown>): string =>
  result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;

/** Clients of one chain; everything is written to one journal. */
export class Clients {
  readonly codec = new AddressCodec("cat");
  readonly keeper = new ClientKeeper(this.codec, STANDARD_LIGHT_CLIENTS);
  readonly journal = new Journal({ get: () => undefined, page: () => [] });
  readonly creator = this.codec.of(new Uint8Array(20).fill(7));
  /** What the last step emitted. */
  events: RunContext["events"] = [];

  constructor(genesis?: unknown) {
    const read = initClientGenesis(this.keeper, this.at(T0), genesis);
    assert(read.ok, read.ok ? "" : read.error.message);
  }

  at(time: bigint, height = 100n, gas: GasMeter = new FreeGasMeter()): RunContext {
    return testContext({ chainId: "own-3", time, height }, this.journal, gas);
  }

  create(clientState: Any, consensusState: Any, time = T0): Result<string> {
    return this.#atomic(
      time,
      100n,
      (context) => this.keeper.create(context, clientState, consensusState, this.creator),
    );
  }

  update(clientId: string, message: Any, time: bigint, height = 100n): Result<undefined> {
    const decoded = this.keeper.decodeMessage(message);
    if (!decoded.ok) return decoded;
    return this.#atomic(time, height, (context) => this.keeper.update(context, clientId, decoded.value));
  }

  recover(subject: string, substitute: string, time: bigint): Result<undefined> {
    return this.#atomic(time, 100n, (context) => this.keeper.recover(context, subject, substitute));
  }

  /** What a refused step wrote is taken back, as a transaction does. */
  #atomic<T>(time: bigint, height: bigint, run: (context: RunContext) => Result<T>): Result<T> {
    const context = this.at(time, height);
    const { result } = context.attempt(() => run(context));
    this.events = context.events;
    return result;
  }

  status(clientId: string, time: bigint): string {
    return this.keeper.status(this.at(time), clientId);
  }

  has(clientId: string, height: IbcHeight): boolean {
    return this.keeper.consensusState(this.journal, clientId, height) !== undefined;
  }

  /** All keys below `clients/`, as text. */
  keys(): string[] {
    return this.journal.changes().filter(({ value }) => value !== undefined)
      .map(({ key }) => String.fromCharCode(...key)).filter((key) => key.startsWith("clients/"));
  }
}

/** Four validators of equal power. */
export const FOUR: readonly Member[] = membersOf([0, 1, 2, 3]);

/** A block of `src-1`: at height `n`, `n` seconds after {@linkcode T0}, by {@linkcode FOUR}. */
export function block(height: bigint, change: Partial<BlockParts> & { appHash?: Uint8Array } = {}): WholeLightBlock {
  const { appHash, ...parts } = change;
  const whole = { chainId: "src-1", height, time: T0 + height * SECOND, members: FOUR, next: FOUR, ...parts };
  const made = makeLightBlock(whole);
  if (appHash === undefined) return made;
  const header = { ...made.signedHeader.header, appHash };
  const commit = sealHeader(header, whole.members, parts.signers ?? whole.members);
  return { ...made, signedHeader: { header, commit } };
}

/** The client state of a new client of `src-1` at height 1. */
export const stateOf = (change: Partial<TendermintClientState> = {}): TendermintClientState => ({
  chainId: "src-1",
  trustLevel: { numerator: 1n, denominator: 3n },
  trustingPeriod: { seconds: 3_600n, nanos: 0 },
  unbondingPeriod: { seconds: 7_200n, nanos: 0 },
  maxClockDrift: { seconds: 10n, nanos: 0 },
  frozenHeight: h(0n, 0n),
  latestHeight: h(1n),
  proofSpecs: [ICS23_SPECS.tendermint, ICS23_SPECS.tendermint],
  upgradePath: ["upgrade", "upgradedIBCState"],
  allowUpdateAfterExpiry: false,
  allowUpdateAfterMisbehaviour: false,
  ...change,
});

/** What a client knows of a block. */
export const consensusOf = ({ signedHeader: { header } }: WholeLightBlock): ConsensusState => ({
  timestamp: header.time,
  root: { hash: header.appHash },
  nextValidatorsHash: header.nextValidatorsHash,
});

/** The header of a block for a client that trusts `trustedHeight`, after which `trusted` are the validators. */
export const headerOf = (
  { signedHeader, validatorSet }: WholeLightBlock,
  trustedHeight: bigint | IbcHeight,
  trusted: readonly Member[] = FOUR,
): Header => ({
  signedHeader,
  validatorSet: setOf(validatorSet.validators),
  trustedHeight: typeof trustedHeight === "bigint" ? h(trustedHeight) : trustedHeight,
  trustedValidators: setOf(validatorsOf(trusted)),
});

const setOf = (validators: WholeLightBlock["validatorSet"]["validators"]) => ({
  validators,
  totalVotingPower: 0n,
  ...(validators[0] && { proposer: validators[0] }),
});

export const headerAny = (...args: Parameters<typeof headerOf>): Any => anyOf(Header, headerOf(...args));

export const evidenceAny = (header1: Header, header2: Header): Any =>
  anyOf(Misbehaviour, { clientId: "07-tendermint-0", header1, header2 });

/** Makes a client of `src-1`, trusting `first` (block 1, unless another is given). */
export function createTendermint(
  clients: Clients,
  change: Partial<TendermintClientState> = {},
  first: WholeLightBlock = block(1n),
): string {
  const created = clients.create(
    anyOf(ClientStateCodec, stateOf(change)),
    anyOf(ConsensusState, consensusOf(first)),
    T0 + SECOND,
  );
  assert(created.ok, created.ok ? "" : created.error.message);
  return created.value;
}

/** A state of a made-up chain: one store, with its proofs. */
export class SourceState {
  readonly #store: readonly MapEntry[];
  readonly #stores: readonly MapEntry[];
  readonly appHash: Uint8Array;

  constructor(entries: Readonly<Record<string, string | Uint8Array>>, readonly storeName = "ibc") {
    this.#store = Object.entries(entries).map(([key, value]) => [
      utf8ToBytes(key),
      typeof value === "string" ? utf8ToBytes(value) : value,
    ]);
    const root = tendermintMapRoot(this.#store);
    this.#stores = [[utf8ToBytes("acc"), new Uint8Array(32).fill(1)], [utf8ToBytes(storeName), root]];
    this.appHash = tendermintMapRoot(this.#stores);
  }

  proofs(key: string): CommitmentProof[] {
    const store = utf8ToBytes(this.storeName);
    return [tendermintMapProof(this.#store, utf8ToBytes(key)), tendermintMapProof(this.#stores, store)];
  }

  proof(key: string): Uint8Array {
    return encodeMerkleProof(this.proofs(key));
  }

  path(key: string): Uint8Array[] {
    return [utf8ToBytes(this.storeName), utf8ToBytes(key)];
  }
}

/** Bytes of an `Any`. */
export const anyBytes = (any: Any): Uint8Array => encode(AnyCodec, any);
