/**
 * What comes before the messages, in the order of cosmos-sdk's ante handlers: bounds, fee, keys, signatures, sequence, and in
 * checks whether messages that relay come too late. What
 * it writes stays even when the messages fail; when it refuses itself, the caller reverts everything.
 * @module
 */
import { sdkRefusal } from "../core/errors.ts";
import { refuse } from "../core/ibc/mod.ts";
import { err, ok, type Result } from "../core/result.ts";
import { missTogether } from "../state/view.ts";
import type { DecodedSigner, DecodedTx } from "./decode.ts";
import { feeEvent, sequenceEvent, signatureEvent } from "./events.ts";
import type { AuthParams, ExpectedAccounts, ExpectedFees } from "./expected.ts";
import { checkMinimumFee, type GasPrice } from "./fee.ts";
import type { Context } from "./module.ts";
import { checkSignature, keyOfSigner } from "./signatures.ts";

/** Why a transaction runs. Checks ask for the node's own minimum fee; simulations for no signatures. */
export type Mode = "check" | "recheck" | "deliver" | "simulate";

export interface AnteOptions {
  readonly accounts: ExpectedAccounts;
  readonly fees: ExpectedFees;
  readonly gasPrices: readonly GasPrice[];
}

/** Bytes that a simulated transaction lacks for each signer: a signature and its tag and length. */
const SIGNATURE_BYTES = 66;

/**
 * What paying a fee in one denom uses: two reads, a write of the payer's balance, some bytes of the transaction. Clients simulate
 * without a fee, because they compute it from the answer, and then multiply by as little as 1.3.
 */
const GAS_SIMULATED_FEE = 8_000;

/** Runs the phases before the messages. */
export function runAnte(context: Context, tx: DecodedTx, mode: Mode, options: AnteOptions): Result<undefined> {
  if (mode !== "simulate" && tx.gasLimit === 0n) return err(sdkRefusal("invalidGasLimit", "must provide positive gas"));
  const params = options.accounts.params(context.view);
  const bounded = checkBounds(context, tx, params);
  if (!bounded.ok) return bounded;
  chargeSize(context, tx, mode, params);
  const paid = payFee(context, tx, mode, options);
  if (!paid.ok) return paid;
  for (const { address, sequence } of tx.signers) context.emit(sequenceEvent(address.text, sequence));
  for (const { signature } of tx.signers) context.emit(signatureEvent(signature));
  for (const [index, signer] of tx.signers.entries()) {
    const admitted = admitSigner(context, tx, signer, index, mode, params, options);
    if (!admitted.ok) return admitted;
  }
  return mode === "check" || mode === "recheck" ? checkRelaying(context, tx) : ok(undefined);
}

/**
 * Refuses a transaction that only relays, and all of it what has been relayed before: who comes second is told so, and does
 * not pay. With anything else in it the transaction passes.
 */
function checkRelaying(context: Context, { messages }: DecodedTx): Result<undefined> {
  if (messages.some(({ route: { handler } }) => handler.relaying === undefined)) return ok(undefined);
  const found = missTogether(messages, ({ route: { handler }, value }) => handler.relaying!(context, value));
  const relayed = found.filter((what) => what !== "aside");
  return relayed.length > 0 && relayed.every((what) => what === "redundant")
    ? refuse("redundantTx", `check messages: all ${relayed.length} were relayed before`)
    : ok(undefined);
}

function checkBounds({ block }: Context, tx: DecodedTx, params: AuthParams): Result<undefined> {
  if (tx.timeoutHeight > 0n && block.height > tx.timeoutHeight) {
    const detail = `block height: ${block.height}, timeout height: ${tx.timeoutHeight}`;
    return err(sdkRefusal("txTimeoutHeight", detail));
  }
  const memo = BigInt(tx.memoBytes);
  if (memo > params.maxMemoCharacters) {
    const detail = `maximum number of characters is ${params.maxMemoCharacters} but received ${memo} characters`;
    return err(sdkRefusal("memoTooLarge", detail));
  }
  const signers = BigInt(tx.signers.length);
  if (signers > params.txSigLimit) {
    return err(sdkRefusal("tooManySignatures", `signatures: ${signers}, limit: ${params.txSigLimit}`));
  }
  return ok(undefined);
}

function chargeSize({ gas }: Context, tx: DecodedTx, mode: Mode, params: AuthParams): void {
  let bytes = tx.size;
  if (mode === "simulate") {
    for (const { signature } of tx.signers) if (signature.length === 0) bytes += SIGNATURE_BYTES;
  }
  gas.consume(bytes * Number(params.txSizeCostPerByte), "txSize");
}

function payFee(context: Context, tx: DecodedTx, mode: Mode, options: AnteOptions): Result<undefined> {
  if (mode === "check" || mode === "recheck") {
    const enough = checkMinimumFee(options.gasPrices, tx.fee, tx.gasLimit);
    if (!enough.ok) return enough;
  }
  if (tx.fee.length > 0) {
    if (options.accounts.get(context.view, tx.payer) === undefined) {
      return err(sdkRefusal("unknownAddress", `fee payer address: ${tx.payer.text} does not exist`));
    }
    const deducted = options.fees.deduct(context, tx.payer, tx.fee);
    if (!deducted.ok) return deducted;
  } else if (mode === "simulate") context.gas.consume(GAS_SIMULATED_FEE, "fee");
  context.emit(feeEvent(tx.feeText, tx.payer.text));
  return ok(undefined);
}

function admitSigner(
  context: Context,
  tx: DecodedTx,
  signer: DecodedSigner,
  index: number,
  mode: Mode,
  params: AuthParams,
  { accounts }: AnteOptions,
): Result<undefined> {
  const { view, gas, block } = context;
  const account = accounts.get(view, signer.address);
  if (account === undefined) return err(sdkRefusal("unknownAddress", `account ${signer.address.text} does not exist`));
  const simulate = mode === "simulate";
  const key = keyOfSigner(account, signer, index);
  if (!key.ok && !(simulate && signer.pubKey === undefined)) return key;
  const isEd25519 = key.ok && key.value.type === "ed25519";
  if (isEd25519) gas.consume(Number(params.sigVerifyCostEd25519), "ante verify: ed25519");
  else gas.consume(Number(params.sigVerifyCostSecp256k1), "ante verify: secp256k1");
  if (signer.sequence !== account.sequence) {
    const detail = `account sequence mismatch, expected ${account.sequence}, got ${signer.sequence}`;
    return err(sdkRefusal("wrongSequence", detail));
  }
  if (!simulate && key.ok) {
    const signed = checkSignature(tx, signer, key.value, account, block.chainId);
    if (!signed.ok) return signed;
  }
  accounts.set(view, {
    ...account,
    pubKey: key.ok ? key.value : account.pubKey,
    sequence: account.sequence + 1n,
  });
  return ok(undefined);
}
