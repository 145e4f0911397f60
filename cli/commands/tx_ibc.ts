/** `catenary tx ibc-transfer`: sends tokens to another chain, over a channel or to wherever a relayer knows a way. @module */
import type { Command } from "commander";
import type { EncodeObject } from "@cosmjs/proto-signing";
import type { SigningStargateClient } from "@cosmjs/stargate";
import type { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { parseForwardMemo } from "../../node/core/ibc/mod.ts";
import { type CoinArgument, parseCoins, parseRpcUrl } from "../args.ts";
import { CommandError, print, standardOutput } from "../output.ts";
import type { RelayerDoor } from "../relayer_door.ts";
import type { ChainWire, RouteWire } from "../relayer_wire.ts";
import { homeOption, jsonOption, rpcOption } from "./_options.ts";

interface TransferOptions {
  home: string;
  rpc: string;
  json: boolean;
  from: string;
  channel?: string;
  port: string;
  toChain?: string;
  via?: string;
  config?: string;
  api?: string;
  amount: CoinArgument[];
  receiver: string;
  timeout: string;
  fees?: CoinArgument[];
  gas?: string;
  memo: string;
}

/** Adds `tx ibc-transfer` to the command `tx`. */
export function addIbcTransfer(tx: Command): void {
  tx.command("ibc-transfer")
    .description("send tokens to another chain and wait until that is in a block; a relayer carries them from there")
    .requiredOption("--from <name>", "key that signs (dev0 … dev9: the development accounts)")
    .requiredOption("--receiver <address>", "address on the last chain")
    .requiredOption("--amount <coin>", "for example 1000ucat", parseCoins)
    .option("--channel <id>", "channel to send over, for example channel-0")
    .option("--port <id>", "with --channel: its port", "transfer")
    .option(
      "--to-chain <name>",
      "instead of --channel: a chain that a relayer knows; it finds the way, also over others",
    )
    .option("--via <names>", "with --to-chain: chains to pass, with commas between")
    .option("--api <address>", "with --to-chain: HTTP interface of the relayer to ask", parseRpcUrl)
    .option("--config <file>", "with --to-chain: configuration of the relayer to ask")
    .option("--timeout <duration>", "after which the tokens come back, for each hop", "10m")
    .option("--memo <text>", "memo of the transfer", "")
    .option("--fees <coins>", "fee to pay", parseCoins)
    .option("--gas <units>", "gas limit; default: simulated, with a margin")
    .addOption(homeOption()).addOption(rpcOption()).addOption(jsonOption())
    .action(transfer);
}

/** What is going to be sent, and the way it takes where a relayer found it. */
interface Planned {
  readonly message: EncodeObject;
  readonly route: RouteWire | undefined;
}

/** A transfer that is in a block. */
interface Sent {
  readonly hash: string;
  readonly height: number | string;
  readonly packet: { readonly portId: string; readonly channelId: string; readonly sequence: string };
  readonly route: RouteWire | undefined;
}

async function transfer(options: TransferOptions): Promise<void> {
  const { parseDuration } = await import("../../relayer/config/mod.ts");
  const timeoutMs = parseDuration(options.timeout);
  if (timeoutMs === undefined || timeoutMs === 0) {
    throw new CommandError(`ibc-transfer: --timeout ${options.timeout}: expected a duration like 30s or 10m`, "usage");
  }
  if ((options.channel === undefined) === (options.toChain === undefined)) {
    throw new CommandError("ibc-transfer: say either --channel ID or --to-chain NAME", "usage");
  }
  if (options.amount.length !== 1) throw new CommandError("ibc-transfer: --amount takes one coin", "usage");
  const { openKey } = await import("../keyring.ts");
  const { connectSigner } = await import("../client.ts");
  const wallet = await openKey(options.home, options.from);
  const [account] = await wallet.getAccounts();
  const client = await connectSigner(options.rpc, wallet);
  try {
    const sender = account!.address;
    const planned = options.channel === undefined
      ? await planByRelayer(client, sender, options, timeoutMs)
      : planOver(options.channel, sender, options, timeoutMs);
    printSent("message" in planned ? await send(client, sender, planned, options) : planned, options);
  } finally {
    client.disconnect();
  }
}

function planOver(channel: string, sender: string, options: TransferOptions, timeoutMs: number): Planned {
  return {
    message: {
      typeUrl: "/ibc.applications.transfer.v1.MsgTransfer",
      value: {
        sourcePort: options.port,
        sourceChannel: channel,
        token: options.amount[0]!,
        sender,
        receiver: options.receiver,
        timeoutHeight: { revisionNumber: 0n, revisionHeight: 0n },
        timeoutTimestamp: BigInt(Date.now() + timeoutMs) * 1_000_000n,
        memo: options.memo,
      },
    },
    route: undefined,
  };
}

type TransferWire =
  | { readonly tag: "sent"; readonly route: RouteWire; readonly txHash: string; readonly height: string }
    & Pick<Sent, "packet">
  | {
    readonly tag: "unsigned";
    readonly route: RouteWire;
    readonly transaction: { readonly messages: readonly { readonly typeUrl: string; readonly value: string }[] };
  };

/** Asks a relayer for the way; the key here signs, so that nobody else has to be trusted with the tokens. */
async function planByRelayer(
  client: SigningStargateClient,
  sender: string,
  options: TransferOptions,
  timeoutMs: number,
): Promise<Planned | Sent> {
  const { openDoor } = await import("../relayer_door.ts");
  const relayer = await openDoor(options);
  try {
    const { amount, denom } = options.amount[0]!;
    const answer = await relayer.ask<TransferWire>("POST", "/transfers", {
      from: await nameOf(relayer, await client.getChainId()),
      to: options.toChain,
      amount,
      denom,
      sender,
      receiver: options.receiver,
      timeoutMs,
      ...(options.memo !== "" && { memo: options.memo }),
      ...(options.via !== undefined && { via: options.via.split(",").map((one) => one.trim()) }),
    });
    // The key that was named is one of its own wallets.
    if (answer.tag === "sent") return { ...answer, hash: answer.txHash };
    const [message] = answer.transaction.messages;
    if (message === undefined) throw new CommandError("ibc-transfer: the relayer answered no message", "bad_answer");
    const value = client.registry.decode({ typeUrl: message.typeUrl, value: Uint8Array.fromBase64(message.value) });
    checkPlan(message.typeUrl, value as MsgTransfer, sender, options);
    return { message: { typeUrl: message.typeUrl, value }, route: answer.route };
  } finally {
    await relayer.close();
  }
}

/** The relayer may say where tokens go first, not how many, whose they are, or who gets them. */
function checkPlan(typeUrl: string, message: MsgTransfer, sender: string, options: TransferOptions): void {
  const { amount, denom } = options.amount[0]!;
  const same = typeUrl === "/ibc.applications.transfer.v1.MsgTransfer" && message.sender === sender &&
    message.token.amount === amount && message.token.denom === denom && lastReceiver(message) === options.receiver;
  if (!same) {
    throw new CommandError("ibc-transfer: the relayer answered another transfer than was asked for", "bad_answer");
  }
}

/** Who has the tokens when every chain has sent them on; undefined when a chain is asked for more than that. */
function lastReceiver({ receiver, memo }: MsgTransfer): string | undefined {
  const parsed = parseForwardMemo(memo);
  if (!parsed.ok) return undefined;
  let forward = parsed.value;
  while (forward?.next !== undefined && forward.nextMemo === undefined) forward = forward.next;
  if (forward?.nextMemo !== undefined) return undefined;
  return forward?.receiver ?? receiver;
}

/** What the relayer calls the chain that the node is of. */
async function nameOf(relayer: RelayerDoor, chainId: string): Promise<string> {
  const chains = await relayer.ask<ChainWire[]>("GET", "/chains");
  const found = chains.find((chain) => chain.chainId === chainId);
  if (found !== undefined) return found.name;
  throw new CommandError(
    `ibc-transfer: the relayer does not know ${chainId}, the chain of --rpc; it knows ` +
      chains.map((chain) => chain.chainId).join(", "),
    "unknown_chain",
  );
}

async function send(
  client: SigningStargateClient,
  sender: string,
  { message, route }: Planned,
  options: TransferOptions,
): Promise<Sent> {
  const { gasLimit } = await import("../client.ts");
  const gas = await gasLimit(client, sender, message, {
    memo: "",
    ...(options.gas !== undefined && { gas: options.gas }),
  });
  const result = await client.signAndBroadcast(sender, [message], { amount: options.fees ?? [], gas });
  if (result.code !== 0) {
    throw new CommandError(
      `ibc-transfer: refused with code ${result.code}: ${result.rawLog ?? ""}`,
      `tx_code_${result.code}`,
    );
  }
  const attributes = result.events.find(({ type }) => type === "send_packet")?.attributes ?? [];
  const of = (key: string) => attributes.find((attribute) => attribute.key === key)?.value ?? "";
  const packet = {
    portId: of("packet_src_port"),
    channelId: of("packet_src_channel"),
    sequence: of("packet_sequence"),
  };
  return { hash: result.transactionHash, height: result.height, packet, route };
}

function printSent({ hash, height, packet, route }: Sent, options: TransferOptions): void {
  const { portId, channelId, sequence } = packet;
  const way = route === undefined ? "" : `, on its way to ${route.hops.map(({ to }) => to).join(", then ")}`;
  print(
    standardOutput(options.json),
    { hash, height: Number(height), packet: { portId, channelId, sequence }, route: route ?? null },
    `in block ${height}: ${hash}\npacket ${portId}/${channelId} #${sequence}${way}\n` +
      `until it is settled, this lists it: catenary query ibc pending ${channelId} --rpc ${options.rpc}`,
  );
}
