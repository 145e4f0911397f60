/** The application in a thread that only runs transactions ahead of their turn. @module */
import { AddressCodec } from "../core/address.ts";
import type { Work } from "../core/work.ts";
import type { AnteOptions } from "./ante.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { BlockContext } from "./module.ts";
import type { SpeculatedTx } from "./ports.ts";
import { Router } from "./router.ts";
import { speculate, type SpeculatingParts } from "./speculation.ts";
import { SpeculationWriter } from "./speculation_writer.ts";
import { type ModuleSet, standardModules } from "./standard_modules.ts";

export interface SpeculatingOptions {
  /** Of addresses, for example `cat`. */
  readonly bech32Prefix: string;
  readonly state: SpeculatingParts["state"];
  readonly limits?: Partial<Limits>;
  /** The same modules as the application's. */
  readonly modules?: (codec: AddressCodec) => ModuleSet;
}

/** Runs transactions over the state it was made with, and writes what comes of them to a log that a `SpeculationReader` has begun. */
export type Speculating = (block: BlockContext, txs: readonly SpeculatedTx[], log: ArrayBufferLike) => Work<void>;

export function createSpeculating(options: SpeculatingOptions): Speculating {
  const codec = new AddressCodec(options.bech32Prefix);
  const { modules, accounts, fees } = (options.modules ?? standardModules)(codec);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const decode = { router: new Router(modules), codec, limits };
  const ante: AnteOptions = { accounts, fees, gasPrices: [] };
  return (block, txs, log) => speculate({ state: options.state, decode, ante }, block, txs, new SpeculationWriter(log));
}
