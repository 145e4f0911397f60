import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { concatBytes } from "../core/bytes.ts";
import { encodeFrame, type Frame, FrameReader } from "./frames.ts";

const LIMIT = 64;
const reader = (tagged: boolean) => new FrameReader(tagged, (tag) => LIMIT + tag);

/** `bytes` cut at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

Deno.test("FrameReader gives back what encodeFrame() wrote, however the stream is cut", () => {
  const frame = fc.record({ tag: fc.nat(255), bytes: fc.uint8Array({ maxLength: LIMIT }) });
  fc.assert(fc.property(fc.boolean(), fc.array(frame), fc.array(fc.nat()), (tagged, frames, places) => {
    const sent: Frame[] = frames.map(({ tag, bytes }) => ({ tag: tagged ? tag : 0, bytes }));
    const stream = concatBytes(...sent.map(({ tag, bytes }) => encodeFrame(bytes, tagged ? tag : undefined)));
    const target = reader(tagged);
    const got = cut(stream, places).flatMap((chunk) => target.push(chunk));
    assertEquals(got, sent);
    assert(target.idle);
    assertEquals(target.fault, undefined);
  }));
});

Deno.test("FrameReader takes any bytes, and hands out no frame over the limit of its channel", () => {
  fc.assert(fc.property(fc.boolean(), fc.array(fc.uint8Array({ maxLength: 200 })), (tagged, chunks) => {
    const target = reader(tagged);
    for (const chunk of chunks) {
      for (const { tag, bytes } of target.push(chunk)) assert(bytes.length <= LIMIT + tag);
    }
  }));
});

Deno.test("FrameReader stops at a head that announces too much, after the frames before it", () => {
  const target = reader(true);
  const stream = concatBytes(encodeFrame(new Uint8Array(3), 1), encodeFrame(new Uint8Array(LIMIT + 3), 2));
  assertEquals(target.push(stream), [{ tag: 1, bytes: new Uint8Array(3) }]);
  assertEquals(target.fault, { tag: 2, length: LIMIT + 3 });
  assertEquals(target.push(encodeFrame(new Uint8Array(), 1)), []);
});

Deno.test("FrameReader's frames do not share memory with the chunks", () => {
  const target = reader(false);
  const chunk = encodeFrame(Uint8Array.of(1, 2, 3));
  const [frame] = target.push(chunk);
  chunk.fill(9);
  assertEquals(frame!.bytes, Uint8Array.of(1, 2, 3));
});

Deno.test("FrameReader allocates for what came, not for what is announced", () => {
  const target = new FrameReader(false, () => 1 << 30);
  const before = Deno.memoryUsage().external + Deno.memoryUsage().heapUsed;
  const head = encodeFrame(new Uint8Array()).fill(0);
  new DataView(head.buffer).setUint32(0, 1 << 30);
  target.push(head);
  for (let i = 0; i < 1000; i++) target.push(Uint8Array.of(i));
  assert(Deno.memoryUsage().external + Deno.memoryUsage().heapUsed - before < 64 * 1024 * 1024);
});
