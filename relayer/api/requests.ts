/** The shapes of what clients may ask, and how the relayer takes them. Anything unknown is refused by name. @module */
import { z } from "@hono/zod-openapi";
import { CONNECTION_HOPS_MAX, type IdentifierKind, validateIdentifier } from "../../node/core/ibc/mod.ts";
import { filterSchema, packetStates } from "./schemas.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A name of the configuration: chain or path. */
export const nameSchema = z.string().regex(NAME, "must be 1 to 64 of letters, digits, '.', '_' and '-'");

export const identifierSchema = (kind: IdentifierKind) =>
  z.string().refine((id) => validateIdentifier(kind, id), `must be a ${kind} identifier`);

const UINT64_MAX = (1n << 64n) - 1n;
/** A sequence of a packet: 1 to 2^64 - 1, in decimal. */
export const sequenceSchema = z.string().regex(/^[1-9]\d{0,19}$/, {
  abort: true,
  error: "must be a whole number from 1",
})
  .refine((text) => BigInt(text) <= UINT64_MAX, "must be below 2^64").transform(BigInt)
  .openapi({ type: "string", description: "Sequence on that channel", example: "1" });

const amountSchema = z.string().regex(/^[1-9]\d{0,77}$/, { abort: true, error: "must be a whole number from 1" })
  .refine((text) => BigInt(text) < 1n << 256n, "must be below 2^256").transform(BigInt)
  .openapi({ type: "string", description: "A whole number, as a string", example: "1000" });

const denomSchema = z.string().regex(/^[a-zA-Z][a-zA-Z0-9/:._-]{2,127}$/, "must be a denom like ucat or ibc/27A6…");

const listOfNames = z.string().max(1024).transform((text) => text.split(",")).pipe(z.array(nameSchema).max(16))
  .openapi({ type: "string", description: "Names with commas between", example: "b" });

export const noQuery = z.strictObject({});

export const chainQuery = z.strictObject({
  chain: nameSchema.optional().openapi({ description: "Only of this chain" }),
});

export const pathParams = z.object({ id: nameSchema.openapi({ description: "Id of the path", example: "a-b" }) });

export const packetParams = z.object({
  chain: nameSchema.openapi({ description: "Source chain", example: "a" }),
  port: identifierSchema("port").openapi({ description: "Of the source", example: "transfer" }),
  channel: identifierSchema("channel").openapi({ description: "Of the source", example: "channel-0" }),
  sequence: sequenceSchema,
});

export const packetsQuery = z.strictObject({
  path: nameSchema.optional().openapi({ description: "Id of a path" }),
  chain: nameSchema.optional().openapi({ description: "Source chain" }),
  port: identifierSchema("port").optional().openapi({ description: "Of the source" }),
  channel: identifierSchema("channel").optional().openapi({ description: "Of the source" }),
  state: z.string().max(100).transform((text) => text.split(",")).pipe(z.array(z.enum(packetStates))).optional()
    .openapi({
      type: "string",
      description: `Some of ${packetStates.join(", ")}, with commas between`,
      example: "sent",
    }),
  after: z.string().max(1024).optional().openapi({ description: "What the page before gave as next" }),
  limit: z.string().regex(/^\d{1,4}$/, "must be a whole number").transform(Number).pipe(z.int().min(1).max(500))
    .default(50).openapi({ type: "integer", description: "How many at most, 1 to 500; default 50", example: 50 }),
});

const fromSchema = nameSchema.openapi({ description: "The first chain", example: "a" });
const toSchema = nameSchema.openapi({ description: "The last chain", example: "c" });

export const routesQuery = z.strictObject({
  from: fromSchema,
  to: toSchema,
  denom: denomSchema.optional().openapi({ description: "As the first chain calls it", example: "ucat" }),
  via: listOfNames.optional(),
});

export const eventsQuery = z.strictObject({
  types: z.string().max(200).regex(/^[a-z_]+(,[a-z_]+)*$/, "must be types with commas between").optional()
    .openapi({ description: "Only events of these types, with commas between", example: "packet,path" }),
});

const DURATION_MS_MAX = 30 * 24 * 3_600_000;

