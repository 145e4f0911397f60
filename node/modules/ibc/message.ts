/** What all messages of IBC have in common: a strict decoder, checks without state, one signer who relays. @module */
import type { Address, AddressCodec, Context, MessageHandler, Relaying } from "../../app/ports.ts";
import { decodeStrict, type MessageCodec } from "../../core/codec/mod.ts";
import { refuse } from "../../core/ibc/mod.ts";
import { ok, type Result } from "../../core/result.ts";

/** A checked message and who signed it. */
export interface Signed<M> {
  readonly message: M;
  readonly signer: Address;
}

/** One kind of message. */
export interface MessageSteps<M> {
  readonly codec: MessageCodec<M>;
  /** Longest message, in bytes. */
  readonly bytesMax: number;
  /** What needs no state (`ValidateBasic`). */
  validate(message: M): Result<unknown>;
  touch?(message: M, key: (store: string, key: Uint8Array) => void): void;
  /** See `MessageHandler`. */
  relaying?(context: Context, message: M): Relaying;
  /** Answers the encoded response. */
  execute(context: Context, message: M, signer: Address): Result<Uint8Array>;
}

const nothing = () => {};

/** The handler of one kind of message. */
export function messageHandler<M extends { signer: string }>(
  addresses: AddressCodec,
  steps: MessageSteps<M>,
): MessageHandler<Signed<M>> {
  const { codec, bytesMax, validate, touch, relaying, execute } = steps;
  const name = codec.typeUrl.slice(codec.typeUrl.lastIndexOf(".") + 1);
  return {
    typeUrl: codec.typeUrl,
    responseTypeUrl: `${codec.typeUrl}Response`,
    decode(bytes) {
      const decoded = decodeStrict(codec, bytes, name, bytesMax);
      if (!decoded.ok) return decoded;
      const message = decoded.value;
      const valid = validate(message);
      if (!valid.ok) return valid;
      const signer = addresses.parse(message.signer);
      return signer === undefined
        ? refuse("invalidAddress", `read signer: ${message.signer.slice(0, 100)} is no ${addresses.prefix} address`)
        : ok({ message, signer });
    },
    signers: ({ signer }) => [signer],
    touch: touch === undefined ? nothing : ({ message }, key) => touch(message, key),
    ...(relaying && { relaying: (context, { message }) => relaying(context, message) }),
    execute: (context, { message, signer }) => execute(context, message, signer),
  };
}

/** Refuses a proof of no bytes (ibc-go's `ValidateBasic` does, for every proof). */
export const checkProof = (proof: Uint8Array, what: string): Result<undefined> =>
  proof.length > 0 ? ok(undefined) : refuse("invalidProof", `check message: the ${what} is empty`);

/** The first refusal among checks, which are made in order. */
export function all(...checks: readonly (() => Result<unknown>)[]): Result<undefined> {
  for (const check of checks) {
    const done = check();
    if (!done.ok) return done;
  }
  return ok(undefined);
}
