/** A refusal with a gRPC status. */
export class GrpcFault {
  constructor(readonly status: "InvalidArgument" | "NotFound" | "Unavailable", readonly message: string) {}
}

const REQUEST_BYTES_MAX = 65_536;

/** Decodes a request; undefined when it is not one. */
export function decodeRequest<T>(codec: { decode(bytes: Uint8Array): T }, bytes: Uint8Array): T | undefined {
  if (bytes.length > REQUEST_BYTES_MAX) return undefined;
  try {
    return codec.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The answer to a request that does not decode. */
export const malformedRequest = new GrpcFault("InvalidArgument", "request does not decode");
