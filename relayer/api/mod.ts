/**
 * The relayer's HTTP interface: endpoints over a {@linkcode RelayerControl}, told by `/openapi.json` and `/docs`, guarded
 * by a token or by being on this machine, with events as a stream.
 * @module
 */
export { type Api, type ApiOptions, createApi } from "./app.ts";
export { type ApiServer, type ApiServerOptions, createApiServer } from "./server.ts";
export { type IdempotencyStore, MemoryIdempotencyStore, type Remembered } from "./idempotency.ts";
export { toWire, type Wire } from "./wire.ts";
