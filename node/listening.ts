/** Addresses to listen on: from text, to text, and what is said when one cannot be had. @module */
import { IoError } from "./core/errors.ts";

/** A host and a port, 0 for any free one. */
export interface ListenAddress {
  readonly hostname: string;
  readonly port: number;
}

/** `HOST:PORT` in parts; the brackets of an IPv6 host go. */
export function parseListen(listen: string): ListenAddress {
  const colon = listen.lastIndexOf(":");
  return { hostname: listen.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(listen.slice(colon + 1)) };
}

/** A bound address as a URL that clients can use. */
export function urlOf({ hostname, port }: ListenAddress): string {
  const reachable = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "::" ? "::1" : hostname;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** Runs `bind`; when the system refuses the address, throws an IoError that names it and the option to change. */
export async function listening<T>(listen: string, option: string, bind: () => Promise<T>): Promise<T> {
  try {
    return await bind();
  } catch (cause) {
    const what = `listen on ${listen}`;
    if (cause instanceof Deno.errors.AddrInUse) {
      const remedy = `choose another with ${option} HOST:PORT (port 0 takes a free one)`;
      throw new IoError("address_in_use", `${what}: another process uses this address; ${remedy}`, { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new IoError("address_unusable", `${what}: ${reason}; choose another with ${option} HOST:PORT`, { cause });
  }
}
