/**
 * The validator key of a node that lives in another process. It is guarded where it lives: the node keeps no second memory
 * of what was signed, which could only disagree with the first. What the node is to sign is on record in its own log before
 * it asks, so it asks for the same bytes again after a restart.
 *
 * A signature that does not come is a refusal, with the reason: the engine stays silent in this step and goes on.
 * @module
 */
import type { Proposal, Vote } from "cosmjs-types/tendermint/types/types";
import type { Signable, SignerPort } from "../consensus/mod.ts";
import type { ClockPort } from "../consensus/ports.ts";
import { equalBytes } from "../core/bytes.ts";
import { ed25519KeyFromSeed, isProperEd25519Key, verifyEd25519 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { proposalSignBytes, validateProposal, validateVote, voteSignBytes } from "../core/types/mod.ts";
import { placeOf } from "./answers.ts";
import { parseSignerAddress, type SignerAddress } from "./address.ts";
import type { Listening } from "./_sockets.ts";
import { HANDSHAKE_MS, SignerListener } from "./listener.ts";
import type { SignerLog } from "./log.ts";
import type { SignerSession } from "./session.ts";
import type { SignerFault, SignerMessage } from "./wire.ts";

export interface RemoteSignerOptions {
  /** `unix:///PATH` or `tcp://HOST:PORT`: `signer.listen`. */
  readonly listen: string;
  readonly chainId: string;
  /** Seed (32 bytes) of the node's key for TCP: its id is what a signer can insist on. */
  readonly nodeKey: Uint8Array;
  /** ed25519 keys of the signers let in over TCP; none: any. */
  readonly peerKeys: readonly Uint8Array[];
  /** How long a signature may take. */
  readonly timeoutMs: number;
  /** How long to wait for the first signer. */
  readonly startTimeoutMs?: number;
  readonly clock: ClockPort;
  readonly log: SignerLog;
  /** Ends the wait for the first signer. */
  readonly signal?: AbortSignal;
}

export interface RemoteSigner {
  /** The validator's ed25519 key; every signer that connects must have it. */
  readonly publicKey: Uint8Array;
  readonly signer: SignerPort;
  /** Where it listens, with the port that the system chose for port 0. */
  readonly address: string;
  /** Signatures that are waited for are refused. */
  close(): Promise<void>;
}

/** Time to start a signer by hand. */
export const START_TIMEOUT_MS = 60_000;

/**
 * Listens, and resolves when a signer has connected and shown its key. Rejects with an `IoError`: `signer_address`,
 * `address_in_use`, `address_unusable`, `signer_absent`.
 * @param listen For tests; the machine's sockets unless given.
 */
export async function openRemoteSigner(
  options: RemoteSignerOptions,
  listen?: (address: SignerAddress) => Promise<Listening>,
): Promise<RemoteSigner> {
  const address = parseSignerAddress(options.listen);
  if (!address.ok) throw new IoError("signer_address", address.error.message);
  const { clock, log, peerKeys, startTimeoutMs = START_TIMEOUT_MS, signal } = options;
  if (address.value.transport === "tcp" && peerKeys.length === 0) {
    log.warn("any signer may connect: name yours in signer.peer_keys", { listen: options.listen });
  }
  let publicKey: Uint8Array | undefined;
  const listener = await SignerListener.open({
    address: address.value,
    key: ed25519KeyFromSeed(options.nodeKey),
    peerKeys,
    clock,
    log,
    async vet(session) {
      const shown = await keyOf(session, options.chainId);
      if ("refusal" in shown) return shown.refusal;
      publicKey ??= shown.key;
      if (equalBytes(shown.key, publicKey)) return undefined;
      return `it holds another validator key, ${shown.key.toHex()} instead of ${publicKey.toHex()}`;
    },
  }, listen);
  log.info("waiting for the signer", { listen: listener.address, seconds: startTimeoutMs / 1000 });
  const abort = () => void listener.close();
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  const first = await listener.session(startTimeoutMs);
  signal?.removeEventListener("abort", abort);
  if (first === undefined || publicKey === undefined) {
    await listener.close();
    const state = signal?.aborted ? "the node was stopped" : `no signer came within ${startTimeoutMs / 1000} s`;
    const remedy = `start one with: catenary signer start --connect ${listener.address}`;
    throw new IoError("signer_absent", `wait for the signer on ${listener.address}: ${state}; ${remedy}`);
  }
  return {
    publicKey,
    signer: createSigner(options, listener, publicKey),
    address: listener.address,
    close: () => listener.close(),
  };
}

async function keyOf(session: SignerSession, chainId: string): Promise<{ key: Uint8Array } | { refusal: string }> {
  const answer = await session.ask({ type: "pubKeyRequest", value: { chainId } }, HANDSHAKE_MS);
  if (answer.type !== "pubKeyResponse") return { refusal: `it answered ${answer.type} when asked for its key` };
  const { error, pubKey } = answer.value;
  if (error !== undefined) return { refusal: `it does not show its key: ${faultText(error)}` };
  const key = pubKey?.ed25519;
  if (key === undefined || !isProperEd25519Key(key)) return { refusal: "its key is not an ed25519 key" };
  return { key: key.slice() };
}

type SignAnswer = Awaited<ReturnType<SignerPort["sign"]>>;

const faultText = ({ code, description }: SignerFault) => code === 0 ? description : `${description} (code ${code})`;

function createSigner(options: RemoteSignerOptions, listener: SignerListener, publicKey: Uint8Array): SignerPort {
  const { clock, timeoutMs, log } = options;
  const nowMs = () => Number(clock.nowNanos() / 1_000_000n);
  const attempt = async (chainId: string, message: Signable): Promise<SignAnswer> => {
    const deadline = nowMs() + timeoutMs;
    let lost = "no signer is connected";
    for (let left = timeoutMs; left > 0; left = deadline - nowMs()) {
      const session = await listener.session(left);
      if (session === undefined) break;
      try {
        const answer = await session.ask(question(chainId, message), Math.max(1, deadline - nowMs()));
        const judged = judge(chainId, message, answer, publicKey);
        if (judged.ok || judged.from === "signer") return judged;
        // What it says is not even an answer: another one may do better.
        session.close(judged.reason);
        lost = judged.reason;
      } catch (error) {
        lost = error instanceof Error ? error.message : String(error);
      }
    }
    return { ok: false, reason: lost };
  };
  return {
    async sign(chainId, message) {
      const answer = await attempt(chainId, message);
      if (!answer.ok) log.warn("no signature", { ...placeOf(message), reason: answer.reason });
      return answer;
    },
  };
}

function question(chainId: string, message: Signable): SignerMessage {
  return message.type === "vote"
    ? { type: "signVoteRequest", value: { vote: message.vote, chainId } }
    : { type: "signProposalRequest", value: { proposal: message.proposal, chainId } };
}

type Judged = { ok: true; message: Signable } | { ok: false; from: "signer" | "link"; reason: string };

/**
 * Takes time and signature from an answer and nothing else: all other fields stay our own, and the signature must be over
 * them. A signer that signed here before gives the time of then (CometBFT `FilePV`). Signatures of vote extensions, which
 * CometBFT's signers always add, go: extensions are not in use.
 */
function judge(chainId: string, asked: Signable, answer: SignerMessage, publicKey: Uint8Array): Judged {
  const unfit = (reason: string): Judged => ({ ok: false, from: "link", reason });
  if (answer.type !== (asked.type === "vote" ? "signedVoteResponse" : "signedProposalResponse")) {
    return unfit(`it answered ${answer.type} when asked to sign a ${asked.type}`);
  }
  const { error } = answer.value;
  if (error !== undefined) return { ok: false, from: "signer", reason: `the signer refused: ${faultText(error)}` };
  const signed: Vote | Proposal | undefined = answer.type === "signedVoteResponse"
    ? answer.value.vote
    : answer.value.proposal;
  if (signed === undefined) return unfit("it answered with neither a signature nor an error");
  const { timestamp, signature } = signed;
  const message: Signable = asked.type === "vote"
    ? { type: "vote", vote: { ...asked.vote, timestamp, signature } }
    : { type: "proposal", proposal: { ...asked.proposal, timestamp, signature } };
  const form = message.type === "vote" ? validateVote(message.vote) : validateProposal(message.proposal);
  if (!form.ok) return unfit(`what it signed is not well formed: ${form.error.message}`);
  const bytes = message.type === "vote"
    ? voteSignBytes(chainId, message.vote)
    : proposalSignBytes(chainId, message.proposal);
  if (!verifyEd25519(publicKey, bytes, signature)) return unfit("it signed something else, or with another key");
  return { ok: true, message };
}
