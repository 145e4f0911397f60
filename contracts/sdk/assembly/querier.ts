/** Asking the chain and other contracts. A question that fails refuses the call, unless its name says otherwise. */
import { blank, decode } from "./codec";
import { refuse } from "./failure";
import { queryChain } from "./imports";
import { Json } from "./json";
import { Coin } from "./types";
import { Uint128 } from "./uint128";
import { beginCall, endCall, JsonWriter } from "./writer";

/** Asks with a `QueryRequest` that has been written, and gives the answer, absent when there is none. */
function ask(request: JsonWriter, must: bool): Json {
  const outer = Json.parse(queryChain(request.region()));
  if (outer.is("ok") && outer.body.is("ok")) return outer.body.body;
  if (must) {
    const inner = outer.get("ok").get("error");
    refuse(inner.isAbsent ? "Querier system error: " + outer.get("error").source : "Generic error: Querier contract error: " + inner.text());
  }
  return Json.absent();
}

function smart<Q>(contract: string, name: string, body: Q, must: bool): Json {
  const inner = new JsonWriter();
  inner.beginObject();
  inner.field<Q>(name, body);
  inner.endObject();
  const writer = beginCall("wasm", "smart");
  writer.field<string>("contract_addr", contract);
  writer.field<Uint8Array>("msg", inner.bytes());
  return ask(endCall(writer), must);
}

/** Asks another contract `{"<name>": <body>}` and reads its answer as an `A`. */
export function queryContract<Q, A>(contract: string, name: string, body: Q): A {
  const answer = smart<Q>(contract, name, body, true);
  return answer.isAbsent ? blank<A>() : decode<A>(Json.parseBytes(answer.bytes()));
}

/** As {@link queryContract}; null when the other contract is none, or refuses. */
export function tryQueryContract<Q, A>(contract: string, name: string, body: Q): A | null {
  const answer = smart<Q>(contract, name, body, false);
  return answer.isAbsent ? null : decode<A>(Json.parseBytes(answer.bytes()));
}

/** The bytes under a key of another contract's storage; null when there are none. */
export function queryRaw(contract: string, key: Uint8Array): Uint8Array | null {
  const writer = beginCall("wasm", "raw");
  writer.field<string>("contract_addr", contract);
  writer.field<Uint8Array>("key", key);
  const answer = ask(endCall(writer), true);
  // A chain answers with no bytes where there is nothing.
  return answer.isAbsent || answer.isNull || answer.size == 0 ? null : answer.bytes();
}

/** How much of `denom` an account has. */
export function queryBalance(address: string, denom: string): Uint128 {
  const writer = beginCall("bank", "balance");
  writer.field<string>("address", address);
  writer.field<string>("denom", denom);
  const answer = ask(endCall(writer), true);
  if (answer.isAbsent) return Uint128.zero;
  return Json.parseBytes(answer.bytes()).get("amount").as<Coin>().amount;
}

/** Asks with a `QueryRequest` in JSON; the answer's bytes, or null. */
export function queryChainJson(request: Uint8Array): Uint8Array | null {
  const writer = new JsonWriter();
  writer.copy(request.dataStart, request.length);
  const answer = ask(writer, true);
  return answer.isAbsent ? null : answer.bytes();
}
