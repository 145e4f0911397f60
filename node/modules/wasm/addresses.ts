/** The addresses of contracts, and the ports that belong to them (wasmd `keeper/addresses.go`, `keeper/ibc.go`). @module */
import type { Address, AddressCodec } from "../../app/ports.ts";
import { concatBytes, u64ToBytes, utf8ToBytes } from "../../core/bytes.ts";
import { sha256 } from "../../core/crypto/mod.ts";
import { STORE } from "./keys.ts";

const MODULE_TYPE = sha256(utf8ToBytes("module"));
const MODULE_KEY = utf8ToBytes(`${STORE}\0`);

/** An address that belongs to this module (cosmos-sdk `address.Module`): 32 bytes. */
const ownAddress = (key: Uint8Array): Uint8Array => sha256(concatBytes(MODULE_TYPE, MODULE_KEY, key));

/** Of the contract with that number, made of that code (`BuildContractAddressClassic`). */
export const classicAddress = (codeId: bigint, instanceId: bigint): Uint8Array =>
  ownAddress(concatBytes(u64ToBytes(codeId), u64ToBytes(instanceId)));

const withLength = (bytes: Uint8Array): Uint8Array => concatBytes(u64ToBytes(BigInt(bytes.length)), bytes);

/**
 * Of the contract that `creator` makes of that code with that salt; `message`: empty, unless the message is part of the
 * address (`BuildContractAddressPredictable`).
 */
export const predictableAddress = (
  checksum: Uint8Array,
  creator: Uint8Array,
  salt: Uint8Array,
  message: Uint8Array,
): Uint8Array =>
  ownAddress(concatBytes(withLength(checksum), withLength(creator), withLength(salt), withLength(message)));

/** What the IBC ports of contracts begin with. */
const PORT_PREFIX = "wasm.";

/** The IBC port of a contract with IBC entry points. */
export const portOf = ({ text }: Address): string => `${PORT_PREFIX}${text}`;

/** The contract of a port; undefined unless the port is written just as its contract's is. */
export function contractOfPort(codec: AddressCodec, portId: string): Address | undefined {
  if (!portId.startsWith(PORT_PREFIX)) return undefined;
  const address = codec.parse(portId.slice(PORT_PREFIX.length));
  return address !== undefined && portOf(address) === portId ? address : undefined;
}

/** The port of a contract in IBC v2: its address without the chain's prefix. */
export const port2Of = ({ text }: Address, prefix: string): string =>
  `wasm2${text.startsWith(prefix) ? text.slice(prefix.length) : text}`;
