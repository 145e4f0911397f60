/** The powers of the validators as the chain's own state, and what of them a block changed. @module */
import type { AddressCodec } from "../../app/ports.ts";
import { bytesToU64, concatBytes, equalBytes, u64ToBytes } from "../../core/bytes.ts";
import { invariant } from "../../core/invariant.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { StateReader, StateView } from "../../state/view.ts";
import { lastPower, tooMany, tooMuchPower, unknownValidator } from "./errors.ts";
import { PARAMS_KEY, PENDING_KEY, STORE, TOTALS_KEY, validatorKey } from "./keys.ts";
import { PENDING_MAX, PUB_KEY_BYTES, TOTAL_POWER_MAX, VALIDATORS_MAX } from "./params.ts";
import { type Params, ParamsCodec, type Validator } from "./types.ts";

interface Totals {
  readonly power: bigint;
  readonly count: number;
}
/** A validator that this block changed, with the power it had before. */
interface Pending {
  readonly pubKey: Uint8Array;
  readonly before: bigint;
}
const PENDING_BYTES = PUB_KEY_BYTES + 8;

export class ValidatorsKeeper {
  constructor(readonly codec: AddressCodec) {}

  params(view: StateReader): Params {
    const bytes = view.get(STORE, PARAMS_KEY);
    invariant(bytes !== undefined, "read validators params: the genesis wrote none");
    return ParamsCodec.decode(bytes);
  }

  setParams(view: StateView, params: Params): void {
    view.set(STORE, PARAMS_KEY, ParamsCodec.encode(params).finish());
  }

  power(view: StateReader, pubKey: Uint8Array): bigint {
    const bytes = view.get(STORE, validatorKey(pubKey));
    return bytes === undefined ? 0n : bytesToU64(bytes);
  }

  totals(view: StateReader): Totals {
    const bytes = view.get(STORE, TOTALS_KEY);
    if (bytes === undefined) return { power: 0n, count: 0 };
    return { power: bytesToU64(bytes), count: Number(bytesToU64(bytes, 8)) };
  }

  /**
   * Sets a power; 0 removes. Refuses exactly what CometBFT would refuse of the block's updates taken together: removing
   * who is not there, removing everybody, more than the largest total before removals are applied, too many validators.
   */
  update(view: StateView, { pubKey, power }: Validator): Result<undefined> {
    const current = this.power(view, pubKey);
    if (power === 0n && current === 0n) return err(unknownValidator());
    const totals = this.totals(view);
    const next: Totals = {
      power: totals.power - current + power,
      count: totals.count + (power > 0n ? 1 : 0) - (current > 0n ? 1 : 0),
    };
    if (next.count === 0) return err(lastPower());
    if (next.count > VALIDATORS_MAX) return err(tooMany("validators"));
    const pending = this.#pending(view);
    if (!pending.some((entry) => equalBytes(entry.pubKey, pubKey))) pending.push({ pubKey, before: current });
    if (pending.length > PENDING_MAX) return err(tooMany("changes in one block"));
    this.#write(view, pubKey, power, next);
    // verifyUpdates: updates are added up before removals are applied.
    const removed = pending.reduce(
      (sum, { pubKey, before }) => sum + (this.power(view, pubKey) > 0n ? 0n : before),
      0n,
    );
    if (next.power + removed > TOTAL_POWER_MAX) return err(tooMuchPower(next.power + removed));
    view.set(STORE, PENDING_KEY, encodePending(pending));
    return ok(undefined);
  }

  /** Only for genesis, where nothing is pending. */
  initialise(view: StateView, validators: readonly Validator[]): void {
    let power = 0n;
    for (const validator of validators) {
      power += validator.power;
      view.set(STORE, validatorKey(validator.pubKey), u64ToBytes(validator.power));
    }
    view.set(STORE, TOTALS_KEY, concatBytes(u64ToBytes(power), u64ToBytes(BigInt(validators.length))));
  }

  /** What this block changed, in the order of the first change, and forgets it. */
  takePending(view: StateView): Validator[] {
    const pending = this.#pending(view);
    if (pending.length === 0) return [];
    view.delete(STORE, PENDING_KEY);
    const changed: Validator[] = [];
    for (const { pubKey, before } of pending) {
      const power = this.power(view, pubKey);
      if (power !== before) changed.push({ pubKey, power });
    }
    return changed;
  }

  #write(view: StateView, pubKey: Uint8Array, power: bigint, totals: Totals): void {
    if (power === 0n) view.delete(STORE, validatorKey(pubKey));
    else view.set(STORE, validatorKey(pubKey), u64ToBytes(power));
    view.set(STORE, TOTALS_KEY, concatBytes(u64ToBytes(totals.power), u64ToBytes(BigInt(totals.count))));
  }

  #pending(view: StateReader): Pending[] {
    const bytes = view.get(STORE, PENDING_KEY);
    const pending: Pending[] = [];
    for (let at = 0; bytes !== undefined && at < bytes.length; at += PENDING_BYTES) {
      const pubKey = bytes.slice(at, at + PUB_KEY_BYTES);
      pending.push({ pubKey, before: bytesToU64(bytes, at + PUB_KEY_BYTES) });
    }
    return pending;
  }
}

function encodePending(pending: readonly Pending[]): Uint8Array {
  const bytes = new Uint8Array(pending.length * PENDING_BYTES);
  pending.forEach(({ pubKey, before }, i) => {
    bytes.set(pubKey, i * PENDING_BYTES);
    bytes.set(u64ToBytes(before), i * PENDING_BYTES + PUB_KEY_BYTES);
  });
  return bytes;
}
