/** The shapes of answers, as `/openapi.json` tells them. The types of `ports.ts` as {@linkcode toWire} writes them. @module */
import { z } from "@hono/zod-openapi";
import { CHANNEL_PATTERN } from "../path/mod.ts";

const decimal = (meaning: string, example = "42") => z.string().openapi({ description: meaning, example });
const height = (meaning: string) =>
  z.string().openapi({ description: `${meaning}, as <revision>-<height>`, example: "0-42" });
const nanos = (meaning: string) => decimal(`${meaning}, nanoseconds since the Unix epoch`, "1767225600000000000");
const maybe = <T extends z.ZodType>(schema: T) => schema.nullable();
const txHash = z.string().openapi({ description: "Upper-case hexadecimal", example: "9F86D081…" });
const chainName = z.string().openapi({ description: "Name of a chain in the configuration", example: "a" });
const channelId = z.string().openapi({ example: "channel-0" });
const portId = z.string().openapi({ example: "transfer" });

export const errorSchema = z.object({
  error: z.object({
    code: z.string().openapi({ description: "Stable, for programs", example: "unknown_chain" }),
    message: z.string().openapi({ description: "Action attempted: state found" }),
  }),
}).openapi("Error");

export const chainSchema = z.object({
  name: chainName,
  chainId: z.string().openapi({ example: "catenary-a" }),
  rpc: z.array(z.string()),
  addressPrefix: z.string().openapi({ example: "cat" }),
  gasPrice: z.string().openapi({ example: "0.025ucat" }),
  reachable: z.boolean(),
  height: maybe(decimal("Newest block seen")),
  timeNanos: maybe(nanos("Its time")),
  scannedHeight: maybe(decimal("Events up to this block are in the store")),
  wallets: z.array(z.string()).openapi({ description: "Addresses that sign" }),
  fault: maybe(z.string()).openapi({ description: "The latest trouble, while it lasts" }),
}).openapi("Chain");

const pathEnd = z.object({
  chain: chainName,
  clientId: maybe(z.string().openapi({ example: "07-tendermint-0" })),
  connectionId: maybe(z.string().openapi({ example: "connection-0" })),
}).openapi("PathEnd");

export const filterSchema = z.strictObject({
  policy: z.enum(["allow", "deny"]),
  channels: z.array(
    z.string().regex(
      CHANNEL_PATTERN,
      "must be like transfer/channel-0",
    ),
  ).max(1000).openapi({ description: "port/channel of end a; * for any run of characters", example: ["transfer/*"] }),
}).openapi("Filter");

const channelPair = z.object({
  a: z.object({ portId, channelId }),
  b: z.object({ portId, channelId }),
  order: z.enum(["unordered", "ordered"]),
  version: z.string().openapi({ example: "ics20-1" }),
}).openapi("ChannelPair");
export { channelPair as channelPairSchema };

export const pathSchema = z.object({
  id: z.string().openapi({ example: "a-b" }),
  a: pathEnd,
  b: pathEnd,
  state: z.enum(["opening", "open", "failed"]),
  paused: z.boolean(),
  filter: filterSchema,
  channels: z.array(channelPair),
  pendingPackets: z.number().int(),
  fault: maybe(z.string()),
}).openapi("Path");

export const clientSchema = z.object({
  chain: chainName,
  clientId: z.string().openapi({ example: "07-tendermint-0" }),
  clientType: z.string().openapi({ example: "07-tendermint" }),
  followsChainId: z.string().openapi({ example: "catenary-b" }),
  follows: maybe(chainName),
  latestHeight: height("Newest consensus state"),
  status: z.string().openapi({ example: "Active" }),
  trustingPeriodMs: maybe(z.number()),
  expiresNanos: maybe(nanos("When the newest consensus state stops being trusted")),
}).openapi("Client");

const endState = z.enum(["UNINITIALIZED", "INIT", "TRYOPEN", "OPEN", "CLOSED", "FLUSHING", "FLUSHCOMPLETE"]);

export const connectionSchema = z.object({
  chain: chainName,
  connectionId: z.string().openapi({ example: "connection-0" }),
  clientId: z.string(),
  state: endState,
  counterpartyClientId: z.string(),
  counterpartyConnectionId: z.string(),
  delayNanos: decimal("Delay period in nanoseconds", "0"),
  path: maybe(z.string()),
}).openapi("Connection");

