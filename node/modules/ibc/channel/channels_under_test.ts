import { assertEquals } from "@std/assert";
import { Channel, Order, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { testContext } from "../../../../tests/helpers/context.ts";
import { Journal } from "../../../state/mod.ts";
import type { IbcClients } from "../../../app/ports.ts";
import { IbcKeeper } from "../keeper.ts";

Deno.test("channelsUnder() lists the channels of ports by the beginning of their names, over pages", () => {
  const keeper = new IbcKeeper({} as IbcClients);
  const { view } = testContext({}, new Journal({ get: () => undefined, page: () => [] }));
  const channel = Channel.fromPartial({ state: State.STATE_OPEN, ordering: Order.ORDER_ORDERED, version: "v" });
  for (let i = 0; i < 70; i++) {
    for (const portId of ["wasm.a", "wasm.ab", "transfer"]) {
      keeper.channels.setChannel(view, { portId, channelId: `channel-${i}` }, channel);
    }
  }
  const under = (prefix: string) => [...keeper.channelsUnder(view, prefix)];
  assertEquals(under("wasm.a").length, 140);
  assertEquals(under("wasm.ab").length, 70);
  assertEquals(new Set(under("wasm.").map(({ portId, channelId }) => `${portId}/${channelId}`)).size, 140);
  assertEquals(under("wasm.b"), []);
  assertEquals(under("x".repeat(10_000)), []);
  const [first] = under("transfer");
  assertEquals([first?.portId, first?.channelId, first?.version], ["transfer", "channel-0", "v"]);
});
