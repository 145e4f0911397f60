import { assertEquals, assertThrows } from "@std/assert";
import { parseRpcUrl } from "./args.ts";

Deno.test("parseRpcUrl() takes what users write, keeps a path, and refuses the rest", () => {
  const same = {
    "127.0.0.1:26657": "http://127.0.0.1:26657",
    "tcp://localhost:26657": "http://localhost:26657",
    "https://rpc.example/chain/": "https://rpc.example/chain",
    "[::1]:26657": "http://[::1]:26657",
  };
  for (const [text, url] of Object.entries(same)) assertEquals(parseRpcUrl(text), url);
  for (const text of ["ftp://rpc.example", "ws://rpc.example", "http://", "", "a b", "rpc.example/chain?key=1"]) {
    assertThrows(() => parseRpcUrl(text), Error, "expected an address", text);
  }
});
