/** The query door: raw keys with proofs, gRPC paths, simulation. Every answer is of one committed version. @module */
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import type { ProofOps } from "cosmjs-types/tendermint/crypto/proof";
import { utf8ToBytes } from "../core/bytes.ts";
import { type CodedError, sdkRefusal } from "../core/errors.ts";
import type { Result } from "../core/result.ts";
import type { Work } from "../core/work.ts";
import { type MultiStore, type PendingState, STATE_KEY_BYTES_MAX } from "../state/mod.ts";
import type { AnteOptions } from "./ante.ts";
import { type DecodedTx, type DecodeOptions, decodeTx } from "./decode.ts";
import type { BlockContext } from "./module.ts";
import type { QueryInput, QueryOutput } from "./ports.ts";
import { keysOf } from "./prefetch.ts";
import type { Router } from "./router.ts";
import { decodeSimulateRequest, simulation } from "./simulate.ts";

const SIMULATE_PATHS = ["/cosmos.tx.v1beta1.Service/Simulate", "/app/simulate"];
const EMPTY = new Uint8Array();

/** What the door needs of the application. */
export interface QueryParts {
  readonly state: Pick<MultiStore, "version" | "has" | "at">;
  /** Where raw keys are read and proven. */
  readonly raw: { readonly state: Pick<MultiStore, "prove">; readonly stores: readonly string[] } | undefined;
  readonly router: Router;
  readonly ante: AnteOptions;
  readonly decode: DecodeOptions;
  readonly appVersion: string;
  /** The committed state with what waits in the mempool, as in the cosmos-sdk: so that sequences follow each other. */
  pending(): Pick<PendingState, "reader" | "prefetch" | "resident">;
  /** The block that would come next. */
  nextBlock(): BlockContext;
}

const refused = ({ codespace, code, message }: CodedError, height: bigint): QueryOutput => ({
  code,
  codespace,
  log: message,
  key: EMPTY,
  value: EMPTY,
  height,
  proofOps: undefined,
});

const answered = (value: Uint8Array, height: bigint): QueryOutput => ({
  code: 0,
  codespace: "",
  log: "",
  key: EMPTY,
  value,
  height,
  proofOps: undefined,
});

/** A refusal of the strict decoder as one of a request: code 18. */
const asQueryRefusal = (error: CodedError): CodedError =>
  error.codespace === "codec" ? sdkRefusal("invalidRequest", error.message) : error;

const outputOf = (result: Result<Uint8Array>, height: bigint): QueryOutput =>
  result.ok ? answered(result.value, height) : refused(asQueryRefusal(result.error), height);

/** The cosmos-sdk passes over a missing first slash of these, and relayers leave it out. */
const withSlash = (path: string): string => /^(store|app)\//.test(path) ? `/${path}` : path;

/** Whether a query is a simulation, which is about the last state and what waits, whatever height it names. */
export const isSimulation = (path: string): boolean => SIMULATE_PATHS.includes(withSlash(path));

const decodeSimulated = (query: Pick<QueryInput, "path" | "data">, decode: DecodeOptions): Result<DecodedTx> =>
  withSlash(query.path) === "/app/simulate"
    ? decodeTx(query.data, decode, true)
    : decodeSimulateRequest(query.data, decode);

/** The version that a query is to be bound to; heights that are not there are refused by the query itself. */
export function versionOf(latest: bigint, { path, height }: QueryInput): bigint {
  return isSimulation(path) || height <= 0n || height > latest ? latest : height;
}

/** Whether a query may run contracts: it asks one, or simulates a message that may. */
export function mayRunContracts({ router, decode }: QueryParts, query: QueryInput): boolean {
  if (!isSimulation(query.path)) return router.query(query.path)?.runsContracts === true;
  if (query.data.length > decode.limits.queryBytesMax) return false;
  const tx = decodeSimulated(query, decode);
  return tx.ok && tx.value.messages.some(({ route }) => route.mayRunContracts);
}

