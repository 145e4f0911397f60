/** Hostile peers at a running node over libp2p: connections and streams. */
import { assert, assertEquals } from "@std/assert";
import type { Stream } from "@libp2p/interface";
import { concatBytes } from "../../node/core/bytes.ts";
import { Prng } from "../../node/core/prng.ts";
import { HELLO_TAG, PROTOCOLS, tagOf } from "../../node/network/channels.ts";
import { encodeFrame } from "../../node/network/frames.ts";
import { encodeHello } from "../../node/network/hello.ts";
import { STREAMS_PER_CONNECTION_MAX } from "../../node/network/limits.ts";
import { breathe } from "../../node/runtime/mod.ts";
import { encodeBlocksQuestion } from "../../node/sync/wire.ts";
import { ended, type HostilePeer } from "./peer.ts";
import { Scene, until } from "./scene.ts";

const random = new Prng(20_260_115);
const noise = (length: number) => Uint8Array.from({ length }, () => random.u32() & 0xff);
const LIMITS = { frameBytesMax: 1 << 20, framesMax: 100, timeoutMs: 20_000 };
/** A head that announces 4 GiB less one byte. */
const headOf = (tag?: number) =>
  concatBytes(new Uint8Array(4).fill(0xff), Uint8Array.from(tag === undefined ? [] : [tag]));

/** An honest question is answered. */
async function assertAnswers({ honest, node }: Scene): Promise<void> {
  const question = encodeBlocksQuestion({ from: 1n, count: 2 });
  const frames = await Array.fromAsync(honest.request(node.peerId, "blocks", question, LIMITS));
  assertEquals(frames.length, 2);
}

/** Asks for chunks again and again, in its own way, until it is banned. */
async function untilGone(
  scene: Scene,
  peer: HostilePeer,
  ask: (stream: Stream) => Promise<unknown>,
): Promise<void> {
  while (scene.banOf(peer) === undefined) {
    const stream = await peer.ask("chunks").catch(() => undefined);
    if (stream === undefined) continue;
    await ask(stream);
    await ended(stream);
  }
}

type Attack = (name: string, use: (peer: HostilePeer) => Promise<void>) => Promise<unknown>;
const attacksOn = (scene: Scene, t: Deno.TestContext): Attack => (name, use) =>
  t.step(name, async () => {
    await using peer = await scene.peer(name);
    await use(peer);
    await scene.goesOn();
    await assertAnswers(scene);
  });

Deno.test("hostile streams: what breaks the frames of a stream is named, and blocks go on", async (t) => {
  await using scene = await Scene.open();
  const attack = attacksOn(scene, t);

  await attack("random bytes on every protocol that the node speaks", async (peer) => {
    await peer.greet();
    const protocols = await peer.protocols();
    assert(protocols.length >= 8, `${protocols}`);
    for (const protocol of protocols) {
      for (const length of [1, 100, 5000]) {
        // A ban in between is as good.
        const stream = await peer.open(protocol).catch(() => undefined);
        if (stream === undefined) continue;
        await peer.push(stream, noise(length));
        await stream.close().catch(() => {});
      }
    }
  });
  await attack("a frame of 4 GiB on a session", async (peer) => {
    while (scene.banOf(peer) === undefined) {
      const stream = await peer.greet().catch(() => undefined);
      if (stream === undefined) continue;
      await peer.push(stream, headOf(tagOf("consensus")));
      await ended(stream);
    }
    await scene.untilBanned(peer, /^oversized: a frame of 4294967295 bytes on channel 1/);
  });
  await attack("a question of 4 GiB, byte by byte", async (peer) => {
    await peer.greet();
    await untilGone(scene, peer, async (stream) => {
      for (const byte of headOf()) {
        await peer.push(stream, Uint8Array.of(byte));
        await breathe();
      }
    });
    await scene.untilBanned(peer, /^oversized: a frame of 4294967295 bytes as a question for chunks/);
  });
  await attack("questions that mean nothing", async (peer) => {
    await peer.greet();
    await untilGone(scene, peer, (stream) => peer.push(stream, encodeFrame(noise(20))));
    await scene.untilBanned(peer, /^sync_bad_question: /);
  });
  await attack("a flood on channels that this version does not know", async (peer) => {
    const stream = await peer.greet();
    const frame = encodeFrame(new Uint8Array(60 * 1024), 200);
    for (let i = 0; i < 2_000 && await peer.push(stream, frame); i++);
    await until("the report of a flood", async () => await scene.reports("flood") > 0);
  });
});

