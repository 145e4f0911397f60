/** A relayer from its configuration and the command line: paths made without one that runs, then one that runs. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CatenaryNode } from "../../node/node.ts";
import { runArguments } from "../helpers/cli_process.ts";
import { catenary } from "../helpers/command_line.ts";
import { createPatientNode } from "../helpers/local_node.ts";

// deno-lint-ignore no-explicit-any -- JSON of many shapes
type Json = any;

/** What a command that must succeed prints with `--json`. */
async function ask(...args: string[]): Promise<Json> {
  const { code, out, err } = await catenary(...args, "--json");
  assertEquals([code, err], [0, ""], args.join(" "));
  return JSON.parse(out);
}

async function withTwoChains(use: (x: CatenaryNode, y: CatenaryNode, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "catenary-relayer-" });
  const [x, y] = ["x", "y"].map((name) =>
    createPatientNode({ chainId: `catenary-${name}`, rpcListen: "127.0.0.1:0", blockTimeMs: 20, log: () => {} })
  ) as [CatenaryNode, CatenaryNode];
  await Promise.all([x.start(), y.start()]);
  try {
    await use(x, y, folder);
  } finally {
    await Promise.all([x.stop(), y.stop()]);
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs `use` beside a relayer in a process of its own; `until` waits for a line that it prints. */
async function besideRelayer(
  config: string,
  use: (until: (is: (line: Json) => boolean) => Promise<Json>) => Promise<void>,
): Promise<void> {
  const child = new Deno.Command(Deno.execPath(), {
    args: runArguments(["relayer", "start", "--json", "--config", config, "--api-listen", "127.0.0.1:0"]),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const lines: Json[] = [];
  let told = Promise.withResolvers<void>();
  const reading = (async () => {
    let rest = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      lines.push(...parts.map((part) => JSON.parse(part)));
      told.resolve();
      told = Promise.withResolvers<void>();
    }
    told.reject(new Error(`the relayer ended: ${await errors}`));
    told.promise.catch(() => {});
  })();
  try {
    await use(async (is) => {
      for (;;) {
        const found = lines.find(is);
        if (found !== undefined) return found;
        await told.promise;
      }
    });
  } finally {
    child.kill("SIGTERM");
    const { code } = await child.status;
    await reading;
    assertEquals(code, 0, await errors);
  }
}

Deno.test("paths are made by commands, tokens go over them, and a relayer carries what it finds", async () => {
  await withTwoChains(async (x, y, folder) => {
    const config = `${folder}/relayer.toml`;
    const with_ = ["--config", config];
    const made = await ask("relayer", "init", ...with_, "--rpc", x.rpcAddress, "--rpc", y.rpcAddress);
    assertEquals(made.chains.map(({ name }: Json) => name), ["x", "y"]);
    // Nobody else's relayer is asked, whatever listens at the usual address.
    await Deno.writeTextFile(
      config,
      (await Deno.readTextFile(config)).replace(/^# listen = .*$/m, 'listen = "127.0.0.1:0"'),
    );

    const client = await ask("relayer", "create", "client", "x", "y", ...with_);
    assertEquals([client.chain, client.id], ["x", "07-tendermint-0"]);
    const path = await ask("relayer", "create", "connection", "x-y", ...with_);
    assertEquals([path.state, path.a.connectionId, path.b.connectionId], ["open", "connection-0", "connection-0"]);
    const channel = await ask("relayer", "create", "channel", "x-y", ...with_);
    assertEquals([channel.a.portId, channel.version], ["transfer", "ics20-1"]);

    const atX = ["--rpc", x.rpcAddress];
    const atY = ["--rpc", y.rpcAddress];
    const { clients } = await ask("query", "ibc", "clients", ...atY);
    assertEquals(clients.map(({ followsChainId, status }: Json) => [followsChainId, status]), [[
      "catenary-x",
      "Active",
    ]]);
    assertEquals((await ask("query", "ibc", "connection", "connection-0", ...atX)).state, "OPEN");
    assertEquals((await ask("query", "ibc", "client", "07-tendermint-0", ...atX)).followsChainId, "catenary-y");
    const { channels } = await ask("query", "ibc", "channels", ...atX);
    assert(channels.length > 0 && channels.every(({ state }: Json) => state === "OPEN"));

    const receiver = y.developmentAccounts[2]!.address;
    const transfer = ["tx", "ibc-transfer", "--from", "dev3", "--receiver", receiver, "--amount", "5ucat", ...atX];
    const sent = await ask(...transfer, "--to-chain", "y", ...with_);
    assertEquals([sent.packet.sequence, sent.route.hops.length], ["1", 1]);
    const { channelId } = sent.packet;
    assertEquals((await ask("query", "ibc", "pending", channelId, ...atX)).sequences, ["1"]);
    assertEquals((await ask("query", "ibc", "packet", channelId, "1", ...atX)).received, false);
    const found = await ask("relayer", "clear", ...with_);
    assertEquals(found.unreceived, 1);

    await besideRelayer(config, async (until) => {
      const { api } = await until(({ event }) => event === "started");
      const { packet } = await until(({ event, packet }) => event === "packet" && packet.state === "acknowledged");
      assertEquals([packet.source.sequence, packet.acknowledgement.success], ["1", true]);
      assertEquals((await ask("relayer", "status", "--api", api)).packets, { pending: 0, settled: 1, skipped: 0 });
      // Another one by the channel's name: it is seen as it happens.
      await ask(...transfer, "--channel", channelId);
      await until(({ event, packet }) =>
        event === "packet" && packet.source.sequence === "2" && packet.state === "acknowledged"
      );
    });
    assertEquals((await ask("query", "ibc", "pending", channelId, ...atX)).sequences, []);
    const { balances } = await ask("query", "balance", receiver, ...atY);
    const voucher = balances.find(({ denom }: Json) => denom.startsWith("ibc/"));
    assertEquals(voucher.amount, "10");
    assertStringIncludes((await ask("query", "ibc", "denom", voucher.denom, ...atY)).path, "transfer/channel-");
    const { packets } = await ask("relayer", "packets", ...with_);
    assertEquals(packets.map(({ state }: Json) => state), ["acknowledged", "acknowledged"]);
    const { reports } = await ask("relayer", "misbehaviour", ...with_);
    assert(reports.length >= 2 && reports.every(({ conflict }: Json) => conflict === null));
  });
});

Deno.test("transfers that cannot be meant are refused before anything is sent", async () => {
  const to = ["--receiver", "cat1x", "--from", "dev0"];
  for (
    const [args, message] of [
      [[...to, "--amount", "5ucat"], "say either --channel ID or --to-chain NAME"],
      [[...to, "--amount", "5ucat", "--channel", "channel-0", "--to-chain", "y"], "say either"],
      [[...to, "--amount", "5ucat,6uatom", "--channel", "channel-0"], "--amount takes one coin"],
      [
        [...to, "--amount", "5ucat", "--channel", "channel-0", "--timeout", "10"],
        "expected a duration like 30s or 10m",
      ],
    ] as const
  ) {
    const refused = await catenary("tx", "ibc-transfer", ...args);
    assertEquals([refused.code, refused.out], [1, ""]);
    assertStringIncludes(refused.err, message);
  }
});