/** Answers one query. Its work has to be run bound to the version that {@linkcode versionOf} says. */
export function* answerQuery(parts: QueryParts, asked: QueryInput): Work<QueryOutput> {
  const query = { ...asked, path: withSlash(asked.path) };
  const latest = parts.state.version;
  const height = query.height === 0n ? latest : query.height;
  if (height < 0n) return refused(sdkRefusal("invalidHeight", `query at height ${height}`), latest);
  if (height > latest) {
    const detail = "cannot query with height in the future; please provide a valid height";
    return refused(sdkRefusal("invalidHeight", detail), latest);
  }
  if (!(yield* parts.state.has(height))) {
    return refused(sdkRefusal("invalidHeight", `query at height ${height}: there is no such version`), latest);
  }
  const { queryBytesMax } = parts.decode.limits;
  if (query.data.length > queryBytesMax) {
    const detail = `read query: ${query.data.length} bytes, limit ${queryBytesMax}`;
    return refused(sdkRefusal("invalidRequest", detail), height);
  }
  if (SIMULATE_PATHS.includes(query.path)) return yield* simulate(parts, query, latest);
  if (query.path === "/app/version") return answered(utf8ToBytes(parts.appVersion), height);
  if (query.path.startsWith("/store/")) return yield* readStore(parts, query, height);
  const handler = parts.router.query(query.path);
  if (handler === undefined) return unknownPath(query.path, height);
  const { chainId, time } = parts.nextBlock();
  const { reader: view, resident } = parts.state.at(height);
  return yield* resident(() => outputOf(handler.handle({ view, height, chainId, time }, query.data), height));
}

const unknownPath = (path: string, height: bigint) =>
  refused(sdkRefusal("unknownRequest", `unknown query path ${path.slice(0, 200)}`), height);

function* simulate(parts: QueryParts, query: QueryInput, height: bigint): Work<QueryOutput> {
  const { ante, decode } = parts;
  const tx = decodeSimulated(query, decode);
  if (!tx.ok) return refused(asQueryRefusal(tx.error), height);
  const { simulateGasMax } = decode.limits;
  const pending = parts.pending();
  yield* pending.prefetch(keysOf([tx.value], ante.accounts, ante.fees));
  const run = simulation(pending.reader, tx.value, parts.nextBlock(), ante, simulateGasMax);
  for (;;) {
    const answer = yield* pending.resident(run);
    if (answer !== "paused") return outputOf(answer, height);
    yield { type: "pause" };
  }
}

/** `/store/<name>/key`: the value of a raw key, with the two proofs that lead to the app hash of header `height + 1`. */
function* readStore(
  { state, raw }: QueryParts,
  { path, data: key, prove }: QueryInput,
  height: bigint,
): Work<QueryOutput> {
  const match = /^\/store\/([a-z0-9_]{1,64})\/key$/.exec(path);
  if (match === null || raw === undefined) return unknownPath(path, height);
  const store = match[1]!;
  if (!raw.stores.includes(store)) return refused(sdkRefusal("unknownRequest", `no such store: ${store}`), height);
  if (key.length === 0 || key.length > STATE_KEY_BYTES_MAX) {
    return refused(sdkRefusal("invalidRequest", `read ${store}: a key of ${key.length} bytes`), height);
  }
  if (!prove) {
    const { reader, resident } = state.at(height);
    const value = yield* resident(() => reader.get(store, key));
    return { ...answered(value ?? EMPTY, height), key };
  }
  const proven = yield* raw.state.prove(height, store, key);
  if (!proven.ok) return refused(proven.error, height);
  const { value, proofs: [inner, outer] } = proven.value;
  const proofOps: ProofOps = {
    ops: [
      { type: "ics23:jmt", key, data: CommitmentProof.encode(inner).finish() },
      { type: "ics23:simple", key: utf8ToBytes(store), data: CommitmentProof.encode(outer).finish() },
    ],
  };
  return { ...answered(value ?? EMPTY, height), key, proofOps };
}
