/**
 * gRPC query paths that need blocks or the index, which the application does not have: answered here before it is asked.
 * Errors are in the words of the cosmos-sdk, which clients match on.
 * @module
 */
import { PubKey } from "cosmjs-types/cosmos/crypto/ed25519/keys";
import {
  GetBlockByHeightRequest,
  GetBlockByHeightResponse,
  GetLatestBlockResponse,
  GetLatestValidatorSetRequest,
  GetLatestValidatorSetResponse,
  GetNodeInfoResponse,
  GetSyncingResponse,
  GetValidatorSetByHeightRequest,
  GetValidatorSetByHeightResponse,
} from "cosmjs-types/cosmos/base/tendermint/v1beta1/query";
import type { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import type { QueryInput, QueryOutput } from "../app/ports.ts";
import { SDK_CODE } from "../core/errors.ts";
import { RpcFault } from "./fault.ts";
import { resolveHeight } from "./heights.ts";
import { decodeRequest, GrpcFault, malformedRequest } from "./grpc_fault.ts";
import { getTx, getTxsEvent } from "./grpc_txs.ts";
import { hex } from "./json/scalars.ts";
import type { RpcBackend } from "./ports.ts";
import { BLOCK_PROTOCOL, CHANNELS, COMETBFT_VERSION, NODE_VERSION, P2P_PROTOCOL } from "./versions.ts";

/** What is answered here, by path. */
export type GrpcQueries = ReadonlyMap<string, (input: QueryInput) => Promise<QueryOutput>>;

const VALIDATORS_PER_PAGE_MAX = 100;
const EMPTY = new Uint8Array();

const output = (height: bigint, value: Uint8Array): QueryOutput => ({
  code: 0,
  codespace: "",
  log: "",
  key: EMPTY,
  value,
  height,
  proofOps: undefined,
});

function refusal(height: bigint, { status, message }: GrpcFault): QueryOutput {
  const code = status === "NotFound" ? SDK_CODE.keyNotFound : SDK_CODE.invalidRequest;
  const log = `rpc error: code = ${status} desc = ${message}`;
  return { ...output(height, EMPTY), code, codespace: "sdk", log };
}

async function latestBlock(backend: RpcBackend): Promise<Uint8Array | GrpcFault> {
  const { latestHeight } = backend.status();
  const stored = latestHeight === 0n ? undefined : await backend.loadBlock(latestHeight);
  if (stored === undefined) return new GrpcFault("Unavailable", "no block yet");
  const { blockId, block } = stored;
  return GetLatestBlockResponse.encode({ blockId, block, sdkBlock: sdkBlock(block) }).finish();
}

async function blockByHeight(backend: RpcBackend, data: Uint8Array): Promise<Uint8Array | GrpcFault> {
  const request = decodeRequest(GetBlockByHeightRequest, data);
  if (request === undefined) return malformedRequest;
  if (request.height > backend.status().latestHeight) {
    return new GrpcFault("InvalidArgument", "requested block height is bigger then the chain length");
  }
  const height = resolveHeight(backend, request.height);
  if (height instanceof RpcFault) return new GrpcFault("InvalidArgument", height.data);
  const stored = await backend.loadBlock(height);
  if (stored === undefined) return new GrpcFault("NotFound", `block ${height} not found`);
  const { blockId, block } = stored;
  return GetBlockByHeightResponse.encode({ blockId, block, sdkBlock: sdkBlock(block) }).finish();
}

type TendermintBlock = NonNullable<GetLatestBlockResponse["block"]>;

/** The SDK's block: the same but for the proposer's address as text. Its prefix is unknown here, so it is hexadecimal. */
function sdkBlock(block: TendermintBlock): NonNullable<GetLatestBlockResponse["sdkBlock"]> {
  return { ...block, header: { ...block.header, proposerAddress: hex(block.header.proposerAddress) } };
}

/** `offset` and `limit` of a page request, as far as this table honours it. */
function window(pagination: PageRequest | undefined, total: number): { start: number; end: number } {
  const offset = Number(pagination?.offset ?? 0n);
  const limit = Number(pagination?.limit ?? 0n);
  const count = limit === 0 || limit > VALIDATORS_PER_PAGE_MAX ? VALIDATORS_PER_PAGE_MAX : limit;
  const start = Math.min(total, offset);
  return { start, end: Math.min(total, start + count) };
}

async function validatorSet(backend: RpcBackend, height: bigint, pagination: PageRequest | undefined) {
  const set = await backend.loadValidators(height);
  if (set === undefined) return undefined;
  const { start, end } = window(pagination, set.validators.length);
  return {
    blockHeight: height,
    validators: set.validators.slice(start, end).map((validator) => ({
      address: hex(validator.address),
      pubKey: {
        typeUrl: "/cosmos.crypto.ed25519.PubKey",
        value: PubKey.encode({ key: validator.pubKey.ed25519 ?? EMPTY }).finish(),
      },
      votingPower: validator.votingPower,
      proposerPriority: validator.proposerPriority,
    })),
    pagination: { nextKey: EMPTY, total: BigInt(set.validators.length) },
  };
}

async function latestValidators(backend: RpcBackend, data: Uint8Array): Promise<Uint8Array | GrpcFault> {
  const request = decodeRequest(GetLatestValidatorSetRequest, data);
  if (request === undefined) return malformedRequest;
  const found = await validatorSet(backend, backend.status().latestHeight, request.pagination);
  return found === undefined
    ? new GrpcFault("Unavailable", "no validators yet")
    : GetLatestValidatorSetResponse.encode(found).finish();
}

async function validatorsByHeight(backend: RpcBackend, data: Uint8Array): Promise<Uint8Array | GrpcFault> {
  const request = decodeRequest(GetValidatorSetByHeightRequest, data);
  if (request === undefined) return malformedRequest;
  const height = resolveHeight(backend, request.height, 1n);
  if (height instanceof RpcFault) return new GrpcFault("InvalidArgument", height.data);
  const found = await validatorSet(backend, height, request.pagination);
  return found === undefined
    ? new GrpcFault("NotFound", `validators of height ${height} not found`)
    : GetValidatorSetByHeightResponse.encode(found).finish();
}

function nodeInfo(backend: RpcBackend): Uint8Array {
  const status = backend.status();
  return GetNodeInfoResponse.encode(GetNodeInfoResponse.fromPartial({
    defaultNodeInfo: {
      protocolVersion: { p2p: BigInt(P2P_PROTOCOL), block: BigInt(BLOCK_PROTOCOL), app: 0n },
      defaultNodeId: status.nodeId,
      listenAddr: status.listenAddress,
      network: status.chainId,
      version: COMETBFT_VERSION,
      channels: Uint8Array.fromHex(CHANNELS),
      moniker: status.moniker,
      other: { txIndex: status.indexing ? "on" : "off", rpcAddress: status.rpcAddress },
    },
    applicationVersion: { name: "catenary", appName: "catenary", version: NODE_VERSION },
  })).finish();
}

type Handler = (backend: RpcBackend, data: Uint8Array) => Promise<Uint8Array | GrpcFault> | Uint8Array;

const HANDLERS: Readonly<Record<string, Handler>> = {
  "/cosmos.tx.v1beta1.Service/GetTx": getTx,
  "/cosmos.tx.v1beta1.Service/GetTxsEvent": getTxsEvent,
  "/cosmos.base.tendermint.v1beta1.Service/GetNodeInfo": nodeInfo,
  "/cosmos.base.tendermint.v1beta1.Service/GetSyncing": (backend) =>
    GetSyncingResponse.encode({ syncing: backend.status().catchingUp }).finish(),
  "/cosmos.base.tendermint.v1beta1.Service/GetLatestBlock": latestBlock,
  "/cosmos.base.tendermint.v1beta1.Service/GetBlockByHeight": blockByHeight,
  "/cosmos.base.tendermint.v1beta1.Service/GetLatestValidatorSet": latestValidators,
  "/cosmos.base.tendermint.v1beta1.Service/GetValidatorSetByHeight": validatorsByHeight,
};

/** The table over a node. Proofs are not given here: nothing of this is in the state. */
export function grpcQueries(backend: RpcBackend): GrpcQueries {
  return new Map(
    Object.entries(HANDLERS).map(([path, handle]) => [path, async ({ data }) => {
      const answer = await handle(backend, data);
      const { latestHeight } = backend.status();
      return answer instanceof GrpcFault ? refusal(latestHeight, answer) : output(latestHeight, answer);
    }]),
  );
}
