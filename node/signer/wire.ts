/**
 * `tendermint.privval.Message` of CometBFT v0.38: what a node asks its signer, and the answers.
 *
 * Decoding is bounded but not strict: other signers leave out what protobuf lets them leave out (a block id of nil), and
 * nothing here is hashed or signed as it came. What a signer signs it encodes itself, and what a node gets signed it
 * compares with its own.
 * @module
 */
import { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import { Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import { CODEC_CODE, encode, type Field, fields, messageCodec, type MessageOf } from "../core/codec/mod.ts";
import type { CodedError } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";

/** Longest message (CometBFT `maxRemoteSignerMsgSize`); a vote has some 200 bytes, its extension may be longer. */
export const SIGNER_MESSAGE_BYTES_MAX: number = 10 * 1024;

const { message, string, uint32 } = fields;

/** Why a signer did not do what it was asked. CometBFT's code is always 0; the description is for people. */
export interface SignerFault {
  readonly code: number;
  readonly description: string;
}

const ErrorCodec = messageCodec("/tendermint.privval.RemoteSignerError", { code: uint32(1), description: string(2) });
const ChainCodec = messageCodec("/tendermint.privval.PubKeyRequest", { chainId: string(1) });
const PubKeyCodec = messageCodec("/tendermint.privval.PubKeyResponse", {
  pubKey: message(1, PublicKey),
  error: message(2, ErrorCodec),
});
const SignVoteCodec = messageCodec("/tendermint.privval.SignVoteRequest", {
  vote: message(1, Vote),
  chainId: string(2),
});
const SignedVoteCodec = messageCodec("/tendermint.privval.SignedVoteResponse", {
  vote: message(1, Vote),
  error: message(2, ErrorCodec),
});
const SignProposalCodec = messageCodec("/tendermint.privval.SignProposalRequest", {
  proposal: message(1, Proposal),
  chainId: string(2),
});
const SignedProposalCodec = messageCodec("/tendermint.privval.SignedProposalResponse", {
  proposal: message(1, Proposal),
  error: message(2, ErrorCodec),
});
const PingCodec = messageCodec("/tendermint.privval.PingRequest", {});

const KINDS = {
  pubKeyRequest: message(1, ChainCodec),
  pubKeyResponse: message(2, PubKeyCodec),
  signVoteRequest: message(3, SignVoteCodec),
  signedVoteResponse: message(4, SignedVoteCodec),
  signProposalRequest: message(5, SignProposalCodec),
  signedProposalResponse: message(6, SignedProposalCodec),
  pingRequest: message(7, PingCodec),
  pingResponse: message(8, PingCodec),
} as const satisfies Record<string, Field<unknown>>;

const MessageTable = messageCodec("/tendermint.privval.Message", KINDS);

type Kinds = MessageOf<typeof MessageTable>;
type Kind = keyof Kinds;

/** One message: its kind, by the name it has in the protocol, and what it holds. */
export type SignerMessage = { readonly [K in Kind]: { readonly type: K; readonly value: NonNullable<Kinds[K]> } }[Kind];
export type SignerMessageOf<K extends Kind> = SignerMessage & { readonly type: K };

const NAMES = Object.keys(KINDS) as Kind[];
const NOTHING = Object.fromEntries(NAMES.map((name) => [name, undefined])) as Kinds;

/** The bytes of a message, without a length before them. */
export function encodeSignerMessage({ type, value }: SignerMessage): Uint8Array {
  return encode(MessageTable, { ...NOTHING, [type]: value });
}

const refuse = (code: keyof typeof CODEC_CODE, state: string): Result<never, CodedError> =>
  err({ codespace: "codec", code: CODEC_CODE[code], message: `decode a message of a signer: ${state}` });

/** Reads a message of the other side. */
export function decodeSignerMessage(bytes: Uint8Array): Result<SignerMessage, CodedError> {
  if (bytes.length > SIGNER_MESSAGE_BYTES_MAX) {
    return refuse("tooLong", `${bytes.length} bytes, limit ${SIGNER_MESSAGE_BYTES_MAX}`);
  }
  let kinds: Kinds;
  try {
    kinds = MessageTable.decode(bytes);
  } catch (error) {
    return refuse("malformed", error instanceof Error ? error.message : "malformed");
  }
  const [type, ...others] = NAMES.filter((name) => kinds[name] !== undefined);
  if (type === undefined) return refuse("malformed", "it is of no known kind");
  if (others.length > 0) return refuse("malformed", "it is of several kinds");
  return ok({ type, value: kinds[type] } as SignerMessage);
}

/** A question whether the other side is there. */
export const PING: SignerMessageOf<"pingRequest"> = { type: "pingRequest", value: {} };
