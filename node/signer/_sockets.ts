/** Unix and TCP sockets under one roof. @module */
import { IoError } from "../core/errors.ts";
import { type SignerAddress, signerAddressText } from "./address.ts";
import type { Socket } from "./link.ts";

export interface Listening {
  readonly address: SignerAddress;
  /** The next connection; undefined when accepting failed, as it always does once closed. Never rejects. */
  accept(): Promise<{ readonly socket: Socket; readonly from: string } | undefined>;
  close(): void;
}

/** After a failure (too many open files, say) the next attempt waits, so that it does not become a busy loop. */
const ACCEPT_AGAIN_MS = 500;

/** Listens. A socket file that nobody listens on, as a killed process leaves it, is taken over. */
export async function listenSocket(address: SignerAddress): Promise<Listening> {
  const listener = address.transport === "unix" ? await listenUnix(address) : listenTcp(address);
  const bound = listener.addr;
  const actual = address.transport === "tcp" && bound.transport === "tcp" ? { ...address, port: bound.port } : address;
  let isClosed = false;
  return {
    address: actual,
    async accept() {
      try {
        const socket = await listener.accept();
        const { remoteAddr: remote } = socket;
        return { socket, from: remote.transport === "tcp" ? `${remote.hostname}:${remote.port}` : "the socket" };
      } catch {
        if (!isClosed) await new Promise((resolve) => setTimeout(resolve, ACCEPT_AGAIN_MS));
        return undefined;
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      listener.close();
    },
  };
}

function unusable(address: SignerAddress, cause: unknown): IoError {
  const what = `listen for the signer on ${signerAddressText(address)}`;
  if (cause instanceof Deno.errors.AddrInUse) {
    return new IoError("address_in_use", `${what}: another process uses this address`, { cause });
  }
  return new IoError("address_unusable", `${what}: ${cause instanceof Error ? cause.message : cause}`, { cause });
}

function listenTcp(address: SignerAddress & { transport: "tcp" }): Deno.Listener {
  try {
    return Deno.listen({ hostname: address.hostname, port: address.port });
  } catch (cause) {
    throw unusable(address, cause);
  }
}

async function listenUnix(address: SignerAddress & { transport: "unix" }): Promise<Deno.Listener> {
  const listen = () => Deno.listen({ transport: "unix", path: address.path }) as unknown as Deno.Listener;
  try {
    return listen();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AddrInUse) || !await isAbandoned(address.path)) throw unusable(address, cause);
  }
  try {
    await Deno.remove(address.path);
    return listen();
  } catch (cause) {
    throw unusable(address, cause);
  }
}

/** A socket that refuses connections has lost its process. */
async function isAbandoned(path: string): Promise<boolean> {
  try {
    if (!(await Deno.lstat(path)).isSocket) return false;
    (await Deno.connect({ transport: "unix", path })).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

/** Connects; the system alone bounds the time. */
export async function dialSocket(address: SignerAddress): Promise<Socket> {
  if (address.transport === "unix") return await Deno.connect({ transport: "unix", path: address.path });
  const socket = await Deno.connect({ hostname: address.hostname, port: address.port });
  socket.setNoDelay(true);
  return socket;
}
