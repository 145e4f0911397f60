import { assert, assertEquals } from "@std/assert";
import { parseSignerAddress, signerAddressText } from "./address.ts";

const ID = "0123456789abcdef0123456789abcdef01234567";

Deno.test("addresses of signers are read as CometBFT writes them, and written as they were", () => {
  const good = [
    "unix:///run/catenary/signer.sock",
    "unix://relative.sock",
    "tcp://127.0.0.1:26659",
    "tcp://signer.example:0",
    "tcp://[::1]:26659",
    `tcp://${ID}@10.0.0.2:26659`,
  ];
  for (const text of good) {
    const address = parseSignerAddress(text);
    assert(address.ok, text);
    assertEquals(signerAddressText(address.value), text);
  }
  const upper = parseSignerAddress(`tcp://${ID.toUpperCase()}@h:1`);
  assert(upper.ok && upper.value.transport === "tcp");
  assertEquals(upper.value.nodeId, ID);
});

Deno.test("what is no address is refused with what was expected", () => {
  const bad = [
    "",
    "127.0.0.1:26659",
    "http://127.0.0.1:26659",
    "unix://",
    `unix:///${"long/".repeat(30)}`,
    "tcp://127.0.0.1",
    "tcp://127.0.0.1:65536",
    "tcp://:26659",
    "tcp://abc@127.0.0.1:26659",
    "tcp://a b:1",
  ];
  for (const text of bad) assert(!parseSignerAddress(text).ok, text);
});
