/** The bridge of contracts/examples between two chains, of which one has only its own token transfers; our relayer carries. @module */
import { assertEquals } from "@std/assert";
import { buildContract } from "../helpers/built_contract.ts";
import {
  encodeTyped,
  execute,
  makeContract,
  modulesWithContracts,
  pair,
  portOfContract,
  smart,
  storeCode,
  transfer,
} from "../helpers/ibc/mod.ts";
import { withRelay } from "../helpers/relay/world.ts";

const build = (name: string) => buildContract(new URL(`../../contracts/examples/${name}/`, import.meta.url));
const [bridgeWasm, tokenWasm] = [await build("bridge"), await build("token")];

Deno.test("tokens of a contract are coins on another chain, come home, and are given back", async () => {
  const { a, b, path } = pair({ chain: { modules: modulesWithContracts, validators: [10n] } });
  const [alice, bob] = [a.accounts[0]!.address.text, b.accounts[1]!.address.text];
  const initial_balances = [{ address: alice, amount: "1000" }];
  const setup = { name: "Example", symbol: "EXA", decimals: 0, initial_balances };
  const token = makeContract(a, storeCode(a, tokenWasm), setup);
  const bridge = makeContract(a, storeCode(a, bridgeWasm), {});
  const channel = path.another();
  channel.a.portId = portOfContract(a, bridge);
  channel.openChannel();
  const { denom } = smart(a, bridge, { denom_there: { channel: channel.a.channelId, token } });
  const balance = (address: string) => Number(smart(a, token, { balance: { address } }).balance);
  const balances = () => [balance(alice), balance(bridge), Number(b.balance(bob, denom))];
  const leave = (amount: number, receiver: string) => {
    const msg = btoa(JSON.stringify({ channel: channel.a.channelId, receiver }));
    execute(a, token, { send: { contract: bridge, amount: `${amount}`, msg } });
  };
  await withRelay([channel], {}, async (world) => {
    leave(300, bob);
    leave(50, "nobody");
    assertEquals(balances(), [650, 350, 0]);
    await world.clock.advance(10_000);
    assertEquals(balances(), [700, 300, 300]);
    b.deliverOk([encodeTyped(transfer(channel.b, bob, alice, 120n, { denom }))], { signer: 1 });
    b.deliverOk([encodeTyped(transfer(channel.b, bob, "nobody", 80n, { denom }))], { signer: 1 });
    assertEquals(balances(), [700, 300, 100]);
    await world.clock.advance(10_000);
    assertEquals(balances(), [820, 180, 180]);
    assertEquals(await world.pending(), 0);
  });
});
