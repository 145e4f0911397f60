/** Three nodes by their RPC and a relayer with paths a–b and b–c, which opens a channel between a and c. */
import { assert, assertEquals } from "@std/assert";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { encode } from "../../node/core/codec/mod.ts";
import { denomHash } from "../../node/core/ibc/mod.ts";
import { DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import type { CatenaryNode } from "../../node/node.ts";
import type { ChannelView, PacketView, RelayerControl } from "../../relayer/api/ports.ts";
import { ChainSubmitter, openWallet, parseGasPrice, RpcEndpoint } from "../../relayer/chain/mod.ts";
import { parseRelayerConfig } from "../../relayer/config/mod.ts";
import { createRelayer } from "../../relayer/relayer.ts";
import { memoryStore } from "../../relayer/store/mod.ts";
import { withNode } from "../helpers/local_node.ts";

const NAMES = ["a", "b", "c"] as const;

function configOf(nodes: readonly CatenaryNode[]) {
  const parsed = parseRelayerConfig({
    relayer: { store: "", log_level: "error" },
    api: { enabled: false },
    chains: NAMES.map((name, i) => ({
      name,
      chain_id: `hop-${name}-1`,
      rpc: [nodes[i]!.rpcAddress],
      account_prefix: "cat",
      gas_price: "0ucat",
      wallets: [{ development_account: 9 }],
      development: true,
    })),
    // A multi-hop channel needs connections, not channels.
    paths: [["a", "b"], ["b", "c"]].map(([a, b]) => ({
      id: `${a}-${b}`,
      a: { chain: a! },
      b: { chain: b! },
      channels: [],
    })),
  });
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** Resolves when `is` holds; looked at whenever something happens. */
async function until(control: RelayerControl, is: () => Promise<boolean>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let last: Promise<void> = Promise.resolve();
  const look = () => {
    last = last.then(async () => void (await is() && resolve()));
    last.catch(reject);
  };
  const unsubscribe = control.subscribe(look);
  look();
  await promise.finally(unsubscribe);
}

async function withThree(use: (nodes: readonly CatenaryNode[]) => Promise<void>): Promise<void> {
  const options = (i: number) => ({ blockTimeMs: 50, chainId: `hop-${NAMES[i]}-1` });
  await withNode(options(0), (a) => withNode(options(1), (b) => withNode(options(2), (c) => use([a, b, c]))));
}

Deno.test("a relayer opens a channel over two hops and carries packets over it, and the token has one hop", async () => {
  await withThree(async (nodes) => {
    const relayer = createRelayer(configOf(nodes), { store: memoryStore(), log: () => {} });
    await relayer.start();
    const { control } = relayer;
    const wallet = await openWallet({ mnemonic: DEVELOPMENT_MNEMONIC, index: 1 }, "cat");
    const endpoints = NAMES.map((name, i) =>
      new RpcEndpoint({ chainId: `hop-${name}-1`, addresses: [nodes[i]!.rpcAddress] })
    );
    const senders = endpoints.map((endpoint) =>
      new ChainSubmitter({ endpoint, wallets: [wallet], gasPrice: parseGasPrice("0ucat")! })
    );
    try {
      await until(control, async () => (await control.paths()).every(({ state }) => state === "open"));
      const spec = { portA: "transfer", portB: "transfer", order: "unordered", version: "", hops: ["b-c"] } as const;
      const opened = await control.createChannel("a-b", spec);
      assert(opened.ok, opened.ok ? "" : opened.error.message);
      const channel = opened.value;
      const views = await control.channels("a");
      assert(views.ok);
      const [view] = views.value as readonly ChannelView[];
      assertEquals([view!.channelId, view!.connectionHops.length, view!.state], [channel.a.channelId, 2, "OPEN"]);

      const send = async (from: 0 | 2, denom: string, count: number) => {
        const { timeNanos } = await endpoints[from]!.latest();
        const value = encode(
          MsgTransfer,
          MsgTransfer.fromPartial({
            sourcePort: "transfer",
            sourceChannel: from === 0 ? channel.a.channelId : channel.b.channelId,
            token: { denom, amount: "7" },
            sender: wallet.address,
            receiver: wallet.address,
            timeoutTimestamp: timeNanos + 3_600_000_000_000n,
          }),
        );
        const messages = Array.from({ length: count }, () => ({ typeUrl: MsgTransfer.typeUrl, value }));
        const done = await senders[from]!.submit(() => messages);
        assertEquals(done.tag, "included");
      };
      const settled = async (): Promise<readonly PacketView[]> => {
        const page = await control.packets({ states: ["acknowledged", "timed_out"], limit: 100 });
        assert(page.ok);
        return page.value.packets;
      };
      await send(0, "ucat", 10);
      await until(control, async () => (await settled()).length === 10);
      // One hop: what is sent back under that name has come from there.
      await send(2, denomHash(`transfer/${channel.b.channelId}/ucat`), 10);
      await until(control, async () => (await settled()).length === 20);
      for (const { state, received } of await settled()) {
        assertEquals(state, "acknowledged");
        // The height is the neighbour's, at which the proof starts.
        assert(received?.proofHeight !== undefined && received.proofHeight.revisionHeight > 0n);
      }
    } finally {
      await relayer.stop();
      for (const sender of senders) sender.close();
      for (const endpoint of endpoints) await endpoint.close();
    }
  });
});
