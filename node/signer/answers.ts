/**
 * What a signer answers: its public key, signatures under its guard, and signs of life. Nothing that is asked makes it throw,
 * and what it refuses it refuses with the reason, to the node and to its own log.
 * @module
 */
import { BinaryWriter } from "cosmjs-types/binary";
import { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import { type Proposal, SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import type { Signable, SignerPort } from "../consensus/mod.ts";
import { type Ed25519Key, signEd25519 } from "../core/crypto/mod.ts";
import { CHAIN_ID_LENGTH_MAX, isNilBlockId, validateProposal, validateVote } from "../core/types/mod.ts";
import type { SignerLog } from "./log.ts";
import type { SignerFault, SignerMessage, SignerMessageOf } from "./wire.ts";

export interface AnswerOptions {
  readonly key: Ed25519Key;
  /** Signs with `key`, and never two things at one place. */
  readonly guarded: SignerPort;
  /** The only chain that is signed for; undefined: any. */
  readonly chainId: string | undefined;
  readonly log: SignerLog;
}

/** The answer to a question; undefined when it is none. */
export type Answerer = (question: SignerMessage) => Promise<SignerMessage | undefined>;

export function createAnswerer(options: AnswerOptions): Answerer {
  const { key, log } = options;
  const pubKey = PublicKey.fromPartial({ ed25519: key.publicKey });
  return async (question) => {
    switch (question.type) {
      case "pingRequest":
        return { type: "pingResponse", value: {} };
      case "pubKeyRequest": {
        const refusal = chainFault(options, question.value.chainId);
        if (refusal === undefined) return { type: "pubKeyResponse", value: { pubKey, error: undefined } };
        log.warn("refused to show the key", { reason: refusal });
        return { type: "pubKeyResponse", value: { pubKey: undefined, error: fault(refusal) } };
      }
      case "signVoteRequest":
        return await onVote(options, question);
      case "signProposalRequest":
        return await onProposal(options, question);
      default:
        return undefined;
    }
  };
}

const fault = (description: string): SignerFault => ({ code: 0, description });

function refusal({ log }: AnswerOptions, reason: string, place: ReturnType<typeof placeOf> | undefined = undefined) {
  log.warn("refused to sign", { reason, ...place });
  return fault(reason);
}

function chainFault({ chainId }: AnswerOptions, asked: string): string | undefined {
  if (chainId !== undefined && asked !== chainId) {
    return `asked for the chain ${JSON.stringify(asked)}: this signer is for ${JSON.stringify(chainId)} only`;
  }
  return asked.length > CHAIN_ID_LENGTH_MAX ? "the chain id is too long" : undefined;
}

/** Of the right length: requests come unsigned, and are judged as what they will be. */
const SOME_SIGNATURE = new Uint8Array(64);

async function onVote(
  options: AnswerOptions,
  { value: { vote, chainId } }: SignerMessageOf<"signVoteRequest">,
): Promise<SignerMessage> {
  const refuse = (error: SignerFault) => ({ type: "signedVoteResponse" as const, value: { vote: undefined, error } });
  if (vote === undefined) return refuse(refusal(options, "the vote is missing"));
  const isExtendable = canExtend(vote);
  const form = validateVote({
    ...vote,
    signature: SOME_SIGNATURE,
    extensionSignature: isExtendable ? SOME_SIGNATURE : new Uint8Array(),
  });
  const signed = await sign(options, chainId, { type: "vote", vote }, form.ok ? undefined : form.error.message);
  if ("refused" in signed) return refuse(signed.refused);
  if (signed.message.type !== "vote") return refuse(fault("the guard signed something else"));
  // Under no guard, as in CometBFT's signer: applications may extend the same vote differently after a restart.
  const extensionSignature = isExtendable
    ? signEd25519(options.key, extensionSignBytes(chainId, vote))
    : new Uint8Array();
  return {
    type: "signedVoteResponse",
    value: { vote: { ...signed.message.vote, extensionSignature }, error: undefined },
  };
}

async function onProposal(
  options: AnswerOptions,
  { value: { proposal, chainId } }: SignerMessageOf<"signProposalRequest">,
): Promise<SignerMessage> {
  const refuse = (error: SignerFault) => ({
    type: "signedProposalResponse" as const,
    value: { proposal: undefined, error },
  });
  if (proposal === undefined) return refuse(refusal(options, "the proposal is missing"));
  const form = validateProposal({ ...proposal, signature: SOME_SIGNATURE });
  const signed = await sign(options, chainId, { type: "proposal", proposal }, form.ok ? undefined : form.error.message);
  if ("refused" in signed) return refuse(signed.refused);
  if (signed.message.type !== "proposal") return refuse(fault("the guard signed something else"));
  return { type: "signedProposalResponse", value: { proposal: signed.message.proposal, error: undefined } };
}

async function sign(
  options: AnswerOptions,
  chainId: string,
  message: Signable,
  formFault: string | undefined,
): Promise<{ message: Signable } | { refused: SignerFault }> {
  const { guarded, log } = options;
  const refused = (reason: string) => ({ refused: refusal(options, reason, placeOf(message)) });
  const reason = chainFault(options, chainId) ?? formFault;
  if (reason !== undefined) return refused(reason);
  try {
    const answer = await guarded.sign(chainId, message);
    if (!answer.ok) return refused(answer.reason);
    log.debug("signed", placeOf(message));
    return { message: answer.message };
  } catch (error) {
    // The state could not be kept, so nothing was signed. Whether it can next time is for the disk to say.
    log.error("cannot sign", { error, ...placeOf(message) });
    return {
      refused: fault(`the signer cannot keep what it signs: ${error instanceof Error ? error.message : error}`),
    };
  }
}

const KINDS: Readonly<Record<number, string>> = {
  [SignedMsgType.SIGNED_MSG_TYPE_PREVOTE]: "prevote",
  [SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT]: "precommit",
};

/** Where a message stands, for a log. */
export function placeOf(message: Signable): { height: bigint; round: number; kind: string } {
  const { height, round }: Vote | Proposal = message.type === "vote" ? message.vote : message.proposal;
  const kind = message.type === "vote" ? KINDS[message.vote.type] ?? "vote" : "proposal";
  return { height, round, kind };
}

/** CometBFT extends precommits for a block, and no others. */
const canExtend = (vote: Vote): boolean =>
  vote.type === SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT && !isNilBlockId(vote.blockId);

/** `CanonicalVoteExtension`, length-delimited. It begins with another kind of field than canonical votes and proposals. */
export function extensionSignBytes(chainId: string, { extension, height, round }: Vote): Uint8Array {
  const writer = BinaryWriter.create().fork();
  if (extension.length > 0) writer.uint32(0x0a).bytes(extension);
  if (height !== 0n) writer.uint32(0x11).sfixed64(height);
  if (round !== 0) writer.uint32(0x19).sfixed64(BigInt(round));
  if (chainId !== "") writer.uint32(0x22).string(chainId);
  return writer.ldelim().finish();
}
