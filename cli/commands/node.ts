/** `catenary node start`: runs a node until it is told to stop. @module */
import type { Command } from "commander";
import type { CatenaryNode } from "../../node/node.ts";
import { addNodeOptions, nodeOptions, type StartOptions } from "./_node_options.ts";
import { CommandError, type Output, print, standardOutput } from "../output.ts";
import { announce } from "../running.ts";
import { untilInputEnds } from "../signals.ts";

/** Adds `node start` to the program. */
export function addNodeCommands(program: Command): void {
  const command = program.command("node").description("run a node")
    .command("start")
    .description("run the node of a home; an empty home becomes a development chain with one validator");
  addNodeOptions(command).action(start);
}

async function start(options: StartOptions): Promise<void> {
  const { createNode } = await import("../../node/node.ts");
  const output = standardOutput(options.json);
  const node = createNode(nodeOptions(options));
  let failure: unknown;
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let told = false;
  // A second signal means it: the default action of the first is restored by then.
  const stop = () => {
    if (told) return;
    told = true;
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
    node.stop().then(resolve, (error) => (failure = error, resolve()));
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  if (options.endWithInput) untilInputEnds().then(stop);
  node.events.addEventListener("halt", (event) => {
    failure = new CommandError(`halted: ${(event as CustomEvent<{ reason: string }>).detail.reason}`, "halted");
    stop();
  });
  // The first block may be there before the start is done; where the node is and what it is comes first all the same.
  let early: BlockDetail[] | undefined = [];
  node.events.addEventListener("block", (event) => {
    const { detail } = event as CustomEvent<BlockDetail>;
    if (early === undefined) printBlock(output, detail);
    else early.push(detail);
  });
  try {
    await node.start();
  } catch (error) {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
    throw error;
  }
  printBanner(output, node, node.height - BigInt(early.length));
  for (const block of early) printBlock(output, block);
  early = undefined;
  const forget = announce({ kind: "node", url: node.rpcAddress, chainId: node.chainId });
  await done;
  forget();
  if (failure !== undefined) throw failure;
}

const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];

interface BlockDetail {
  readonly height: bigint;
  readonly hash: string;
  readonly txs: number;
  readonly appHash: string;
  readonly time: string;
}

function printBlock(output: Output, block: BlockDetail): void {
  print(
    output,
    { event: "block", ...block },
    `block ${block.height}  txs ${block.txs}  hash ${block.hash.slice(0, 16)}  ${block.time}`,
  );
}

/** `height`: that of the last block before this start. */
function printBanner(output: Output, node: CatenaryNode, height: bigint): void {
  const { chainId, rpcAddress, p2pAddresses, metricsAddress, home, developmentAccounts } = node;
  if (output.json) {
    print(output, {
      event: "started",
      chainId,
      rpcAddress,
      p2pAddresses,
      metricsAddress,
      home,
      height,
      accounts: developmentAccounts,
    }, "");
    return;
  }
  output.line(`chain id  ${chainId}`);
  output.line(`rpc       ${rpcAddress}`);
  for (const address of p2pAddresses) output.line(`p2p       ${address}`);
  if (metricsAddress !== undefined) output.line(`metrics   ${metricsAddress}`);
  output.line(`home      ${home ?? "(memory)"}`);
  output.line(`height    ${height}`);
  if (developmentAccounts.length > 0) {
    output.line("accounts  (mnemonic: test test test test test test test test test test test junk)");
    for (const { name, address, amount } of developmentAccounts) output.line(`  ${name}  ${address}  ${amount}`);
  }
}
