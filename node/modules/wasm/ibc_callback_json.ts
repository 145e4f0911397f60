/** What contracts are told of packets that others sent for them (wasmvm `types/ibc.go`, wasmd `ibc.go`). @module */
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Address, AddressCodec } from "../../app/ports.ts";
import { addressFault } from "../../core/address_fault.ts";
import { decodePacketData, goString, localDenom, parseDenom, receivedDenom } from "../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { uncoded } from "./errors.ts";
import { acknowledgedJson, acknowledgementJson, arrivedJson, packetJson } from "./ibc_json.ts";

/** Port of token transfers. */
const TRANSFER_PORT = "transfer";

/** `IbcSourceCallbackMsg`. */
export const sourceAcknowledgedJson = (packet: Packet, acknowledgement: Uint8Array, relayer: Address): string =>
  `{"acknowledgement":${acknowledgedJson(packet, acknowledgement, relayer)}}`;
export const sourceTimedOutJson = (packet: Packet, relayer: Address): string =>
  `{"timeout":${arrivedJson(packet, relayer)}}`;

/** `IbcDestinationCallbackMsg` of a packet that was received; the coins under their names on this chain. */
export function destinationJson(codec: AddressCodec, packet: Packet, acknowledgement: Uint8Array): Result<string> {
  const transfer = packet.destinationPort === TRANSFER_PORT ? transferJson(codec, packet) : ok("");
  if (!transfer.ok) return transfer;
  return ok(`{"ack":${acknowledgementJson(acknowledgement)},"packet":${packetJson(packet)}${transfer.value}}`);
}

function transferJson(codec: AddressCodec, packet: Packet): Result<string> {
  const data = decodePacketData(packet.data);
  if (!data.ok) return data;
  const { denom, amount, sender, receiver: text } = data.value;
  const receiver = codec.parse(text);
  if (receiver === undefined) return err(uncoded(addressFault(codec.prefix, text)));
  const name = goString(localDenom(receivedDenom(parseDenom(denom), packet)));
  const funds = `[{"denom":${name},"amount":"${amount}"}]`;
  return ok(`,"transfer":{"funds":${funds},"receiver":"${receiver.text}","sender":${goString(sender)}}`);
}
