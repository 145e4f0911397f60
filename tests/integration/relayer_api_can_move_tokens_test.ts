/** A whole relayer between three chains, used through its HTTP interface only. @module */
import { assert, assertEquals } from "@std/assert";
import type { CatenaryNode } from "../../node/node.ts";
import { createRelayer, type Relayer } from "../../relayer/relayer.ts";
import { parseRelayerConfig, type RelayerConfig } from "../../relayer/config/mod.ts";
import { createPatientNode } from "../helpers/local_node.ts";

// deno-lint-ignore no-explicit-any -- JSON of many shapes
type Json = any;

const TOKEN = "token-of-this-test-only";
const NAMES = ["a", "b", "c"];

function configFor(chains: readonly CatenaryNode[], store: string): RelayerConfig {
  const parsed = parseRelayerConfig({
    relayer: { store, log_level: "error" },
    api: { listen: "127.0.0.1:0", token: TOKEN },
    chains: chains.map((node, index) => ({
      name: NAMES[index]!,
      chain_id: node.chainId,
      rpc: [node.rpcAddress],
      account_prefix: "cat",
      gas_price: "0ucat",
      wallets: [{ development_account: 9 }],
      development: true,
    })),
    paths: [["a", "b"], ["b", "c"]].map(([a, b]) => ({ a: { chain: a! }, b: { chain: b! }, channels: [{}] })),
  });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

class Client {
  constructor(readonly url: string) {}

  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<[number, Json]> {
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return [response.status, await response.json()];
  }

  /** Asks until the answer is as wanted. A packet that was just sent is not known before its block is read. */
  async until(path: string, is: (answer: Json) => boolean): Promise<Json> {
    for (;;) {
      const [status, answer] = await this.ask("GET", path);
      if (status !== 404) assertEquals(status, 200, JSON.stringify(answer));
      if (status === 200 && is(answer)) return answer;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function withChains(use: (chains: readonly CatenaryNode[], store: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "catenary-api-" });
  const chains = NAMES.map((name) =>
    createPatientNode({ chainId: `catenary-${name}`, rpcListen: "127.0.0.1:0", blockTimeMs: 20, log: () => {} })
  );
  await Promise.all(chains.map((chain) => chain.start()));
  try {
    await use(chains, `${folder}/relayer.db`);
  } finally {
    await Promise.all(chains.map((chain) => chain.stop()));
    await Deno.remove(folder, { recursive: true });
  }
}

async function withRelayer(config: RelayerConfig, use: (client: Client, relayer: Relayer) => Promise<void>) {
  const relayer = createRelayer(config, { log: () => {} });
  await relayer.start();
  try {
    await use(new Client(relayer.apiAddress!), relayer);
  } finally {
    await relayer.stop();
  }
}

/** Reads a stream of events until one is as wanted. */
async function nextEvent(url: string, is: (event: Json) => boolean): Promise<Json> {
  const response = await fetch(url);
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const whole = text.slice(0, text.lastIndexOf("\n\n") + 2);
    const found = [...whole.matchAll(/^data: (.*)$/gm)].map((match) => JSON.parse(match[1]!)).find(is);
    if (found !== undefined) return found;
  }
  throw new Error("the stream ended");
}

Deno.test("paths, transfers and packets through the interface, and what was changed holds over a restart", async (t) => {
  await withChains(async (chains, store) => {
    const config = configFor(chains, store);
    const receiver = chains[2]!.developmentAccounts[4]!.address;
    const transfer = { from: "a", to: "c", denom: "ucat", amount: "70", receiver };
    await withRelayer(config, async (client) => {
      await t.step("configured paths open by themselves", async () => {
        const paths = await client.until("/paths", (paths) => paths.every(({ state }: Json) => state === "open"));
        assertEquals(paths.map(({ id }: Json) => id), ["a-b", "b-c"]);
        assertEquals((await client.ask("GET", "/ready"))[0], 200);
      });
      await t.step("a transfer over two hops is sent once, however often it is asked for", async () => {
        const acknowledged = nextEvent(
          `${client.url}/events?types=packet`,
          ({ packet }) => packet.source.chain === "a" && packet.state === "acknowledged",
        );
        const key = { "idempotency-key": "one" };
        const [status, sent] = await client.ask("POST", "/transfers", transfer, key);
        assertEquals([status, sent.tag, sent.route.hops.length], [200, "sent", 2], JSON.stringify(sent));
        assertEquals(await client.ask("POST", "/transfers", transfer, key), [200, sent]);
        const { packet } = await acknowledged;
        assertEquals([packet.source, packet.acknowledgement.success], [sent.packet, true]);
        const { chain, portId, channelId, sequence } = packet.forwardedAs;
        const [, second] = await client.ask("GET", `/packets/${chain}/${portId}/${channelId}/${sequence}`);
        assertEquals([second.destination.chain, second.transfer.receiver, second.state], [
          "c",
          receiver,
          "acknowledged",
        ]);
        for (const step of [packet.received, packet.settled, second.received, second.settled]) {
          assert(/^0-[1-9]\d*$/.test(step.proofHeight), JSON.stringify(step));
        }
        const balance = await fetch(`${chains[2]!.rpcAddress}/get_account?address="${receiver}"`).then((r) => r.text());
        assert(balance.includes(sent.route.denom), balance);
      });
      await t.step("what leads nowhere is refused with its code", async () => {
        for (
          const [body, status, code] of [
            [{ ...transfer, to: "x" }, 404, "unknown_chain"],
            [{ ...transfer, denom: `ibc/${"AB".repeat(32)}` }, 400, "invalid_request"],
            [{ ...transfer, amount: "9999999999999999999" }, 422, "chain_refused"],
          ] as const
        ) {
          const [found, answer] = await client.ask("POST", "/transfers", body);
          assertEquals([found, answer.error.code], [status, code], JSON.stringify(answer));
        }
        assertEquals((await client.ask("POST", "/transfers", transfer, { authorization: "Bearer x" }))[0], 401);
      });
      await t.step("a paused path leads nowhere and carries nothing", async () => {
        assertEquals((await client.ask("PATCH", "/paths/a-b", { paused: true }))[1].paused, true);
        const [status, answer] = await client.ask("POST", "/transfers", transfer);
        assertEquals([status, answer.error.code], [422, "no_route"]);
      });
      await t.step("a path that is added opens, and is the shorter way", async () => {
        const filter = { policy: "allow", channels: ["transfer/*"] };
        const body = { id: "direct", a: { chain: "a" }, b: { chain: "c" }, channels: [{}], filter };
        assertEquals((await client.ask("POST", "/paths", body))[0], 202);
        const [again] = await client.ask("POST", "/paths", { ...body, b: { chain: "b" } });
        assertEquals(again, 409);
        await client.until("/paths/direct", ({ state }) => state === "open");
        const [, routes] = await client.ask("GET", "/routes?from=a&to=c&denom=ucat");
        assertEquals(routes[0].hops.map(({ path }: Json) => path), ["direct"]);
      });
    });
    await withRelayer(config, async (client) => {
      await t.step("after a restart the paths are as they were left, and the key is still used", async () => {
        const [, paths] = await client.ask("GET", "/paths");
        assertEquals(paths.map(({ id, paused, filter }: Json) => [id, paused, filter.policy]), [
          ["a-b", true, "deny"],
          ["b-c", false, "deny"],
          ["direct", false, "allow"],
        ]);
        const [status, sent] = await client.ask("POST", "/transfers", transfer, { "idempotency-key": "one" });
        assertEquals([status, sent.route.hops.length], [200, 2], "the answer of before");
        const [, clients] = await client.ask("GET", "/clients");
        assertEquals(clients.length, 6);
      });
      await t.step("a packet is carried over the new path", async () => {
        const [, sent] = await client.ask("POST", "/transfers", transfer);
        const { chain, portId, channelId, sequence } = sent.packet;
        await client.until(
          `/packets/${chain}/${portId}/${channelId}/${sequence}`,
          ({ state }) => state === "acknowledged",
        );
        const [status] = await client.ask("POST", "/packets/clear", {});
        assertEquals(status, 202);
        const metrics = await (await fetch(`${client.url}/metrics`)).text();
        assert(metrics.includes('catenary_relayer_packets_total{kind="recv",path="direct"} 1'), metrics);
      });
    });
  });
});
