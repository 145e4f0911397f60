import type { IoError } from "../../node/core/errors.ts";
import type { Clock } from "./clock.ts";
import { chainFault } from "./faults.ts";

/** What one exchange may take. */
export interface HttpLimits {
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

const tooLong = (max: number) => chainFault("chain_bad_answer", "read the answer", `more than ${max} bytes`);

/** A declared length is kept by the transport, but it is that of the packed body. Other bodies are counted here. */
async function readBounded(response: Response, bytesMax: number): Promise<string> {
  const { headers } = response;
  const declared = headers.has("content-encoding") ? null : headers.get("content-length");
  if (declared !== null && Number(declared) <= bytesMax) return await response.text();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > bytesMax) throw tooLong(bytesMax);
    parts.push(part);
  }
  return await new Blob(parts).text();
}

/** JSON posted to one address, and what it answers, whatever the status. Throws an `IoError` of the codes of endpoints. */
export async function postJson(
  target: { readonly url: string; readonly headers: HeadersInit; readonly client: Deno.HttpClient | undefined },
  body: string,
  limits: HttpLimits,
  clock: Clock,
  closing: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const abort = new AbortController();
  const stop = () => abort.abort("closed");
  closing.addEventListener("abort", stop, { once: true });
  const callOff = clock.after(limits.timeoutMs, () => abort.abort(`no answer within ${limits.timeoutMs} ms`));
  try {
    const { url, headers, client } = target;
    const init = { method: "POST", headers, body, signal: abort.signal, ...(client && { client }) };
    const response = await fetch(url, init);
    return { status: response.status, text: await readBounded(response, limits.answerBytesMax) };
  } catch (error) {
    if (abort.signal.aborted) throw chainFault("chain_unreachable", "ask", String(abort.signal.reason), error);
    throw (error as IoError).code === "chain_bad_answer"
      ? error
      : chainFault("chain_unreachable", "ask", error instanceof Error ? error.message : String(error), error);
  } finally {
    callOff();
    closing.removeEventListener("abort", stop);
  }
}
