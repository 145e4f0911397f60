import { assert, assertEquals } from "@std/assert";
import { CommitmentProof, ProofSpec } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { SignDoc, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { Any } from "cosmjs-types/google/protobuf/any";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { Acknowledgement, Channel, Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgAcknowledgement, MsgChannelOpenInit, MsgRecvPacket, MsgTimeout } from "cosmjs-types/ibc/core/channel/v1/tx";
import { Height } from "cosmjs-types/ibc/core/client/v1/client";
import { MsgCreateClient, MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { MerkleProof, MerkleRoot } from "cosmjs-types/ibc/core/commitment/v1/commitment";
import { ConnectionEnd } from "cosmjs-types/ibc/core/connection/v1/connection";
import { MsgConnectionOpenInit } from "cosmjs-types/ibc/core/connection/v1/tx";
import {
  ClientState,
  ConsensusState,
  Header as LightHeader,
  Misbehaviour,
} from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { BlockID, Commit, CommitSig, Header, Vote } from "cosmjs-types/tendermint/types/types";
import { SimpleValidator, ValidatorSet } from "cosmjs-types/tendermint/types/validator";
import { hexToBytes } from "../../node/core/bytes.ts";
import { decodeStrict, encode, type MessageCodec } from "../../node/core/codec/mod.ts";

type Codec = MessageCodec<unknown> & { toJSON(message: unknown): unknown; fromJSON(json: unknown): unknown };

const CODECS = [
  [CommitmentProof, ProofSpec, MsgSend, SignDoc, TxRaw, Any, MsgTransfer, Acknowledgement, Channel, Packet],
  [MsgAcknowledgement, MsgChannelOpenInit, MsgRecvPacket, MsgTimeout, Height, MsgCreateClient, MsgUpdateClient],
  [MerkleProof, MerkleRoot, ConnectionEnd, MsgConnectionOpenInit, ClientState, ConsensusState, LightHeader],
  [Misbehaviour, BlockID, Commit, CommitSig, Header, Vote, SimpleValidator, ValidatorSet],
].flat() as unknown as Codec[];

const { cases }: { cases: { type: string; value: unknown; hex: string }[] } = JSON.parse(
  Deno.readTextFileSync(new URL("proto/cosmjs_types_encodings.json", import.meta.url)),
);

Deno.test("all 55 messages decode strictly to their JSON and encode to their bytes, from either side", () => {
  assertEquals(cases.length, 55);
  let fromJson = 0;
  for (const [index, { type, value, hex }] of cases.entries()) {
    const codec = CODECS.find(({ typeUrl }) => typeUrl === `/${type}`);
    assert(codec !== undefined, `a codec for ${type}`);
    const bytes = hexToBytes(hex);
    const result = decodeStrict(codec, bytes, type, bytes.length);
    assert(result.ok, `case ${index}, ${type}: ${result.ok || result.error.message}`);
    assertEquals(codec.toJSON(result.value), value, `case ${index}, ${type}`);
    // The JSON form of times has milliseconds only, so a finer time does not come back from it.
    if (!/:\d\d\.\d+Z"/.test(JSON.stringify(value))) {
      assertEquals(encode(codec, codec.fromJSON(value)).toHex(), hex, `case ${index}, ${type}`);
      fromJson++;
    }
    if (bytes.length > 1) assert(!decodeStrict(codec, bytes, type, bytes.length - 1).ok);
  }
  assert(fromJson > 40, `${fromJson} read from JSON`);
});
