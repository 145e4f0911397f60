/** What hostile peers say of consensus. @module */
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import { type Part, Proposal, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import { hexToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { nanosToTimestamp, rfc3339ToNanos } from "../../node/core/time.ts";
import { partSet } from "../../node/core/types/mod.ts";
import { tendermintCodec } from "../../node/consensus/tendermint/codec.ts";
import { encodeCarry } from "../../node/gossip/wire.ts";
import { rpc } from "../helpers/rpc_client.ts";

/** A precommit that a validator really made, out of a commit. */
export async function realVote(rpcUrl: string): Promise<Vote> {
  const { signed_header: { commit } } = await rpc(rpcUrl, "commit");
  const index = commit.signatures.findIndex(({ block_id_flag: flag }: { block_id_flag: number }) =>
    flag === BlockIDFlag.BLOCK_ID_FLAG_COMMIT
  );
  const { timestamp, validator_address, signature } = commit.signatures[index];
  return {
    type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
    height: BigInt(commit.height),
    round: commit.round,
    blockId: {
      hash: hexToBytes(commit.block_id.hash.toLowerCase()),
      partSetHeader: { total: commit.block_id.parts.total, hash: hexToBytes(commit.block_id.parts.hash.toLowerCase()) },
    },
    timestamp: nanosToTimestamp(rfc3339ToNanos(timestamp)!),
    validatorAddress: hexToBytes(validator_address.toLowerCase()),
    validatorIndex: index,
    signature: Uint8Array.fromBase64(signature),
    extension: new Uint8Array(),
    extensionSignature: new Uint8Array(),
  };
}

export const carryVote = (vote: Vote): Uint8Array => encodeCarry(tendermintCodec.encodeMessage({ type: "vote", vote }));

/** A proposal of a block that is no block, with the first of its parts. Nobody signed it. */
export function garbageProposal(height: bigint, round: number, length: number): { head: Uint8Array; part: Part } {
  const { header, parts } = partSet(new Uint8Array(length).fill(7));
  const proposal = Proposal.fromPartial({
    type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL,
    height,
    round,
    polRound: -1,
    blockId: { hash: sha256(Uint8Array.of(1)), partSetHeader: header },
    timestamp: { seconds: 1_700_000_000n, nanos: 0 },
    signature: new Uint8Array(64).fill(3),
  });
  const head = tendermintCodec.encodeMessage({ type: "proposal", proposal, block: new Uint8Array() });
  return { head, part: parts[0]! };
}
