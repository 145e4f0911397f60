/** Reads values of the bank store with their ICS-23 proofs and checks these, by nothing but the public library. @module */
import { assert } from "@std/assert";
import { bech32 } from "@scure/base";
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { ICS23_SPECS, verifyMembership } from "../../mod.ts";
import { rpc } from "./rpc_client.ts";

/** The key of a balance in the bank store, as cosmos-sdk lays it out. */
export function balanceKey(address: string, denom: string): Uint8Array {
  const bytes = new Uint8Array(bech32.fromWords(bech32.decode(address as `${string}1${string}`).words));
  return concatBytes(Uint8Array.of(2, bytes.length), bytes, utf8ToBytes(denom));
}

interface ProofOp {
  type: string;
  key: string;
  data: string;
}

/** What a node answers for a key, and the app hash that its proofs must lead to. */
export interface Proven {
  readonly value: Uint8Array;
  /** Of the store, then of the root. */
  readonly proofs: CommitmentProof[];
  readonly types: string[];
  /** Of the header after `height`. */
  readonly appHash: Uint8Array;
  readonly height: bigint;
}

/** Asks for a key of the bank store with its proof; without a height, at the latest. */
export async function proven(url: string, key: Uint8Array, height?: bigint): Promise<Proven> {
  const { response } = await rpc(url, "abci_query", {
    path: "/store/bank/key",
    data: key.toHex(),
    prove: true,
    ...(height !== undefined && { height: height.toString() }),
  });
  const ops = response.proofOps.ops as ProofOp[];
  const at = BigInt(response.height);
  const { header } = (await rpc(url, "commit", { height: (at + 1n).toString() })).signed_header;
  return {
    value: Uint8Array.fromBase64(response.value ?? ""),
    proofs: ops.map((op) => CommitmentProof.decode(Uint8Array.fromBase64(op.data))),
    types: ops.map((op) => op.type),
    appHash: Uint8Array.fromHex(header.app_hash),
    height: at,
  };
}

/** The root of the bank store that the second proof proves, checked against the app hash. */
export function storeRoot({ proofs, appHash }: Proven): Uint8Array {
  const root = proofs[1]!.exist!.value;
  assert(verifyMembership(ICS23_SPECS.tendermint, appHash, proofs[1]!, utf8ToBytes("bank"), root));
  return root;
}

/** The balance at a height, whose proof holds. */
export async function provenBalance(url: string, address: string, denom: string, height: bigint): Promise<bigint> {
  const key = balanceKey(address, denom);
  const found = await proven(url, key, height);
  const root = storeRoot(found);
  assert(
    verifyMembership(ICS23_SPECS.jmt, root, found.proofs[0]!, key, found.value),
    `the balance of ${address} at height ${height} is not proven`,
  );
  return BigInt(new TextDecoder().decode(found.value));
}
