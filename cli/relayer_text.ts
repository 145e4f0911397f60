/** A configuration of the relayer for chains that were found. @module */
import { formatDuration, type RelayerConfigInput } from "../relayer/config/mod.ts";
import type { ProbedChain } from "./chain_probe.ts";

type ChainInput = RelayerConfigInput["chains"][number];

/** A short name, different for each chain: `catenary-a` is `a`, `cosmoshub-4` is `cosmoshub`. */
export function namesOf(chains: readonly ProbedChain[]): string[] {
  const taken = new Set<string>();
  return chains.map(({ chainId, development }) => {
    const short = development ? chainId.replace(/^catenary-(?=[A-Za-z0-9])/, "") : chainId.replace(/-\d+$/, "");
    const clean = short.replace(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 40) || "chain";
    let name = clean;
    for (let number = 2; taken.has(name); number++) name = `${clean}-${number}`;
    taken.add(name);
    return name;
  });
}

/** Two thirds of the unbonding period, as is usual, in whole hours where there are such. */
function trustingPeriod(unbondingMs: number): string {
  const whole = unbondingMs * 2 / 3;
  return formatDuration(whole >= 3_600_000 ? Math.floor(whole / 3_600_000) * 3_600_000 : Math.floor(whole));
}

/** Price of gas where nobody knows better; what most chains take. */
const USUAL_PRICE = "0.025";

function chainInput(chain: ProbedChain, name: string): ChainInput {
  const { development, unbondingPeriodMs: unbonding } = chain;
  return {
    name,
    chain_id: chain.chainId,
    rpc: [chain.rpc],
    account_prefix: chain.addressPrefix,
    gas_price: development ? `0${chain.denom}` : `${USUAL_PRICE}${chain.denom || "utoken"}`,
    wallets: development
      ? [{ development_account: 9 }, { development_account: 8 }]
      : [{ mnemonic_file: `${name}.mnemonic` }],
    ...(unbonding !== undefined && {
      unbonding_period: formatDuration(unbonding),
      trusting_period: trustingPeriod(unbonding),
    }),
    ...(development && { development: true }),
  };
}

/** Every chain, and a path with a `transfer` channel between each and the next. */
export function configFor(chains: readonly ProbedChain[], apiListen?: string): RelayerConfigInput {
  const names = namesOf(chains);
  return {
    ...(apiListen !== undefined && { api: { listen: apiListen } }),
    chains: chains.map((chain, index) => chainInput(chain, names[index]!)),
    paths: names.slice(1).map((name, index) => ({
      a: { chain: names[index]! },
      b: { chain: name },
      channels: [{ port_a: "transfer", port_b: "transfer" }],
    })),
  };
}
