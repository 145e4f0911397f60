/** From a connection to a peer that takes part: the session, its hello, which of two connections stays, who must make room. @module */
import type { Connection, Stream } from "@libp2p/interface";
import type { CodedError } from "../core/errors.ts";
import type { PeerId } from "../core/peer.ts";
import type { Result } from "../core/result.ts";
import { hostOf } from "./_gater.ts";
import { Peer, replaces } from "./_peer.ts";
import { Session } from "./_session.ts";
import { NETWORK_CODE } from "./errors.ts";
import { type Hello, verifyValidatorProof } from "./hello.ts";
import { STRANGER_MS } from "./limits.ts";
import type { Libp2pNetworkOptions } from "./options.ts";
import { nodeKeyOf } from "./peer_id.ts";
import type { Channel } from "./ports.ts";

export interface AdmissionHooks {
  /** `channel` undefined: one of a newer version. */
  readonly allow: (peer: Peer, channel: Channel | undefined, bytes: number) => boolean;
  readonly onMessage: (peer: Peer, channel: Channel, bytes: Uint8Array) => void | Promise<void>;
  readonly onNeighbours: (peer: Peer, bytes: Uint8Array) => void;
  readonly onFault: (peer: PeerId, code: string, reason: string) => void;
  readonly onJoined: (peer: Peer) => void;
  readonly onLeft: (peer: Peer) => void;
  /** A peer is not of this chain, or does not speak to us. */
  readonly onStranger: (peer: PeerId, reason: string) => void;
}

export interface AdmissionInit {
  readonly self: PeerId;
  readonly options: Libp2pNetworkOptions;
  /** Protocol name of sessions. */
  readonly protocol: string;
  /** Our hello, encoded. */
  readonly hello: Uint8Array;
  readonly helloMs: number;
  /** How many peers may have dialed us. */
  readonly inboundMax: number;
  readonly now: () => number;
  readonly hooks: AdmissionHooks;
}

/** Strangers remembered; who is forgotten is met once more. */
const STRANGERS_MAX = 1024;

/** See the module. */
export class Admission {
  readonly peers = new Map<PeerId, Peer>();
  readonly #init: AdmissionInit;
  readonly #strangers = new Map<PeerId, number>();
  /** Connections that have no peer yet, with the timer that ends the wait; and those with a session. */
  readonly #waiting = new Map<Connection, ReturnType<typeof setTimeout>>();
  readonly #sessions = new Map<Connection, Session>();
  #stopped = false;

  constructor(init: AdmissionInit) {
    this.#init = init;
  }

