/** What the chain knows of tokens that travel: their paths, how much is in escrow, whether transfers are on. @module */
import type { Metadata } from "cosmjs-types/cosmos/bank/v1beta1/bank";
import { IntProto } from "cosmjs-types/cosmos/base/v1beta1/coin";
import { Denom } from "cosmjs-types/ibc/applications/transfer/v1/token";
import type { Address, AddressCodec, Context, IbcChannels } from "../../app/ports.ts";
import { type Coin, isDenom } from "../../core/coins.ts";
import { denomPath, hashOfDenom, localDenom, type TransferDenom } from "../../core/ibc/mod.ts";
import { invariant } from "../../core/invariant.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import { denomNotFound, invalidDenom } from "./errors.ts";
import type { ExpectedAccounts, ExpectedAuthority, ExpectedBank } from "./expected.ts";
import { denomKey, PARAMS_KEY, STORE, totalEscrowKey } from "./keys.ts";
import { decodeParams, DEFAULT_PARAMS, encodeParams, type Params } from "./params.ts";
import { sendTransfer, type Transfer } from "./send.ts";

export class TransferKeeper {
  /** Of the account that mints and burns. */
  readonly address: Address;
  #params: { readonly bytes: Uint8Array; readonly params: Params } | undefined;

  constructor(
    readonly codec: AddressCodec,
    readonly bank: ExpectedBank,
    readonly accounts: ExpectedAccounts,
    readonly channels: IbcChannels,
    readonly authority: ExpectedAuthority,
  ) {
    this.address = accounts.moduleAddress(STORE);
  }

  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    // A chain that is older than this module has none.
    if (bytes === undefined) return DEFAULT_PARAMS;
    if (this.#params?.bytes !== bytes) this.#params = { bytes, params: decodeParams(bytes) };
    return this.#params.params;
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, encodeParams(params));
  }

  /** Sends tokens over a channel; answers the sequence of the packet. */
  send(context: Context, transfer: Transfer): Result<bigint> {
    return sendTransfer(this, context, transfer);
  }

  /** The denom with that SHA-256 of its path. */
  denom(view: StateReader, hash: Uint8Array): TransferDenom | undefined {
    const bytes = view.get(STORE, denomKey(hash));
    return bytes === undefined ? undefined : Denom.decode(bytes);
  }

  /** Remembers the path of a voucher, and describes it to the bank unless somebody has. */
  rememberDenom(view: StateView, denom: TransferDenom): void {
    const name = localDenom(denom);
    const hash = hashOfDenom(name);
    invariant(hash !== undefined, `remember denom ${name}: it has no hops`);
    if (this.denom(view, hash) === undefined) {
      const trace = denom.trace.map(({ portId, channelId }) => ({ portId, channelId }));
      view.set(STORE, denomKey(hash), Denom.encode({ base: denom.base, trace }).finish());
    }
    if (this.bank.metadata(view, name) === undefined) this.bank.setMetadata(view, voucherMetadata(denom));
  }

  /** The token behind a name on this chain: `ibc/…` must have arrived here before. */
  denomOfName(view: StateReader, name: string): Result<TransferDenom> {
    if (!name.startsWith("ibc/")) return ok({ base: name, trace: [] });
    const hash = hashOfDenom(name);
    if (hash === undefined) return err(invalidDenom(`find denom ${name.slice(0, 128)}: no hash`));
    const denom = this.denom(view, hash);
    return denom === undefined ? err(denomNotFound(`find denom ${name}`)) : ok(denom);
  }

  /** How much of a denom of this chain is in escrow, over all channels. */
  totalEscrow(view: StateReader, denom: string): bigint {
    const bytes = view.get(STORE, totalEscrowKey(denom));
    return bytes === undefined ? 0n : BigInt(IntProto.decode(bytes).int);
  }

  setTotalEscrow(view: StateView, { denom, amount }: Coin): void {
    if (amount === 0n) view.delete(STORE, totalEscrowKey(denom));
    else view.set(STORE, totalEscrowKey(denom), IntProto.encode({ int: amount.toString() }).finish());
  }

  /** Counts coins that went into escrow. */
  addEscrow(view: StateView, { denom, amount }: Coin): void {
    this.setTotalEscrow(view, { denom, amount: this.totalEscrow(view, denom) + amount });
  }

  /**
   * Counts coins that left escrow. The count is one for all channels, and anybody may give coins to an escrow account, which
   * it does not see: when another chain sends those out again, it falls behind what is still there. So it ends at zero and
   * refuses nothing (ibc-go panics, and with it the refunds and returns of others): what an escrow account has is the limit.
   */
  takeEscrow(view: StateView, { denom, amount }: Coin): void {
    const total = this.totalEscrow(view, denom);
    this.setTotalEscrow(view, { denom, amount: total > amount ? total - amount : 0n });
  }

  /** Whether `address` may neither send nor receive: an account of a module, except our own. */
  isBlocked(address: Address): boolean {
    return address.text !== this.address.text && this.bank.blocked.has(address.text);
  }
}

/** An amount under the name that `denom` has on this chain; refused when that is no denom of the bank. */
export function coinOf(denom: TransferDenom, amount: bigint): Result<Coin> {
  const name = localDenom(denom);
  return isDenom(name)
    ? ok({ denom: name, amount })
    : err(invalidDenom(`name a token: ${JSON.stringify(name.slice(0, 128))} is no denom`));
}

/** What wallets read of a voucher (`SetDenomMetadata`). */
function voucherMetadata(denom: TransferDenom): Metadata {
  const path = denomPath(denom);
  return {
    description: `IBC token from ${path}`,
    denomUnits: [{ denom: denom.base, exponent: 0, aliases: [] }],
    base: localDenom(denom),
    display: path,
    name: `${path} IBC token`,
    // ASCII only: what the upper case of other letters is depends on the Unicode version of the machine.
    symbol: denom.base.replaceAll(/[a-z]/g, (letter) => letter.toUpperCase()),
    uri: "",
    uriHash: "",
  };
}
