/** The messages of clients. @module */
import type { MessageHandler } from "../../../app/ports.ts";
import type { ExpectedAuthority } from "./expected.ts";
import type { ClientKeeper } from "./keeper.ts";

/** Handlers; without an authority there are none for what only an authority may do. */
// Handlers differ in their messages, which only the router's own pairs know.
// deno-lint-ignore no-explicit-any
export function clientMessages(_keeper: ClientKeeper, _authority?: ExpectedAuthority): MessageHandler<any>[] {
  return [];
}
