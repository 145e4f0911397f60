import { assertEquals } from "@std/assert";
import { Guard, type GuardConfig, isLoopbackAddress } from "./guard.ts";

const TOKEN = "correct horse battery".replaceAll(" ", "-");
const guard = (config: Partial<GuardConfig> = {}) =>
  new Guard({ token: undefined, hosts: [], corsOrigins: [], ...config });

const request = (headers: Record<string, string> = {}, url = "http://127.0.0.1:26670/paths") =>
  new Request(url, { method: "POST", headers });

const codeOf = (made: Guard, headers: Record<string, string>, peer: string | undefined, url?: string) =>
  made.checkMayChange(request(headers, url), peer)?.code;

Deno.test("without a token only peers on this machine may change anything, whatever headers say", () => {
  const open = guard();
  for (const peer of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(codeOf(open, {}, peer), undefined);
  }
  for (const peer of ["10.0.0.1", "192.168.1.5", "2001:db8::1", "::ffff:10.0.0.1", "127.0.0.1.example", undefined]) {
    assertEquals(codeOf(open, {}, peer), "forbidden", peer);
    assertEquals(codeOf(open, { "x-forwarded-for": "127.0.0.1" }, peer), "forbidden", peer);
    assertEquals(codeOf(open, { authorization: `Bearer ${TOKEN}` }, peer), "forbidden", peer);
  }
});

Deno.test("without a token a proxy on this machine does not make everybody a neighbour", () => {
  for (const name of ["forwarded", "x-forwarded-for", "x-real-ip", "via"]) {
    assertEquals(codeOf(guard(), { [name]: "1.2.3.4" }, "127.0.0.1"), "forbidden", name);
  }
});

Deno.test("with a token it is needed by everybody, on this machine too", () => {
  const closed = guard({ token: TOKEN });
  for (const peer of ["127.0.0.1", "10.0.0.1", undefined]) {
    assertEquals(codeOf(closed, {}, peer), "unauthorized");
    assertEquals(codeOf(closed, { authorization: `Bearer ${TOKEN}` }, peer), undefined);
    assertEquals(codeOf(closed, { authorization: `bearer  ${TOKEN}` }, peer), undefined);
    for (
      const wrong of [TOKEN, "Bearer", "Bearer ", `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`]
    ) {
      assertEquals(codeOf(closed, { authorization: wrong }, peer), "unauthorized", wrong);
    }
  }
});

Deno.test("a page of another origin cannot use the neighbourhood of its reader's browser", () => {
  const open = guard();
  const peer = "127.0.0.1";
  assertEquals(codeOf(open, { origin: "http://127.0.0.1:26670" }, peer), undefined, "our own page");
  for (const origin of ["https://evil.example", "http://127.0.0.1:8080", "null", "http://localhost:26670"]) {
    assertEquals(codeOf(open, { origin }, peer), "forbidden", origin);
    assertEquals(codeOf(guard({ corsOrigins: [origin] }), { origin }, peer), "forbidden", "reading is not changing");
  }
  assertEquals(codeOf(open, { "sec-fetch-site": "cross-site" }, peer), "forbidden");
});

Deno.test("a page of an allowed origin needs the token all the same", () => {
  const origin = "https://dashboard.example";
  const both = guard({ token: TOKEN, corsOrigins: [origin] });
  assertEquals(codeOf(both, { origin }, "10.0.0.1"), "unauthorized");
  assertEquals(codeOf(both, { origin, authorization: `Bearer ${TOKEN}` }, "10.0.0.1"), undefined);
  const other = { origin: "https://other.example", authorization: `Bearer ${TOKEN}` };
  assertEquals(codeOf(both, other, "10.0.0.1"), "forbidden");
});

Deno.test("a name that somebody made point here is not served", () => {
  const own = guard({ hosts: ["Relayer.example"] });
  const hostOf = (url: string) => own.checkHost(new Request(url))?.code;
  for (
    const url of [
      "http://127.0.0.1:1/",
      "http://[::1]/",
      "http://localhost:9/",
      "http://relayer.example/",
      "http://10.1.2.3/",
    ]
  ) {
    assertEquals(hostOf(url), undefined, url);
  }
  for (const url of ["http://evil.example/", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/"]) {
    assertEquals(hostOf(url), "misdirected", url);
  }
});

Deno.test("isLoopbackAddress() knows this machine by its addresses only", () => {
  for (
    const [address, own] of [["::1", true], ["[::1]", true], ["127.0.0.1", true], ["localhost", false], [
      "0.0.0.0",
      false,
    ]] as const
  ) {
    assertEquals(isLoopbackAddress(address), own, address);
  }
});
