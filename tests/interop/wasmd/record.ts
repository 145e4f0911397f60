/** From a script to a transcript. @module */
import { sha256 } from "../../../node/core/crypto/mod.ts";
import { codeOf } from "../../helpers/wasmd/txs.ts";
import type { Transcript, World } from "../../helpers/wasmd/transcript.ts";
import { Judge } from "./judge.ts";
import { Script } from "./script.ts";
import { SCRIPTS } from "./scripts/mod.ts";

/** Where every script begins. The capabilities are wasmd's. */
export const WORLD: World = {
  chainId: "test-1",
  accounts: ["alice", "bob", "carol", "admin"],
  coins: "1000000000ucat,1000000000umoo",
  authority: "admin",
  capabilities: [
    "iterator",
    "staking",
    "stargate",
    "cosmwasm_1_1",
    "cosmwasm_1_2",
    "cosmwasm_1_3",
    "cosmwasm_1_4",
    "cosmwasm_2_0",
    "cosmwasm_2_1",
    "cosmwasm_2_2",
    "ibc2",
  ],
};

/** Runs a script on wasmd. */
export async function record(name: string): Promise<Transcript> {
  await using judge = await Judge.start(WORLD);
  const script = new Script(judge);
  await SCRIPTS[name]!(script);
  const files = new Set<string>();
  for (const step of script.steps) {
    if (!("txs" in step)) continue;
    for (const { messages } of step.txs) for (const { code } of messages) if (code !== undefined) files.add(code);
  }
  const codes = Object.fromEntries([...files].sort().map((file) => [file, sha256(codeOf(file)).toHex()]));
  return { origin: judge.versions, codes, world: WORLD, steps: script.steps };
}
