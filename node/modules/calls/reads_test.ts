import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { CallsChain, FakeClients } from "../../../tests/helpers/calls_chain.ts";
import { connect } from "../../../tests/helpers/fake_ibc_chain.ts";
import type { ModuleGenesisContext, Reading } from "../../app/ports.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import { decodeStrict, encode, type MessageOf } from "../../core/codec/mod.ts";
import type { IbcHeight } from "../../core/ibc/mod.ts";
import type { Result } from "../../core/result.ts";
import { FORGET_MAX, READ_KEY_BYTES_MAX, READ_PROOF_BYTES_MAX, READ_VALUE_BYTES_MAX } from "./params.ts";
import { QUEUE_PREFIX, STORE } from "./keys.ts";
import {
  CallCodec,
  MsgRequestReadCodec,
  MsgRequestReadResponseCodec,
  MsgSubmitReadCodec,
  QueryReadRequestCodec,
  QueryReadResponseCodec,
  QueryReadsRequestCodec,
  QueryReadsResponseCodec,
  READ_STATUS,
  ReadCodec,
} from "./types.ts";

const codeOf = (result: Result<unknown>) => result.ok ? "ok" : `${result.error.codespace}/${result.error.code}`;
const CLIENT = "07-tendermint-0";
const PATH = { store: utf8ToBytes("bank"), key: Uint8Array.of(2, 20, 7) };
const at = (height: bigint): IbcHeight => ({ revisionNumber: 1n, revisionHeight: height });
const SECOND = 1_000_000_000n;

type Request = MessageOf<typeof MsgRequestReadCodec>;
type Submit = MessageOf<typeof MsgSubmitReadCodec>;

class Reader extends CallsChain {
  request(change: Partial<Request> = {}): Result<Uint8Array> {
    const timeoutTimestamp = this.context.block.time + 60n * SECOND;
    const requester = this.account("alice").text;
    const request = { requester, clientId: CLIENT, ...PATH, minHeight: undefined, timeoutTimestamp, ...change };
    return this.deliver(MsgRequestReadCodec.typeUrl, encode(MsgRequestReadCodec, request));
  }

  id(change: Partial<Request> = {}): bigint {
    const response = this.request(change);
    assert(response.ok, !response.ok ? response.error.message : "");
    return MsgRequestReadResponseCodec.decode(response.value).id;
  }

  /** An answer that the client believes, but for `change`. */
  submit(id: bigint, value: Uint8Array | undefined, height: bigint, change: Partial<Submit> = {}): Result<Uint8Array> {
    const message = {
      submitter: this.account("relayer").text,
      id,
      absent: value === undefined,
      value: value ?? new Uint8Array(),
      proof: FakeClients.proof(CLIENT, at(height), [PATH.store, PATH.key], value),
      proofHeight: at(height),
      ...change,
    };
    return this.deliver(MsgSubmitReadCodec.typeUrl, encode(MsgSubmitReadCodec, message));
  }

  list(method: "Reads" | "PendingReads"): bigint[] {
    const answer = this.ask(method, encode(QueryReadsRequestCodec, { pagination: undefined }));
    assert(answer.ok);
    return QueryReadsResponseCodec.decode(answer.value).reads.map(({ id }) => id);
  }

  event(type: string) {
    const { attributes } = this.context.events.findLast((event) => event.type === type)!;
    return Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
  }
}

Deno.test("a read is told, answered by anybody with a proof, stored with its height and told again", () => {
  const chain = new Reader("a");
  const id = chain.id();
  const timeout = chain.context.block.time + 60n * SECOND;
  const subject = { id: "1", client_id: CLIENT, store: "62616e6b", key: "021407" };
  assertEquals([id, chain.list("PendingReads")], [1n, [1n]]);
  assertEquals(chain.event("read_request"), {
    ...subject,
    min_height: "1-100",
    timeout_timestamp: timeout.toString(),
    requester: chain.account("alice").text,
  });
  assertEquals(codeOf(chain.submit(id, utf8ToBytes("70"), 105n)), "ok");
  assertEquals(chain.event("read_result"), {
    ...subject,
    found: "true",
    value: "3730",
    proof_height: "1-105",
    submitter: chain.account("relayer").text,
  });
  assertEquals([chain.list("Reads"), chain.list("PendingReads")], [[1n], []]);
  const answer = chain.ask("Read", encode(QueryReadRequestCodec, { id }));
  assert(answer.ok);
  assertEquals(QueryReadResponseCodec.decode(answer.value).read, {
    id,
    requester: chain.account("alice").text,
    clientId: CLIENT,
    ...PATH,
    minHeight: at(100n),
    timeoutTimestamp: timeout,
    status: READ_STATUS.found,
    value: utf8ToBytes("70"),
    proofHeight: at(105n),
    submitter: chain.account("relayer").text,
    requestedHeight: 1n,
    answeredHeight: 1n,
    answeredTime: chain.context.block.time,
  });
  assertEquals(codeOf(chain.ask("Read", encode(QueryReadRequestCodec, { id: 2n }))), "sdk/22");
});

