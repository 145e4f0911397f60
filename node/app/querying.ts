/** The application in a thread that only answers queries which run contracts. @module */
import { AddressCodec } from "../core/address.ts";
import type { Work } from "../core/work.ts";
import { type FollowingState, PendingState } from "../state/mod.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { QueryOutput, QueryTask } from "./ports.ts";
import { answerQuery } from "./query.ts";
import { Router } from "./router.ts";
import { type ModuleSet, standardModules } from "./standard_modules.ts";

export interface QueryingOptions {
  /** Of addresses, for example `cat`. */
  readonly bech32Prefix: string;
  readonly state: FollowingState;
  readonly limits?: Partial<Limits>;
  /** The same modules as the application's. */
  readonly modules?: (codec: AddressCodec) => ModuleSet;
}

/** Answers over the state it was made with, which stays at its version meanwhile. */
export type Querying = (task: QueryTask) => Work<QueryOutput>;

export function createQuerying({ bech32Prefix, state, ...options }: QueryingOptions): Querying {
  const codec = new AddressCodec(bech32Prefix);
  const { modules, accounts, fees } = (options.modules ?? standardModules)(codec);
  const router = new Router(modules);
  const decode = { router, codec, limits: { ...DEFAULT_LIMITS, ...options.limits } };
  const ante = { accounts, fees, gasPrices: [] };
  return ({ query, block, stores }) => {
    const pending = () => new PendingState(state, stores);
    return answerQuery(
      { state, raw: undefined, router, ante, decode, appVersion: "", pending, nextBlock: () => block },
      query,
    );
  };
}
