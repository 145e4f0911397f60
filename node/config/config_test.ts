import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { nodeConfigSchema, parseNodeConfig } from "./schema.ts";
import { defaultNodeToml, parseNodeToml } from "./toml.ts";

Deno.test("the default file parses to the defaults", () => {
  const parsed = parseNodeToml(defaultNodeToml(), "node.toml");
  assert(parsed.ok);
  assertEquals(parsed.value, nodeConfigSchema.parse({}));
});

Deno.test("an empty file is a complete configuration", () => {
  const parsed = parseNodeToml("", "node.toml");
  assert(parsed.ok);
  assertEquals(parsed.value.rpc.listen, "127.0.0.1:26657");
});

for (
  const [text, named] of [
    ["[rpc]\nlissten = '127.0.0.1:1'", "unknown key rpc.lissten"],
    ["[network]\nx = 1", "unknown key network"],
    ["[rpc]\nlisten = 'nowhere'", "rpc.listen"],
    ["[rpc]\nlisten = '127.0.0.1:70000'", "rpc.listen"],
    ["[consensus]\nblock_time_ms = -1", "consensus.block_time_ms"],
    ["[consensus]\nengine = 'nakamoto'", "consensus.engine"],
    ["[logging\n", "not TOML"],
  ] as const
) {
  Deno.test(`a bad file is refused and the fault named: ${named}`, () => {
    const parsed = parseNodeToml(text, "home/config/node.toml");
    assert(!parsed.ok);
    assertEquals(parsed.error.codespace, "config");
    assertStringIncludes(parsed.error.message, named);
    assertStringIncludes(parsed.error.message, "home/config/node.toml");
  });
}

Deno.test("parseNodeConfig() refuses what is not an object", () => {
  for (const input of [null, 1, "x", []]) assert(!parseNodeConfig(input).ok);
});

Deno.test("p2p.listen of a file from before there was a network is one address", () => {
  const parsed = parseNodeConfig({ p2p: { listen: "/ip4/127.0.0.1/tcp/26656" } });
  assert(parsed.ok);
  assertEquals(parsed.value.p2p.listen, ["/ip4/127.0.0.1/tcp/26656"]);
});