Deno.test("that there is nothing is an answer too, and needs its own proof", () => {
  const chain = new Reader("a");
  const id = chain.id();
  const membership = FakeClients.proof(CLIENT, at(105n), [PATH.store, PATH.key], Uint8Array.of(1));
  assertEquals(codeOf(chain.submit(id, undefined, 105n, { proof: membership })), "client/99");
  assertEquals(codeOf(chain.submit(id, undefined, 105n)), "ok");
  assertEquals(chain.calls.read(chain.view, id)!.status, READ_STATUS.absent);
  assertEquals(chain.event("read_result").found, "false");
});

Deno.test("an answer is refused: forged, too old, too late, twice, to nothing, malformed", () => {
  const chain = new Reader("a");
  const value = utf8ToBytes("70");
  const id = chain.id({ minHeight: at(90n) });
  const other = FakeClients.proof(CLIENT, at(95n), [PATH.store, Uint8Array.of(9)], value);
  const cases: [change: Partial<Submit>, code: string][] = [
    [{ value: utf8ToBytes("71") }, "client/99"],
    [{ proof: other }, "client/99"],
    [{ proofHeight: at(96n) }, "client/99"],
    [{ proofHeight: at(89n) }, "calls/16"],
    [{ proofHeight: { revisionNumber: 0n, revisionHeight: 1_000n } }, "calls/16"],
    [{ proofHeight: undefined }, "calls/16"],
    [{ id: 7n }, "calls/13"],
    [{ absent: true }, "calls/12"],
    [{ value: new Uint8Array() }, "calls/12"],
    [{ value: new Uint8Array(READ_VALUE_BYTES_MAX + 1) }, "calls/12"],
    [{ proof: new Uint8Array() }, "calls/12"],
    [{ proof: new Uint8Array(READ_PROOF_BYTES_MAX + 1) }, "calls/12"],
    [{ submitter: "x" }, "sdk/7"],
  ];
  for (const [change, code] of cases) {
    assertEquals(codeOf(chain.submit(id, value, 95n, change)), code, JSON.stringify(Object.keys(change)));
  }
  assertEquals(chain.list("PendingReads"), [id]);
  assertEquals(codeOf(chain.submit(id, value, 95n)), "ok");
  assertEquals(codeOf(chain.submit(id, value, 95n)), "calls/15");
  const late = chain.id({ minHeight: at(90n) });
  chain.pass(60n * SECOND);
  assertEquals(codeOf(chain.submit(late, value, 95n)), "calls/14");
});

Deno.test("a request is refused: unusable clients, keys and timeouts", () => {
  const chain = new Reader("a");
  const { time } = chain.context.block;
  chain.clients.known.set("07-tendermint-1", "Expired");
  const far = chain.calls.params(chain.view).readTimeoutMax;
  const cases: [change: Partial<Request>, code: string][] = [
    [{ requester: "x" }, "sdk/7"],
    [{ clientId: "!" }, "host/2"],
    [{ clientId: "07-tendermint-1" }, "calls/12"],
    [{ clientId: "07-tendermint-2" }, "calls/12"],
    [{ store: new Uint8Array() }, "calls/12"],
    [{ store: new Uint8Array(65) }, "calls/12"],
    [{ key: new Uint8Array() }, "calls/12"],
    [{ key: new Uint8Array(READ_KEY_BYTES_MAX + 1) }, "calls/12"],
    [{ timeoutTimestamp: time }, "calls/12"],
    [{ timeoutTimestamp: time + far + 1n }, "calls/12"],
    [{ timeoutTimestamp: 0n }, "calls/12"],
  ];
  for (const [change, code] of cases) {
    assertEquals(codeOf(chain.request(change)), code, JSON.stringify(Object.keys(change)));
  }
  assertEquals(codeOf(chain.request({ timeoutTimestamp: time + far, minHeight: at(0n) })), "ok");
  assertEquals(chain.list("Reads"), [1n], "ids are given to what was accepted");
});

Deno.test("answered and expired reads are forgotten as new ones come", () => {
  const chain = new Reader("a");
  chain.calls.setParams(chain.view, { ...chain.calls.params(chain.view), resultPeriod: 10n });
  for (let i = 0; i < 3; i++) chain.id({ timeoutTimestamp: chain.context.block.time + 5n });
  chain.submit(2n, Uint8Array.of(1), 100n);
  chain.pass(10n);
  chain.id();
  assertEquals([chain.list("Reads"), chain.list("PendingReads")], [[1n, 3n, 4n], [1n, 3n, 4n]]);
  chain.pass(4n);
  chain.id();
  assertEquals(chain.list("Reads"), [1n, 3n, 4n, 5n]);
  chain.pass(1n);
  chain.id();
  assertEquals([chain.list("Reads"), chain.list("PendingReads")], [[4n, 5n, 6n], [4n, 5n, 6n]]);
});

