/** Two instances under `deno serve` on one store behind KV Connect, poked over HTTP, one of them killed in the middle. */
import { assert, assertEquals } from "@std/assert";
import { QueryBalanceRequest, QueryBalanceResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { fileURLToPath } from "node:url";
import { encode } from "../../node/core/codec/mod.ts";
import { denomHash } from "../../node/core/ibc/mod.ts";
import { DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import type { CatenaryNode } from "../../node/node.ts";
import { ChainSubmitter, openWallet, parseGasPrice, RpcEndpoint } from "../../relayer/chain/mod.ts";
import { type KvConnectServer, startKvConnect } from "../helpers/kv_connect.ts";
import { withNode } from "../helpers/local_node.ts";

const MODULE = fileURLToPath(new URL("../../relayer/serverless.ts", import.meta.url));
const SLICE_MS = 1_500;

const configOf = (a: CatenaryNode, b: CatenaryNode) => `
[relayer]
log_level = "error"
[work]
lease = "3s"
[[chains]]
name = "a"
chain_id = "alpha-1"
rpc = ["${a.rpcAddress}"]
account_prefix = "cat"
gas_price = "0ucat"
wallets = [{ development_account = 9 }]
development = true
[[chains]]
name = "b"
chain_id = "beta-1"
rpc = ["${b.rpcAddress}"]
account_prefix = "cat"
gas_price = "0ucat"
wallets = [{ development_account = 9 }]
development = true
[[paths]]
id = "a-b"
a = { chain = "a" }
b = { chain = "b" }
channels = [{}]
`;

interface Instance {
  readonly url: string;
  stop(signal: Deno.Signal): Promise<void>;
}

/** `deno serve` in a process of its own; resolves when it listens. */
async function serve(kv: KvConnectServer, toml: string): Promise<Instance> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "serve",
      "--no-check",
      "--allow-net=127.0.0.1",
      "--allow-env",
      "--allow-read",
      "--host=127.0.0.1",
      "--port=0",
      MODULE,
    ],
    env: {
      CATENARY_RELAYER_KV: kv.url,
      CATENARY_RELAYER_TOML: toml,
      CATENARY_RELAYER_SLICE_MS: `${SLICE_MS}`,
      DENO_KV_ACCESS_TOKEN: kv.token,
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const listening = Promise.withResolvers<string>();
  let text = "";
  const reading = (async () => {
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      const found = /Listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(text);
      if (found !== null) listening.resolve(found[1]!);
    }
    listening.reject(new Error(`deno serve ended: ${text}`));
  })();
  const url = await listening.promise;
  return {
    url,
    async stop(signal) {
      child.kill(signal);
      await child.status;
      await reading;
    },
  };
}

async function work({ url }: Instance): Promise<{ tag: string; pending: number }> {
  const response = await fetch(`${url}/work`, { method: "POST" });
  const answer = await response.json();
  assert(response.ok, JSON.stringify(answer));
  return answer;
}

// deno-lint-ignore no-explicit-any
async function ask({ url }: Instance, path: string): Promise<any> {
  const response = await fetch(url + path);
  const answer = await response.json();
  assert(response.ok, JSON.stringify(answer));
  return answer;
}

Deno.test("two instances on one store do no harm: no packet is lost, and none counted twice", async () => {
  const options = { blockTimeMs: 50 };
  await withNode({ ...options, chainId: "alpha-1" }, (a) =>
    withNode({ ...options, chainId: "beta-1" }, async (b) => {
      const kv = startKvConnect();
      const toml = configOf(a, b);
      const [one, two] = await Promise.all([serve(kv, toml), serve(kv, toml)]);
      const endpoint = new RpcEndpoint({ chainId: "alpha-1", addresses: [a.rpcAddress] });
      const wallet = await openWallet({ mnemonic: DEVELOPMENT_MNEMONIC, index: 1 }, "cat");
      const sender = new ChainSubmitter({ endpoint, wallets: [wallet], gasPrice: parseGasPrice("0ucat")! });
      let alive = [one, two];
      /** Pokes all instances at the same time until `is` holds. */
      const workUntil = async (is: () => Promise<boolean>) => {
        while (!await is()) {
          const reports = await Promise.all(alive.map(work));
          assert(alive.length === 1 || reports.filter(({ tag }) => tag === "worked").length <= 2);
        }
      };
      try {
        await workUntil(async () => (await ask(one, "/paths"))[0]?.state === "open");
        const [channel] = (await ask(two, "/paths"))[0].channels;
        const timeoutTimestamp = (await endpoint.latest()).timeNanos + 3_600_000_000_000n;
        const send = async (count: number) => {
          const value = encode(
            MsgTransfer,
            MsgTransfer.fromPartial({
              sourcePort: "transfer",
              sourceChannel: channel.a.channelId,
              token: { denom: "ucat", amount: "3" },
              sender: wallet.address,
              receiver: wallet.address,
              timeoutTimestamp,
            }),
          );
          const messages = Array.from({ length: count }, () => ({ typeUrl: MsgTransfer.typeUrl, value }));
          assertEquals((await sender.submit(() => messages)).tag, "included");
        };
        const counts = async (of: Instance) => (await ask(of, "/status")).packets;
        await send(12);
        await Promise.all(alive.map(work));
        await send(12);
        // One dies in the middle of its slice, with the lease or without.
        const last = Promise.allSettled(alive.map(work));
        await one.stop("SIGKILL");
        await last;
        alive = [two];
        await workUntil(async () => (await counts(two)).settled === 24);
        assertEquals(await counts(two), { pending: 0, settled: 24, skipped: 0 });
        const denom = denomHash(`transfer/${channel.b.channelId}/ucat`);
        const beta = new RpcEndpoint({ chainId: "beta-1", addresses: [b.rpcAddress] });
        const request = encode(QueryBalanceRequest, { address: wallet.address, denom });
        const answer = await beta.query("/cosmos.bank.v1beta1.Query/Balance", request);
        assertEquals(QueryBalanceResponse.decode(answer).balance?.amount, "72");
        await beta.close();
      } finally {
        await Promise.all(alive.map((instance) => instance.stop("SIGTERM")));
        sender.close();
        await endpoint.close();
        await kv.stop();
      }
    }));
});
