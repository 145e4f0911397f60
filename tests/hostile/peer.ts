/**
 * A peer that does with libp2p what it likes: dials, opens any protocol, sends any bytes, serves lies, reads nothing. Built from
 * libp2p itself, without anything of ours that would keep it honest.
 * @module
 */
import type { Connection, Stream } from "@libp2p/interface";
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { ed25519KeyFromSeed } from "../../node/core/crypto/mod.ts";
import { stopWhole } from "../../node/network/_leftovers.ts";
import { libp2pParts, withoutChannels } from "../../node/network/_libp2p_load.ts";
import type { Node } from "../../node/network/_node.ts";
import { HELLO_TAG, tagOf, wireNames } from "../../node/network/channels.ts";
import { encodeFrame, FrameReader } from "../../node/network/frames.ts";
import { encodeHello } from "../../node/network/hello.ts";
import type { Channel, Protocol, Topic } from "../../node/network/ports.ts";
import { delimited } from "../../node/signer/link.ts";

/** Speaks gossipsub by hand. */
const GOSSIP = "/meshsub/1.2.0";
/** What waits to be sent before the next is made, in bytes. */
const AHEAD_BYTES = 256 * 1024;

const ATTEMPTS_MAX = 5;

/** An RPC of gossipsub with one message: `RPC.publish` = 2, `Message.data` = 2, `Message.topic` = 4. Prefixed by its length. */
export function gossipRpc(topic: string, bytes: Uint8Array): Uint8Array {
  const field = (number: number, contents: Uint8Array) =>
    concatBytes(Uint8Array.of(number << 3 | 2), delimited(contents));
  // It claims to be the author.
  const message = concatBytes(field(2, concatBytes(Uint8Array.of(0), bytes)), field(4, utf8ToBytes(topic)));
  return delimited(field(2, message));
}

export class HostilePeer {
  readonly id: string;
  readonly chainId: string;
  readonly names: ReturnType<typeof wireNames>;
  readonly #node: Node;
  readonly #target: string;
  #session: Stream | undefined;
  #gossip: Stream | undefined;

  private constructor(node: Node, target: string, chainId: string) {
    this.#node = node;
    this.#target = target;
    this.chainId = chainId;
    this.names = wireNames(chainId);
    this.id = node.peerId.toString();
  }

