/** One of four validators signs two things: the others prove it in a block, and go on. */
import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { rpc } from "../helpers/rpc_client.ts";
import { loadAccounts, SteadyLoad } from "../helpers/steady_load.ts";
import { PATIENCE_HEIGHTS, type TestnetProcesses, withTestnet } from "../helpers/testnet_processes.ts";

const SEED = Number(Deno.env.get("CATENARY_SEED") ?? Math.floor(Math.random() * 2 ** 32));
const EQUIVOCATOR = fileURLToPath(new URL("../helpers/equivocator.ts", import.meta.url));

interface Evidence {
  readonly type: string;
  readonly value: { readonly vote_a: { readonly validator_address: string }; readonly TotalVotingPower: string };
}

Deno.test(`evidence of two prevotes of one validator lands in a block, and blocks go on (seed ${SEED})`, async () => {
  const accounts = loadAccounts().map(({ address }) => address);
  await withTestnet({ validators: 4, accounts }, async (net) => {
    const honest = ["node0", "node1", "node2"];
    await Promise.all(honest.map((name) => net.start(name)));
    await net.untilHeight(2n);
    const urls = () => net.running.map((name) => net.url(name));
    const load = new SteadyLoad({ chainId: net.chainId, seed: SEED, urls, pauseMs: 50 });
    load.start();
    const liar = startLiar(net);
    try {
      const at = await untilEvidence(net, "node1", net.node("node3").validator);
      // Again and again: blocks go on meanwhile.
      await net.untilHeight(at + 10n);
    } finally {
      await liar.stop();
      await load.stop();
    }
    // An honest process with the same keys may take its place.
    await net.start("node3");
    const back = await net.untilCaughtUp("node3");
    await net.untilSigned("node3", back, "node0");
    const heights = await net.audit();
    for (const name of net.running) await load.judge(name, net.url(name));
    console.log(`judged ${heights} heights and ${load.committed} transactions`);
  });
});

function startLiar(net: TestnetProcesses): { stop(): Promise<void> } {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "-A", EQUIVOCATOR, net.node("node3").home, net.url("node0")],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  return {
    async stop() {
      await child.stdin.close();
      const { code } = await child.status;
      assertEquals([code, await errors], [0, ""]);
    },
  };
}

/** Waits for a block with evidence against a validator; every piece in it is judged. */
async function untilEvidence(net: TestnetProcesses, name: string, validator: string): Promise<bigint> {
  let looked = 0n;
  const look = async () => {
    const top = await net.heightOf(name) ?? 0n;
    assert(looked < PATIENCE_HEIGHTS, `no evidence in ${looked} blocks`);
    for (; looked < top; looked++) {
      const { block } = await rpc(net.url(name), "block", { height: `${looked + 1n}` });
      const evidence: Evidence[] = block.evidence.evidence ?? [];
      for (const { type, value } of evidence) {
        assertEquals([type, value.vote_a.validator_address], ["tendermint/DuplicateVoteEvidence", validator]);
        assertEquals(value.TotalVotingPower, "40");
      }
      if (evidence.length > 0) return true;
    }
    return false;
  };
  await net.until("evidence is in a block", look, () => net.heightOf(name));
  assert(looked > 0n);
  return looked + 1n;
}
