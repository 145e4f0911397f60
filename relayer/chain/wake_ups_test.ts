import { assertEquals } from "@std/assert";
import { FakeClock } from "./fake_clock_test.ts";
import { socketOf, WakeUps } from "./wake_ups.ts";

/** A websocket that the test speaks through. */
class FakeSocket {
  static made: FakeSocket[] = [];
  readyState = WebSocket.CONNECTING as number;
  sent: string[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  onclose?: () => void;
  onerror?: (event: Event) => void;
  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.readyState = WebSocket.CLOSED;
    this.onclose?.();
  }
  open() {
    this.readyState = WebSocket.OPEN;
    this.onopen?.();
  }
}

function world(sockets: readonly string[] = ["ws://a/websocket", "ws://b/websocket"]) {
  FakeSocket.made = [];
  const clock = new FakeClock();
  const connect = (url: string) => new FakeSocket(url) as unknown as WebSocket;
  const wakeUps = new WakeUps({ sockets, pollMs: 1_000, clock, connect });
  let woken = 0;
  return { clock, wakeUps, made: FakeSocket.made, wake: () => void woken++, count: () => woken };
}

Deno.test("each message of the subscription wakes everybody, and silence does after a while", async () => {
  const { clock, wakeUps, made, wake, count } = world();
  const end = wakeUps.add(wake);
  const endOther = wakeUps.add(wake);
  made[0]!.open();
  assertEquals(JSON.parse(made[0]!.sent[0]!).params, { query: "tm.event='NewBlockHeader'" });
  made[0]!.onmessage!({ data: "{}" });
  assertEquals(count(), 2);
  await clock.advance(900);
  made[0]!.onmessage!({ data: "{}" });
  await clock.advance(900);
  assertEquals(count(), 4, "not silent for long enough");
  await clock.advance(100);
  assertEquals(count(), 6);
  end();
  await clock.advance(1_000);
  assertEquals(count(), 7);
  endOther();
  await clock.advance(4_000);
  wakeUps.add(wake)();
  assertEquals([made.length, made[0]!.readyState], [1, WebSocket.OPEN], "the next listener finds it open");
  await clock.advance(5_000);
  assertEquals([clock.timers, made[0]!.readyState, count()], [0, WebSocket.CLOSED, 7]);
});

Deno.test("a lost socket is opened again at the next address, later and later, until something is heard", async () => {
  const { clock, wakeUps, made, wake } = world();
  wakeUps.add(wake);
  const pauses: number[] = [];
  for (let i = 0; i < 4; i++) {
    const before = clock.nowMs();
    made.at(-1)!.close();
    while (made.length < i + 2) await clock.advance(50);
    pauses.push(clock.nowMs() - before);
  }
  assertEquals(pauses, [250, 500, 1_000, 2_000]);
  assertEquals(made.map(({ url }) => new URL(url).hostname), ["a", "b", "a", "b", "a"]);
  made.at(-1)!.open();
  made.at(-1)!.onmessage!({ data: "{}" });
  made.at(-1)!.close();
  await clock.advance(250);
  assertEquals(made.length, 6, "the pause is short again");
  wakeUps.close();
  assertEquals(clock.timers, 0);
});

Deno.test("a server that sends other things than short texts is left", () => {
  for (const data of [new ArrayBuffer(3), "x".repeat((1 << 20) + 1)]) {
    const { wakeUps, made, wake, count } = world();
    wakeUps.add(wake);
    made[0]!.open();
    made[0]!.onmessage!({ data });
    assertEquals([made[0]!.readyState, count()], [WebSocket.CLOSED, 0]);
    wakeUps.close();
  }
});

Deno.test("without sockets the timer alone wakes", async () => {
  const { clock, wakeUps, made, wake, count } = world([]);
  const end = wakeUps.add(wake);
  await clock.advance(3_000);
  assertEquals([made.length, count()], [0, 3]);
  end();
  end();
  wakeUps.close();
  assertEquals(clock.timers, 0);
});

Deno.test("the socket of an address is beside its RPC", () => {
  assertEquals(socketOf("http://127.0.0.1:26657"), "ws://127.0.0.1:26657/websocket");
  assertEquals(socketOf("https://rpc.example/cosmos/"), "wss://rpc.example/cosmos/websocket");
  assertEquals(socketOf("https://me:word@rpc.example"), undefined);
});
