/** Headers and evidence for `06-solomachine` clients, as far as that needs no state. @module */
import type { Any } from "cosmjs-types/google/protobuf/any";
import { Header, Misbehaviour, type SignatureAndData } from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import { equalBytes } from "../../../../core/bytes.ts";
import { decodeStrict } from "../../../../core/codec/mod.ts";
import { refuse, wrapRefusal } from "../../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import { isBlankDiversifier, readKey } from "./state.ts";

export type SolomachineMessage =
  | { readonly type: "header"; readonly header: Header }
  | { readonly type: "misbehaviour"; readonly sequence: bigint; readonly signatures: readonly SignatureAndData[] };

export const HEADER_TYPE_URL = Header.typeUrl;
export const MISBEHAVIOUR_TYPE_URL = Misbehaviour.typeUrl;

/** Longest message, in bytes; evidence carries what was signed twice over. */
const MESSAGE_BYTES_MAX = 262_144;

/** Decodes one of the two kinds of messages. */
export function decodeMessage({ typeUrl, value }: Any): Result<SolomachineMessage> {
  return typeUrl === MISBEHAVIOUR_TYPE_URL ? decodeMisbehaviour(value) : decodeHeader(value);
}

function decodeHeader(value: Uint8Array): Result<SolomachineMessage> {
  const decoded = decodeStrict(Header, value, "solo machine header", MESSAGE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidClientHeader", decoded.error.message);
  const { timestamp, newDiversifier, signature, newPublicKey } = decoded.value;
  if (timestamp === 0n) return refuse("invalidClientHeader", "timestamp cannot be zero");
  if (isBlankDiversifier(newDiversifier)) {
    return refuse("invalidClientHeader", "diversifier cannot contain only spaces");
  }
  if (signature.length === 0) return refuse("invalidClientHeader", "signature cannot be empty");
  const key = readKey(newPublicKey, "invalidClientHeader");
  return key.ok ? ok({ type: "header", header: decoded.value }) : key;
}

function decodeMisbehaviour(value: Uint8Array): Result<SolomachineMessage> {
  const decoded = decodeStrict(Misbehaviour, value, "solo machine misbehaviour", MESSAGE_BYTES_MAX);
  if (!decoded.ok) return refuse("invalidMisbehaviour", decoded.error.message);
  const { sequence, signatureOne, signatureTwo } = decoded.value;
  if (sequence === 0n) return refuse("invalidMisbehaviour", "sequence cannot be 0");
  const one = checkSignature(signatureOne, "signature one failed basic validation");
  if (!one.ok) return one;
  const two = checkSignature(signatureTwo, "signature two failed basic validation");
  if (!two.ok) return two;
  const [a, b] = [one.value, two.value];
  if (equalBytes(a.signature, b.signature)) {
    return refuse("invalidMisbehaviour", "misbehaviour signatures cannot be equal");
  }
  if (equalBytes(a.path, b.path) && equalBytes(a.data, b.data)) {
    return refuse("invalidMisbehaviour", "misbehaviour signature data must be signed over different messages");
  }
  return ok({ type: "misbehaviour", sequence, signatures: [a, b] });
}

function checkSignature(given: SignatureAndData | undefined, attempt: string): Result<SignatureAndData> {
  const missing = given === undefined || given.signature.length === 0
    ? "signature cannot be empty"
    : given.data.length === 0
    ? "data for signature cannot be empty"
    : given.path.length === 0
    ? "path for signature cannot be empty"
    : given.timestamp === 0n
    ? "timestamp cannot be 0"
    : undefined;
  if (given !== undefined && missing === undefined) return ok(given);
  const refusal = refuse("solomachineSignatureAndData", missing ?? "signature is missing");
  return refusal.ok ? refusal : err(wrapRefusal(refusal.error, attempt));
}
