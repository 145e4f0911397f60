/**
 * The imports of a contract: every host function of CosmWasm 1.x to 3.x under the name it has in the module `env`. Their types
 * are checked before a module gets here (`check_contract.ts`).
 * @module
 */
import { addrCanonicalize, addrHumanize, addrValidate } from "./_host_addresses.ts";
import { blsAggregate, blsHash, blsPairing, G1, G2 } from "./_host_bls.ts";
import { abort, debug, queryChain } from "./_host_chain.ts";
import { ecdsaRecover, ecdsaVerify, ed25519BatchVerify, ed25519Verify } from "./_host_signatures.ts";
import { dbNext, dbNextKey, dbNextValue, dbRead, dbRemove, dbScan, dbWrite } from "./_host_storage.ts";
import type { ContractInstance } from "./instance.ts";

/** Longest key that the state of the chain takes, less what stands before it: `wasm`'s prefix and an address of 32 bytes. */
export const STORAGE_KEY_BYTES_MAX = 735;

export interface HostOptions {
  /** Longest key that a contract may write. */
  readonly storageKeyBytesMax: number;
  /** Whether `debug` is passed on. */
  readonly debug: boolean;
}

type HostFunction = (...args: number[]) => number | bigint | void;

/** Everything a module may import from `env`, for one instance. */
export function hostFunctions(
  instance: ContractInstance,
  options: HostOptions,
): Readonly<Record<string, HostFunction>> {
  const keyMax = options.storageKeyBytesMax;
  const listening = options.debug;
  return {
    db_read: (key) => dbRead(instance, key!, keyMax),
    db_write: (key, value) => dbWrite(instance, key!, value!, keyMax),
    db_remove: (key) => dbRemove(instance, key!, keyMax),
    db_scan: (start, end, order) => dbScan(instance, start!, end!, order!, keyMax),
    db_next: (id) => dbNext(instance, id!),
    db_next_key: (id) => dbNextKey(instance, id!),
    db_next_value: (id) => dbNextValue(instance, id!),
    addr_validate: (source) => addrValidate(instance, source!),
    addr_canonicalize: (source, destination) => addrCanonicalize(instance, source!, destination!),
    addr_humanize: (source, destination) => addrHumanize(instance, source!, destination!),
    secp256k1_verify: (hash, signature, key) => ecdsaVerify(instance, "secp256k1", hash!, signature!, key!),
    secp256k1_recover_pubkey: (hash, signature, parameter) =>
      ecdsaRecover(instance, "secp256k1", hash!, signature!, parameter!),
    secp256r1_verify: (hash, signature, key) => ecdsaVerify(instance, "secp256r1", hash!, signature!, key!),
    secp256r1_recover_pubkey: (hash, signature, parameter) =>
      ecdsaRecover(instance, "secp256r1", hash!, signature!, parameter!),
    ed25519_verify: (message, signature, key) => ed25519Verify(instance, message!, signature!, key!),
    ed25519_batch_verify: (messages, signatures, keys) => ed25519BatchVerify(instance, messages!, signatures!, keys!),
    bls12_381_aggregate_g1: (points, out) => blsAggregate(instance, G1, points!, out!),
    bls12_381_aggregate_g2: (points, out) => blsAggregate(instance, G2, points!, out!),
    bls12_381_pairing_equality: (ps, qs, r, s) => blsPairing(instance, ps!, qs!, r!, s!),
    bls12_381_hash_to_g1: (hash, message, tag, out) => blsHash(instance, G1, hash!, message!, tag!, out!),
    bls12_381_hash_to_g2: (hash, message, tag, out) => blsHash(instance, G2, hash!, message!, tag!, out!),
    query_chain: (request) => queryChain(instance, request!),
    debug: (text) => debug(instance, text!, listening),
    abort: (text) => abort(instance, text!),
  };
}
