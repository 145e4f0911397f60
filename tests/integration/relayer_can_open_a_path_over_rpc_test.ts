import { assert, assertEquals } from "@std/assert";
import { Channel, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { channelPath } from "../../node/core/ibc/mod.ts";
import { DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import type { CatenaryNode } from "../../node/node.ts";
import { ChainSubmitter, openWallet, parseGasPrice, RpcEndpoint, systemClock } from "../../relayer/chain/mod.ts";
import { type HandshakeChain, type HandshakeStep, openPath } from "../../relayer/worker/mod.ts";
import { nextBlock, withNamedNode } from "../helpers/local_node.ts";

async function withChain(name: string, node: CatenaryNode, use: (chain: HandshakeChain) => Promise<void>) {
  const endpoint = new RpcEndpoint({ chainId: node.chainId, addresses: [node.rpcAddress] });
  const wallet = await openWallet({ mnemonic: DEVELOPMENT_MNEMONIC, index: 3 }, "cat");
  const submitter = new ChainSubmitter({ endpoint, wallets: [wallet], gasPrice: parseGasPrice("0.001ucat")! });
  try {
    await use({ name, endpoint, submitter, storePrefix: "ibc" });
  } finally {
    submitter.close();
    await endpoint.close();
  }
}

Deno.test("two nodes get clients, a connection and a transfer channel by nothing but their RPC", async () => {
  await withNamedNode("catenary-a-1", async (nodeA) => {
    await withNamedNode("catenary-b-1", async (nodeB) => {
      await withChain("a", nodeA, async (a) => {
        await withChain("b", nodeB, async (b) => {
          const steps: HandshakeStep[] = [];
          const wish = { portA: "transfer", portB: "transfer", order: "unordered", version: "" } as const;
          const options = { clock: systemClock, onStep: (step: HandshakeStep) => void steps.push(step) };
          const opened = await openPath(a, b, { a: {}, b: {} }, [wish], options);
          assert(opened.ok, opened.ok ? "" : opened.error.message);
          assertEquals(steps.length, 10);
          const [channel] = opened.value.channels;
          assertEquals(channel!.version, "ics20-1");
          for (const [{ name, endpoint }, node, end] of [[a, nodeA, channel!.a], [b, nodeB, channel!.b]] as const) {
            const { height } = steps.findLast(({ chain }) => chain === name)!;
            while ((await endpoint.latest()).height === height) await nextBlock(node);
            const key = utf8ToBytes(channelPath(end.portId, end.channelId));
            const { value } = await endpoint.prove("ibc", key, height);
            assertEquals(Channel.decode(value!).state, State.STATE_OPEN);
          }
          const again = await openPath(a, b, { a: {}, b: {} }, [wish], options);
          assertEquals([again, steps.length], [opened, 10], "nothing is left to do");
        });
      });
    });
  });
});
