/**
 * The development chain: what `catenary node start` makes when nothing else is asked for. Its accounts come from a
 * mnemonic everybody knows; never send anything of value to them.
 * @module
 */
import { base64, bech32 } from "@scure/base";
import { HDKey } from "@scure/bip32";
import { mnemonicToSeedSync } from "@scure/bip39";
import { developmentAppState } from "./app/mod.ts";
import { secp256k1Address } from "./core/crypto/mod.ts";
import { bytesToHex } from "./core/bytes.ts";
import { nanosToRfc3339 } from "./core/time.ts";
import type { KeyPair } from "./config/mod.ts";

/** Chain id of the development chain. */
export const DEVELOPMENT_CHAIN_ID = "catenary-local-1";
/** Bech32 prefix of account addresses. */
export const BECH32_PREFIX = "cat";
/** Base denom. */
export const DENOM = "ucat";
/** The mnemonic of development tools everywhere. */
export const DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk";
/** The name of its first validator, by which its genesis is known; further ones have a number behind it. */
const DEVELOPMENT_VALIDATOR = "development";
/** How many accounts of the mnemonic are funded. */
export const DEVELOPMENT_ACCOUNTS = 10;
/** What each of them has, in `ucat`. */
export const DEVELOPMENT_BALANCE = 1_000_000_000_000n;

/** One derived account: path m/44'/118'/0'/0/index. */
export interface DevelopmentAccount {
  readonly index: number;
  readonly address: string;
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
}

/** Derives the first `count` accounts of `mnemonic`. Takes some tens of milliseconds (PBKDF2). */
export function deriveAccounts(
  mnemonic: string,
  count: number,
  prefix: string = BECH32_PREFIX,
): readonly DevelopmentAccount[] {
  const root = HDKey.fromMasterSeed(mnemonicToSeedSync(mnemonic)).derive("m/44'/118'/0'/0");
  return Array.from({ length: count }, (_, index) => {
    const child = root.deriveChild(index);
    const address = bech32.encode(prefix, bech32.toWords(secp256k1Address(child.publicKey!)));
    return { index, address, privateKey: child.privateKey! };
  });
}

export interface DevelopmentGenesisOptions {
  readonly chainId?: string;
  readonly prefix?: string;
  readonly denom?: string;
  readonly genesisTimeNanos: bigint;
  readonly validator: KeyPair;
  /** Validators beside the first one, each with the same power. */
  readonly otherValidators?: readonly KeyPair[];
  readonly power?: bigint;
  /** Accounts beside those of the development mnemonic (`ucat` each), for load tests. */
  readonly extraAccounts?: readonly DevelopmentAllocation[];
}

/** What an account has at genesis, in the base denom. */
export interface DevelopmentAllocation {
  readonly address: string;
  readonly amount: bigint;
}

/** The genesis document of a chain with the development accounts; the first of them is the admin. */
export function developmentGenesis(options: DevelopmentGenesisOptions): Record<string, unknown> {
  const prefix = options.prefix ?? BECH32_PREFIX;
  const denom = options.denom ?? DENOM;
  const accounts = deriveAccounts(DEVELOPMENT_MNEMONIC, DEVELOPMENT_ACCOUNTS, prefix);
  const funded = [
    ...accounts.map(({ address }) => ({ address, amount: DEVELOPMENT_BALANCE })),
    ...(options.extraAccounts ?? []),
  ];
  return {
    genesis_time: nanosToRfc3339(options.genesisTimeNanos),
    chain_id: options.chainId ?? DEVELOPMENT_CHAIN_ID,
    initial_height: "1",
    consensus_params: {
      block: { max_bytes: "4194304", max_gas: "-1" },
      evidence: { max_age_num_blocks: "100000", max_age_duration: "172800000000000", max_bytes: "1048576" },
      validator: { pub_key_types: ["ed25519"] },
      version: { app: "0" },
      abci: { vote_extensions_enable_height: "0" },
    },
    validators: [options.validator, ...(options.otherValidators ?? [])].map(({ address, publicKey }, index) => ({
      address: bytesToHex(address).toUpperCase(),
      pub_key: { type: "tendermint/PubKeyEd25519", value: base64.encode(publicKey) },
      power: String(options.power ?? 10n),
      name: index === 0 ? DEVELOPMENT_VALIDATOR : `${DEVELOPMENT_VALIDATOR}-${index}`,
    })),
    app_hash: "",
    app_state: developmentAppState({
      accounts: funded.map(({ address, amount }) => ({ address, coins: [{ denom, amount: amount.toString() }] })),
      admins: [accounts[0]!.address],
      denom,
      prefix,
    }),
  };
}

/** A development account as shown to people: `dev0` and what it has at genesis. */
export interface NamedAccount {
  readonly name: string;
  readonly address: string;
  /** For example `1000000000000ucat`. */
  readonly amount: string;
}

/** The accounts of a genesis that {@linkcode developmentGenesis} made; none for any other chain. */
export function developmentAccountsOf(genesis: unknown): readonly NamedAccount[] {
  const { validators, app_state } = genesis as {
    validators?: { name?: string }[];
    app_state?: { bank?: { balances?: { address: string; coins: { denom: string; amount: string }[] }[] } };
  };
  if (validators?.[0]?.name !== DEVELOPMENT_VALIDATOR) return [];
  return (app_state?.bank?.balances ?? []).slice(0, DEVELOPMENT_ACCOUNTS).map(({ address, coins }, index) => ({
    name: `dev${index}`,
    address,
    amount: coins.map(({ amount, denom }) => amount + denom).join(","),
  }));
}
