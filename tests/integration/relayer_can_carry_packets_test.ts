/** Two nodes by their RPC and a relayer between them, which dies in the middle and comes back. */
import { assert, assertEquals } from "@std/assert";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { encode } from "../../node/core/codec/mod.ts";
import { denomHash } from "../../node/core/ibc/mod.ts";
import { DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import type { CatenaryNode } from "../../node/node.ts";
import { ChainSubmitter, openWallet, parseGasPrice, RpcEndpoint } from "../../relayer/chain/mod.ts";
import { parseRelayerConfig, type RelayerConfig } from "../../relayer/config/mod.ts";
import type { PacketView, RelayerControl, RelayerEvent } from "../../relayer/api/ports.ts";
import { createRelayer } from "../../relayer/relayer.ts";
import { memoryStore } from "../../relayer/store/mod.ts";
import { withNode } from "../helpers/local_node.ts";
import { mortal } from "../helpers/model/mortal.ts";

const chainIds = { a: "alpha-1", b: "beta-1" };

function configOf(a: CatenaryNode, b: CatenaryNode): RelayerConfig {
  const chain = (name: "a" | "b", node: CatenaryNode) => ({
    name,
    chain_id: chainIds[name],
    rpc: [node.rpcAddress],
    account_prefix: "cat",
    gas_price: "0ucat",
    wallets: [{ development_account: 9 }],
    development: true,
  });
  const parsed = parseRelayerConfig({
    relayer: { store: "", log_level: "error" },
    api: { enabled: false },
    chains: [chain("a", a), chain("b", b)],
    paths: [{ a: { chain: "a" }, b: { chain: "b" }, channels: [{}] }],
  });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** Resolves when `is` holds; looked at whenever something happens. */
async function until(control: RelayerControl, is: () => Promise<boolean>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let looking = false;
  let again = false;
  const look = async () => {
    if (looking) return void (again = true);
    looking = true;
    do {
      again = false;
      if (await is()) resolve();
    } while (again);
    looking = false;
  };
  const unsubscribe = control.subscribe(() => void look().catch(reject));
  try {
    look().catch(reject);
    await promise;
  } finally {
    unsubscribe();
  }
}

const settled = async (control: RelayerControl): Promise<readonly PacketView[]> => {
  const page = await control.packets({ states: ["acknowledged", "timed_out"], limit: 100 });
  assert(page.ok);
  return page.value.packets;
};

Deno.test("a relayer opens a path, carries packets both ways, dies and goes on where it was", async () => {
  const options = { blockTimeMs: 50 };
  await withNode(
    { ...options, chainId: chainIds.a },
    (a) =>
      withNode({ ...options, chainId: chainIds.b }, async (b) => {
        const base = configOf(a, b);
        // Who comes after a dead one waits for the end of its lease.
        const config: RelayerConfig = { ...base, work: { ...base.work, leaseMs: 2_000, sliceMs: 500 } };
        const store = memoryStore();
        const first = mortal(store);
        const events: RelayerEvent[] = [];
        let relayer = createRelayer(config, { store: first.store, log: () => {} });
        relayer.control.subscribe((event) => events.push(event));
        await relayer.start();
        await until(relayer.control, async () => (await relayer.control.paths())[0]?.state === "open");
        const [path] = await relayer.control.paths();
        const { channels: [channel] } = path!;
        assert(events.some((event) => event.type === "handshake" && event.step === "channel_open_confirm"));

        const wallet = await openWallet({ mnemonic: DEVELOPMENT_MNEMONIC, index: 1 }, "cat");
        const endpoint = new RpcEndpoint({ chainId: chainIds.a, addresses: [a.rpcAddress] });
        const sender = new ChainSubmitter({ endpoint, wallets: [wallet], gasPrice: parseGasPrice("0ucat")! });
        const send = async (count: number, timeoutTimestamp: bigint) => {
          const message = MsgTransfer.fromPartial({
            sourcePort: "transfer",
            sourceChannel: channel!.a.channelId,
            token: { denom: "ucat", amount: "7" },
            sender: wallet.address,
            receiver: wallet.address,
            timeoutTimestamp,
          });
          const value = encode(MsgTransfer, message);
          const done = await sender.submit(() =>
            Array.from({ length: count }, () => ({ typeUrl: MsgTransfer.typeUrl, value }))
          );
          assertEquals(done.tag, "included");
        };
        const hour = async () => (await endpoint.latest()).timeNanos + 3_600_000_000_000n;
        try {
          await send(10, await hour());
          // It dies with packets under way; some are sent while it is away, one of which nobody can receive in time.
          first.kill();
          await relayer.stop();
          await send(10, await hour());
          await send(1, (await endpoint.latest()).timeNanos + 1n);

          relayer = createRelayer(config, { store, log: () => {} });
          await relayer.start();
          await until(relayer.control, async () => (await settled(relayer.control)).length === 21);
          const packets = await settled(relayer.control);
          assertEquals(packets.filter(({ state }) => state === "timed_out").length, 1);
          for (const { state, received, settled } of packets) {
            if (state !== "acknowledged") continue;
            assert(received !== undefined && settled !== undefined && received.chain === "b" && settled.chain === "a");
          }
          const denom = denomHash(`transfer/${channel!.b.channelId}/ucat`);
          const back = await relayer.control.routes({ from: "b", to: "a", denom });
          assert(back.ok && back.value[0]!.denom === "ucat");
          const { packets: counts } = await relayer.control.status();
          assertEquals(counts, { pending: 0, settled: 21, skipped: 0 });
          const { text } = await relayer.control.metrics();
          assert(text.includes("catenary_relayer_client_updates_total"));
        } finally {
          await relayer.stop();
          sender.close();
          await endpoint.close();
        }
      }),
  );
});
