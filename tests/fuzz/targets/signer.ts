/** What a signer and its node say to each other, and the connection they say it over. @module */
import { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import { concatBytes } from "../../../node/core/bytes.ts";
import { ed25519KeyFromSeed } from "../../../node/core/crypto/mod.ts";
import { IoError } from "../../../node/core/errors.ts";
import { delimited, type Link, LinkReader } from "../../../node/signer/link.ts";
import { secretConnection } from "../../../node/signer/secret_connection.ts";
import { decodeSignerMessage, encodeSignerMessage, SIGNER_MESSAGE_BYTES_MAX } from "../../../node/signer/wire.ts";
import { decoderTarget, type Target, type Verdict } from "../target.ts";
import { PROPOSAL, VOTES } from "./samples.ts";

const pubKey = PublicKey.fromPartial({ ed25519: new Uint8Array(32).fill(5) });
const error = { code: 1, description: "no" };
const MESSAGES: readonly Uint8Array[] = [
  encodeSignerMessage({ type: "pubKeyRequest", value: { chainId: "fuzz-1" } }),
  encodeSignerMessage({ type: "pubKeyResponse", value: { pubKey, error: undefined } }),
  encodeSignerMessage({ type: "signVoteRequest", value: { vote: VOTES[0]!, chainId: "fuzz-1" } }),
  encodeSignerMessage({ type: "signedVoteResponse", value: { vote: VOTES[1]!, error } }),
  encodeSignerMessage({ type: "signProposalRequest", value: { proposal: PROPOSAL, chainId: "fuzz-1" } }),
  encodeSignerMessage({ type: "signedProposalResponse", value: { proposal: undefined, error } }),
  encodeSignerMessage({ type: "pingRequest", value: {} }),
];

/** A link that brings `bytes` in pieces of odd lengths, and forgets what is written. */
function linkOf(bytes: Uint8Array): Link {
  let at = 0;
  return {
    read() {
      const piece = bytes.slice(at, at + 997);
      at += piece.length;
      return Promise.resolve(piece.length === 0 ? undefined : piece);
    },
    write: () => Promise.resolve(),
    close: () => {},
  };
}

/** Two links, each of which reads what is written to the other; what the second writes is kept. */
function pipe(): { readonly near: Link; readonly far: Link; readonly sent: Uint8Array[] } {
  const sent: Uint8Array[] = [];
  const toNear = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 99 });
  const toFar = new TransformStream<Uint8Array, Uint8Array>(undefined, undefined, { highWaterMark: 99 });
  const end = (
    from: TransformStream<Uint8Array, Uint8Array>,
    to: TransformStream<Uint8Array, Uint8Array>,
    kept?: Uint8Array[],
  ) => {
    const [reader, writer] = [from.readable.getReader(), to.writable.getWriter()];
    return {
      read: async () => (await reader.read()).value,
      write(bytes: Uint8Array) {
        kept?.push(bytes.slice());
        return writer.write(bytes);
      },
      close: () => {},
    };
  };
  return { near: end(toNear, toFar), far: end(toFar, toNear, sent), sent };
}

const NEAR = ed25519KeyFromSeed(new Uint8Array(32).fill(1));
const FAR = ed25519KeyFromSeed(new Uint8Array(32).fill(2));
const NEAR_EPHEMERAL = new Uint8Array(32).fill(3);
const FAR_EPHEMERAL = new Uint8Array(32).fill(4);

/** What an honest other side sends: a handshake and two messages. */
async function honestSession(): Promise<Uint8Array> {
  const { near, far, sent } = pipe();
  const [, link] = await Promise.all([
    secretConnection(near, NEAR, NEAR_EPHEMERAL),
    secretConnection(far, FAR, FAR_EPHEMERAL),
  ]);
  await link.write(delimited(MESSAGES[0]!));
  await link.write(delimited(MESSAGES[2]!));
  return concatBytes(...sent);
}

/** The answer to what goes wrong is an IoError of the signer's links; anything else is thrown on. */
async function reading(read: () => Promise<unknown>): Promise<Verdict> {
  try {
    return { accepted: true, value: await read(), again: undefined };
  } catch (error) {
    if (!(error instanceof IoError) || !error.code.startsWith("signer_")) throw error;
    return { accepted: false, error: { codespace: error.code, code: 1, message: error.message } };
  }
}

async function messagesOf(link: Link): Promise<object[]> {
  const reader = new LinkReader(link);
  const messages: object[] = [];
  for (;;) {
    const bytes = await reader.message(SIGNER_MESSAGE_BYTES_MAX);
    if (bytes === undefined) return messages;
    messages.push(decodeSignerMessage(bytes));
  }
}

export const SIGNER_TARGETS: readonly Target[] = [
  decoderTarget({
    name: "signer_message",
    bytesMax: SIGNER_MESSAGE_BYTES_MAX,
    seeds: () => MESSAGES,
    decode: decodeSignerMessage,
    encode: encodeSignerMessage,
    // Other signers may leave out more.
    exact: false,
  }),
  {
    name: "signer_link",
    bytesMax: 4 * SIGNER_MESSAGE_BYTES_MAX,
    seeds: () => [concatBytes(...MESSAGES.map(delimited)), delimited(new Uint8Array())],
    run: (bytes) => reading(() => messagesOf(linkOf(bytes))),
  },
  {
    name: "secret_connection",
    bytesMax: 4 * SIGNER_MESSAGE_BYTES_MAX,
    seeds: async () => [await honestSession()],
    run: (bytes) => reading(async () => await messagesOf(await secretConnection(linkOf(bytes), NEAR, NEAR_EPHEMERAL))),
  },
];
