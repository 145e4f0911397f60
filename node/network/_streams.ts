/** Frames on a stream of one question: read with back pressure, written without running ahead of the reader. @module */
import type { Stream, StreamMessageEvent } from "@libp2p/interface";
import { lateWindowUpdates } from "./_thrift.ts";
import { FrameReader } from "./frames.ts";

/** Bytes read ahead of whoever takes the frames; then the stream pauses. */
const READ_AHEAD_BYTES = 256 * 1024;

/** A head that announces more than the limit: the other side does not keep to the protocol. */
export class OversizedFrame extends Error {}

/**
 * The frames that come, until the other side closes its half between two frames. Throws an {@linkcode OversizedFrame}, or an
 * Error when the stream ends otherwise. `stream.abort` ends the wait.
 */
export async function* framesOf(stream: Stream, bytesMax: number): AsyncGenerator<Uint8Array> {
  const reader = new FrameReader(false, () => bytesMax);
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let ended: Error | "complete" | undefined;
  let wake = () => {};
  const onMessage = ({ data }: StreamMessageEvent) => {
    for (const { bytes } of reader.push(data)) {
      waiting.push(bytes);
      waitingBytes += bytes.length;
    }
    if (waitingBytes > READ_AHEAD_BYTES && stream.readStatus === "readable") stream.pause();
    wake();
  };
  const onEnd = (event: Event) => {
    ended ??= (event as Event & { error?: Error }).error ?? "complete";
    wake();
  };
  lateWindowUpdates(stream);
  stream.addEventListener("message", onMessage);
  stream.addEventListener("remoteCloseWrite", onEnd);
  stream.addEventListener("close", onEnd);
  try {
    for (;;) {
      const ready = waiting;
      waiting = [];
      waitingBytes = 0;
      yield* ready;
      if (waiting.length > 0) continue;
      if (reader.fault !== undefined) throw new OversizedFrame(`a frame of ${reader.fault.length} bytes`);
      if (stream.readStatus === "paused") stream.resume();
      if (waiting.length > 0) continue;
      if (ended instanceof Error) throw ended;
      if (stream.readBufferLength === 0 && (ended !== undefined || stream.remoteWriteStatus === "closed")) {
        if (reader.idle) return;
        throw new Error("the stream ended inside a frame");
      }
      if (stream.status !== "open" && stream.readBufferLength === 0 && ended === undefined) {
        throw new Error(`the stream is ${stream.status}`);
      }
      await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    stream.removeEventListener("message", onMessage);
    stream.removeEventListener("remoteCloseWrite", onEnd);
    stream.removeEventListener("close", onEnd);
  }
}

/** Why a wait for the reader ended: `slow` when it took nothing for `timeoutMs`. */
export type Flushed = "flushed" | "closed" | "slow";

/** Waits until all that was sent is on its way, as long as the reader takes something. */
export async function flushed(stream: Stream, timeoutMs: number): Promise<Flushed> {
  for (;;) {
    if (stream.writeStatus === "closed" || stream.status !== "open") return "closed";
    const before = stream.writeBufferLength;
    if (before === 0) return "flushed";
    const outcome = await idleOrTimeout(stream, timeoutMs);
    if (outcome === "timeout" && stream.writeBufferLength >= before) return "slow";
  }
}

function idleOrTimeout(stream: Stream, timeoutMs: number): Promise<"event" | "timeout"> {
  return new Promise((resolve) => {
    const finish = (outcome: "event" | "timeout") => {
      clearTimeout(timer);
      stream.removeEventListener("idle", onEvent);
      stream.removeEventListener("close", onEvent);
      resolve(outcome);
    };
    const onEvent = () => finish("event");
    const timer = setTimeout(() => finish("timeout"), timeoutMs);
    stream.addEventListener("idle", onEvent);
    stream.addEventListener("close", onEvent);
  });
}
