/** The query door: raw keys with proofs, gRPC paths, simulation. Every answer is of one committed version. @module */
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import type { ProofOps } from "cosmjs-types/tendermint/crypto/proof";
import { utf8ToBytes } from "../core/bytes.ts";
import { type CodedError, sdkRefusal } from "../core/errors.ts";
import type { Result } from "../core/result.ts";
import type { Work } from "../core/work.ts";
import { type MultiStore, STATE_KEY_BYTES_MAX } from "../state/mod.ts";
import type { StateReader } from "../state/view.ts";
import type { AnteOptions } from "./ante.ts";
import { type DecodeOptions, decodeTx } from "./decode.ts";
import type { BlockContext } from "./module.ts";
import type { QueryInput, QueryOutput } from "./ports.ts";
import { keysOf } from "./prefetch.ts";
import type { Router } from "./router.ts";
import { decodeSimulateRequest, simulation } from "./simulate.ts";

const SIMULATE_PATHS = ["/cosmos.tx.v1beta1.Service/Simulate", "/app/simulate"];
const EMPTY = new Uint8Array();

/** What the door needs of the application. */
export interface QueryParts {
  readonly state: MultiStore;
  readonly stores: readonly string[];
  readonly router: Router;
  readonly ante: AnteOptions;
  readonly decode: DecodeOptions;
  readonly appVersion: string;
  /** The committed state with what waits in the mempool, as in the cosmos-sdk: so that sequences follow each other. */
  pending(): StateReader;
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

/** Answers one query. Its work has to be run bound to the height that is asked about (0: the last committed). */
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
  const { state, ante, decode } = parts;
  const tx = query.path === "/app/simulate"
    ? decodeTx(query.data, decode, true)
    : decodeSimulateRequest(query.data, decode);
  if (!tx.ok) return refused(asQueryRefusal(tx.error), height);
  const { simulateGasMax } = decode.limits;
  yield* state.prefetch(keysOf([tx.value], ante.accounts, ante.fees));
  const run = simulation(parts.pending(), tx.value, parts.nextBlock(), ante, simulateGasMax);
  for (;;) {
    const answer = yield* state.resident(run);
    if (answer !== "paused") return outputOf(answer, height);
    yield { type: "pause" };
  }
}

/** `/store/<name>/key`: the value of a raw key, with the two proofs that lead to the app hash of header `height + 1`. */
function* readStore(parts: QueryParts, { path, data: key, prove }: QueryInput, height: bigint): Work<QueryOutput> {
  const match = /^\/store\/([a-z0-9_]{1,64})\/key$/.exec(path);
  if (match === null) return unknownPath(path, height);
  const store = match[1]!;
  if (!parts.stores.includes(store)) return refused(sdkRefusal("unknownRequest", `no such store: ${store}`), height);
  if (key.length === 0 || key.length > STATE_KEY_BYTES_MAX) {
    return refused(sdkRefusal("invalidRequest", `read ${store}: a key of ${key.length} bytes`), height);
  }
  if (!prove) {
    const { reader, resident } = parts.state.at(height);
    const value = yield* resident(() => reader.get(store, key));
    return { ...answered(value ?? EMPTY, height), key };
  }
  const proven = yield* parts.state.prove(height, store, key);
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