export const transferBody = z.strictObject({
  from: fromSchema,
  to: toSchema,
  denom: denomSchema.openapi({ description: "As the first chain calls it", example: "ucat" }),
  amount: amountSchema,
  receiver: z.string().min(1).max(2048).openapi({ description: "On the last chain", example: "cat1…" }),
  sender: z.string().min(1).max(128).optional().openapi({
    description:
      "Default: a wallet of the relayer. An address that is not one of its own: the transaction is answered " +
      "unsigned",
  }),
  memo: z.string().max(32_768).optional().openapi({ description: "For the last hop" }),
  via: z.array(nameSchema).max(16).optional().openapi({ description: "Chains to pass, in order" }),
  timeoutMs: z.int().min(1000).max(DURATION_MS_MAX).optional().openapi({
    description: "Of each hop",
    example: 600_000,
  }),
}).openapi("TransferRequest");

const endBody = z.strictObject({
  chain: nameSchema,
  clientId: identifierSchema("client").optional(),
  connectionId: identifierSchema("connection").optional(),
}).refine(
  (end) => end.connectionId === undefined || end.clientId !== undefined,
  "a connection needs its client named too",
);

export const channelBody = z.strictObject({
  portA: identifierSchema("port").default("transfer").openapi({ description: "Port on the chain of end a" }),
  portB: identifierSchema("port").default("transfer").openapi({ description: "Port on the chain of end b" }),
  order: z.enum(["unordered", "ordered"]).default("unordered"),
  version: z.string().max(4096).default("").openapi({ description: "Empty: the applications' default" }),
}).openapi("ChannelRequest");

export const openChannelBody = channelBody.extend({
  hops: z.array(nameSchema).max(CONNECTION_HOPS_MAX - 1).default([]).openapi({
    description:
      "Paths over which the channel goes on behind this one, in their order. Its end a is then on the first " +
      "chain of the way, its end b on the last",
    example: [],
  }),
}).openapi("ChannelOpening");

export const pathBody = z.strictObject({
  id: nameSchema.optional().openapi({ description: "Default: the names of the chains", example: "a-c" }),
  a: endBody.openapi({
    description: "A chain, with its client and connection when they are there",
    example: { chain: "a" },
  }),
  b: endBody.openapi({ example: { chain: "c" } }),
  channels: z.array(channelBody).max(100).default([]).openapi({ example: [{ portA: "transfer", portB: "transfer" }] }),
  filter: filterSchema.default({ policy: "deny", channels: [] }),
  paused: z.boolean().default(false).openapi({ description: "Packets are noticed and not carried" }),
}).refine(({ a, b }) => a.chain !== b.chain, { path: ["b", "chain"], message: "must be another chain than a" })
  .openapi("PathRequest");

export const patchBody = z.strictObject({
  paused: z.boolean().optional().openapi({ example: true }),
  filter: filterSchema.optional(),
}).refine((patch) => Object.keys(patch).length > 0, "must have paused or filter").openapi("PathPatch");

export const clearBody = z.strictObject({
  path: nameSchema.optional().openapi({ description: "Id of a path; all when absent", example: "a-b" }),
  chain: nameSchema.optional().openapi({ description: "Source chain" }),
  portId: identifierSchema("port").optional().openapi({ description: "Of the source; default transfer" }),
  channelId: identifierSchema("channel").optional().openapi({ description: "Of the source" }),
  sequences: z.array(sequenceSchema).min(1).max(1000).optional().openapi({ description: "Only these" }),
}).refine(
  ({ sequences, chain, channelId }) => sequences === undefined || (chain !== undefined && channelId !== undefined),
  {
    path: ["sequences"],
    message: "need chain and channelId, whose packets they count",
  },
).refine(({ channelId, chain }) => channelId === undefined || chain !== undefined, {
  path: ["channelId"],
  message: "needs chain, whose channel it is",
}).openapi("ClearRequest");

export const clientBody = z.strictObject({
  chain: nameSchema.openapi({ description: "The chain that keeps the client", example: "a" }),
  follows: nameSchema.openapi({ description: "The chain it follows", example: "b" }),
}).refine(({ chain, follows }) => chain !== follows, { path: ["follows"], message: "must be another chain" })
  .openapi("ClientRequest");

export const misbehaviourBody = z.strictObject({
  chain: nameSchema.optional().openapi({ description: "Only clients on this chain" }),
  clientId: identifierSchema("client").optional().openapi({ description: "Only this client" }),
  submit: z.boolean().default(false).openapi({ description: "Freeze the client when there is proof" }),
}).refine(({ chain, clientId }) => clientId === undefined || chain !== undefined, {
  path: ["clientId"],
  message: "needs chain, whose client it is",
}).openapi("MisbehaviourRequest");
