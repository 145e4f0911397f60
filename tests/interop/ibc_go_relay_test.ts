/**
 * Our relayer between two nodes of ours and a CometBFT node that runs ibc-go's simapp, over nothing but RPC: it opens the
 * paths, carries tokens from the foreign chain over one of ours to the other and back, and refunds what is late. Needs Go
 * and its modules; where they cannot be had the test says so and ends.
 * @module
 */
import { assertEquals } from "@std/assert";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { parseRelayerConfig } from "../../relayer/config/mod.ts";
import type { PacketKey, RelayerControl } from "../../relayer/api/ports.ts";
import { createRelayer } from "../../relayer/relayer.ts";
import { withNode } from "../helpers/local_node.ts";
import { valueOf } from "../helpers/mini_chain.ts";
import { rpc } from "../helpers/rpc_client.ts";
import { withJudge } from "./ibc_go/build.ts";
import { startFullNode } from "./ibc_go/full_node.ts";

const SIMAPP = "simapp-1";
const RELAYER = 9;
const USER = 1;

interface Party {
  readonly name: string;
  readonly rpc: string;
  readonly prefix: string;
}

const addressOn = ({ prefix }: Party, index: number) =>
  deriveAccounts(DEVELOPMENT_MNEMONIC, index + 1, prefix)[index]!.address;

async function balance({ rpc: url }: Party, address: string, denom: string): Promise<bigint> {
  const data = QueryBalanceRequest.encode({ address, denom }).finish().toHex();
  const answer = await rpc(url, "abci_query", { path: "/cosmos.bank.v1beta1.Query/Balance", data });
  return BigInt(QueryBalanceResponse.decode(Uint8Array.fromBase64(answer.response.value)).balance!.amount);
}

/** Looks until `found` answers something; events tell when. */
async function until<T>(control: RelayerControl, what: string, found: () => Promise<T | undefined>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what}: not in time`)), 120_000);
  try {
    for (;;) {
      const value = await Promise.race([found(), late]);
      if (value !== undefined) return value;
      const next = Promise.withResolvers<void>();
      const end = control.subscribe(() => next.resolve());
      const soon = setTimeout(() => next.resolve(), 500);
      await Promise.race([next.promise, late]).finally(() => (end(), clearTimeout(soon)));
    }
  } finally {
    clearTimeout(timer);
  }
}

const ENDED = ["acknowledged", "timed_out", "skipped"];

/** The state in which a packet, and those it was sent on as, has ended. */
async function outcome(control: RelayerControl, key: PacketKey): Promise<string> {
  const first = await until(control, `packet ${key.sequence} of ${key.chain}`, async () => {
    const packet = await control.packet(key);
    return packet.ok && ENDED.includes(packet.value.state) ? packet.value : undefined;
  });
  return first.state;
}

Deno.test("our relayer carries tokens between our chains and one of ibc-go over RPC, there and back", async () => {
  await withJudge(async (judge) => {
    const keys = deriveAccounts(DEVELOPMENT_MNEMONIC, 10).map(({ privateKey }) => privateKey);
    const simapp = await startFullNode(judge, SIMAPP, keys);
    try {
      await withNode(
        { chainId: "catenary-a-1", blockTimeMs: 200 },
        (a) =>
          withNode({ chainId: "catenary-b-1", blockTimeMs: 200 }, async (b) => {
            await between(
              { name: "a", rpc: a.rpcAddress, prefix: "cat" },
              { name: "b", rpc: b.rpcAddress, prefix: "cat" },
              { name: "simapp", rpc: simapp.rpcAddress, prefix: "cosmos" },
            );
          }),
      );
    } finally {
      await simapp.stop();
    }
  });
});

async function between(a: Party, b: Party, simapp: Party): Promise<void> {
  const ours = { account_prefix: "cat", gas_price: "0ucat" };
  const theirs = { account_prefix: "cosmos", gas_price: "0stake" };
  const chain = (party: Party, chain_id: string) => ({
    ...(party === simapp ? theirs : ours),
    name: party.name,
    chain_id,
    rpc: [party.rpc],
    wallets: [{ development_account: RELAYER }],
    development: true,
  });
  const config = valueOf(parseRelayerConfig({
    relayer: { store: "", log_level: "warn" },
    chains: [chain(a, "catenary-a-1"), chain(b, "catenary-b-1"), chain(simapp, SIMAPP)],
    paths: [["simapp", "a"], ["a", "b"]].map(([from, to]) => ({
      a: { chain: from },
      b: { chain: to },
      channels: [{ port_a: "transfer", port_b: "transfer" }],
    })),
  }, "the test"));
  const log: string[] = [];
  const relayer = createRelayer(config, { log: (line) => log.push(line) });
  await relayer.start();
  try {
    const { control } = relayer;
    await until(control, "open the paths", async () => {
      const paths = await control.paths();
      const failed = paths.find(({ state }) => state === "failed");
      if (failed !== undefined) throw new Error(`path ${failed.id}: ${failed.fault}`);
      return paths.length === 2 && paths.every(({ state, channels }) => state === "open" && channels.length > 0)
        ? true
        : undefined;
    });
    await journeys(control, a, b, simapp);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${log.join("\n")}`, { cause: error });
  } finally {
    await relayer.stop();
  }
}

/** A token on its way by {@linkcode RelayerControl.transfer}, signed by the relayer's own wallet. */
async function send(
  control: RelayerControl,
  from: Party,
  to: Party,
  denom: string,
  amount: bigint,
  timeoutMs = 600_000,
) {
  const receiver = addressOn(to, USER);
  const request = { from: from.name, to: to.name, denom, amount, receiver, timeoutMs };
  const answer = await control.transfer(request);
  if (!answer.ok) throw new Error(answer.error.message);
  if (answer.value.tag !== "sent") throw new Error("the relayer wants somebody else to sign");
  const { packet, route } = answer.value;
  return { packet, denom: route.denom! };
}

async function journeys(control: RelayerControl, a: Party, b: Party, simapp: Party): Promise<void> {
  const arrives = async (from: Party, to: Party, denom: string, amount: bigint) => {
    const sent = await send(control, from, to, denom, amount);
    const before = await balance(to, addressOn(to, USER), sent.denom);
    assertEquals(await outcome(control, sent.packet), "acknowledged");
    assertEquals(await balance(to, addressOn(to, USER), sent.denom) - before, amount);
    return sent.denom;
  };
  // One hop each way, home again, and two hops over our chain by a memo that it follows.
  await arrives(simapp, a, "stake", 500n);
  const onSimapp = await arrives(a, simapp, "ucat", 900n);
  await arrives(simapp, b, "stake", 70n);
  const relayers = addressOn(simapp, RELAYER);
  assertEquals(await balance(simapp, addressOn(simapp, USER), onSimapp), 900n);
  // What is late comes back, by the proof of each chain that it got nothing.
  const had = [await balance(simapp, relayers, "stake"), await balance(a, addressOn(a, RELAYER), "ucat")];
  // A block later it is too late already.
  const late = [await send(control, simapp, a, "stake", 11n, 1), await send(control, a, simapp, "ucat", 12n, 1)];
  for (const { packet } of late) assertEquals(await outcome(control, packet), "timed_out");
  assertEquals([await balance(simapp, relayers, "stake"), await balance(a, addressOn(a, RELAYER), "ucat")], had);
}
