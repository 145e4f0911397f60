/** Genesis of IBC: `app_state.ibc` in the JSON of ibc-go v10. @module */
import { z } from "zod";
import type { Context, Reading } from "../../app/ports.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import { exportChannelGenesis, initChannelGenesis } from "./channel/genesis.ts";
import { exportConnectionGenesis, initConnectionGenesis } from "./connection/genesis.ts";
import type { IbcKeeper } from "./keeper.ts";

/** Genesis of the clients, which their own part reads and writes. */
export interface ClientGenesis {
  init(context: Context, json: unknown): Result<undefined>;
  export(read: Reading): Work<unknown>;
}

/** What ibc-go writes for its version 2 of the protocol; there is none of it here. */
const nothingOfVersion2 = z.record(
  z.string(),
  z.array(z.unknown()).max(0, "empty: this chain has no IBC v2").nullable(),
)
  .optional();
const genesisJson = z.strictObject({
  client_genesis: z.unknown().optional(),
  connection_genesis: z.unknown().optional(),
  channel_genesis: z.unknown().optional(),
  client_v2_genesis: nothingOfVersion2,
  channel_v2_genesis: nothingOfVersion2,
});

/** Checks and writes the whole. Undefined, as in genesis files older than this module: nothing is there yet. */
export function initIbcGenesis(
  keeper: IbcKeeper,
  clients: ClientGenesis,
  context: Context,
  json: unknown,
): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? {});
  if (!parsed.success) return err(sdkRefusal("invalidRequest", `read genesis ibc: ${z.prettifyError(parsed.error)}`));
  const { client_genesis, connection_genesis, channel_genesis } = parsed.data;
  const client = clients.init(context, client_genesis);
  if (!client.ok) return client;
  const connection = initConnectionGenesis(keeper.connections, context, connection_genesis);
  if (!connection.ok) return connection;
  const channel = initChannelGenesis(keeper.channels, context, channel_genesis);
  return channel.ok ? ok(undefined) : channel;
}

/** What {@linkcode initIbcGenesis} reads to the same state. */
export function* exportIbcGenesis(keeper: IbcKeeper, clients: ClientGenesis, read: Reading): Work<unknown> {
  return {
    client_genesis: yield* clients.export(read),
    connection_genesis: yield* exportConnectionGenesis(keeper.connections, read),
    channel_genesis: yield* exportChannelGenesis(keeper.channels, read),
  };
}
