/**
 * The functions a chain gives to a contract. Pointers are to regions (see `region.ts`). What a contract does not use is not
 * in its module.
 */

// @ts-ignore: decorator
@external("env", "db_read")
export declare function dbRead(key: usize): usize;
// @ts-ignore: decorator
@external("env", "db_write")
export declare function dbWrite(key: usize, value: usize): void;
// @ts-ignore: decorator
@external("env", "db_remove")
export declare function dbRemove(key: usize): void;
// @ts-ignore: decorator
@external("env", "db_scan")
export declare function dbScan(start: usize, end: usize, order: i32): u32;
// @ts-ignore: decorator
@external("env", "db_next")
export declare function dbNext(iterator: u32): usize;
// @ts-ignore: decorator
@external("env", "addr_validate")
export declare function addrValidate(source: usize): usize;
// @ts-ignore: decorator
@external("env", "addr_canonicalize")
export declare function addrCanonicalize(source: usize, destination: usize): usize;
// @ts-ignore: decorator
@external("env", "addr_humanize")
export declare function addrHumanize(source: usize, destination: usize): usize;
// @ts-ignore: decorator
@external("env", "secp256k1_verify")
export declare function secp256k1Verify(hash: usize, signature: usize, publicKey: usize): u32;
// @ts-ignore: decorator
@external("env", "secp256k1_recover_pubkey")
export declare function secp256k1RecoverPubkey(hash: usize, signature: usize, recovery: u32): u64;
// @ts-ignore: decorator
@external("env", "ed25519_verify")
export declare function ed25519Verify(message: usize, signature: usize, publicKey: usize): u32;
// @ts-ignore: decorator
@external("env", "query_chain")
export declare function queryChain(request: usize): usize;
// @ts-ignore: decorator
@external("env", "debug")
export declare function debugLine(text: usize): void;
// @ts-ignore: decorator
@external("env", "abort")
export declare function abortCall(text: usize): void;
