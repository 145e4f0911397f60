/** Packets of contracts in the hands of our relayer, which knows nothing of contracts. @module */
import { assertEquals } from "@std/assert";
import {
  execute,
  makeContract,
  modulesWithContracts,
  pair,
  portOfContract,
  SECOND,
  smart,
  storeCode,
} from "../helpers/ibc/mod.ts";
import { withRelay } from "../helpers/relay/world.ts";

Deno.test("the relayer carries packets of contracts, their acknowledgements and what they missed", async () => {
  const { a, b, path } = pair({ chain: { modules: modulesWithContracts, validators: [10n] } });
  const sends = makeContract(a, storeCode(a, "ibc_reflect_send"), {});
  const reflectCode = Number(storeCode(b, "reflect_1.0"));
  const reflects = makeContract(b, storeCode(b, "ibc_reflect"), { reflect_code_id: reflectCode });
  const caller = makeContract(a, storeCode(a, "ibc_callbacks"), {});
  const accounts = path.another({ ordered: true, version: "ibc-reflect-v1" });
  accounts.a.portId = portOfContract(a, sends);
  accounts.b.portId = portOfContract(b, reflects);
  // The first packet goes as soon as the channel is open.
  accounts.openChannel();
  await withRelay([path], {}, async (world) => {
    await world.clock.advance(10_000);
    const channel_id = accounts.a.channelId;
    const known = () => smart(a, sends, { account: { channel_id } });
    assertEquals(known().remote_addr.startsWith("cat1"), true);
    execute(a, sends, { check_remote_balance: { channel_id } });
    await world.clock.advance(10_000);
    assertEquals(known().last_update_time === "0", false);
    const late = { to_address: reflects, channel_id: path.a.channelId, timeout_seconds: 1 };
    a.clock.advance(10n * SECOND);
    execute(a, caller, { transfer: late }, { coins: "1ucat" });
    await world.clock.advance(20_000);
    assertEquals(await world.pending(), 0);
    assertEquals(smart(a, caller, { callback_stats: {} }).ibc_timeout_callbacks.length, 1);
  });
});
