import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { channelOf, CHANNELS } from "./channels.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { SEND_AHEAD_BYTES, SEND_QUEUE_BYTES_MAX } from "./limits.ts";
import { SendQueue } from "./_send_queue.ts";

/** An outlet that keeps everything until it is drained. */
class Pipe {
  readonly #reader = new FrameReader(true, () => Number.MAX_SAFE_INTEGER);
  readonly sent: Frame[] = [];
  writeBufferLength = 0;
  send(bytes: Uint8Array): boolean {
    this.sent.push(...this.#reader.push(bytes));
    this.writeBufferLength += bytes.length;
    return true;
  }
}

Deno.test("SendQueue keeps the order of each channel and loses nothing it took", () => {
  const push = fc.record({ channel: fc.constantFrom(...CHANNELS), length: fc.nat(50_000) });
  fc.assert(fc.property(fc.array(fc.oneof(push, fc.constant("drain" as const))), (steps) => {
    const pipe = new Pipe();
    const queue = new SendQueue(pipe);
    const taken = new Map<string, number[]>();
    let number = 0;
    for (const step of steps) {
      if (step === "drain") {
        pipe.writeBufferLength = 0;
        queue.pump();
        continue;
      }
      const bytes = new Uint8Array(4 + step.length);
      new DataView(bytes.buffer).setUint32(0, ++number);
      const fits = queue.push(step.channel, bytes);
      queue.pump();
      if (fits) taken.set(step.channel, [...taken.get(step.channel) ?? [], number]);
      assert(queue.pendingBytes <= SEND_QUEUE_BYTES_MAX);
    }
    while (queue.pendingBytes > 0) {
      pipe.writeBufferLength = 0;
      queue.pump();
    }
    const got = new Map<string, number[]>();
    for (const frame of pipe.sent) {
      const channel = channelOf(frame.tag)!;
      got.set(channel, [...got.get(channel) ?? [], new DataView(frame.bytes.buffer).getUint32(0)]);
    }
    assertEquals(got, taken);
  }));
});

Deno.test("SendQueue refuses what is over its bound, and takes again when the peer took something", () => {
  const pipe = new Pipe();
  const queue = new SendQueue(pipe);
  const chunk = new Uint8Array(1024 * 1024);
  let taken = 0;
  while (queue.push("transactions", chunk)) taken++;
  assertEquals(taken, Math.floor(SEND_QUEUE_BYTES_MAX / (chunk.length + 5)));
  queue.pump();
  assert(!queue.push("transactions", chunk));
  pipe.writeBufferLength = 0;
  assert(queue.push("transactions", chunk));
});

Deno.test("SendQueue lets consensus pass before what waits, and does not starve the rest", () => {
  const pipe = new Pipe();
  const queue = new SendQueue(pipe);
  const large = new Uint8Array(SEND_AHEAD_BYTES);
  const order: string[] = [];
  queue.push("transactions", large);
  queue.pump();
  for (let i = 0; i < 20; i++) queue.push("transactions", new Uint8Array(1));
  for (let i = 0; i < 40; i++) queue.push("consensus", new Uint8Array(1));
  pipe.sent.length = 0;
  pipe.writeBufferLength = 0;
  queue.pump();
  for (const frame of pipe.sent) order.push(channelOf(frame.tag)!);
  assertEquals(order.length, 60);
  assertEquals(order.slice(0, 16), Array(16).fill("consensus"));
  assertEquals(order.indexOf("transactions"), 16);
  assertEquals(order.lastIndexOf("consensus"), 41);
});
