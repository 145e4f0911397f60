/**
 * CometBFT's own Go client, types and light client, and the reference ICS-23, judge a running node: every hash, commit,
 * proof and answer. Needs Go and its modules; where they cannot be had the test says so and ends.
 * @module
 */
import { assert, assertStringIncludes } from "@std/assert";
import { bech32 } from "@scure/base";
import { Vote } from "cosmjs-types/tendermint/types/types";
import { fileURLToPath } from "node:url";
import { concatBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { netInfoJson } from "../../node/rpc/json/network.ts";
import { roundSimpleJson, voteText } from "../../node/rpc/json/round.ts";
import { EXAMPLE_PEERS, EXAMPLE_ROUND, EXAMPLE_STATUS, EXAMPLE_VOTES } from "../helpers/round_examples.ts";
import { makeAccount, secp256k1AccountOf, signTransfer } from "../helpers/accounts.ts";
import { withNode } from "../helpers/local_node.ts";

const FOLDER = fileURLToPath(new URL("./cometbft/", import.meta.url));

async function run(command: string, args: string[]): Promise<{ ok: boolean; text: string }> {
  try {
    const output = await new Deno.Command(command, { args, cwd: FOLDER, env: { GOFLAGS: "-mod=readonly" } }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { ok: output.success, text: decode(output.stdout) + decode(output.stderr) };
  } catch (error) {
    return { ok: false, text: (error as Error).message };
  }
}

/** JSON that one node alone never shows: peers, and votes of several validators. */
const shapes = () => ({
  net_info: netInfoJson(EXAMPLE_PEERS, EXAMPLE_STATUS, 1_700_000_100_000_000_000n),
  round_state: roundSimpleJson(EXAMPLE_ROUND),
  votes: EXAMPLE_VOTES.map((vote) => ({ proto: Vote.encode(vote).finish().toHex(), text: voteText(vote) })),
});

Deno.test("CometBFT's Go client and ICS-23's reference accept everything a node serves", async () => {
  const go = await run("go", ["version"]);
  if (!go.ok) return console.log(`skipped: Go is not installed here: ${go.text.trim()}`);
  const modules = await run("go", ["mod", "download"]);
  if (!modules.ok) return console.log(`skipped: the Go modules cannot be had here: ${modules.text.trim()}`);
  const folder = await Deno.makeTempDir({ prefix: "catenary-judge-" });
  try {
    const built = await run("go", ["build", "-o", `${folder}/judge`, "."]);
    assert(built.ok, built.text);
    await withNode({ blockTimeMs: 100 }, async (node) => {
      const dev0 = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
      const bytes = new Uint8Array(bech32.fromWords(bech32.decode(dev0.address as `${string}1${string}`).words));
      const key = (denom: string) => concatBytes(Uint8Array.of(2, bytes.length), bytes, utf8ToBytes(denom)).toHex();
      const to = makeAccount("ed25519", 1).address;
      const tx = signTransfer(dev0, { chainId: node.chainId, accountNumber: 0n, sequence: 0n, to, amount: "5" });
      await Deno.writeTextFile(`${folder}/shapes.json`, JSON.stringify(shapes()));
      const args = [node.rpcAddress, key("ucat"), key("unone"), tx.toHex(), `${folder}/shapes.json`];
      const verdict = await run(`${folder}/judge`, args);
      assert(verdict.ok, verdict.text);
      assertStringIncludes(verdict.text, "all accepted");
      console.log(`${verdict.text.split("\n").filter((line) => line.startsWith("ok ")).length} checks accepted`);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
