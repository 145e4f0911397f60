/** Chains whose RPC lies, and chains that have sealed two histories: nothing false is submitted, nothing is lost. */
import { assert, assertEquals } from "@std/assert";
import type { Event } from "cosmjs-types/tendermint/abci/types";
import type { Endpoint } from "../chain/mod.ts";
import { encodeTyped, pair, transfer, updateClientWith } from "../../tests/helpers/ibc/mod.ts";
import { withRelay } from "../../tests/helpers/relay/world.ts";
import { queryClientStatus } from "./clients.ts";
import { PathBook } from "./paths.ts";

const garbled = (event: Event): Event => ({
  ...event,
  attributes: event.attributes.map((one) =>
    event.type === "send_packet" && one.key === "packet_data_hex" ? { ...one, value: `${one.value}20` } : one
  ),
});

/** Lies about one chain while `lies` says so; each changes one kind of answer. */
const LIES: Record<string, (honest: Endpoint) => Partial<Endpoint>> = {
  "other content in the events": (honest) => ({
    async blockEvents(height) {
      const block = await honest.blockEvents(height);
      return { ...block, txs: block.txs.map(({ hash, events }) => ({ hash, events: events.map(garbled) })) };
    },
    async searchTransactions(query, limit) {
      const found = await honest.searchTransactions(query, limit);
      return found.map((tx) => ({ ...tx, events: tx.events.map(garbled) }));
    },
  }),
  "a proof of another key": (honest) => ({
    async prove(store, key, height) {
      const { proof, height: proofHeight } = await honest.prove(
        store,
        new Uint8Array([...key.subarray(0, -1), 57]),
        height,
      );
      return { value: (await honest.prove(store, key, height)).value, proof, height: proofHeight };
    },
  }),
  "a value that is not there": (honest) => ({
    prove: async (store, key, height) => ({ ...await honest.prove(store, key, height), value: new Uint8Array(32) }),
  }),
  "a header that nobody signed": (honest) => ({
    async lightBlock(height) {
      const block = await honest.lightBlock(height);
      const { header, commit } = block.signedHeader!;
      return { ...block, signedHeader: { header: { ...header!, appHash: new Uint8Array(32) }, commit } };
    },
  }),
};

for (const [name, lie] of Object.entries(LIES)) {
  Deno.test(`a source whose RPC tells ${name}: nothing is submitted, and the packet goes when it is honest`, async () => {
    const { a, b, path } = pair();
    let lies = true;
    const wrap = (chain: string, honest: Endpoint): Endpoint => {
      if (chain !== "a") return honest;
      const lying = { ...honest, ...lie(honest) };
      return new Proxy(honest, { get: (_, key) => (lies ? lying : honest)[key as keyof Endpoint] });
    };
    await withRelay(
      [path],
      { wrap, policy: { retryMaxMs: 2_000, attemptsMax: 100, clearEveryMs: 20_000 } },
      async (world) => {
        await world.clock.advance(3_000);
        const faults: string[] = [];
        world.hooks.packetChanged = (_, { fault }) => fault && faults.push(fault.code);
        const before = b.history.length;
        a.mempool.push(
          a.sign([encodeTyped(transfer(path.a, a.accounts[1]!.address.text, b.accounts[1]!.address.text, 5n))], {
            signer: 1,
          }),
        );
        await world.clock.advance(8_000);
        assertEquals(b.history.length, before, "something was submitted");
        assert(faults.length > 0);
        assertEquals(await world.pending(), 1);
        lies = false;
        await world.clock.advance(45_000);
        assertEquals(await world.pending(), 0);
        assertEquals(b.history.slice(before).filter(({ code }) => code !== 0), []);
        assert(b.history.length > before);
      },
    );
  });
}

Deno.test("a client that was told another history than its chain has is frozen", async () => {
  const { a, b, path } = pair();
  // The validators of b seal two blocks of one height; the client on a hears of the one, the relayer of the other.
  const other = b.fork();
  other.clock.advance(5_000_000_000n);
  other.nextBlock();
  other.nextBlock();
  b.nextBlock();
  b.nextBlock();
  const trusted = path.a.clientHeight;
  path.a.do(updateClientWith(path.a, other.blocks.header(other.height, trusted)));
  const options = { policy: { misbehaviourCheckMs: 2_000, clientCheckMs: 3_000 } };
  await withRelay([path], options, async (world) => {
    const told: string[] = [];
    world.hooks.clientChecked = ({ chain, conflict, txHash }) => conflict && txHash && told.push(chain);
    await world.clock.advance(15_000);
    assertEquals(told, ["a"]);
    assertEquals(await queryClientStatus(world.chains.get("a")!.endpoint, path.a.clientId), "Frozen");
    assertEquals(await queryClientStatus(world.chains.get("b")!.endpoint, path.b.clientId), "Active");
    const book = new PathBook(world.store);
    await book.refresh();
    assert(/frozen|contradicts/.test(book.get("a-b")!.fault ?? ""), `${book.get("a-b")!.fault}`);
    assert(a.height > 0n);
  });
});