  /** Not connected yet. `seed` is the node key's, 32 bytes. */
  static async start(target: string, chainId: string, seed: Uint8Array): Promise<HostilePeer> {
    const parts = await libp2pParts();
    const { publicKey } = ed25519KeyFromSeed(seed);
    const node = await withoutChannels(async () => {
      const made = await parts.createLibp2p({
        start: false,
        privateKey: parts.privateKeyFromRaw(concatBytes(seed, publicKey)),
        transports: [parts.tcp()],
        connectionEncrypters: [parts.noise()],
        streamMuxers: [parts.yamux()],
        connectionGater: { denyDialMultiaddr: () => false },
        connectionManager: { reconnectRetries: 0 },
        services: { identify: parts.identify() },
      });
      await made.peerStore.has(made.peerId);
      return made as unknown as Node;
    });
    await node.start();
    return new HostilePeer(node, target, chainId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async stop(): Promise<void> {
    for (const connection of this.#node.getConnections()) connection.abort(new Error("gone"));
    await stopWhole(this.#node);
  }

  /** The connection that is there, or a new one. Rejects when it is not let in. */
  async connect(): Promise<Connection> {
    const { multiaddr } = await libp2pParts();
    return await this.#node.dial(multiaddr(this.#target));
  }

  get connections(): readonly Connection[] {
    return this.#node.getConnections();
  }

  /** What the other side says it speaks. */
  async protocols(): Promise<readonly string[]> {
    const { remotePeer } = await this.connect();
    for (;;) {
      const { protocols } = await this.#node.peerStore.get(remotePeer);
      if (protocols.includes(GOSSIP)) return protocols;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async open(protocol: string): Promise<Stream> {
    for (let attempt = 1;; attempt++) {
      try {
        const connection = await this.connect();
        return await connection.newStream([protocol], { maxOutboundStreams: 100_000 });
      } catch (error) {
        // The connection that was there may just be ending.
        if (attempt === ATTEMPTS_MAX) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }

  ask(protocol: Protocol): Promise<Stream> {
    return this.open(this.names.protocol(protocol));
  }

  /** A session after both hellos: this peer takes part. */
  async greet(chainId = this.chainId): Promise<Stream> {
    const stream = this.#session = await this.open(this.names.session);
    const reader = new FrameReader(true, () => 1 << 20);
    const greeted = Promise.withResolvers<void>();
    stream.addEventListener("message", ({ data }) => {
      if (reader.push(data).length > 0) greeted.resolve();
    });
    const hello = { chainId, moniker: "hostile", software: "0", validatorProof: new Uint8Array() };
    stream.send(encodeFrame(encodeHello(hello), HELLO_TAG));
    await Promise.race([greeted.promise, ended(stream)]);
    return stream;
  }

  /** A message on a channel; waits when too much is under way. False once it is cut off. */
  async say(channel: Channel, bytes: Uint8Array): Promise<boolean> {
    this.#session ??= await this.greet();
    return await this.push(this.#session, encodeFrame(bytes, tagOf(channel)));
  }

  /** A message on a topic, as {@linkcode HostilePeer.say}. */
  async publish(topic: Topic, bytes: Uint8Array): Promise<boolean> {
    this.#gossip ??= await this.open(GOSSIP);
    return await this.push(this.#gossip, gossipRpc(this.names.topic(topic), bytes));
  }

  /** Bytes on the stream of gossip as they are. */
  async gossip(bytes: Uint8Array): Promise<boolean> {
    this.#gossip ??= await this.open(GOSSIP);
    return await this.push(this.#gossip, bytes);
  }

  /** Sends when there is room; false once the stream is over. */
  async push(stream: Stream, bytes: Uint8Array): Promise<boolean> {
    try {
      stream.send(bytes);
      while (stream.status === "open" && stream.writeBufferLength > AHEAD_BYTES) await soon(stream);
    } catch {
      return false;
    }
    return stream.status === "open";
  }

  /** Answers questions of a protocol with these frames, whatever is asked. */
  async serve(protocol: Protocol, frames: (question: Uint8Array) => AsyncIterable<Uint8Array>): Promise<void> {
    await this.#node.handle(this.names.protocol(protocol), async (stream) => {
      const reader = new FrameReader(false, () => 1 << 20);
      const question = await new Promise<Uint8Array>((resolve) => {
        stream.addEventListener("message", ({ data }) => {
          const [frame] = reader.push(data);
          if (frame !== undefined) resolve(frame.bytes);
        });
      });
      for await (const bytes of frames(question)) if (!await this.push(stream, bytes)) return;
      await stream.close().catch(() => {});
    });
  }

  hangUp(): void {
    for (const connection of this.#node.getConnections()) connection.abort(new Error("gone"));
    this.#session = this.#gossip = undefined;
  }
}

/** Resolves when something of the stream changed. */
function soon(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const event of ["drain", "idle", "close"]) stream.removeEventListener(event as "close", done);
      resolve();
    };
    const timer = setTimeout(done, 50);
    for (const event of ["drain", "idle", "close"]) stream.addEventListener(event as "close", done);
  });
}

/** Resolves when the other side has ended the stream, or its half of it. */
export function ended(stream: Stream): Promise<void> {
  if (stream.status !== "open" || stream.remoteWriteStatus === "closed") return Promise.resolve();
  return new Promise((resolve) => {
    for (const event of ["close", "remoteCloseWrite"] as const) {
      stream.addEventListener(event, () => resolve(), { once: true });
    }
  });
}
