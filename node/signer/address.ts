/** Where nodes and signers meet: `unix:///PATH` or `tcp://HOST:PORT`, before it `ID@` of the node that is expected there. @module */
import type { CodedError } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";

export type SignerAddress = { readonly transport: "unix"; readonly path: string } | {
  readonly transport: "tcp";
  readonly hostname: string;
  readonly port: number;
  /** CometBFT's node id, 40 hexadecimal digits in lower case; undefined when any node will do. */
  readonly nodeId: string | undefined;
};

/** What `sun_path` of a socket address holds on Linux and macOS, without the end of the string. */
const UNIX_PATH_BYTES_MAX = 103;

const TCP = /^(?:([0-9a-fA-F]{40})@)?(\[[0-9a-fA-F:.]+\]|[^:@/\s]+):(\d{1,5})$/;

/** Reads an address as `priv_validator_laddr` has it. */
export function parseSignerAddress(text: string): Result<SignerAddress, CodedError> {
  const refuse = (state: string) =>
    err({ codespace: "signer", code: 1, message: `read the signer's address ${JSON.stringify(text)}: ${state}` });
  const [, transport, rest = ""] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  if (transport === "unix") {
    if (rest === "" || rest.includes("\0")) return refuse("unix:// needs the path of a socket");
    const length = new TextEncoder().encode(rest).length;
    if (length > UNIX_PATH_BYTES_MAX) return refuse(`the path has ${length} bytes, limit ${UNIX_PATH_BYTES_MAX}`);
    return ok({ transport, path: rest });
  }
  if (transport !== "tcp") return refuse("expected unix:///PATH or tcp://HOST:PORT");
  const [, nodeId, host = "", digits] = TCP.exec(rest) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return refuse("expected tcp://HOST:PORT or tcp://ID@HOST:PORT");
  return ok({ transport, hostname: host.replace(/^\[|\]$/g, ""), port, nodeId: nodeId?.toLowerCase() });
}

/** The inverse. */
export function signerAddressText(address: SignerAddress): string {
  if (address.transport === "unix") return `unix://${address.path}`;
  const { hostname, port, nodeId } = address;
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `tcp://${nodeId === undefined ? "" : `${nodeId}@`}${host}:${port}`;
}
