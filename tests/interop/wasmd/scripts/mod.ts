/** Every script, by the name of its transcript. @module */
import type { Script } from "../script.ts";
import { chainQueries } from "./chain_queries.ts";
import { codes } from "./codes.ts";
import { cw1 } from "./cw1.ts";
import { cw20 } from "./cw20.ts";
import { cyberpunk } from "./cyberpunk.ts";
import { floaty } from "./floaty.ts";
import { hackatom } from "./hackatom.ts";
import { hostCalls } from "./host_calls.ts";
import { ibcChannels } from "./ibc_channels.ts";
import { ibcContracts } from "./ibc_contracts.ts";
import { ibcPackets } from "./ibc_packets.ts";
import { ibcTransfers } from "./ibc_transfers.ts";
import { queue } from "./queue.ts";
import { reflect } from "./reflect.ts";
import { replier } from "./replier.ts";
import { results } from "./results.ts";
import { staticChecks } from "./static_checks.ts";
import { trees } from "./trees.ts";

export const SCRIPTS: Readonly<Record<string, (script: Script) => Promise<void>>> = {
  chain_queries: chainQueries,
  codes,
  cw1,
  cw20,
  cyberpunk,
  floaty,
  hackatom,
  host_calls: hostCalls,
  ibc_channels: ibcChannels,
  ibc_contracts: ibcContracts,
  ibc_packets: ibcPackets,
  ibc_transfers: ibcTransfers,
  queue,
  reflect,
  replier,
  results,
  static_checks: staticChecks,
  trees,
};