  /** Whether a peer is to be left alone for a while. */
  isStranger(peer: PeerId): boolean {
    const until = this.#strangers.get(peer);
    if (until === undefined) return false;
    if (until > this.#init.now()) return true;
    this.#strangers.delete(peer);
    return false;
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    for (const peer of this.peers.values()) peer.gone.abort();
    for (const session of [...this.#sessions.values()]) session.close("stopping");
    this.peers.clear();
  }

  /** A connection is open. The side that dialed opens the session, the other one waits for it. */
  onConnection(connection: Connection): void {
    if (this.#stopped) return connection.abort(new Error("stopping"));
    const known = this.peers.get(connection.remotePeer.toString());
    if (known !== undefined && !replaces(connection, known.init.connection, this.#init.self)) return end(connection);
    const timer = setTimeout(() => this.#estrange(connection, "no hello in time"), this.#init.helloMs);
    this.#waiting.set(connection, timer);
    connection.addEventListener("close", () => this.#forget(connection), { once: true });
    if (connection.direction === "outbound") void this.#openSession(connection);
  }

  /** The other side opened a stream for the session. */
  onStream(stream: Stream, connection: Connection): void {
    if (this.#stopped || connection.direction !== "inbound" || this.#sessions.has(connection)) {
      return stream.abort(new Error("no session is wanted here"));
    }
    this.#begin(stream, connection);
  }

  async #openSession(connection: Connection): Promise<void> {
    try {
      const stream = await connection.newStream([this.#init.protocol], { runOnLimitedConnection: true });
      if (this.#stopped || connection.status !== "open") return stream.abort(new Error("too late"));
      this.#begin(stream, connection);
    } catch (error) {
      const foreign = error instanceof Error && error.name === "UnsupportedProtocolError";
      if (foreign) this.#estrange(connection, "it does not speak this chain's protocol");
      else end(connection);
    }
  }

  #begin(stream: Stream, connection: Connection): void {
    const id = connection.remotePeer.toString();
    const { hooks, hello, options: { chainId } } = this.#init;
    const session: Session = new Session({
      stream,
      chainId,
      hello,
      hooks: {
        onHello: (from, theirs) => this.#onHello(from, connection, theirs),
        allow: (channel, bytes) => {
          const peer = this.#peerOf(session);
          return peer !== undefined && hooks.allow(peer, channel, bytes);
        },
        onMessage: (channel, bytes) => {
          const peer = this.#peerOf(session);
          return peer === undefined ? undefined : hooks.onMessage(peer, channel, bytes);
        },
        onNeighbours: (bytes) => {
          const peer = this.#peerOf(session);
          if (peer !== undefined) hooks.onNeighbours(peer, bytes);
        },
        onFault: (code, reason) => hooks.onFault(id, code, reason),
        onClosed: (ended) => this.#onClosed(ended, connection),
      },
    });
    if (!session.isClosed) this.#sessions.set(connection, session);
  }

  #peerOf(session: Session): Peer | undefined {
    const peer = this.#peers.get(session);
    return peer !== undefined && this.peers.get(peer.init.id) === peer ? peer : undefined;
  }
  readonly #peers = new WeakMap<Session, Peer>();

  #onHello(session: Session, connection: Connection, hello: Result<Hello, CodedError>): void {
    const id = connection.remotePeer.toString();
    clearTimeout(this.#waiting.get(connection));
    this.#waiting.delete(connection);
    if (this.#stopped) return;
    if (!hello.ok) {
      const { code, message } = hello.error;
      if (code === NETWORK_CODE.badHello) this.#init.hooks.onFault(id, "bad_hello", message);
      return this.#estrange(connection, message);
    }
    const nodeKey = nodeKeyOf(id);
    if (!nodeKey.ok) return this.#estrange(connection, nodeKey.error.message);
    const proof = this.#proofOf(id, hello.value);
    if (!proof.ok) {
      this.#init.hooks.onFault(id, "bad_proof", proof.error.message);
      return end(connection);
    }
    const known = this.peers.get(id);
    if (known !== undefined) {
      if (!replaces(connection, known.init.connection, this.#init.self)) return end(connection);
      this.#leave(known, "another connection took over");
    }
    const peer = new Peer({
      id,
      nodeKey: nodeKey.value,
      connection,
      session,
      hello: hello.value,
      validator: proof.value,
      host: hostOf(connection.remoteAddr.toString()),
      connectedAt: this.#init.now(),
    });
    this.peers.set(id, peer);
    this.#peers.set(session, peer);
    if (this.#makeRoom(peer)) this.#init.hooks.onJoined(peer);
  }

  #proofOf(id: PeerId, { validatorProof, chainId }: Hello): Result<Uint8Array | undefined, CodedError> {
    if (validatorProof.length === 0) return { ok: true, value: undefined };
    return (this.#init.options.verifyProof ?? verifyValidatorProof)(validatorProof, chainId, id);
  }

  /**
   * With too many inbound peers the newest goes that is no validator, which may be the newcomer: false then. So strangers
   * cannot push out who is there, and a validator always finds a place.
   */
  #makeRoom(newcomer: Peer): boolean {
    const inbound = [...this.peers.values()].filter(({ init }) => init.connection.direction === "inbound");
    if (inbound.length <= this.#init.inboundMax) return true;
    const isValidator = ({ init: { validator } }: Peer) =>
      validator !== undefined && this.#init.options.isValidator?.(validator) === true;
    const victim = inbound.findLast((peer) => !isValidator(peer)) ?? newcomer;
    if (victim !== newcomer) {
      this.#leave(victim, "room for a validator");
      return true;
    }
    this.peers.delete(newcomer.init.id);
    newcomer.gone.abort();
    end(newcomer.init.connection);
    return false;
  }

  #leave(peer: Peer, reason: string): void {
    peer.init.session.close(reason);
    end(peer.init.connection);
  }

  #onClosed(session: Session, connection: Connection): void {
    this.#sessions.delete(connection);
    const peer = this.#peerOf(session);
    if (peer !== undefined) {
      this.peers.delete(peer.init.id);
      peer.gone.abort();
      if (!this.#stopped) this.#init.hooks.onLeft(peer);
    }
    // The session is what the connection is for.
    if (connection.status === "open") end(connection);
  }

  #estrange(connection: Connection, reason: string): void {
    const id = connection.remotePeer.toString();
    this.#strangers.delete(id);
    this.#strangers.set(id, this.#init.now() + STRANGER_MS);
    if (this.#strangers.size > STRANGERS_MAX) this.#strangers.delete(this.#strangers.keys().next().value!);
    this.#init.hooks.onStranger(id, reason);
    connection.abort(new Error(reason));
  }

  #forget(connection: Connection): void {
    clearTimeout(this.#waiting.get(connection));
    this.#waiting.delete(connection);
    this.#sessions.get(connection)?.close("the connection ended");
  }
}

/** Ends a connection without haste; what is on its way arrives. */
function end(connection: Connection): void {
  connection.close().catch(() => connection.abort(new Error("closing took too long")));
}
