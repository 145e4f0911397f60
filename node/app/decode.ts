/**
 * From bytes to a transaction whose messages have been checked as far as that needs no state. Done once: check, proposal
 * and delivery share the result.
 * @module
 */
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { AuthInfo, type Fee, type SignerInfo, TxBody } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import type { Address, AddressCodec } from "../core/address.ts";
import { utf8ToBytes } from "../core/bytes.ts";
import { decodeStrict } from "../core/codec/mod.ts";
import { type Coins, formatCoins, parseCoinTexts } from "../core/coins.ts";
import { type CodedError, sdkRefusal } from "../core/errors.ts";
import { decodePubKey, type PubKey } from "../core/pub_key.ts";
import { err, ok, type Result } from "../core/result.ts";
import { copyTx } from "../core/types/mod.ts";
import { splitTxRaw } from "./_tx_raw.ts";
import type { Limits } from "./limits.ts";
import type { Route, Router } from "./router.ts";

const GAS_WANTED_MAX = 0x7fff_ffff_ffff_ffffn;

export interface DecodedMessage {
  readonly route: Route;
  /** What the route's handler decoded. */
  readonly value: unknown;
  readonly signer: Address;
}

export interface DecodedSigner {
  readonly address: Address;
  /** Undefined when the transaction leaves it to the account. */
  readonly pubKey: PubKey | undefined;
  readonly sequence: bigint;
  readonly signature: Uint8Array;
  readonly mode: SignMode;
  /** With which key and account number the signature was found good; see `signatures.ts`. */
  verified: { readonly pubKey: PubKey; readonly accountNumber: bigint } | undefined;
}

export interface DecodedTx {
  /** Length in bytes. */
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly bodyBytes: Uint8Array;
  readonly authInfoBytes: Uint8Array;
  readonly messages: readonly DecodedMessage[];
  readonly memoBytes: number;
  /** 0: none. */
  readonly timeoutHeight: bigint;
  /** Each signer once, in order of the messages; then the fee payer, if that is somebody else. */
  readonly signers: readonly DecodedSigner[];
  readonly payer: Address;
  readonly fee: Coins;
  readonly feeText: string;
  readonly gasLimit: bigint;
}

export interface DecodeOptions {
  readonly router: Router;
  readonly codec: AddressCodec;
  readonly limits: Limits;
}

/** Refusals of the strict decoder as those of a transaction: code 2. */
export const asTxRefusal = (error: CodedError): CodedError =>
  error.codespace === "codec" ? sdkRefusal("txDecode", error.message) : error;

/** Decodes a `TxRaw` and validates it as far as that needs no state. `simulate`: signatures and sign modes may be missing. */
export function decodeTx(tx: Uint8Array, options: DecodeOptions, simulate = false): Result<DecodedTx> {
  const { limits } = options;
  if (tx.length > limits.txBytesMax) {
    return err(sdkRefusal("txTooLarge", `decode transaction: ${tx.length} bytes, limit ${limits.txBytesMax}`));
  }
  // A copy, because the result outlives the block or request that `tx` may be a view of.
  const bytes = copyTx(tx);
  const raw = splitTxRaw(bytes, limits.signersMax);
  if (raw === undefined) return err(sdkRefusal("txDecode", "decode TxRaw: malformed or not in canonical form"));
  const body = decodeStrict(TxBody, raw.bodyBytes, "TxBody", limits.txBytesMax);
  if (!body.ok) return err(asTxRefusal(body.error));
  const auth = decodeStrict(AuthInfo, raw.authInfoBytes, "AuthInfo", limits.txBytesMax);
  if (!auth.ok) return err(asTxRefusal(auth.error));
  const fault = faultOfBody(body.value, limits) ?? faultOfAuthInfo(auth.value, simulate);
  if (fault !== undefined) return err(fault);
  const messages = decodeMessages(body.value, options);
  if (!messages.ok) return messages;
  const fee = auth.value.fee!;
  const payer = readPayer(fee, options.codec);
  if (!payer.ok) return payer;
  const signers = readSigners(auth.value.signerInfos, raw.signatures, messages.value, payer.value);
  if (!signers.ok) return signers;
  const coins = parseCoinTexts(fee.amount);
  if (coins === undefined) {
    return err(sdkRefusal("insufficientFee", `invalid fee provided: ${formatCoins(fee.amount).slice(0, 200)}`));
  }
  return ok({
    size: bytes.length,
    bytes,
    bodyBytes: raw.bodyBytes,
    authInfoBytes: raw.authInfoBytes,
    messages: messages.value,
    memoBytes: body.value.memo === "" ? 0 : utf8ToBytes(body.value.memo).length,
    timeoutHeight: body.value.timeoutHeight,
    signers: signers.value,
    payer: payer.value ?? signers.value[0]!.address,
    fee: coins,
    feeText: formatCoins(coins),
    gasLimit: fee.gasLimit,
  });
}

