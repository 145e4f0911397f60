import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import { decodeStrict } from "../../node/core/codec/mod.ts";
import { readRequest, readResult } from "../../node/modules/calls/events.ts";
import { MsgSubmitReadCodec, type Read } from "../../node/modules/calls/types.ts";
import { afterFailure, newReadJob, parseReadEvent, planRead, submitReadMessage } from "./mod.ts";

const READ: Read = {
  id: 7n,
  requester: "cat1x",
  clientId: "07-tendermint-0",
  store: new Uint8Array([1]),
  key: new Uint8Array([2, 3]),
  minHeight: { revisionNumber: 1n, revisionHeight: 20n },
  timeoutTimestamp: 5_000n,
  status: 0,
  value: new Uint8Array(),
  proofHeight: undefined,
  submitter: "",
  requestedHeight: 1n,
  answeredHeight: 0n,
  answeredTime: 0n,
};
const REQUEST = {
  id: 7n,
  clientId: READ.clientId,
  store: READ.store,
  key: READ.key,
  minHeight: READ.minHeight!,
  timeoutTimestamp: 5_000n,
};
const head = (height: bigint, timeNanos = 0n) => ({ height, timeNanos, revision: 1n, seenMs: 0 });

Deno.test("the events of the module are read, and others passed over", () => {
  assertEquals(parseReadEvent(readRequest(READ)), { tag: "requested", request: REQUEST });
  assertEquals(parseReadEvent(readResult(READ)), { tag: "answered", id: 7n });
  const change = (key: string, value: string): Event => {
    const { type, attributes } = readRequest(READ);
    return { type, attributes: attributes.map((one) => one.key === key ? { ...one, value } : one) };
  };
  for (
    const [key, value] of [["id", "-1"], ["client_id", "x"], ["store", ""], ["key", "00".repeat(2000)], ["key", "z"]]
  ) {
    assertEquals(parseReadEvent(change(key!, value!)), undefined, key);
  }
  const attribute = fc.record({ key: fc.constantFrom("id", "key", "store", "client_id"), value: fc.string() });
  fc.assert(fc.property(fc.constantFrom("read_request", "read_result"), fc.array(attribute), (type, attributes) => {
    parseReadEvent({ type, attributes: attributes.map((one) => ({ ...one, index: true })) });
  }));
});

Deno.test("a read is answered from its least height on, until its time is over", () => {
  const job = newReadJob(REQUEST);
  assertEquals(planRead(job, head(1n), head(20n), 0), { tag: "answer" });
  assertEquals(planRead(job, head(1n), head(19n), 0), { tag: "wait", untilMs: undefined });
  assertEquals(planRead(job, undefined, head(20n), 0), { tag: "wait", untilMs: undefined });
  assertEquals(planRead(job, head(1n, 5_000n), head(20n), 0), { tag: "over" });
  assertEquals(planRead({ ...job, notBeforeMs: 9 }, head(1n), head(20n), 0), { tag: "wait", untilMs: 9 });
  const upgraded = { ...head(1n), revision: 2n };
  assertEquals(planRead(job, head(1n), upgraded, 0), { tag: "answer" });
});

Deno.test("failures wait longer and end", () => {
  const fault = { code: "x", message: "y" };
  let job: ReturnType<typeof afterFailure> = newReadJob(REQUEST);
  let tries = 0;
  let last = 0;
  while (job !== undefined) {
    job = afterFailure(job, fault, 0, { retryFirstMs: 100, retryMaxMs: 1e6 });
    tries++;
    assert(job === undefined || job.notBeforeMs > last);
    last = job?.notBeforeMs ?? 0;
  }
  assertEquals(tries, 8);
});

Deno.test("the message is the module's", () => {
  const height = { revisionNumber: 1n, revisionHeight: 21n };
  for (const value of [undefined, new Uint8Array([9])]) {
    const message = submitReadMessage(REQUEST, { value, proof: new Uint8Array([1]), height }, "cat1y");
    assertEquals(message.typeUrl, MsgSubmitReadCodec.typeUrl);
    const decoded = decodeStrict(MsgSubmitReadCodec, message.value, "message", 1000);
    assert(decoded.ok);
    assertEquals([decoded.value.id, decoded.value.absent], [7n, value === undefined]);
  }
});
