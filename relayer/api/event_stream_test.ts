import { assertEquals, assertStringIncludes } from "@std/assert";
import { EventLog } from "./event_log.ts";
import { EventStreams } from "./event_stream.ts";
import type { RelayerEvent } from "./ports.ts";

const fault = (number: number): RelayerEvent => ({
  type: "fault",
  atMs: number,
  code: "x",
  message: `${number}`,
  chain: undefined,
  path: undefined,
});
const chain: RelayerEvent = { type: "chain", atMs: 1, chain: "a", reachable: true, fault: undefined };

interface Reader {
  /** The next `count` pieces as one text. */
  read(count: number): Promise<string>;
  end(): Promise<void>;
}

function open(streams: EventStreams, types?: string[], lastId?: string): Reader {
  const response = streams.open(types && new Set(types), lastId);
  if (!(response instanceof Response)) throw new Error(response.message);
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  return {
    async read(count) {
      let text = "";
      for (let i = 0; i < count; i++) text += decoder.decode((await reader.read()).value);
      return text;
    },
    end: () => reader.cancel(),
  };
}

const ids = (text: string) => [...text.matchAll(/^id: life-(\d+)$/gm)].map((match) => Number(match[1]));

Deno.test("events come with numbers, types and one line of JSON", async () => {
  const log = new EventLog(10, "life");
  const streams = new EventStreams(log, { clientsMax: 1 });
  const reader = open(streams);
  log.push(fault(1));
  assertEquals(
    await reader.read(2),
    'retry: 2000\n\nid: life-1\nevent: fault\ndata: {"type":"fault","atMs":1,"code":"x","message":"1","chain":null,"path":null}\n\n',
  );
  await reader.end();
});

Deno.test("a client that comes again gets what it missed, once and in order", async () => {
  const log = new EventLog(10, "life");
  const streams = new EventStreams(log, { clientsMax: 1 });
  for (let i = 1; i <= 5; i++) log.push(fault(i));
  const reader = open(streams, undefined, "life-3");
  log.push(fault(6));
  assertEquals(ids(await reader.read(4)), [4, 5, 6]);
  await reader.end();
  assertEquals(streams.size, 0);
});

Deno.test("a gap is told: events that are no longer kept, or another life of the relayer", async () => {
  const log = new EventLog(3, "life");
  const streams = new EventStreams(log, { clientsMax: 1 });
  for (let i = 1; i <= 40; i++) log.push(fault(i));
  for (
    const [lastId, numbers, gap] of [
      ["life-36", [38, 39, 40], true],
      ["life-37", [38, 39, 40], false],
      ["other-39", [38, 39, 40], true],
      ["nonsense", [38, 39, 40], true],
      ["life-99", [38, 39, 40], true],
      ["life-40", [], false],
    ] as const
  ) {
    const reader = open(streams, undefined, lastId);
    const text = await reader.read(1 + numbers.length + (gap ? 1 : 0));
    assertEquals([ids(text), text.includes("event: gap")], [[...numbers], gap], lastId);
    await reader.end();
  }
});

Deno.test("types choose", async () => {
  const log = new EventLog(10, "life");
  const streams = new EventStreams(log, { clientsMax: 1 });
  const reader = open(streams, ["chain"]);
  log.push(fault(1));
  log.push(chain);
  assertStringIncludes(await reader.read(2), "id: life-2\nevent: chain\n");
  await reader.end();
});

Deno.test("a reader that does not read is dropped, and the others are not", async () => {
  const log = new EventLog(10, "life");
  const streams = new EventStreams(log, { clientsMax: 2, behindMax: 5 });
  const slow = open(streams);
  const quick = open(streams);
  await quick.read(1);
  for (let i = 1; i <= 7; i++) {
    log.push(fault(i));
    await quick.read(1);
  }
  assertEquals(streams.size, 1);
  const dropped = await slow.read(1).then(() => false, () => true);
  assertEquals(dropped, true);
  await quick.end();
});

Deno.test("a reader may be far behind when it begins, and is served all that is kept", async () => {
  const log = new EventLog(50, "life");
  const streams = new EventStreams(log, { clientsMax: 1, behindMax: 5 });
  for (let i = 1; i <= 50; i++) log.push(fault(i));
  const reader = open(streams, undefined, "life-0");
  assertEquals(ids(await reader.read(51)).length, 50);
  await reader.end();
});

Deno.test("too many listeners are refused, and all are let go at the end", async () => {
  const log = new EventLog(10, "life");
  const streams = new EventStreams(log, { clientsMax: 1 });
  const response = streams.open(undefined, undefined);
  const refused = streams.open(undefined, undefined);
  assertEquals(!(refused instanceof Response) && refused.code, "too_many_clients");
  streams.close();
  assertEquals(response instanceof Response && await response.text(), "retry: 2000\n\n");
  assertEquals(streams.size, 0);
});
