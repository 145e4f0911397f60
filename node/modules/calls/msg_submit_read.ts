/** `/catenary.calls.v1.MsgSubmitRead`: a read is answered, by anybody who has the proof. @module */
import type { Address, Context, MessageHandler } from "../../app/ports.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { compareHeights, formatHeight, type IbcHeight, ZERO_HEIGHT } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { invalidRead, proofTooOld, readAnswered, readExpired, unknownRead } from "./errors.ts";
import { readResult } from "./events.ts";
import type { CallsKeeper } from "./keeper.ts";
import { PARAMS_KEY, pendingKey, readKey, STORE } from "./keys.ts";
import { READ_PROOF_BYTES_MAX, READ_VALUE_BYTES_MAX } from "./params.ts";
import { MsgSubmitReadCodec, type Read, READ_STATUS } from "./types.ts";

/** Longest message, in bytes. */
const BYTES_MAX = READ_VALUE_BYTES_MAX + READ_PROOF_BYTES_MAX + 1_024;
const EMPTY = new Uint8Array();

/** A checked message. */
export interface MsgSubmitRead {
  readonly submitter: Address;
  readonly id: bigint;
  /** Undefined: there is nothing under the key. */
  readonly value: Uint8Array | undefined;
  readonly proof: Uint8Array;
  readonly proofHeight: IbcHeight;
}

export const msgSubmitRead = (keeper: CallsKeeper): MessageHandler<MsgSubmitRead> => ({
  typeUrl: MsgSubmitReadCodec.typeUrl,
  responseTypeUrl: `${MsgSubmitReadCodec.typeUrl}Response`,
  decode: (bytes) => decode(keeper, bytes),
  signers: ({ submitter }) => [submitter],
  touch({ id }, key) {
    key(STORE, PARAMS_KEY);
    key(STORE, readKey(id));
    key(STORE, pendingKey(id));
  },
  execute: (context, message) => execute(keeper, context, message),
});

function decode(keeper: CallsKeeper, bytes: Uint8Array): Result<MsgSubmitRead> {
  const decoded = decodeStrict(MsgSubmitReadCodec, bytes, "MsgSubmitRead", BYTES_MAX);
  if (!decoded.ok) return decoded;
  const { submitter: text, id, absent, value, proof, proofHeight } = decoded.value;
  const submitter = keeper.codec.parse(text);
  if (submitter === undefined) {
    return err(sdkRefusal("invalidAddress", `invalid submitter address: ${text.slice(0, 100)}`));
  }
  if (absent === value.length > 0) return err(invalidRead("submit read: either a value or its absence"));
  if (value.length > READ_VALUE_BYTES_MAX) return err(invalidRead(`submit read: a value of ${value.length} bytes`));
  if (proof.length === 0 || proof.length > READ_PROOF_BYTES_MAX) {
    return err(invalidRead(`submit read: a proof of ${proof.length} bytes`));
  }
  return ok({
    submitter,
    id,
    value: absent ? undefined : value.slice(),
    proof,
    proofHeight: proofHeight ?? ZERO_HEIGHT,
  });
}

function execute(keeper: CallsKeeper, context: Context, message: MsgSubmitRead): Result<Uint8Array> {
  const { view, block } = context;
  const { id, value, proofHeight, submitter } = message;
  const pending = keeper.read(view, id);
  if (pending === undefined) return err(unknownRead(`submit read: there is no read ${id}`));
  if (pending.status !== READ_STATUS.pending) return err(readAnswered(`submit read: read ${id} has its answer`));
  if (block.time >= pending.timeoutTimestamp) {
    return err(readExpired(`submit read: read ${id} was wanted until ${pending.timeoutTimestamp}`));
  }
  const least = pending.minHeight ?? ZERO_HEIGHT;
  if (compareHeights(proofHeight, least) < 0) {
    const detail = `submit read: proof of ${formatHeight(proofHeight)}, wanted from ${formatHeight(least)} on`;
    return err(proofTooOld(detail));
  }
  const verified = verify(keeper, context, pending, message);
  if (!verified.ok) return verified;
  const answered: Read = {
    ...pending,
    status: value === undefined ? READ_STATUS.absent : READ_STATUS.found,
    value: value ?? EMPTY,
    proofHeight,
    submitter: submitter.text,
    answeredHeight: block.height,
    answeredTime: block.time,
  };
  keeper.answerRead(view, pending, answered);
  context.emit(readResult(answered));
  return ok(EMPTY);
}

function verify(
  { clients }: CallsKeeper,
  context: Context,
  { clientId, store, key }: Read,
  { value, proof: bytes, proofHeight }: MsgSubmitRead,
): Result<undefined> {
  const proof = { height: proofHeight, proof: bytes, delayTime: 0n, delayBlocks: 0n };
  return value === undefined
    ? clients.verifyNonMembership(context, clientId, proof, [store, key])
    : clients.verifyMembership(context, clientId, proof, [store, key], value);
}
