/**
 * CometBFT's SecretConnection (v0.34 to v0.38, `p2p/conn`): a stream both of whose ends have proven an ed25519 key.
 * Ephemeral X25519 keys in the clear, a Merlin transcript of them and of what they share, keys by HKDF-SHA256, then frames
 * of ChaCha20-Poly1305; the first messages inside are each side's key with its signature over the transcript's challenge.
 *
 * Who the other side is, it says here; whether it may be that is for the caller to judge.
 * @module
 */
import { x25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import { compareBytes, concatBytes, equalBytes, isBytes, utf8ToBytes } from "../core/bytes.ts";
import { decodeStrict, encode, fields, messageCodec } from "../core/codec/mod.ts";
import { type Ed25519Key, isProperEd25519Key, signEd25519, verifyEd25519 } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { delimited, type Link, LinkReader } from "./link.ts";
import { Transcript } from "./merlin.ts";

const KEY_BYTES = 32;
const TAG_BYTES = 16;
/** Data in a frame. */
export const FRAME_DATA_BYTES_MAX = 1024;
/** A frame before it is sealed: its length (little-endian) and its data, filled up. */
const FRAME_BYTES = 4 + FRAME_DATA_BYTES_MAX;
/** A frame on the wire. */
export const SEALED_FRAME_BYTES: number = FRAME_BYTES + TAG_BYTES;
/** `BytesValue` of 32 bytes has 34. */
const EPHEMERAL_MESSAGE_BYTES_MAX = 64;
/** `AuthSigMessage` with an ed25519 key has 102. */
const AUTH_MESSAGE_BYTES_MAX = 256;

const EphemeralCodec = messageCodec("/google.protobuf.BytesValue", { value: fields.bytes(1) });
const AuthCodec = messageCodec("/tendermint.p2p.AuthSigMessage", {
  pubKey: fields.message(1, PublicKey),
  sig: fields.bytes(2),
});

/** A link whose other end has proven that it holds `peerKey`. */
export interface SecretLink extends Link {
  /** ed25519, 32 bytes. */
  readonly peerKey: Uint8Array;
}

const refuse = (state: string, cause?: unknown) =>
  new IoError("signer_handshake", `make a secret connection: ${state}`, cause === undefined ? {} : { cause });

/** What both sides derive. */
export interface ConnectionSecrets {
  readonly receive: Uint8Array;
  readonly send: Uint8Array;
}

/** The keys of both directions: whose ephemeral key is the lower one receives with the first. */
export function deriveSecrets(shared: Uint8Array, isLower: boolean): ConnectionSecrets {
  const info = utf8ToBytes("TENDERMINT_SECRET_CONNECTION_KEY_AND_CHALLENGE_GEN");
  const both = hkdf(sha256, shared, undefined, info, 2 * KEY_BYTES);
  const [first, second] = [both.slice(0, KEY_BYTES), both.slice(KEY_BYTES)];
  return isLower ? { receive: first, send: second } : { receive: second, send: first };
}

/** What X25519 makes of both keys. Throws on a point of low order: then the result would be known to everybody. */
export function sharedSecret(own: Uint8Array, theirs: Uint8Array): Uint8Array {
  let shared: Uint8Array | undefined;
  try {
    shared = x25519.getSharedSecret(own, theirs);
  } catch (cause) {
    throw refuse("the ephemeral key of the other side is a point of low order", cause);
  }
  // RFC 7748 §6.1. The library checks it as well; this is what the security of the whole rests on.
  if (shared.every((byte) => byte === 0)) {
    throw refuse("the ephemeral key of the other side is a point of low order");
  }
  return shared;
}

/**
 * Shakes hands over `link` as the holder of `key`; both sides do the same. Rejects with an `IoError` `signer_handshake`, or
 * what the link rejects with. The caller bounds the time and closes the link on failure.
 * @param ephemeral 32 bytes of randomness for this connection alone; for tests.
 */
export async function secretConnection(
  link: Link,
  key: Ed25519Key,
  ephemeral: Uint8Array = new Uint8Array(randomBytes(KEY_BYTES)),
): Promise<SecretLink> {
  const reader = new LinkReader(link);
  const own = x25519.getPublicKey(ephemeral);
  await link.write(delimited(encode(EphemeralCodec, { value: own })));
  const theirs = await readEphemeral(reader);
  if (equalBytes(own, theirs)) throw refuse("the other side repeats our ephemeral key");
  const isLower = compareBytes(own, theirs) < 0;
  const shared = sharedSecret(ephemeral, theirs);
  const challenge = challengeOf(isLower ? own : theirs, isLower ? theirs : own, shared);
  const secrets = deriveSecrets(shared, isLower);
  const frames = new FrameLink(link, reader, secrets);
  const pubKey = PublicKey.fromPartial({ ed25519: key.publicKey });
  const mine = { pubKey, sig: signEd25519(key, challenge) };
  await frames.write(delimited(encode(AuthCodec, mine)));
  const inner = new LinkReader(frames);
  const peerKey = await readAuth(inner, challenge);
  return {
    peerKey,
    // Goes on where the authentication ended, even in the middle of a frame.
    read: () => inner.some(),
    write: (bytes) => frames.write(bytes),
    close: () => link.close(),
  };
}

async function readEphemeral(reader: LinkReader): Promise<Uint8Array> {
  const bytes = await reader.message(EPHEMERAL_MESSAGE_BYTES_MAX);
  if (bytes === undefined) throw refuse("the other side hung up");
  const decoded = decodeStrict(EphemeralCodec, bytes, "ephemeral key", EPHEMERAL_MESSAGE_BYTES_MAX);
  if (!decoded.ok) throw refuse(decoded.error.message);
  if (!isBytes(decoded.value.value, KEY_BYTES)) throw refuse("the ephemeral key of the other side has not 32 bytes");
  return decoded.value.value.slice();
}

function challengeOf(lower: Uint8Array, upper: Uint8Array, shared: Uint8Array): Uint8Array {
  const transcript = new Transcript("TENDERMINT_SECRET_CONNECTION_TRANSCRIPT_HASH");
  transcript.append("EPHEMERAL_LOWER_PUBLIC_KEY", lower);
  transcript.append("EPHEMERAL_UPPER_PUBLIC_KEY", upper);
  transcript.append("DH_SECRET", shared);
  return transcript.challenge("SECRET_CONNECTION_MAC", 32);
}

async function readAuth(reader: LinkReader, challenge: Uint8Array): Promise<Uint8Array> {
  const bytes = await reader.message(AUTH_MESSAGE_BYTES_MAX);
  if (bytes === undefined) throw refuse("the other side hung up before it proved its key");
  const decoded = decodeStrict(AuthCodec, bytes, "proof of a key", AUTH_MESSAGE_BYTES_MAX);
  if (!decoded.ok) throw refuse(decoded.error.message);
  const key = decoded.value.pubKey?.ed25519;
  if (key === undefined || !isBytes(key, KEY_BYTES)) throw refuse("the key of the other side is not an ed25519 key");
  // Anybody can sign for a key of low order: such a key names nobody.
  if (!isProperEd25519Key(key)) throw refuse("the key of the other side is no proper ed25519 key");
  if (!verifyEd25519(key, challenge, decoded.value.sig)) {
    throw refuse("the other side did not sign the challenge with its key");
  }
  return key.slice();
}

/** Frames in both directions, each sealed under the number of its place. */
class FrameLink implements Link {
  readonly #link: Link;
  readonly #reader: LinkReader;
  readonly #secrets: ConnectionSecrets;
  #sent = 0n;
  #received = 0n;

  constructor(link: Link, reader: LinkReader, secrets: ConnectionSecrets) {
    this.#link = link;
    this.#reader = reader;
    this.#secrets = secrets;
  }

  async read(): Promise<Uint8Array | undefined> {
    // A frame may hold nothing. Whoever waits for more than that sets a limit of time.
    for (;;) {
      const sealed = await this.#reader.exact(SEALED_FRAME_BYTES);
      if (sealed === undefined) return undefined;
      const frame = openFrame(this.#secrets.receive, nonceOf(this.#received++), sealed);
      const length = new DataView(frame.buffer, frame.byteOffset).getUint32(0, true);
      if (length > FRAME_DATA_BYTES_MAX) throw new IoError("signer_frame", `read a frame: it claims ${length} bytes`);
      if (length > 0) return frame.subarray(4, 4 + length);
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    const frames: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += FRAME_DATA_BYTES_MAX) {
      const data = bytes.subarray(at, at + FRAME_DATA_BYTES_MAX);
      const frame = new Uint8Array(FRAME_BYTES);
      new DataView(frame.buffer).setUint32(0, data.length, true);
      frame.set(data, 4);
      frames.push(sealFrame(this.#secrets.send, nonceOf(this.#sent++), frame));
    }
    await this.#link.write(concatBytes(...frames));
  }

  close(): void {
    this.#link.close();
  }
}

const NONCE_BYTES = 12;
const NONCES_MAX = 1n << 64n;

/** Four zero bytes, then the number, little-endian. A number never comes twice under one key. */
export function nonceOf(number: bigint): Uint8Array {
  if (number >= NONCES_MAX) throw new IoError("signer_frame", "seal a frame: all numbers are used up");
  const nonce = new Uint8Array(NONCE_BYTES);
  new DataView(nonce.buffer).setBigUint64(4, number, true);
  return nonce;
}

const CIPHER = "chacha20-poly1305";
const CIPHER_OPTIONS = { authTagLength: TAG_BYTES };

function sealFrame(key: Uint8Array, nonce: Uint8Array, frame: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, CIPHER_OPTIONS);
  return concatBytes(cipher.update(frame), cipher.final(), cipher.getAuthTag());
}

function openFrame(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array {
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, CIPHER_OPTIONS);
    decipher.setAuthTag(sealed.subarray(FRAME_BYTES));
    return concatBytes(decipher.update(sealed.subarray(0, FRAME_BYTES)), decipher.final());
  } catch (cause) {
    throw new IoError("signer_frame", "open a frame: it was not sealed by the other side, or not for this place", {
      cause,
    });
  }
}