function faultOfBody(body: TxBody, limits: Limits): CodedError | undefined {
  if (body.extensionOptions.length > 0) {
    const option = body.extensionOptions[0]!.typeUrl.slice(0, 200);
    return sdkRefusal("unknownExtensionOptions", `read extension option ${option}`);
  }
  if (body.unordered || body.timeoutTimestamp !== undefined) {
    return sdkRefusal("notSupported", "read transaction: it is unordered or has a timeout timestamp");
  }
  if (body.messages.length === 0) return sdkRefusal("invalidRequest", "must contain at least one message");
  if (body.messages.length > limits.messagesMax) {
    return sdkRefusal("invalidRequest", `read messages: ${body.messages.length}, limit ${limits.messagesMax}`);
  }
  return undefined;
}

function faultOfAuthInfo({ fee, signerInfos, tip }: AuthInfo, simulate: boolean): CodedError | undefined {
  if (fee === undefined) return sdkRefusal("insufficientFee", "read fee: there is none");
  if (fee.granter !== "") return sdkRefusal("notSupported", "read fee: fee grants are not enabled");
  if (tip !== undefined) return sdkRefusal("notSupported", "read tip: tips are not enabled");
  if (fee.gasLimit > GAS_WANTED_MAX) {
    return sdkRefusal("invalidRequest", `invalid gas supplied; ${fee.gasLimit} > ${GAS_WANTED_MAX}`);
  }
  for (const { modeInfo } of signerInfos) {
    if (modeInfo?.multi !== undefined) return sdkRefusal("notSupported", "read signer: multisig keys are not enabled");
    const mode = modeInfo?.single?.mode ?? SignMode.SIGN_MODE_UNSPECIFIED;
    if (mode === SignMode.SIGN_MODE_DIRECT || (simulate && mode === SignMode.SIGN_MODE_UNSPECIFIED)) continue;
    const name = SignMode[mode] ?? mode;
    return sdkRefusal("notSupported", `read sign mode ${name}: only SIGN_MODE_DIRECT is accepted`);
  }
  return undefined;
}

function decodeMessages(body: TxBody, { router }: DecodeOptions): Result<DecodedMessage[]> {
  const messages: DecodedMessage[] = [];
  for (const { typeUrl, value } of body.messages) {
    const route = router.message(typeUrl);
    if (route === undefined) {
      return err(sdkRefusal("unknownRequest", `no message handler found for ${typeUrl.slice(0, 200)}`));
    }
    const decoded = route.handler.decode(value);
    if (!decoded.ok) return err(asTxRefusal(decoded.error));
    messages.push({ route, value: decoded.value, signer: route.handler.signers(decoded.value)[0]! });
  }
  return ok(messages);
}

function readPayer(fee: Fee, codec: AddressCodec): Result<Address | undefined> {
  if (fee.payer === "") return ok(undefined);
  const payer = codec.parse(fee.payer);
  return payer === undefined
    ? err(sdkRefusal("invalidAddress", `invalid fee payer address: ${fee.payer.slice(0, 100)}`))
    : ok(payer);
}

function readSigners(
  infos: readonly SignerInfo[],
  signatures: readonly Uint8Array[],
  messages: readonly DecodedMessage[],
  payer: Address | undefined,
): Result<DecodedSigner[]> {
  const expected = new Map<string, Address>();
  for (const { route, value } of messages) {
    for (const signer of route.handler.signers(value)) expected.set(signer.text, signer);
  }
  if (payer !== undefined) expected.set(payer.text, payer);
  if (signatures.length === 0) return err(sdkRefusal("noSignatures", "read signatures"));
  if (signatures.length !== expected.size || infos.length !== expected.size) {
    const found = signatures.length === expected.size ? infos.length : signatures.length;
    return err(sdkRefusal("unauthorized", `wrong number of signers; expected ${expected.size}, got ${found}`));
  }
  const signers: DecodedSigner[] = [];
  for (const address of expected.values()) {
    const { publicKey, sequence, modeInfo } = infos[signers.length]!;
    const pubKey = publicKey === undefined ? undefined : decodePubKey(publicKey);
    if (publicKey !== undefined && pubKey === undefined) {
      const kind = publicKey.typeUrl.slice(0, 100);
      return err(sdkRefusal("invalidPubKey", `read public key ${kind}: unknown kind or wrong length`));
    }
    const mode = modeInfo?.single?.mode ?? SignMode.SIGN_MODE_UNSPECIFIED;
    const signature = signatures[signers.length]!;
    signers.push({ address, pubKey, sequence, signature, mode, verified: undefined });
  }
  return ok(signers);
}