export const channelSchema = z.object({
  chain: chainName,
  portId,
  channelId,
  state: endState,
  order: z.enum(["unordered", "ordered"]),
  version: z.string(),
  connectionHops: z.array(z.string()),
  counterpartyPortId: z.string(),
  counterpartyChannelId: z.string(),
  counterpartyChain: maybe(chainName),
  path: maybe(z.string()),
}).openapi("Channel");

const packetKey = z.object({ chain: chainName, portId, channelId, sequence: decimal("Sequence", "1") })
  .openapi("PacketKey");

const step = z.object({
  chain: chainName,
  height: decimal("Block of the transaction"),
  txHash,
  proofHeight: maybe(height("Height on the other chain that the proof was against")),
  timeNanos: maybe(nanos("Time of that block")),
}).openapi("PacketStep");

export const packetStates = ["sent", "received", "acknowledged", "timed_out", "skipped"] as const;

export const packetSchema = z.object({
  source: packetKey,
  destination: z.object({ chain: maybe(chainName), portId, channelId }),
  path: maybe(z.string()),
  state: z.enum(packetStates),
  timeoutHeight: height("0-0: no timeout by height"),
  timeoutNanos: nanos("0: no timeout by time; else the instant"),
  sent: maybe(step),
  received: maybe(step),
  settled: maybe(step),
  acknowledgement: maybe(z.object({ success: z.boolean(), text: z.string() })),
  transfer: maybe(z.object({
    denom: z.string(),
    amount: decimal("Amount", "1000"),
    sender: z.string(),
    receiver: z.string(),
    memo: z.string(),
  })),
  forwardedAs: maybe(packetKey),
  attempts: z.number().int(),
  fault: maybe(z.string()),
}).openapi("Packet");

export const packetPageSchema = z.object({
  packets: z.array(packetSchema),
  next: maybe(z.string()).openapi({ description: "For after=… of the next page; null on the last" }),
}).openapi("PacketPage");

export const routeSchema = z.object({
  hops: z.array(z.object({
    from: chainName,
    to: chainName,
    path: z.string(),
    portId,
    channelId,
    counterpartyPortId: portId,
    counterpartyChannelId: channelId,
  })),
  denom: maybe(z.string()).openapi({ description: "What the token is called on the last chain" }),
  denomPath: maybe(z.string()).openapi({ example: "transfer/channel-0/transfer/channel-0/ucat" }),
}).openapi("Route");

export const transferAnswerSchema = z.union([
  z.object({
    tag: z.literal("sent"),
    route: routeSchema,
    txHash,
    height: decimal("Block of the transaction"),
    packet: packetKey,
  }),
  z.object({
    tag: z.literal("unsigned"),
    route: routeSchema,
    transaction: z.object({
      chainId: z.string(),
      messages: z.array(z.object({ typeUrl: z.string(), value: z.string().openapi({ description: "base64" }) })),
      bodyBytes: z.string().openapi({ description: "An encoded TxBody, base64" }),
      gasLimit: maybe(decimal("By simulation", "200000")),
      fee: maybe(z.object({ denom: z.string(), amount: decimal("Amount", "5000") })),
    }),
  }),
]).openapi("TransferAnswer");

export const clearAnswerSchema = z.object({
  unreceived: z.number().int().openapi({ description: "Packets sent and not received" }),
  unacknowledged: z.number().int().openapi({ description: "Received, with the acknowledgement not back" }),
  expired: z.number().int().openapi({ description: "Past their timeout" }),
}).openapi("ClearAnswer");

export const handshakeStepSchema = z.object({
  step: z.string().openapi({ example: "create_client" }),
  chain: chainName,
  id: z.string(),
  height: decimal("Block of the transaction"),
  txHash,
  proofHeight: maybe(height("Of the proof")),
}).openapi("HandshakeStep");

export const misbehaviourSchema = z.object({
  chain: chainName,
  clientId: z.string(),
  checkedHeights: z.number().int(),
  conflict: maybe(z.object({ height: height("Where"), reason: z.string() })),
  txHash: maybe(txHash).openapi({ description: "Transaction that froze the client" }),
}).openapi("MisbehaviourReport");

export const statusSchema = z.object({
  version: z.string(),
  startedMs: maybe(z.number()),
  ready: z.boolean(),
  waitingFor: z.array(z.string()),
  chains: z.number().int(),
  paths: z.object({
    open: z.number().int(),
    opening: z.number().int(),
    paused: z.number().int(),
    failed: z.number().int(),
  }),
  packets: z.object({ pending: z.number().int(), settled: z.number().int(), skipped: z.number().int() }),
}).openapi("Status");
