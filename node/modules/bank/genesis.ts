/** Genesis of balances and supply, in the JSON of cosmos-sdk v0.50. @module */
import { Metadata } from "cosmjs-types/cosmos/bank/v1beta1/bank";
import { z } from "zod";
import type { Address, Context, Reading } from "../../app/ports.ts";
import { AMOUNT_LIMIT, type Coin, type CoinText, equalCoins, isDenom, parseCoinTexts } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { listUnder } from "../../core/listing.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import type { BankKeeper } from "./keeper.ts";
import { BALANCE_PREFIX, METADATA_PREFIX, SEND_ENABLED_PREFIX, splitBalanceKey, STORE, SUPPLY_PREFIX } from "./keys.ts";
import { decodeAmount } from "./types.ts";

const denom = z.string().refine(isDenom, "a denom");
const coin = z.strictObject({ denom, amount: z.string() });
const sendEnabled = z.strictObject({ denom, enabled: z.boolean() });
const metadata = z.strictObject({
  description: z.string(),
  denom_units: z.array(
    z.strictObject({
      // A voucher names the denom of another chain here.
      denom: z.string(),
      exponent: z.int().min(0).max(0xffffffff),
      aliases: z.array(z.string()).nullable().default([]),
    }),
  ),
  base: denom,
  display: z.string(),
  name: z.string(),
  symbol: z.string(),
  uri: z.string().default(""),
  uri_hash: z.string().default(""),
});
const genesisJson = z.strictObject({
  params: z.strictObject({
    send_enabled: z.array(sendEnabled).nullable().default([]),
    default_send_enabled: z.boolean(),
  }),
  balances: z.array(z.strictObject({ address: z.string(), coins: z.array(coin) })),
  supply: z.array(coin).nullable().default([]),
  denom_metadata: z.array(metadata).nullable().default([]),
  send_enabled: z.array(sendEnabled).nullable().default([]),
});
type GenesisJson = z.infer<typeof genesisJson>;
type MetadataJson = z.infer<typeof metadata>;

const EMPTY_GENESIS = { params: { send_enabled: [], default_send_enabled: true }, balances: [] };
const refuse = (detail: string) => err(sdkRefusal("invalidRequest", `read genesis bank: ${detail}`));

/** Writes balances, supply, metadata and who may send what. The supply must be what the balances add up to. */
export function initBankGenesis(keeper: BankKeeper, { view }: Context, json: unknown): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? EMPTY_GENESIS);
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const genesis = parsed.data;
  const balances = readBalances(keeper, genesis);
  if (!balances.ok) return balances;
  const supply = new Map<string, bigint>();
  for (const { address, coins } of balances.value) {
    for (const coin of coins) {
      keeper.setBalance(view, address, coin);
      supply.set(coin.denom, (supply.get(coin.denom) ?? 0n) + coin.amount);
    }
  }
  const total = [...supply].map(([denom, amount]) => ({ denom, amount })).sort(byDenom);
  const stated = parseCoinTexts(genesis.supply ?? []);
  if (stated === undefined) return refuse("supply is no valid list of coins");
  if (stated.length > 0 && !equalCoins(stated, total)) return refuse("supply is not what the balances add up to");
  for (const { denom, amount } of total) {
    if (amount >= AMOUNT_LIMIT) return refuse(`supply of ${denom} exceeds 2^256`);
    keeper.setSupply(view, denom, amount);
  }
  return initRest(keeper, view, genesis);
}

function initRest(keeper: BankKeeper, view: Context["view"], genesis: GenesisJson): Result<undefined> {
  keeper.setParams(view, { sendEnabled: [], defaultSendEnabled: genesis.params.default_send_enabled });
  const seen = new Set<string>();
  for (const { denom, enabled } of [...genesis.params.send_enabled ?? [], ...genesis.send_enabled ?? []]) {
    if (seen.has(denom)) return refuse(`send_enabled names ${denom} twice`);
    seen.add(denom);
    keeper.setSendEnabled(view, denom, enabled);
  }
  const described = new Set<string>();
  for (const json of genesis.denom_metadata ?? []) {
    if (described.has(json.base)) return refuse(`denom_metadata describes ${json.base} twice`);
    described.add(json.base);
    keeper.setMetadata(view, metadataFromJson(json));
  }
  return ok(undefined);
}

const byDenom = (a: Coin, b: Coin) => (a.denom < b.denom ? -1 : 1);

interface Balance {
  readonly address: Address;
  readonly coins: readonly Coin[];
}

function readBalances(keeper: BankKeeper, genesis: GenesisJson): Result<Balance[]> {
  const seen = new Set<string>();
  const balances: Balance[] = [];
  for (const balance of genesis.balances) {
    const address = keeper.codec.parse(balance.address);
    if (address === undefined) return refuse(`${balance.address.slice(0, 100)} is no ${keeper.codec.prefix} address`);
    if (seen.has(address.text)) return refuse(`balance of ${address.text} is there twice`);
    seen.add(address.text);
    const coins = parseCoinTexts(balance.coins);
    if (coins === undefined) return refuse(`balance of ${address.text} is no valid list of coins`);
    balances.push({ address, coins });
  }
  return ok(balances);
}

const metadataFromJson = (json: MetadataJson): Metadata => ({
  description: json.description,
  denomUnits: json.denom_units.map(({ denom, exponent, aliases }) => ({ denom, exponent, aliases: aliases ?? [] })),
  base: json.base,
  display: json.display,
  name: json.name,
  symbol: json.symbol,
  uri: json.uri,
  uriHash: json.uri_hash,
});

const metadataToJson = (value: Metadata): MetadataJson => ({
  description: value.description,
  denom_units: value.denomUnits,
  base: value.base,
  display: value.display,
  name: value.name,
  symbol: value.symbol,
  uri: value.uri,
  uri_hash: value.uriHash,
});

/** Everything that {@linkcode initBankGenesis} reads, in key order. */
export function* exportBankGenesis(keeper: BankKeeper, read: Reading): Work<unknown> {
  const decoder = new TextDecoder();
  const balances: { address: string; coins: CoinText[] }[] = [];
  yield* listUnder(read, STORE, BALANCE_PREFIX, (key, value) => {
    const { address, denom } = splitBalanceKey(key);
    const { text } = keeper.codec.of(address);
    const coin = { denom, amount: decodeAmount(value).toString() };
    const last = balances.at(-1);
    if (last?.address === text) last.coins.push(coin);
    else balances.push({ address: text, coins: [coin] });
  });
  const supply = yield* listUnder(read, STORE, SUPPLY_PREFIX, (key, value) => ({
    denom: decoder.decode(key.subarray(1)),
    amount: decodeAmount(value).toString(),
  }));
  const metadatas = yield* listUnder(
    read,
    STORE,
    METADATA_PREFIX,
    (_key, value) => metadataToJson(Metadata.decode(value)),
  );
  const enabled = yield* listUnder(read, STORE, SEND_ENABLED_PREFIX, (key, value) => ({
    denom: decoder.decode(key.subarray(1)),
    enabled: value[0] === 1,
  }));
  const params = yield* read((view) => keeper.params(view));
  return {
    params: { send_enabled: [], default_send_enabled: params.defaultSendEnabled },
    balances,
    supply,
    denom_metadata: metadatas,
    send_enabled: enabled,
  };
}
