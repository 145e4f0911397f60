/** What a node says about itself: health, status, net_info, genesis, consensus_state. @module */
import type { BlockMeta } from "cosmjs-types/tendermint/types/types";
import { ed25519Address } from "../core/crypto/mod.ts";
import { utf8ToBytes } from "../core/bytes.ts";
import { internalFault, RpcFault } from "./fault.ts";
import { resolveHeight } from "./heights.ts";
import { consensusParamsJson } from "./json/abci.ts";
import { netInfoJson } from "./json/network.ts";
import { placeJson, roundJson, roundSimpleJson } from "./json/round.ts";
import { base64, hex, int64, time } from "./json/scalars.ts";
import { defineMethod, type Method } from "./method.ts";
import { INT64 } from "./params.ts";
import type { NodeStatus, RpcBackend } from "./ports.ts";
import { BLOCK_PROTOCOL, CHANNELS, COMETBFT_VERSION, P2P_PROTOCOL } from "./versions.ts";

/** CometBFT v0.38's `genesisChunkSize`. */
const GENESIS_CHUNK_BYTES = 16 * 1024 * 1024;
const TIME_ZERO = "0001-01-01T00:00:00Z";

const nodeInfoJson = (status: NodeStatus, appVersion: bigint) => ({
  protocol_version: { p2p: int64(P2P_PROTOCOL), block: int64(BLOCK_PROTOCOL), app: int64(appVersion) },
  id: status.nodeId,
  listen_addr: status.listenAddress,
  network: status.chainId,
  version: COMETBFT_VERSION,
  channels: CHANNELS,
  moniker: status.moniker,
  other: { tx_index: status.indexing ? "on" : "off", rpc_address: status.rpcAddress },
});

const latestJson = (meta: BlockMeta | undefined, height: bigint) => ({
  latest_block_hash: meta === undefined ? "" : hex(meta.blockId.hash),
  latest_app_hash: meta === undefined ? "" : hex(meta.header.appHash),
  latest_block_height: int64(height),
  latest_block_time: meta === undefined ? TIME_ZERO : time(meta.header.time),
});

const earliestJson = (meta: BlockMeta | undefined, height: bigint) => ({
  earliest_block_hash: meta === undefined ? "" : hex(meta.blockId.hash),
  earliest_app_hash: meta === undefined ? "" : hex(meta.header.appHash),
  earliest_block_height: int64(height),
  earliest_block_time: meta === undefined ? TIME_ZERO : time(meta.header.time),
});

/** A node without a validator key shows the all-zero key, because clients require one. */
function validatorInfoJson({ validatorPubKey, validatorPower }: NodeStatus) {
  const key = validatorPubKey ?? new Uint8Array(32);
  return {
    address: hex(ed25519Address(key)),
    pub_key: { type: "tendermint/PubKeyEd25519", value: base64(key) },
    voting_power: int64(validatorPower),
  };
}

async function statusJson(backend: RpcBackend) {
  const status = backend.status();
  const { latestHeight, earliestHeight } = status;
  const [latest, earliest] = await Promise.all([
    latestHeight > 0n ? backend.loadBlockMeta(latestHeight) : undefined,
    earliestHeight > 0n && latestHeight > 0n ? backend.loadBlockMeta(earliestHeight) : undefined,
  ]);
  return {
    node_info: nodeInfoJson(status, latest?.header.version.app ?? 0n),
    sync_info: {
      ...latestJson(latest, latestHeight),
      ...earliestJson(earliest, earliestHeight),
      catching_up: status.catchingUp,
    },
    validator_info: validatorInfoJson(status),
  };
}

/** The genesis document never changes, so its chunks are cut once. */
function genesisChunks(backend: RpcBackend): () => readonly Uint8Array[] {
  let chunks: Uint8Array[] | undefined;
  return () => {
    if (chunks !== undefined) return chunks;
    const bytes = utf8ToBytes(JSON.stringify(backend.genesis()) ?? "null");
    chunks = [];
    for (let at = 0; at < bytes.length; at += GENESIS_CHUNK_BYTES) {
      chunks.push(bytes.subarray(at, at + GENESIS_CHUNK_BYTES));
    }
    return chunks;
  };
}

function genesisMethods(backend: RpcBackend): Record<string, Method> {
  const chunksOf = genesisChunks(backend);
  return {
    genesis: defineMethod({}, () => {
      if (chunksOf().length > 1) {
        return internalFault("genesis response is large, please use the genesis_chunked API instead");
      }
      return { genesis: backend.genesis() };
    }),
    genesis_chunked: defineMethod({ chunk: INT64 }, ({ chunk }) => {
      const chunks = chunksOf();
      const data = chunks[Number(chunk ?? 0n)];
      if (data === undefined) return internalFault(`there are ${chunks.length - 1} chunks, ${chunk} is invalid`);
      return { chunk: int64(chunk ?? 0n), total: int64(chunks.length), data: base64(data) };
    }),
  };
}

/** Of peers only their addresses are told: what each has of the height is not asked of gossip. */
function consensusMethods(backend: RpcBackend): Record<string, Method> {
  const show = (full: typeof roundJson | typeof roundSimpleJson) => {
    const view = backend.roundView?.();
    return view === undefined ? placeJson(backend.consensusState()) : full(view);
  };
  return {
    consensus_state: defineMethod({}, () => ({ round_state: show(roundSimpleJson) })),
    dump_consensus_state: defineMethod({}, () => ({
      round_state: show(roundJson),
      peers: (backend.netInfo?.().peers ?? []).map(({ nodeId, address }) => ({
        node_address: `${nodeId}@${address}`,
        peer_state: {},
      })),
    })),
  };
}

/** The methods that need no argument about a block. */
export function infoMethods(backend: RpcBackend): Record<string, Method> {
  return {
    health: defineMethod({}, () => ({})),
    status: defineMethod({}, () => statusJson(backend)),
    net_info: defineMethod({}, () => netInfoJson(backend.netInfo?.(), backend.status(), backend.now())),
    ...genesisMethods(backend),
    ...consensusMethods(backend),
    consensus_params: defineMethod({ height: INT64 }, async (args) => {
      const height = resolveHeight(backend, args.height, 1n);
      if (height instanceof RpcFault) return height;
      const params = await backend.loadConsensusParams(height);
      if (params === undefined) return internalFault(`could not find consensus params for height #${height}`);
      return { block_height: int64(height), consensus_params: consensusParamsJson(params) };
    }),
  };
}