const exportOf = (chain: CallsChain) => {
  // deno-lint-ignore require-yield
  const read: Reading = function* (run) {
    return run(chain.view);
  };
  const step = chain.module.exportGenesis(read).next(undefined);
  assert(step.done === true);
  return JSON.parse(JSON.stringify(step.value));
};
const importTo = (json: unknown) => {
  const chain = new Reader("a");
  const context: ModuleGenesisContext = Object.assign(chain.context, { validators: [] });
  return { chain, result: chain.module.initGenesis(context, json) };
};
const stateOf = ({ context }: CallsChain) =>
  context.journal.changes().filter(({ store, value }) => store === STORE && value !== undefined)
    .map(({ key, value }) => [key.toHex(), value!.toHex()]);

/** A chain with calls and reads in every status. */
function usedChain() {
  const [a, b] = [new Reader("a"), new CallsChain("b")];
  const [channel] = connect(a, b, { port: "calls", version: "calls-1" });
  const alice = a.account("alice");
  const packets = ["query", "nobody", "query", "query"].map((target) => a.send(alice, channel, { target }));
  for (const packet of packets.slice(0, 2)) {
    b.receive(packet);
    a.acknowledge(packet, b.channels.acknowledgement(b.view, packet)!);
  }
  a.timeout(packets[2]!);
  for (let i = 0; i < 3; i++) a.id();
  a.pass(SECOND);
  a.submit(1n, Uint8Array.of(1), 100n);
  a.submit(2n, undefined, 101n);
  return a;
}

Deno.test("what genesis exports, it imports to the same state", () => {
  const chain = usedChain();
  const exported = exportOf(chain);
  assertEquals(exported.calls.map(({ status }: { status: string }) => status), [
    "failed",
    "failed",
    "timedOut",
    "pending",
  ]);
  assertEquals(exported.reads.map(({ status }: { status: string }) => status), ["found", "absent", "pending"]);
  const { chain: again, result } = importTo(exported);
  assert(result.ok);
  assertEquals(stateOf(again), stateOf(chain));
  assertEquals(exportOf(again), exported);
});

Deno.test("a wrong genesis is refused", () => {
  const good = exportOf(usedChain());
  const wrong = [
    { ...good, params: { ...good.params, gas_max: "0" } },
    { ...good, params: { ...good.params, result_period_ns: (1n << 53n).toString() } },
    { ...good, next_read_id: "3" },
    { ...good, reads: [good.reads[0], good.reads[0]] },
    { ...good, calls: [good.calls[0], good.calls[0]] },
    { ...good, calls: [{ ...good.calls[0], caller: "x" }] },
    { ...good, calls: [{ ...good.calls[0], status: "lost" }] },
    { ...good, calls: [{ ...good.calls[0], settled_time: (1n << 63n).toString() }] },
    { ...good, reads: [{ ...good.reads[0], min_height: "1" }] },
    { ...good, surprise: 1 },
  ];
  assert(importTo(good).result.ok);
  for (const json of wrong) assertEquals(codeOf(importTo(json).result), "sdk/18");
});

Deno.test("the queue names exactly what is settled or will expire, whatever happens", () => {
  const step = fc.record({
    type: fc.constantFrom("request", "submit", "wait", "send", "settle"),
    pick: fc.nat(9),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const [a, b] = [new Reader("a"), new CallsChain("b")];
      const [channel] = connect(a, b, { port: "calls", version: "calls-1" });
      a.calls.setParams(a.view, { ...a.calls.params(a.view), resultPeriod: 20n });
      for (const { type, pick } of steps) {
        const before = stateOf(a).filter(([key]) => key!.startsWith(QUEUE_PREFIX.toHex())).length;
        if (type === "request") a.request({ timeoutTimestamp: a.context.block.time + 10n });
        else if (type === "submit") a.submit(BigInt(pick), Uint8Array.of(1), 100n);
        else if (type === "wait") a.pass(BigInt(pick));
        else if (type === "send") a.send(a.account(`user${pick % 2}`), channel, {});
        else {
          const packets = a.channels.sent(a.view);
          if (packets.length > 0) a.timeout(packets[pick % packets.length]!);
        }
        const keys = stateOf(a).map(([key]) => key!);
        const count = (prefix: number) => keys.filter((key) => key.startsWith(`0${prefix}`)).length;
        const calls = stateOf(a).filter(([key]) => key!.startsWith("02"))
          .map(([, value]) => CallCodec.decode(Uint8Array.fromHex(value!)));
        const reads = stateOf(a).filter(([key]) => key!.startsWith("04"))
          .map(([, value]) => ReadCodec.decode(Uint8Array.fromHex(value!)));
        assertEquals(count(3), calls.length, "every call is in the index of its caller");
        assertEquals(count(5), reads.filter(({ status }) => status === READ_STATUS.pending).length);
        assertEquals(count(6), reads.length + calls.filter(({ status }) => status !== 0).length);
        assert(before - count(6) < FORGET_MAX, "bounded work");
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("messages survive their codecs and nothing else does", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    for (const codec of [MsgRequestReadCodec, MsgSubmitReadCodec, CallCodec, ReadCodec]) {
      const decoded = decodeStrict<unknown>(codec as never, bytes, "message", 100);
      if (decoded.ok) assertEquals(encode(codec as never, decoded.value as never), bytes);
    }
  }));
});
