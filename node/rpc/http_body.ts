/**
 * The text of a request body, or undefined when it is longer than `bytesMax`. A declared length is believed, because the
 * HTTP server holds the client to it; a body without one is counted as it comes.
 */
export async function readBody(request: Request, bytesMax: number): Promise<string | undefined> {
  const declared = request.headers.get("content-length");
  if (declared !== null) return Number(declared) <= bytesMax ? await request.text() : undefined;
  if (request.body === null) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    // Leaving the loop cancels the stream.
    if (length > bytesMax) return undefined;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return new TextDecoder().decode(bytes);
}
