/** The body of a request, bounded in bytes and time. @module */
import type { Fault } from "./fault.ts";

/** How long a client may take to send it. */
export const BODY_TIMEOUT_MS = 10_000;

const late: Fault = { code: "body_late", message: `read the body: not there after ${BODY_TIMEOUT_MS} ms, or cut off` };

/** The bytes of the body, or what is wrong with it. Never throws on a client that leaves. */
export async function readBody(
  request: Request,
  bytesMax: number,
  timeoutMs = BODY_TIMEOUT_MS,
): Promise<Uint8Array<ArrayBuffer> | Fault> {
  const tooLarge: Fault = { code: "body_too_large", message: `read the body: over ${bytesMax} bytes` };
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return tooLarge;
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  const timer = setTimeout(() => reader.cancel().catch(() => {}), timeoutMs);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const started = performance.now();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      chunks.push(value);
      if (length > bytesMax) {
        await reader.cancel().catch(() => {});
        return tooLarge;
      }
    }
  } catch {
    return late;
  } finally {
    clearTimeout(timer);
  }
  // A cancelled stream ends as a complete one does.
  if (performance.now() - started >= timeoutMs) return late;
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
