/** What can be asked of a relayer, over whole chains in this process and in simulated time. */
import { assert, assertEquals } from "@std/assert";
import { sha256 } from "../node/core/crypto/mod.ts";
import { parseRelayerConfig, type RelayerConfig } from "./config/mod.ts";
import type { PacketState, PacketView, RelayerEvent } from "./api/ports.ts";
import { memoryStore } from "./store/mod.ts";
import { createRelayer, type Relayer } from "./relayer.ts";
import { asEndpoint, encodeTyped, type Pair, pair, transfer, voucher } from "../tests/helpers/ibc/mod.ts";
import { ModelClock } from "../tests/helpers/model/clock.ts";
import { DENOM } from "../tests/bad_input/harness.ts";

class World {
  readonly clock = new ModelClock();
  readonly store = memoryStore();
  readonly events: RelayerEvent[] = [];
  readonly #stops: (() => void)[] = [];

  constructor(readonly pair: Pair, readonly relayer: Relayer, clock: ModelClock) {
    this.clock = clock;
    relayer.control.subscribe((event) => this.events.push(event));
    for (const chain of [pair.a, pair.b]) this.#stops.push(clock.every(1000, () => chain.nextBlock()));
  }

  /** Runs something that waits for blocks. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    let done = false;
    promise.finally(() => done = true).catch(() => {});
    while (!done) await this.clock.advance(200);
    return await promise;
  }

  send(count: number, more: Parameters<typeof transfer>[4] = {}): void {
    const { a, b, path } = this.pair;
    const message = encodeTyped(transfer(path.a, a.accounts[1]!.address.text, b.accounts[1]!.address.text, 3n, more));
    a.mempool.push(a.sign(Array.from({ length: count }, () => message), { signer: 1 }));
  }

  async packets(states?: readonly PacketState[]): Promise<readonly PacketView[]> {
    const page = await this.relayer.control.packets({ limit: 100, ...(states && { states }) });
    assert(page.ok);
    return page.value.packets;
  }

  async end(): Promise<void> {
    await this.wait(this.relayer.stop());
    for (const stop of this.#stops) stop();
  }
}

function configOf({ path }: Pair, keyOf: (chainId: string) => string): RelayerConfig {
  const chain = (name: string, chainId: string) => ({
    name,
    chain_id: chainId,
    rpc: ["http://127.0.0.1:1"],
    account_prefix: "cat",
    gas_price: `0${DENOM}`,
    gas_max: 1_000_000_000,
    wallets: [{ key_file: keyOf(chainId) }],
  });
  const { a, b } = path;
  const parsed = parseRelayerConfig({
    relayer: { log_level: "error" },
    api: { enabled: false },
    chains: [chain("a", a.chain.chainId), chain("b", b.chain.chainId)],
    paths: [{
      a: { chain: "a", client: a.clientId, connection: a.connectionId },
      b: { chain: "b", client: b.clientId, connection: b.connectionId },
    }],
  });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

async function withRelayer(use: (world: World) => Promise<void>): Promise<void> {
  const two = pair();
  const dir = await Deno.makeTempDir();
  const keyOf = (chainId: string) => {
    const file = `${dir}/${chainId}`;
    Deno.writeTextFileSync(file, sha256(new TextEncoder().encode(`account 9 of ${chainId}`)).toHex());
    return file;
  };
  const clock = new ModelClock();
  const relayer = createRelayer(configOf(two, keyOf), {
    clock,
    store: memoryStore(),
    endpoint: ({ name }) => asEndpoint(name === "a" ? two.a : two.b),
    log: () => {},
  });
  const world = new World(two, relayer, clock);
  try {
    await relayer.start();
    await clock.advance(5_000);
    await use(world);
  } finally {
    await world.end();
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a path with a connection is open at once, and its channels are found", () =>
  withRelayer(async ({ relayer: { control }, pair: { path } }) => {
    const [found] = await control.paths();
    assertEquals([found!.state, found!.a.connectionId], ["open", path.a.connectionId]);
    assertEquals(found!.channels.map(({ a, b }) => [a.channelId, b.channelId]), [[path.a.channelId, path.b.channelId]]);
    const [clients, connections, channels] = await Promise.all([
      control.clients("a"),
      control.connections("a"),
      control.channels(),
    ]);
    assert(clients.ok && connections.ok && channels.ok);
    const client = clients.value.find(({ clientId }) => clientId === path.a.clientId);
    assertEquals([client?.status, client?.follows, client?.clientType], ["Active", "b", "07-tendermint"]);
    assert(
      connections.value.some(({ connectionId, path }) => connectionId === found!.a.connectionId && path === "a-b"),
    );
    const [channel] = channels.value.filter(({ chain }) => chain === "a");
    assertEquals([channel!.state, channel!.order, channel!.counterpartyChain], ["OPEN", "unordered", "b"]);
    const status = await control.status();
    assertEquals([status.ready, status.paths.open, status.chains], [true, 1, 2]);
  }));

Deno.test("packets are listed newest first, page by page, and shown one by one", () =>
  withRelayer(async (world) => {
    const { relayer: { control }, clock, pair: { b, path } } = world;
    for (let i = 0; i < 4; i++) {
      world.send(3);
      await clock.advance(2_000);
    }
    await clock.advance(6_000);
    const all = await world.packets();
    assertEquals(all.map(({ source }) => Number(source.sequence)), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    assert(all.every(({ state }) => state === "acknowledged"));
    const pages: bigint[] = [];
    let after: string | undefined;
    do {
      const page = await control.packets({ limit: 5, ...(after !== undefined && { after }) });
      assert(page.ok);
      pages.push(...page.value.packets.map(({ source }) => source.sequence));
      after = page.value.next;
    } while (after !== undefined);
    assertEquals(pages, all.map(({ source }) => source.sequence));
    assertEquals((await control.packets({ limit: 5, after: "x" })).ok, false);
    const one = await control.packet(all[0]!.source);
    assert(one.ok);
    const { sent, received, settled, transfer: token, acknowledgement } = one.value;
    assertEquals([sent?.chain, received?.chain, settled?.chain], ["a", "b", "a"]);
    assert(
      received!.proofHeight!.revisionHeight > sent!.height && settled!.proofHeight!.revisionHeight > received!.height,
    );
    assertEquals([token?.amount, token?.denom, acknowledgement?.success], [3n, DENOM, true]);
    assertEquals(b.balance(1, voucher(DENOM, path.a)), 36n);
    const missing = await control.packet({ ...all[0]!.source, sequence: 99n });
    assertEquals(missing.ok || missing.error.code, "unknown_packet");
  }));

Deno.test("a path is paused and filtered at run time, and packets are cleared when somebody asks", () =>
  withRelayer(async (world) => {
    const { relayer: { control }, clock, pair: { path } } = world;
    const paused = await control.patchPath("a-b", { paused: true });
    assert(paused.ok && paused.value.paused);
    world.send(2);
    await clock.advance(5_000);
    assertEquals((await world.packets(["sent"])).length, 2);
    const cleared = await control.clear({ path: "a-b" });
    assertEquals(cleared, { ok: true, value: { unreceived: 2, unacknowledged: 0, expired: 0 } });
    const filter = { policy: "deny", channels: [`transfer/${path.a.channelId}`] } as const;
    await control.patchPath("a-b", { paused: false, filter });
    world.send(2);
    await clock.advance(5_000);
    assertEquals((await world.packets(["skipped"])).length, 2);
    await control.patchPath("a-b", { filter: { policy: "deny", channels: [] } });
    await clock.advance(9_000);
    assertEquals((await world.packets(["acknowledged"])).length, 4);
    const refused = await control.patchPath("x-y", { paused: true });
    assertEquals(refused.ok || refused.error.code, "unknown_path");
    const unknown = await control.clear({ chain: "z" });
    assertEquals(unknown.ok || unknown.error.code, "unknown_chain");
  }));

Deno.test("a transfer by chain names is sent, or answered for somebody else to sign", () =>
  withRelayer(async (world) => {
    const { relayer: { control }, pair: { a, b, path } } = world;
    const receiver = b.accounts[2]!.address.text;
    const request = { from: "a", to: "b", denom: DENOM, amount: 11n, receiver };
    const sent = await world.wait(control.transfer(request));
    assert(sent.ok && sent.value.tag === "sent");
    assertEquals(sent.value.packet, { chain: "a", portId: "transfer", channelId: path.a.channelId, sequence: 1n });
    await world.clock.advance(5_000);
    assertEquals(b.balance(2, voucher(DENOM, path.a)), 11n);
    assertEquals(sent.value.route.denom, voucher(DENOM, path.a));

    const stranger = a.accounts[3]!.address.text;
    const unsigned = await world.wait(control.transfer({ ...request, sender: stranger }));
    assert(unsigned.ok && unsigned.value.tag === "unsigned");
    const { transaction } = unsigned.value;
    a.mempool.push(a.sign(transaction.messages, { signer: 3 }));
    await world.clock.advance(6_000);
    assertEquals(b.balance(2, voucher(DENOM, path.a)), 22n);

    for (const [change, code] of [[{ to: "z" }, "unknown_chain"], [{ from: "b", to: "b" }, "no_route"]] as const) {
      const refused = await control.transfer({ ...request, ...change });
      assertEquals(refused.ok || refused.error.code, code);
    }
  }));

Deno.test("clients, paths and channels are made when somebody asks, and told step by step", () =>
  withRelayer(async (world) => {
    const { relayer: { control }, events } = world;
    const client = await world.wait(control.createClient({ chain: "a", follows: "b" }));
    assert(client.ok && client.value.step === "create_client");
    const channel = { portA: "transfer", portB: "transfer", order: "unordered", version: "" } as const;
    const opened = await world.wait(control.createChannel("a-b", { ...channel, hops: [] }));
    assert(opened.ok);
    const spec = {
      id: "second",
      a: { chain: "a", clientId: undefined, connectionId: undefined },
      b: { chain: "b", clientId: undefined, connectionId: undefined },
      channels: [channel],
      filter: { policy: "deny", channels: [] },
      paused: false,
    } as const;
    const added = await control.addPath(spec);
    assert(added.ok && added.value.state === "opening");
    const connected = await world.wait(control.createConnection("second"));
    assert(connected.ok && connected.value.state === "open");
    assertEquals((await control.paths()).map(({ id, channels }) => [id, channels.length]), [["a-b", 2], ["second", 1]]);
    const again = await control.addPath(spec);
    assert(again.ok && again.value.state === "open");
    const other = await control.addPath({ ...spec, a: { ...spec.a, clientId: "07-tendermint-9" } });
    assertEquals(other.ok || other.error.code, "path_exists");
    const steps = events.filter((event) => event.type === "handshake" && event.path === "second");
    assert(steps.length >= 8, `${steps.length}`);
    const report = await world.wait(control.checkMisbehaviour({ submit: true }));
    assert(
      report.ok && report.value.every(({ conflict, checkedHeights }) => conflict === undefined && checkedHeights > 0),
    );
  }));
