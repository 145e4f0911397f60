/** The unmodified CosmJS client, as the commands use it. @module */
import type { EncodeObject, OfflineDirectSigner } from "@cosmjs/proto-signing";
import { SigningStargateClient, StargateClient } from "@cosmjs/stargate";
import { type CometClient, connectComet } from "@cosmjs/tendermint-rpc";
import { CommandError } from "./output.ts";

const unreachableNode = (rpc: string, error: unknown) =>
  new CommandError(
    `connect to ${rpc}: ${(error as Error).message}; is a node running there? (catenary node start, or --rpc ADDRESS)`,
    "unreachable",
  );

/** A client that reads. */
export async function connectClient(rpc: string): Promise<StargateClient> {
  try {
    return await StargateClient.connect(rpc);
  } catch (error) {
    throw unreachableNode(rpc, error);
  }
}

/** A client that reads what consensus is about: blocks, commits, validators. */
export async function connectCometClient(rpc: string): Promise<CometClient> {
  try {
    return await connectComet(rpc);
  } catch (error) {
    throw unreachableNode(rpc, error);
  }
}

/** A client that signs. Polls four times a second for inclusion. */
export async function connectSigner(rpc: string, wallet: OfflineDirectSigner): Promise<SigningStargateClient> {
  try {
    return await SigningStargateClient.connectWithSigner(rpc, wallet, {
      broadcastPollIntervalMs: 250,
      broadcastTimeoutMs: 30_000,
    });
  } catch (error) {
    throw unreachableNode(rpc, error);
  }
}

/** How much more than simulated is allowed: state may differ a little when the transaction runs. */
const GAS_MARGIN_PERCENT = 30;

/** The given limit, or what simulation says with a margin. */
export async function gasLimit(
  client: SigningStargateClient,
  sender: string,
  message: EncodeObject,
  options: { gas?: string; memo: string },
): Promise<string> {
  if (options.gas !== undefined) {
    if (!/^[1-9]\d{0,18}$/.test(options.gas)) throw new CommandError(`use gas ${options.gas}: expected a whole number`);
    return options.gas;
  }
  try {
    const used = await client.simulate(sender, [message], options.memo);
    return String(Math.ceil(used * (100 + GAS_MARGIN_PERCENT) / 100));
  } catch (error) {
    throw new CommandError(`simulate: ${(error as Error).message}`, "simulation_failed");
  }
}
