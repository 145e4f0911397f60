/** From a genesis file to the first state and back, and the state of a development chain. @module */
import type { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";
import { AddressCodec } from "../core/address.ts";
import { addCoins, type Coins, type CoinText, coinTexts, parseCoinTexts } from "../core/coins.ts";
import type { Work } from "../core/work.ts";
import { Journal } from "../state/mod.ts";
import type { StateChange, StateReader } from "../state/view.ts";
import { RunContext } from "./_run_context.ts";
import { saveConsensusParams } from "./consensus_params.ts";
import { FreeGasMeter } from "./gas.ts";
import type { Module, ModuleGenesisContext, Reading } from "./module.ts";
import type { GenesisInput } from "./ports.ts";

/** The genesis file is wrong: nothing was written, and the node cannot start. */
export class GenesisError extends Error {
  override readonly name = "GenesisError";
}

const NOTHING: StateReader = { get: () => undefined, page: () => [] };

/** The first state as changes of nothing. Throws a {@linkcode GenesisError} that says what is wrong and where. */
export function applyGenesis(
  modules: readonly Module[],
  genesis: GenesisInput,
): { readonly changes: StateChange[]; readonly validators: readonly ValidatorUpdate[] } {
  const journal = new Journal(NOTHING);
  const block = { chainId: genesis.chainId, height: genesis.initialHeight, time: genesis.time };
  const run = new RunContext(journal, new FreeGasMeter(), block);
  const context: ModuleGenesisContext = Object.assign(run, { validators: genesis.validators });
  const known = new Set(modules.map(({ name }) => name));
  const stranger = Object.keys(genesis.appState).find((name) => !known.has(name));
  if (stranger !== undefined) throw new GenesisError(`read genesis: app_state names ${stranger}, which is no module`);
  saveConsensusParams(journal, genesis.consensusParams);
  let validators = genesis.validators;
  for (const module of modules) {
    const updates = module.initGenesis(context, genesis.appState[module.name]);
    if (!updates.ok) throw new GenesisError(updates.error.message);
    if (updates.value !== undefined) validators = updates.value;
  }
  return { changes: journal.changes(), validators };
}

/** The `app_state` of the committed state. */
export function* exportAppState(modules: readonly Module[], read: Reading): Work<Record<string, unknown>> {
  const state: Record<string, unknown> = {};
  for (const module of modules) state[module.name] = yield* module.exportGenesis(read);
  return state;
}

export interface DevelopmentGenesis {
  /** Accounts that hold coins from the start, in order of their numbers; coins are sorted by denom. */
  readonly accounts: readonly { readonly address: string; readonly coins: readonly CoinText[] }[];
  /** Addresses that may change the validators. */
  readonly admins: readonly string[];
  /** The denom that metadata describes: a `u` in front of the name of the display unit. */
  readonly denom: string;
  readonly prefix: string;
}

/** An `app_state` for a new chain. Throws a {@linkcode GenesisError} on a bad address or coin. */
export function developmentAppState(options: DevelopmentGenesis): Record<string, unknown> {
  const codec = new AddressCodec(options.prefix);
  let supply: Coins = [];
  const holders = options.accounts.map(({ address, coins }) => {
    const parsed = parseCoinTexts(coins);
    if (codec.parse(address) === undefined || parsed === undefined) {
      throw new GenesisError(`make genesis: account ${address} with ${JSON.stringify(coins)}`);
    }
    supply = addCoins(supply, parsed);
    return { address, coins: parsed };
  });
  return {
    auth: {
      params: {
        max_memo_characters: "256",
        tx_sig_limit: "7",
        tx_size_cost_per_byte: "10",
        sig_verify_cost_ed25519: "590",
        sig_verify_cost_secp256k1: "1000",
      },
      accounts: holders.map(({ address }, i) => ({
        "@type": "/cosmos.auth.v1beta1.BaseAccount",
        address,
        pub_key: null,
        account_number: i.toString(),
        sequence: "0",
      })),
    },
    bank: {
      params: { send_enabled: [], default_send_enabled: true },
      balances: holders.map(({ address, coins }) => ({ address, coins: coinTexts(coins) })),
      supply: coinTexts(supply),
      denom_metadata: [metadataOf(options.denom)],
      send_enabled: [],
    },
    validators: { admins: [...options.admins], validators: [] },
  };
}

function metadataOf(denom: string): unknown {
  const display = denom.startsWith("u") ? denom.slice(1) : denom;
  const units = [{ denom, exponent: 0, aliases: [] }];
  if (display !== denom) units.push({ denom: display, exponent: 6, aliases: [] });
  return {
    description: "The token of this chain",
    denom_units: units,
    base: denom,
    display,
    name: display,
    symbol: display.toUpperCase(),
    uri: "",
    uri_hash: "",
  };
}
