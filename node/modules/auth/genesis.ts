/** Genesis of accounts, in the JSON of cosmos-sdk v0.50. @module */
import { z } from "zod";
import type { Account, Context, Reading } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { listUnder } from "../../core/listing.ts";
import { decodePubKey, PUB_KEY_TYPE_URL, type PubKey } from "../../core/pub_key.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import type { AuthKeeper } from "./keeper.ts";
import { ACCOUNT_PREFIX, NEXT_NUMBER_KEY, STORE } from "./keys.ts";
import { DEFAULT_PARAMS, PARAM_MAX } from "./params.ts";
import { u64ToBytes } from "../../core/bytes.ts";
import { BASE_ACCOUNT_TYPE_URL, FEE_COLLECTOR, MODULE_ACCOUNT_TYPE_URL } from "./types.ts";

const U64_LIMIT = 1n << 64n;

const u64 = z.string().regex(/^(0|[1-9][0-9]{0,19})$/, "a whole number in quotes").transform((text) => BigInt(text))
  .refine((value) => value < U64_LIMIT, "below 2^64");
const param = u64.refine((value) => value <= PARAM_MAX, `at most ${PARAM_MAX}`);

const pubKeyJson = z.strictObject({ "@type": z.string(), key: z.base64() }).nullable();
const baseAccountJson = z.strictObject({
  address: z.string(),
  pub_key: pubKeyJson,
  account_number: u64,
  sequence: u64,
});
const accountJson = z.discriminatedUnion("@type", [
  baseAccountJson.extend({ "@type": z.literal(BASE_ACCOUNT_TYPE_URL) }),
  z.strictObject({
    "@type": z.literal(MODULE_ACCOUNT_TYPE_URL),
    base_account: baseAccountJson,
    name: z.string().min(1),
    permissions: z.array(z.string()),
  }),
]);
const genesisJson = z.strictObject({
  params: z.strictObject({
    max_memo_characters: param,
    tx_sig_limit: param,
    tx_size_cost_per_byte: param,
    sig_verify_cost_ed25519: param,
    sig_verify_cost_secp256k1: param,
  }),
  accounts: z.array(accountJson),
});
type GenesisJson = z.infer<typeof genesisJson>;

const refuse = (detail: string) => err(sdkRefusal("invalidRequest", `read genesis auth: ${detail}`));

/** Writes parameters, accounts and the fee collector. */
export function initAuthGenesis(keeper: AuthKeeper, { view }: Context, json: unknown): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? { params: paramsToJson(DEFAULT_PARAMS), accounts: [] });
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const accounts = readAccounts(keeper, parsed.data);
  if (!accounts.ok) return accounts;
  const { params } = parsed.data;
  keeper.setParams(view, {
    maxMemoCharacters: params.max_memo_characters,
    txSigLimit: params.tx_sig_limit,
    txSizeCostPerByte: params.tx_size_cost_per_byte,
    sigVerifyCostEd25519: params.sig_verify_cost_ed25519,
    sigVerifyCostSecp256k1: params.sig_verify_cost_secp256k1,
  });
  let next = 0n;
  for (const account of accounts.value) {
    keeper.set(view, account);
    next = account.accountNumber + 1n;
  }
  if (next > 0n) view.set(STORE, NEXT_NUMBER_KEY, u64ToBytes(next));
  keeper.ensureModule(view, FEE_COLLECTOR);
  return ok(undefined);
}

/** In order of their numbers; numbers given twice are replaced by the lowest free ones (`SanitizeGenesisAccounts`). */
function readAccounts(keeper: AuthKeeper, genesis: GenesisJson): Result<Account[]> {
  const addresses = new Set<string>();
  const numbers = new Set<bigint>();
  const first: Account[] = [];
  const again: Account[] = [];
  for (const json of genesis.accounts) {
    const account = readAccount(keeper, json);
    if (!account.ok) return account;
    const { address, accountNumber } = account.value;
    if (addresses.has(address.text)) return refuse(`account ${address.text} is there twice`);
    if (accountNumber >= U64_LIMIT - 1n) return refuse(`account ${address.text} has the number ${accountNumber}`);
    addresses.add(address.text);
    (numbers.has(accountNumber) ? again : first).push(account.value);
    numbers.add(accountNumber);
  }
  again.sort((a, b) => compare(a.accountNumber, b.accountNumber));
  let free = 0n;
  for (const account of again) {
    while (numbers.has(free)) free++;
    numbers.add(free);
    first.push({ ...account, accountNumber: free });
  }
  return ok(first.sort((a, b) => compare(a.accountNumber, b.accountNumber)));
}

const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);

function readAccount(keeper: AuthKeeper, json: GenesisJson["accounts"][number]): Result<Account> {
  const isModule = json["@type"] === MODULE_ACCOUNT_TYPE_URL;
  const base = isModule ? json.base_account : json;
  const address = keeper.codec.parse(base.address);
  if (address === undefined) return refuse(`${base.address.slice(0, 100)} is no ${keeper.codec.prefix} address`);
  let pubKey: PubKey | undefined;
  if (base.pub_key !== null) {
    pubKey = readPubKey(base.pub_key["@type"], base.pub_key.key);
    if (pubKey === undefined) return refuse(`account ${address.text} has a public key of an unknown kind or length`);
  }
  if (isModule && keeper.moduleAddress(json.name).text !== address.text) {
    return refuse(`module account ${json.name} has the address ${address.text}`);
  }
  const module = isModule ? { name: json.name, permissions: json.permissions } : undefined;
  return ok({ address, pubKey, accountNumber: base.account_number, sequence: base.sequence, module });
}

function readPubKey(typeUrl: string, base64: string): PubKey | undefined {
  const key = Uint8Array.fromBase64(base64);
  return decodePubKey({ typeUrl, value: Uint8Array.of(0x0a, key.length & 0xff, ...key) });
}

/** Everything that {@linkcode initAuthGenesis} reads, accounts in order of their numbers. */
export function* exportAuthGenesis(keeper: AuthKeeper, read: Reading): Work<unknown> {
  const accounts = yield* listUnder(read, STORE, ACCOUNT_PREFIX, (_key, value) => keeper.decode(value));
  accounts.sort((a, b) => compare(a.accountNumber, b.accountNumber));
  const params = yield* read((view) => keeper.params(view));
  return { params: paramsToJson(params), accounts: accounts.map(accountToJson) };
}

function accountToJson(account: Account): unknown {
  const { address, pubKey, accountNumber, sequence, module } = account;
  const base = {
    address: address.text,
    pub_key: pubKey === undefined
      ? null
      : { "@type": PUB_KEY_TYPE_URL[pubKey.type] as string, key: pubKey.key.toBase64() },
    account_number: accountNumber.toString(),
    sequence: sequence.toString(),
  };
  if (module === undefined) return { "@type": BASE_ACCOUNT_TYPE_URL, ...base };
  const { name, permissions } = module;
  return { "@type": MODULE_ACCOUNT_TYPE_URL, base_account: base, name, permissions: [...permissions] };
}

/** Parameters as JSON. */
export const paramsToJson = (params: typeof DEFAULT_PARAMS) => ({
  max_memo_characters: params.maxMemoCharacters.toString(),
  tx_sig_limit: params.txSigLimit.toString(),
  tx_size_cost_per_byte: params.txSizeCostPerByte.toString(),
  sig_verify_cost_ed25519: params.sigVerifyCostEd25519.toString(),
  sig_verify_cost_secp256k1: params.sigVerifyCostSecp256k1.toString(),
});
