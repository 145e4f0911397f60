/** Making a client, or finding one that will do. @module */
import type { IdentifiedClientState } from "cosmjs-types/ibc/core/client/v1/client";
import type { Header } from "cosmjs-types/tendermint/types/types";
import { equalBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import {
  decodeClientState,
  encodeClientState,
  NEXT_CLIENT_SEQUENCE_PATH,
  ZERO_HEIGHT,
} from "../../node/core/ibc/mod.ts";
import { checkSealed, readLightBlock } from "../../node/core/light/mod.ts";
import type { Result } from "../../node/core/result.ts";
import type { Endpoint } from "../chain/mod.ts";
import { conflictOf, proofSpecsOf, readClientState } from "../light/mod.ts";
import {
  type ChainFacts,
  CLOCK_DRIFT_DEFAULT_NS,
  createClientMessage,
  planClient,
  UNBONDING_DEFAULT_NS,
} from "../path/mod.ts";
import { queryClientStatus, queryTrusted } from "./clients.ts";
import type { HandshakeChain, HandshakeFault, HandshakeOptions, HandshakeStep } from "./handshake_ports.ts";
import { queryClients, queryUnbonding } from "./handshake_queries.ts";
import { attributeOf, end, HandshakeEnded, HandshakeRun, settle } from "./handshake_run.ts";

/** Before, a chain has no state that a header proves, or will not prove it (cosmos-sdk, of its first block). */
const FIRST_HEIGHT = 3n;
/** Clients whose beliefs are compared with the chain before a new one is made. */
const CANDIDATES_MAX = 5;

/** A header to begin with. Nobody can prove the first one: it is what the chain's own RPC says, sealed by its validators. */
async function firstHeader(run: HandshakeRun, followed: HandshakeChain): Promise<Header> {
  const { height } = await run.headAt(followed, FIRST_HEIGHT);
  const block = await followed.endpoint.lightBlock(height);
  const sealed = checkSealed(block);
  if (!sealed.ok) return end("unbelievable", `read block ${height} of ${followed.name}: ${sealed.error.message}`);
  const read = readLightBlock(block);
  return read.ok ? read.value.header : end("unbelievable", `read block ${height} of ${followed.name}: ${read.error}`);
}

/** What new clients of the chain are made with; its proofs tell which trees it has. */
async function factsOf(followed: HandshakeChain, header: Header): Promise<ChainFacts> {
  const { endpoint, storePrefix: store, clientSettings = {} } = followed;
  const key = utf8ToBytes(NEXT_CLIENT_SEQUENCE_PATH);
  const { value, proof } = await endpoint.prove(store, key, header.height - 1n);
  const specs = proofSpecsOf(header.appHash, { store, key, value, proof });
  if (!specs.ok) return end("unbelievable", `read ${followed.name}: ${specs.error.message}`);
  const { trustingNs, trustLevel } = clientSettings;
  const unbondingNs = clientSettings.unbondingNs ?? await queryUnbonding(endpoint) ?? UNBONDING_DEFAULT_NS;
  return {
    unbondingNs,
    clockDriftNs: clientSettings.clockDriftNs ?? CLOCK_DRIFT_DEFAULT_NS,
    proofSpecs: specs.value,
    ...(trustingNs !== undefined && { trustingNs }),
    ...(trustLevel !== undefined && { trustLevel }),
  };
}

/** The state without what changes while a client is used. */
function lasting(bytes: Uint8Array): Uint8Array | undefined {
  const state = decodeClientState(bytes);
  return state.ok ? encodeClientState({ ...state.value, latestHeight: ZERO_HEIGHT }) : undefined;
}

/** A client that believes the chain's block at the latest height it knows. */
async function believes(
  keeper: HandshakeChain,
  followed: HandshakeChain,
  found: IdentifiedClientState,
): Promise<boolean> {
  const { clientId, clientState } = found;
  const client = readClientState(clientState!);
  if (!client.ok || await queryClientStatus(keeper.endpoint, clientId) !== "Active") return false;
  const point = await queryTrusted(keeper.endpoint, clientId, client.value.latestHeight);
  if (point === undefined) return false;
  try {
    const block = await followed.endpoint.lightBlock(point.height.revisionHeight);
    return conflictOf(point, block) === undefined;
  } catch {
    // The chain does not serve that height any more: whoever made the client may have made it up.
    return false;
  }
}

/** Of clients just as one would be made now, the newest that believes the truth: most likely we made it, and were stopped. */
async function findClient(
  keeper: HandshakeChain,
  followed: HandshakeChain,
  wanted: Uint8Array,
): Promise<string | undefined> {
  const all = await queryClients(keeper.endpoint);
  const alike = all.filter(({ clientState }) => {
    const state = clientState && lasting(clientState.value);
    return state !== undefined && equalBytes(state, wanted);
  });
  const number = ({ clientId }: IdentifiedClientState) => Number(clientId.split("-").at(-1));
  for (const found of alike.sort((a, b) => number(b) - number(a)).slice(0, CANDIDATES_MAX)) {
    if (await believes(keeper, followed, found)) return found.clientId;
  }
  return undefined;
}

/** What came of it: `step` is undefined when a client was found. */
export interface ClientMade {
  readonly clientId: string;
  readonly step: HandshakeStep | undefined;
}

/** Clients that are being made in this process: by the endpoint of their chain, then by the chain they follow. */
const making = new WeakMap<Endpoint, Map<string, Promise<unknown>>>();

/**
 * A client on `keeper` that follows `followed`; one that is there already where `reuse` says so. One at a time: who opens a path
 * while somebody asks for a client shall find that one.
 */
export async function ensureClient(
  run: HandshakeRun,
  keeper: HandshakeChain,
  followed: HandshakeChain,
  reuse: boolean,
): Promise<ClientMade> {
  let here = making.get(keeper.endpoint);
  if (here === undefined) making.set(keeper.endpoint, here = new Map());
  const before = here.get(followed.name);
  const made = (async () => {
    await before?.catch(() => {});
    return await makeClient(run, keeper, followed, reuse);
  })();
  here.set(followed.name, made);
  try {
    return await made;
  } finally {
    if (here.get(followed.name) === made) here.delete(followed.name);
  }
}

async function makeClient(
  run: HandshakeRun,
  keeper: HandshakeChain,
  followed: HandshakeChain,
  reuse: boolean,
): Promise<ClientMade> {
  const header = await firstHeader(run, followed);
  const states = planClient(header, await factsOf(followed, header));
  if (!states.ok) return end("impossible", states.error.message);
  const known = reuse ? await findClient(keeper, followed, lasting(states.value.clientState.value)!) : undefined;
  if (known !== undefined) return { clientId: known, step: undefined };
  const done = await run.submit(keeper, (signer) => [createClientMessage(states.value, signer)]);
  if ("code" in done) throw new HandshakeEnded(done);
  const clientId = attributeOf(done.events, "create_client", "client_id");
  if (clientId === undefined) return end("unbelievable", `make client on ${keeper.name}: no create_client event`);
  const { height, hash } = done;
  const step = run.told({
    step: "create_client",
    chain: keeper.name,
    id: clientId,
    height,
    txHash: hash,
    proofHeight: undefined,
  });
  return { clientId, step };
}

/** Makes a client on `keeper` that follows `followed`. */
export function createClient(
  keeper: HandshakeChain,
  followed: HandshakeChain,
  options: HandshakeOptions,
): Promise<Result<HandshakeStep, HandshakeFault>> {
  return settle(async () => {
    const { step } = await ensureClient(new HandshakeRun(options), keeper, followed, false);
    return step!;
  });
}
