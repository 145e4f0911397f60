/** Genesis of transfers, in the JSON of ibc-go v10. @module */
import { IntProto } from "cosmjs-types/cosmos/base/v1beta1/coin";
import { Denom } from "cosmjs-types/ibc/applications/transfer/v1/token";
import { z } from "zod";
import type { Context, Reading } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { parseCoinTexts } from "../../core/coins.ts";
import { sdkRefusal } from "../../core/errors.ts";
import { denomPath, validateDenom } from "../../core/ibc/mod.ts";
import { listUnder } from "../../core/listing.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Work } from "../../core/work.ts";
import { compareDenoms } from "./_order.ts";
import type { TransferKeeper } from "./keeper.ts";
import { DENOM_PREFIX, PORT, PORT_KEY, STORE, TOTAL_ESCROW_PREFIX } from "./keys.ts";
import { DEFAULT_PARAMS, DENOM_PATH_CHARS_MAX } from "./params.ts";

const genesisJson = z.strictObject({
  port_id: z.literal(PORT),
  denoms: z.array(z.strictObject({
    base: z.string(),
    trace: z.array(z.strictObject({ port_id: z.string(), channel_id: z.string() })).min(1),
  })).nullable().default([]),
  params: z.strictObject({ send_enabled: z.boolean(), receive_enabled: z.boolean() }),
  total_escrowed: z.array(z.strictObject({ denom: z.string(), amount: z.string() })).nullable().default([]),
});

const DEFAULT_GENESIS = {
  port_id: PORT,
  params: { send_enabled: DEFAULT_PARAMS.sendEnabled, receive_enabled: DEFAULT_PARAMS.receiveEnabled },
};
const refuse = (detail: string) => err(sdkRefusal("invalidRequest", `read genesis transfer: ${detail}`));

/** Writes parameters, denoms and what is in escrow, and makes the module's account. */
export function initTransferGenesis(keeper: TransferKeeper, { view }: Context, json: unknown): Result<undefined> {
  const parsed = genesisJson.safeParse(json ?? DEFAULT_GENESIS);
  if (!parsed.success) return refuse(z.prettifyError(parsed.error));
  const { denoms, params, total_escrowed } = parsed.data;
  keeper.accounts.ensureModule(view, STORE);
  view.set(STORE, PORT_KEY, utf8ToBytes(PORT));
  keeper.setParams(view, { sendEnabled: params.send_enabled, receiveEnabled: params.receive_enabled });
  const seen = new Set<string>();
  for (const { base, trace } of denoms ?? []) {
    const denom = { base, trace: trace.map((hop) => ({ portId: hop.port_id, channelId: hop.channel_id })) };
    const valid = validateDenom(denom);
    if (!valid.ok) return refuse(valid.error.message);
    const path = denomPath(denom);
    if (path.length > DENOM_PATH_CHARS_MAX) return refuse(`a denom has ${path.length} characters`);
    if (seen.has(path)) return refuse(`denom ${path} is there twice`);
    seen.add(path);
    keeper.rememberDenom(view, denom);
  }
  const escrowed = parseCoinTexts(total_escrowed ?? []);
  if (escrowed === undefined) return refuse("total_escrowed is no valid list of coins");
  for (const coin of escrowed) keeper.setTotalEscrow(view, coin);
  return ok(undefined);
}

/** Everything that {@linkcode initTransferGenesis} reads. */
export function* exportTransferGenesis(keeper: TransferKeeper, read: Reading): Work<unknown> {
  const decoder = new TextDecoder();
  const denoms = (yield* listUnder(read, STORE, DENOM_PREFIX, (_key, value) => Denom.decode(value))).sort(
    compareDenoms,
  );
  const escrowed = yield* listUnder(read, STORE, TOTAL_ESCROW_PREFIX, (key, value) => ({
    denom: decoder.decode(key.subarray(TOTAL_ESCROW_PREFIX.length)),
    amount: IntProto.decode(value).int,
  }));
  const params = yield* read((view) => keeper.params(view));
  return {
    port_id: PORT,
    denoms: denoms.map(({ base, trace }) => ({
      base,
      trace: trace.map(({ portId, channelId }) => ({ port_id: portId, channel_id: channelId })),
    })),
    params: { send_enabled: params.sendEnabled, receive_enabled: params.receiveEnabled },
    total_escrowed: escrowed,
  };
}
