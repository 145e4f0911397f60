/** `catenary relayer …` against a relayer's HTTP interface, as a user types it. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createApiServer } from "../../relayer/api/mod.ts";
import { catenary } from "../helpers/command_line.ts";
import { FakeRelayer } from "../helpers/fake_relayer.ts";

async function withRelayer(use: (api: string[], relayer: FakeRelayer) => Promise<void>, token?: string): Promise<void> {
  const relayer = new FakeRelayer();
  const server = createApiServer(relayer, {
    hostname: "127.0.0.1",
    port: 0,
    token,
    bodyBytesMax: 65_536,
    eventsKept: 10,
    eventClientsMax: 1,
    hosts: [],
    corsOrigins: [],
    version: "0.1.0",
    metrics: true,
  });
  try {
    await use(["--api", await server.start()], relayer);
  } finally {
    await server.stop();
  }
}

/** Output of a command that must succeed. */
async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await catenary("relayer", ...args);
  assertEquals([code, err], [0, ""], args.join(" "));
  return out;
}

/** The one line of a command that must fail. */
async function refused(...args: string[]): Promise<string> {
  const { code, out, err } = await catenary("relayer", ...args);
  assertEquals([code, out], [1, ""], args.join(" "));
  assertEquals(err.trimEnd().split("\n").length, 1, err);
  return err;
}

Deno.test("a relayer that runs is asked", async () => {
  await withRelayer(async (api) => {
    const status = await ok("status", ...api);
    for (const word of ["running at http://127.0.0.1", "ready", "chain a", "catenary-c", "1 under way"]) {
      assertStringIncludes(status, word);
    }
    assertEquals(JSON.parse(await ok("status", "--json", ...api)).chainList.length, 3);
    assertStringIncludes(
      await ok("paths", ...api),
      "a-b  open  a (07-tendermint-0, connection-0) - b (07-tendermint-1",
    );
    const packets = await ok("packets", "--limit", "1", ...api);
    assertStringIncludes(packets, "a/transfer/channel-0 #3");
    assertStringIncludes(packets, "received b 40 by proof 0-42");
    assertStringIncludes(await ok("clear", ...api), "2 not received, 1 not acknowledged, 0 expired");
    assertStringIncludes(await ok("misbehaviour", ...api), "a/07-tendermint-0  5 heights compared  no conflict");
  });
});

Deno.test("a relayer that runs is changed", async () => {
  await withRelayer(async (api, relayer) => {
    assertStringIncludes(await ok("paths", "--pause", "a-b", ...api), "a-b  open, paused");
    assertEquals(relayer.paths_[0]!.paused, true);
    assertStringIncludes(await ok("paths", "--resume", "a-b", ...api), "a-b  open  ");
    assertStringIncludes(await ok("create", "client", "a", "b", ...api), "07-tendermint-9 on a follows b");
    assertStringIncludes(await ok("create", "connection", "a-b", ...api), "a-b  open");
    assertStringIncludes(await ok("create", "channel", "a-b", ...api), "transfer/channel-5 - transfer/channel-6");
    assertStringIncludes(await ok("create", "channel", "a-b", ...api, "--hops", "b-c", "c-d"), "-over-b-c-c-d");
    const made = ok("create", "path", "a", "c", "--id", "long", "--json", ...api);
    while (relayer.paths_.length < 3) await new Promise((resolve) => setTimeout(resolve));
    relayer.paths_[2] = { ...relayer.paths_[2]!, state: "open" };
    assertEquals(JSON.parse(await made).id, "long");
  });
});

Deno.test("what cannot be done is said in one line", async () => {
  await withRelayer(async (api, relayer) => {
    assertStringIncludes(await refused("paths", "--pause", "x", ...api), "there is none of that id");
    assertStringIncludes(await refused("packets", "--state", "lost", ...api), "query parameter state");
    assertStringIncludes(await refused("clear", "--channel", "channel-0", ...api), "--channel needs --chain");
    assertStringIncludes(
      await refused("misbehaviour", "--client", "07-tendermint-0", ...api),
      "--client needs --chain",
    );
    assertStringIncludes(await refused("create", "path", "a", "b", ...api), "it is there already");
    const failing = catenary("relayer", "create", "path", "a", "c", ...api);
    while (relayer.paths_.length < 3) await new Promise((resolve) => setTimeout(resolve));
    relayer.paths_[2] = { ...relayer.paths_[2]!, state: "failed", fault: "open: c says no" };
    const { code, err } = await failing;
    assertEquals(code, 1);
    assertStringIncludes(err, "create path a-c: open: c says no");
  });
  const nobody = await refused("status", "--api", "127.0.0.1:1");
  assertStringIncludes(nobody, "is one running there?");
  assertStringIncludes(await refused("status", "--config", "/nowhere/relayer.toml"), "catenary relayer init");
});

Deno.test("a token comes from the environment", async () => {
  const token = "a-token-of-the-test";
  await withRelayer(async (api) => {
    assertStringIncludes(await refused("paths", "--pause", "a-b", ...api), "set CATENARY_RELAYER_TOKEN");
    assertStringIncludes(await ok("status", ...api), "ready");
    Deno.env.set("CATENARY_RELAYER_TOKEN", token);
    try {
      assertStringIncludes(await ok("paths", "--pause", "a-b", ...api), "paused");
    } finally {
      Deno.env.delete("CATENARY_RELAYER_TOKEN");
    }
  }, token);
});

Deno.test("help is everywhere", async () => {
  const commands = [
    ["relayer"],
    ...["init", "start", "status", "paths", "packets", "clear", "misbehaviour", "create"].map((
      name,
    ) => ["relayer", name]),
    ...["client", "connection", "channel", "path"].map((name) => ["relayer", "create", name]),
    ["up"],
    ["tx", "ibc-transfer"],
    ["query", "ibc"],
    ["query", "ibc", "packet"],
  ];
  for (const command of commands) {
    const { code, out } = await catenary(...command, "--help");
    assertEquals(code, 0, command.join(" "));
    assert(out.includes("Usage: catenary") && out.includes(command.at(-1)!), command.join(" "));
  }
});
