/** Where forwards under way are kept: the layout of ibc-go's packet-forward middleware. @module */
import { utf8ToBytes } from "../../core/bytes.ts";

/** Name of the store and the module. It has been spelt so since it was first written, on every chain that has it. */
export const STORE = "packetfowardmiddleware";
/** `Params`; sorts before every packet. */
export const PARAMS_KEY: Uint8Array = Uint8Array.of(0x00);
/** The first key that can be one of a packet. */
export const FIRST_IN_FLIGHT_KEY: Uint8Array = Uint8Array.of(0x01);

/** `<channel>/<port>/<sequence>` of a packet sent onwards → `InFlightPacket`. */
export const inFlightKey = (channelId: string, portId: string, sequence: bigint): Uint8Array =>
  utf8ToBytes(`${channelId}/${portId}/${sequence}`);
