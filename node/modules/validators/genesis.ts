/** Genesis of the validators: who may change them, and who they are when the genesis file itself names nobody. @module */
import type { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import { z } from "zod";
import type { ModuleGenesisContext, Reading } from "../../app/ports.ts";
import { bytesToHex, bytesToU64, compareBytes, equalBytes } from "../../core/bytes.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { listUnder } from "../../core/listing.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import type { ValidatorsKeeper } from "./keeper.ts";
import { STORE, VALIDATOR_PREFIX } from "./keys.ts";
import { ADMINS_MAX, PUB_KEY_BYTES, TOTAL_POWER_MAX, VALIDATORS_MAX } from "./params.ts";
import type { Validator } from "./types.ts";

const genesisJson = z.strictObject({
  admins: z.array(z.string()).max(ADMINS_MAX),
  validators: z.array(z.strictObject({ pub_key: z.base64(), power: z.string().regex(/^[1-9][0-9]{0,18}$/) }))
    .max(VALIDATORS_MAX).default([]),
});

const refuse = (detail: string) => err(sdkRefusal("invalidRequest", `read genesis validators: ${detail}`));
const byKey = (a: Validator, b: Validator) => compareBytes(a.pubKey, b.pubKey);

/** Returns the set to start with: that of the genesis file, or its own when the file has none; both must agree. */
export function initValidatorsGenesis(
  keeper: ValidatorsKeeper,
  { view, validators: given }: ModuleGenesisContext,
  json: unknown,
): Result<ValidatorUpdate[]> {
  const parsed = genesisJson.safeParse(json ?? { admins: [] });
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const admins: string[] = [];
  for (const text of parsed.data.admins) {
    const address = keeper.codec.parse(text);
    if (address === undefined) return refuse(`admin ${text.slice(0, 100)} is no ${keeper.codec.prefix} address`);
    admins.push(address.text);
  }
  const own = parsed.data.validators.map(({ pub_key, power }) => ({
    pubKey: Uint8Array.fromBase64(pub_key),
    power: BigInt(power),
  }));
  const file = given.map(({ pubKey, power }) => ({ pubKey: pubKey?.ed25519 ?? new Uint8Array(), power }));
  const set = (own.length > 0 ? own : file).toSorted(byKey);
  const fault = faultOf(set) ??
    (own.length > 0 && file.length > 0 ? differenceOf(set, file.toSorted(byKey)) : undefined);
  if (fault !== undefined) return refuse(fault);
  keeper.setParams(view, { admins: [...new Set(admins)].sort() });
  keeper.initialise(view, set);
  return ok(set.map(({ pubKey, power }) => ({ pubKey: { ed25519: pubKey }, power })));
}

function faultOf(set: readonly Validator[]): string | undefined {
  if (set.length === 0) return "there are no validators, neither here nor in the genesis file";
  let total = 0n;
  for (const [i, { pubKey, power }] of set.entries()) {
    if (pubKey.length !== PUB_KEY_BYTES) return `a public key is no ed25519 key of ${PUB_KEY_BYTES} bytes`;
    if (i > 0 && equalBytes(set[i - 1]!.pubKey, pubKey)) return `validator ${bytesToHex(pubKey)} is there twice`;
    if (power <= 0n) return `validator ${bytesToHex(pubKey)} has the power ${power}`;
    total += power;
  }
  return total > TOTAL_POWER_MAX ? `total power is ${total}` : undefined;
}

function differenceOf(a: readonly Validator[], b: readonly Validator[]): string | undefined {
  const same = a.length === b.length &&
    a.every(({ pubKey, power }, i) => power === b[i]!.power && equalBytes(pubKey, b[i]!.pubKey));
  return same ? undefined : "app_state and the genesis file name different validators";
}

/** Everything that {@linkcode initValidatorsGenesis} reads. */
export function* exportValidatorsGenesis(keeper: ValidatorsKeeper, read: Reading): Work<unknown> {
  const { admins } = yield* read((view) => keeper.params(view));
  const validators = yield* listUnder(read, STORE, VALIDATOR_PREFIX, (key, value) => ({
    pub_key: key.slice(1).toBase64(),
    power: bytesToU64(value).toString(),
  }));
  return { admins: [...admins], validators };
}
