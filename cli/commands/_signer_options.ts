/** What `catenary signer` is told. @module */
import { join } from "node:path";

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
  connect: string;
  chainId?: string;
}

/** Where a signer lives unless `--home` says otherwise: `$CATENARY_SIGNER_HOME`, else `~/.catenary-signer`. */
export function defaultSignerHome(): string {
  const own = Deno.env.get("CATENARY_SIGNER_HOME");
  if (own) return own;
  const user = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
  return join(user ?? Deno.cwd(), ".catenary-signer");
}
