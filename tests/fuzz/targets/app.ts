/** Transactions, and what transactions of other chains' users carry. @module */
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import {
  decodeAcknowledgement,
  encodeAcknowledgement,
  failure,
  transferSuccess,
} from "../../../node/core/ibc/acknowledgements.ts";
import { decodeMerkleProof, encodeMerkleProof, MERKLE_PROOF_BYTES_MAX } from "../../../node/core/ibc/merkle_proof.ts";
import {
  decodeMultihopProofs,
  encodeMultihopProofs,
  MULTIHOP_PROOF_BYTES_MAX,
} from "../../../node/core/ibc/multihop_proofs.ts";
import { decodePacketData, encodePacketData } from "../../../node/core/ibc/packet_data.ts";
import { decodeMessage, HEADER_TYPE_URL } from "../../../node/modules/ibc/light_clients/tendermint/message.ts";
import { makeTx, sendMessage, signerOf, TestChain } from "../../bad_input/harness.ts";
import { decoderTarget, type Target } from "../target.ts";
import { LIGHT_BLOCK } from "./samples.ts";

const alice = signerOf("alice");
const bob = signerOf("bob", "ed25519");
let chain: TestChain | undefined;

const tx = (memo: string, sequence: bigint) =>
  makeTx({
    messages: [sendMessage(alice.address, bob.address, "5ucat")],
    signers: [{ signer: alice, accountNumber: 0n, sequence }],
    fee: "10ucat",
    memo,
  });

const hash = new Uint8Array(32).fill(7);
const step = { hash: 1, prefix: Uint8Array.of(1), suffix: hash };
const existence = {
  key: hash,
  value: hash,
  leaf: { hash: 1, prehashValue: 1, prefix: Uint8Array.of(0) },
  path: [step],
};
const merkleProof = encodeMerkleProof([
  CommitmentProof.fromPartial({ exist: existence }),
  CommitmentProof.fromPartial({ nonexist: { key: hash, left: existence } }),
]);
const hop = { proof: merkleProof, value: hash, prefixedKey: { keyPath: [utf8ToBytes("ibc"), hash] } };

export const APP_TARGETS: readonly Target[] = [
  {
    name: "transaction",
    bytesMax: 1_048_576,
    seeds: () => [tx("", 0n), tx("hello", 3n)],
    run(bytes) {
      chain ??= new TestChain({ accounts: [alice, bob] });
      const { code, codespace, log } = chain.check(bytes);
      if (code !== 0) return { accepted: false, error: { codespace, code, message: log } };
      // The sequence of its sender went on.
      chain = undefined;
      return { accepted: true, value: undefined, again: undefined };
    },
  },
  decoderTarget({
    name: "merkle_proof",
    bytesMax: MERKLE_PROOF_BYTES_MAX,
    seeds: () => [merkleProof],
    decode: decodeMerkleProof,
    encode: ({ proofs }) => encodeMerkleProof(proofs),
  }),
  decoderTarget({
    name: "multihop_proofs",
    bytesMax: MULTIHOP_PROOF_BYTES_MAX,
    seeds: () => [
      encodeMultihopProofs({ keyProof: hop, connectionProofs: [hop], consensusProofs: [hop], clientProofs: [hop] }),
    ],
    decode: decodeMultihopProofs,
    encode: encodeMultihopProofs,
  }),
  decoderTarget({
    name: "tendermint_header",
    bytesMax: 1_048_576,
    seeds: () => [
      Header.encode(Header.fromPartial({
        signedHeader: LIGHT_BLOCK.signedHeader!,
        validatorSet: LIGHT_BLOCK.validatorSet!,
        trustedHeight: { revisionNumber: 1n, revisionHeight: 3n },
        trustedValidators: LIGHT_BLOCK.validatorSet!,
      })).finish(),
    ],
    decode: (value) => decodeMessage({ typeUrl: HEADER_TYPE_URL, value }),
  }),
  decoderTarget({
    name: "packet_data",
    bytesMax: 262_144,
    seeds: () => [
      encodePacketData({ denom: "transfer/channel-0/ucat", amount: 5n, sender: "a", receiver: "b", memo: "{}" }),
      encodePacketData({ denom: "ucat", amount: 1n << 255n, sender: 'ä"\\', receiver: "\u2028", memo: "" }),
    ],
    decode: decodePacketData,
    encode: encodePacketData,
    exact: false,
  }),
  decoderTarget({
    name: "acknowledgement",
    bytesMax: 262_144,
    seeds: () => [encodeAcknowledgement(transferSuccess()), encodeAcknowledgement(failure(5))],
    decode: decodeAcknowledgement,
    encode: encodeAcknowledgement,
    exact: false,
  }),
];
