/** What `catenary signer` is told. @module */
import { InvalidArgumentError } from "commander";
import { parseSignerAddress, type SignerAddress } from "../../node/signer/mod.ts";

export interface InitSignerOptions {
  home: string;
  import?: string;
  state?: string;
  fromHome?: string;
  neverSigned: boolean;
  json: boolean;
}

export interface ShowSignerOptions {
  home: string;
  key?: string;
  state?: string;
  json: boolean;
}

export interface StartSignerOptions extends ShowSignerOptions {
  connect: SignerAddress;
  chainId?: string;
}

/** Where the node listens. */
export function parseSignerAddressOption(text: string): SignerAddress {
  const address = parseSignerAddress(text);
  if (!address.ok) throw new InvalidArgumentError(address.error.message);
  return address.value;
}
