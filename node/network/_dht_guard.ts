/**
 * What the DHT lacks against hostile peers. libp2p reads messages of up to 4 MiB from anybody, and one of two million empty
 * fields holds the event loop for three seconds; a question has some hundred bytes, and an answer names twenty peers. Reaches
 * for members that are private in libp2p's types; the version is pinned, and `hostile_test.ts` fails when one is gone.
 * @module
 */
import type { Connection, Stream } from "@libp2p/interface";
import { invariant } from "../core/invariant.ts";
import type { PeerId } from "../core/peer.ts";
import type { Node } from "./_node.ts";

/** Bytes of the questions on one stream; other implementations ask several on one. */
const QUESTIONS_BYTES_MAX = 8 * 1024;
/** Bytes of the answers on one stream. */
const ANSWERS_BYTES_MAX = 64 * 1024;
/** Streams of a connection whose hello has not come: libp2p may be quicker than the session. */
const STREAMS_BEFORE_HELLO_MAX = 4;

export interface DhtGuardHooks {
  /** Whether the peer may ask now; undefined: it has not said hello. */
  allow(peer: PeerId): boolean | undefined;
  onFault(peer: PeerId, code: string, reason: string): void;
}

interface DhtInnards {
  readonly rpc?: { onIncomingStream(stream: Stream, connection: Connection): unknown };
}
interface NodeInnards {
  readonly components?: {
    readonly connectionManager?: {
      openStream(peer: unknown, protocols: string | string[], options?: unknown): Promise<Stream>;
    };
  };
}

/** Puts the guard around the DHT of a node that is not started yet; `protocol` is its name on the wire. */
export function guardDht(node: Node, protocol: string, { allow, onFault }: DhtGuardHooks): void {
  const rpc = (node.services.dht as unknown as DhtInnards | undefined)?.rpc;
  if (node.services.dht === undefined) return;
  const manager = (node as unknown as NodeInnards).components?.connectionManager;
  invariant(rpc !== undefined && manager !== undefined, "guard the DHT: libp2p has changed");
  const early = new WeakMap<Connection, number>();
  const answer = rpc.onIncomingStream.bind(rpc);
  rpc.onIncomingStream = (stream, connection) => {
    const peer = connection.remotePeer.toString();
    let allowed = allow(peer);
    if (allowed === undefined) {
      const before = early.get(connection) ?? 0;
      early.set(connection, before + 1);
      allowed = before < STREAMS_BEFORE_HELLO_MAX;
    }
    if (!allowed) return stream.abort(new Error("no questions now"));
    bound(stream, QUESTIONS_BYTES_MAX, () => onFault(peer, "oversized", "a question of the DHT"));
    return answer(stream, connection);
  };
  const open = manager.openStream.bind(manager);
  manager.openStream = async (peer, protocols, options) => {
    const stream = await open(peer, protocols, options);
    if ([protocols].flat().includes(protocol)) {
      bound(stream, ANSWERS_BYTES_MAX, () => onFault(String(peer), "oversized", "an answer of the DHT"));
    }
    return stream;
  };
}

/** Ends a stream on which more comes than that, before it is read. */
function bound(stream: Stream, bytesMax: number, onOver: () => void): void {
  const taking = stream as unknown as { onData?(data: { readonly byteLength: number }): void };
  const take = taking.onData?.bind(stream);
  invariant(take !== undefined, "bound a stream: libp2p has changed");
  let left = bytesMax - stream.readBufferLength;
  const over = () => {
    onOver();
    stream.abort(new Error("too much"));
  };
  if (left < 0) return over();
  taking.onData = (data) => {
    left -= data.byteLength;
    if (left >= 0) take(data);
    else if (stream.status === "open") over();
  };
}
