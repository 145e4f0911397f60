/** A relayer for one command: made from its configuration, asked as one that runs, and closed again. @module */
import type { RelayerConfig } from "../relayer/config/mod.ts";
import { CommandError } from "./output.ts";

/** Its HTTP interface without a socket. */
export interface InProcessRelayer {
  carry(request: Request): Promise<Response>;
  close(): Promise<void>;
}

export function openInProcess(_config: RelayerConfig): Promise<InProcessRelayer> {
  return Promise.reject(
    new CommandError("ask the relayer: it does not run; start it with: catenary relayer start", "not_running"),
  );
}
