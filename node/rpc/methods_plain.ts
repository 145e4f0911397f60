/**
 * The plain names beside CometBFT's, for people with curl:
 *
 * | method | parameters | result |
 * |---|---|---|
 * | get_latest_height | | `{height}` |
 * | get_block | height or hash | as `block` |
 * | get_block_hash | height | `{height, hash}` |
 * | get_account | address | `{address, account_number, sequence, pub_key, balances}` |
 * | get_validators | height | `{height, validators}`, all of them |
 * | broadcast_tx | tx | as `broadcast_tx_sync` |
 *
 * Without a height the latest is meant. Integers of 64 bits are strings, as everywhere.
 * @module
 */
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import { QueryAccountRequest, QueryAccountResponse } from "cosmjs-types/cosmos/auth/v1beta1/query";
import { QueryAllBalancesRequest, QueryAllBalancesResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { internalFault, RpcFault } from "./fault.ts";
import { resolveHeight } from "./heights.ts";
import { validatorJson } from "./json/block.ts";
import { base64, hex, int64 } from "./json/scalars.ts";
import { defineMethod, type Method } from "./method.ts";
import { storedBlockJson } from "./methods_blocks.ts";
import { HASH, INT64, required, STRING } from "./params.ts";
import type { RpcBackend } from "./ports.ts";

async function ask(backend: RpcBackend, path: string, data: Uint8Array): Promise<Uint8Array | RpcFault> {
  const output = await backend.query({ path, data, height: 0n, prove: false });
  return output.code === 0 ? output.value : internalFault(output.log);
}

async function account(backend: RpcBackend, address: string): Promise<unknown> {
  const found = await ask(
    backend,
    "/cosmos.auth.v1beta1.Query/Account",
    QueryAccountRequest.encode({ address }).finish(),
  );
  if (found instanceof RpcFault) return found;
  const held = await ask(
    backend,
    "/cosmos.bank.v1beta1.Query/AllBalances",
    QueryAllBalancesRequest.encode(QueryAllBalancesRequest.fromPartial({ address })).finish(),
  );
  if (held instanceof RpcFault) return held;
  const any = QueryAccountResponse.decode(found).account;
  // Module accounts hold a BaseAccount of their own; what is not one has no sequence to show.
  const base = any?.typeUrl === "/cosmos.auth.v1beta1.BaseAccount" ? BaseAccount.decode(any.value) : undefined;
  return {
    address,
    account_number: int64(base?.accountNumber ?? 0n),
    sequence: int64(base?.sequence ?? 0n),
    pub_key: base?.pubKey === undefined ? null : { type_url: base.pubKey.typeUrl, value: base64(base.pubKey.value) },
    balances: QueryAllBalancesResponse.decode(held).balances,
  };
}

/** `broadcast` is what `broadcast_tx` is another name of. */
export function plainMethods(backend: RpcBackend, broadcast: Method): Record<string, Method> {
  return {
    broadcast_tx: broadcast,
    get_latest_height: defineMethod({}, () => ({ height: int64(backend.status().latestHeight) })),
    get_block: defineMethod({ height: INT64, hash: HASH }, async (args) => {
      if (args.hash !== undefined) return storedBlockJson(await backend.loadBlockByHash(args.hash));
      const height = resolveHeight(backend, args.height);
      return height instanceof RpcFault ? height : storedBlockJson(await backend.loadBlock(height));
    }),
    get_block_hash: defineMethod({ height: INT64 }, async (args) => {
      const height = resolveHeight(backend, args.height);
      if (height instanceof RpcFault) return height;
      const meta = await backend.loadBlockMeta(height);
      if (meta === undefined) return internalFault(`could not find block #${height}`);
      return { height: int64(height), hash: hex(meta.blockId.hash) };
    }),
    get_account: defineMethod({ address: required(STRING) }, ({ address }) => account(backend, address)),
    get_validators: defineMethod({ height: INT64 }, async (args) => {
      const height = resolveHeight(backend, args.height, 1n);
      if (height instanceof RpcFault) return height;
      const set = await backend.loadValidators(height);
      if (set === undefined) return internalFault(`could not find validator set for height #${height}`);
      return { height: int64(height), validators: set.validators.map(validatorJson) };
    }),
  };
}
