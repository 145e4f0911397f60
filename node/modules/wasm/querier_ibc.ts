/** `IbcQuery`: ports and open channels. @module */
import { type Channel, orderToJSON, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { ChannelEnd } from "../../app/ports.ts";
import type { CodedError } from "../../core/errors.ts";
import { checkIdentifier } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Fields } from "./fields.ts";
import { writeJson } from "./querier_json.ts";
import type { QuerierCall, QuerierSources } from "./querier_sources.ts";
import { type SystemError, unsupported } from "./querier_system.ts";

export function answerIbc(
  sources: QuerierSources,
  call: QuerierCall,
  query: Fields,
): Result<Uint8Array, CodedError | SystemError> {
  const ownPort = () => sources.contracts.contractInfo(call.view, call.caller.bytes)?.ibcPortId ?? "";
  if (query.object("port_id") !== undefined) return ok(writeJson({ port_id: ownPort() }));
  const list = query.object("list_channels");
  if (list !== undefined) {
    const port = list.text("port_id") || ownPort();
    return ok(writeJson({ channels: port === "" ? [] : openChannels(sources, call, port) }));
  }
  const one = query.object("channel");
  if (one !== undefined) {
    const end = { channelId: one.text("channel_id"), portId: one.text("port_id") || ownPort() };
    const named = checkIdentifier("port", end.portId).ok && checkIdentifier("channel", end.channelId).ok;
    const channel = named ? sources.channels.channel(call.view, end) : undefined;
    const open = channel?.state === State.STATE_OPEN ? written(end, channel) : undefined;
    return ok(writeJson({ channel: open }));
  }
  return err(unsupported("unknown IBCQuery variant"));
}

/** Of all ports whose names begin with `port`, as wasmd lists them. */
function openChannels({ channels }: QuerierSources, { view }: QuerierCall, port: string) {
  const open = [];
  for (const channel of channels.channelsUnder(view, port)) {
    if (channel.state === State.STATE_OPEN) open.push(written(channel, channel));
  }
  return open;
}

const written = (
  { portId, channelId }: ChannelEnd,
  { counterparty, ordering, version, connectionHops }: Pick<
    Channel,
    "counterparty" | "ordering" | "version" | "connectionHops"
  >,
) => ({
  endpoint: { port_id: portId, channel_id: channelId },
  counterparty_endpoint: { port_id: counterparty.portId, channel_id: counterparty.channelId },
  order: orderToJSON(ordering),
  version,
  connection_id: connectionHops[0] ?? "",
});
