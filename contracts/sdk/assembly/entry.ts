/** Between the module's exports and the handlers: `contract build` writes the exports themselves. */
import { allocate as allocateRegion } from "./region";
import { failed, failureText, refuse } from "./failure";
import { Json } from "./json";
import { Response } from "./response";
import { JsonWriter } from "./writer";
import "./ibc";
import "./types";

export { deallocate, interface_version_8 } from "./region";

let booted: bool = false;

/** Runs what files do when they are loaded: this library's, which finds out where memory is free, and the contract's. */
function boot(): void {
  if (booted) return;
  booted = true;
  start();
}

/** `contract build` puts the body in. */
export function start(): void {}

/** The first thing that a chain calls, to have room for the message. */
export function allocate(capacity: usize): usize {
  boot();
  return allocateRegion(capacity);
}

/** Refuses a message whose form the contract does not have. */
export function unknownVariant(message: Json): Response {
  refuse("Error parsing message: unknown variant `" + message.variant + "`");
  return new Response();
}

function finishError(): usize {
  const writer = new JsonWriter();
  writer.beginObject();
  writer.field<string>("error", failureText()!);
  writer.endObject();
  return writer.region();
}

/** The answer to a call. */
export function finish<T>(answer: T): usize {
  if (failed()) return finishError();
  const writer = new JsonWriter();
  writer.beginObject();
  writer.field<T>("ok", answer);
  writer.endObject();
  return writer.region();
}

/** The answer to a channel that opens: the version it shall have; empty for the one that was proposed. */
export function finishOpen(version: string): usize {
  if (failed()) return finishError();
  const writer = new JsonWriter();
  writer.beginObject();
  writer.key("ok");
  if (version.length == 0) writer.raw("null");
  else {
    writer.beginObject();
    writer.field<string>("version", version);
    writer.endObject();
  }
  writer.endObject();
  return writer.region();
}

/** The answer to a query. */
export function finishQuery(answer: JsonWriter): usize {
  if (failed()) return finishError();
  const writer = new JsonWriter();
  writer.beginObject();
  writer.key("ok");
  writer.base64At(answer.pointer, answer.length);
  writer.endObject();
  return writer.region();
}
