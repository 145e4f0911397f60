/** Between the module's exports and the handlers: `contract build` writes the exports themselves. */
import { allocate as allocateRegion } from "./region";
import { failed, failureText, refuse } from "./failure";
import { Json } from "./json";
import { Response } from "./response";
import { JsonWriter } from "./writer";

export { deallocate, interface_version_8 } from "./region";
export { Env, MessageInfo, Reply } from "./types";
export { Json, JsonWriter, Response };

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
export function finishResponse(response: Response): usize {
  if (failed()) return finishError();
  const writer = new JsonWriter();
  writer.beginObject();
  writer.field<Response>("ok", response);
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