Deno.test("hostile streams: who says no hello, or another, is no peer", async (t) => {
  await using scene = await Scene.open();
  const attack = attacksOn(scene, t);
  const hello = { chainId: scene.node.chainId, moniker: "m", software: "0", validatorProof: new Uint8Array() };
  /** What it says instead of a hello ends the connection. */
  const refused = async (peer: HostilePeer, bytes: Uint8Array): Promise<Stream> => {
    const stream = await peer.open(peer.names.session);
    await peer.push(stream, bytes);
    await ended(stream);
    assert(!scene.node.peers.some(({ id }) => id === peer.id));
    return stream;
  };

  await attack("of another chain", async (peer) => {
    await refused(peer, encodeFrame(encodeHello({ ...hello, chainId: "other-1" }), HELLO_TAG));
    assertEquals(await scene.reports("bad_hello"), 0);
  });
  await attack("of another version", async (peer) => {
    await refused(peer, encodeFrame(encodeHello(hello).with(1, 2), HELLO_TAG));
    assertEquals(await scene.reports("bad_hello"), 0);
  });
  await attack("with random bytes after it", async (peer) => {
    await refused(peer, encodeFrame(concatBytes(encodeHello(hello), noise(50)), HELLO_TAG));
    await until("the report", async () => await scene.reports("bad_hello") === 1);
  });
  await attack("with a proof that proves nothing", async (peer) => {
    await refused(peer, encodeFrame(encodeHello({ ...hello, validatorProof: noise(100) }), HELLO_TAG));
    await until("the report", async () => await scene.reports("bad_proof") === 1);
  });
  await attack("twice", async (peer) => {
    const stream = await peer.greet();
    for (let i = 0; i < 100; i++) await peer.push(stream, encodeFrame(encodeHello(hello), HELLO_TAG));
    await scene.goesOn();
    assertEquals([stream.status, scene.banOf(peer)], ["open", undefined]);
  });
});

Deno.test("hostile streams: whoever takes what there is of streams and answers does not keep others from theirs", async (t) => {
  await using scene = await Scene.open();
  const attack = attacksOn(scene, t);
  await until("some blocks", () => scene.node.height > 20n);

  await attack("a hundred questions that are never asked", async (peer) => {
    await peer.greet();
    const opening = PROTOCOLS.flatMap((protocol) => Array.from({ length: 25 }, () => peer.ask(protocol)));
    await Promise.allSettled(opening);
    await assertAnswers(scene);
  });
  await attack("everything asked for and nothing read", async (peer) => {
    await peer.greet();
    const question = encodeFrame(encodeBlocksQuestion({ from: 1n, count: 64 }));
    const opening = Array.from({ length: 40 }, async () => {
      const stream = await peer.ask("blocks");
      stream.pause();
      await peer.push(stream, question);
    });
    await Promise.allSettled(opening);
    await assertAnswers(scene);
  });
  await attack("hundreds of streams", async (peer) => {
    await peer.greet();
    await Promise.allSettled(Array.from({ length: 400 }, () => peer.open("/ipfs/ping/1.0.0")));
    const open = () => peer.connections.flatMap(({ streams }) => streams).filter(({ status }) => status === "open");
    await until("those over the limit to be reset", () => open().length <= STREAMS_PER_CONNECTION_MAX);
    await assertAnswers(scene);
  });
  await attack("streams opened and reset", async (peer) => {
    const connection = await peer.connect();
    await peer.greet();
    for (let i = 0; i < 300 && connection.status === "open"; i++) {
      const stream = await connection.newStream([peer.names.protocol("blocks")]).catch(() => undefined);
      stream?.abort(new Error("changed its mind"));
    }
    await assertAnswers(scene);
  });
  await attack("connections that come and go", async (peer) => {
    for (let i = 0; i < 60; i++) {
      await peer.greet().catch(() => {});
      peer.hangUp();
      await breathe();
    }
  });
});
