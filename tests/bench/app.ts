/**
 * `benchApp`: what the application costs per plain `MsgSend`, in memory: check (with and without a signature seen before),
 * execution of a block, staging of the new state.
 * @module
 */
import process from "node:process";
import { MultiStore } from "../../node/state/mod.ts";
import { signerOf, TestChain } from "../bad_input/harness.ts";
import { makeTx, sendMessage } from "../bad_input/harness.ts";

/** CPU time of this process: other work on the machine does not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** `--senders N --txs N --blocks N`. Prints nothing; returns microseconds per transaction. */
export function benchApp(args: string[]): unknown {
  const option = (name: string, otherwise: number) => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? otherwise : Number(args[at + 1]);
  };
  const senders = option("senders", 200);
  const txs = option("txs", 2000);
  const blocks = option("blocks", 4);
  const accounts = Array.from(
    { length: senders },
    (_, i) => signerOf(`bench ${i}`, i % 2 === 0 ? "ed25519" : "secp256k1"),
  );
  const chain = new TestChain({ accounts, coins: "1000000000000ucat" });
  const rounds: unknown[] = [];
  for (let block = 0; block < blocks; block++) {
    const batch = Array.from({ length: txs }, (_, i) => {
      const sequence = BigInt(Math.floor((block * txs + i) / senders));
      const from = accounts[i % senders]!;
      const to = accounts[(i * 7 + 1) % senders]!;
      const signer = { signer: from, accountNumber: BigInt(i % senders), sequence };
      return makeTx({ messages: [sendMessage(from.address, to.address, "1ucat")], signers: [signer], fee: "10ucat" });
    });
    const perTx = (from: number) => Math.round(((cpuMs() - from) * 1e4) / txs) / 10;
    let start = cpuMs();
    for (const tx of batch) if (chain.check(tx).code !== 0) throw new Error("bench: a check was refused");
    const check = perTx(start);
    start = cpuMs();
    for (const tx of batch) chain.run(chain.app.checkTx(tx, "recheck"));
    const recheck = perTx(start);
    start = cpuMs();
    const staging = timed(chain.state);
    const output = chain.execute(batch);
    const whole = perTx(start);
    const stage = Math.round((staging.ms() * 1e4) / txs) / 10;
    if (output.txResults.some(({ code }) => code !== 0)) throw new Error("bench: a transaction failed");
    chain.commit(output.staged);
    chain.height += 1n;
    rounds.push({ check, recheck, execute: Math.round((whole - stage) * 10) / 10, stage });
  }
  return { unit: "microseconds of CPU per transaction", senders, txs, rounds };
}

/** Measures the staging inside of executing a block. */
function timed(state: MultiStore): { ms(): number } {
  let spent = 0;
  const original = MultiStore.prototype.stage;
  state.stage = function* (version, changes): ReturnType<typeof original> {
    const start = cpuMs();
    const staged = yield* original.call(state, version, changes);
    spent += cpuMs() - start;
    return staged;
  };
  return { ms: () => spent };
}
if (import.meta.main) console.log(JSON.stringify(benchApp(Deno.args), null, 1));
