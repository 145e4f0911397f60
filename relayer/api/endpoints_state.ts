/** Endpoints that read: chains, paths, clients, connections, channels, packets, routes. @module */
import { z } from "@hono/zod-openapi";
import { ok } from "../../node/core/result.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import type { PacketQuery, RelayerControl } from "./ports.ts";
import { chainQuery, noQuery, packetParams, packetsQuery, pathParams, routesQuery } from "./requests.ts";
import {
  chainSchema,
  channelSchema,
  clientSchema,
  connectionSchema,
  packetPageSchema,
  packetSchema,
  pathSchema,
  routeSchema,
  statusSchema,
} from "./schemas.ts";

const read = { method: "get", tag: "State", status: 200 } as const;

/** `value` without its undefined fields, for types that tell absent from undefined. */
export function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

export function stateEndpoints(control: RelayerControl): Endpoint[] {
  return [
    endpoint({
      ...read,
      path: "/status",
      summary: "How the relayer is",
      query: noQuery,
      answer: statusSchema,
      run: async () => ok(await control.status()),
    }),
    endpoint({
      ...read,
      path: "/chains",
      summary: "The chains, their newest blocks and wallets",
      query: noQuery,
      answer: z.array(chainSchema),
      run: async () => ok(await control.chains()),
    }),
    endpoint({
      ...read,
      path: "/paths",
      summary: "What joins which chains",
      query: noQuery,
      answer: z.array(pathSchema),
      run: async () => ok(await control.paths()),
    }),
    endpoint({
      ...read,
      path: "/paths/{id}",
      summary: "One path",
      params: pathParams,
      query: noQuery,
      answer: pathSchema,
      run: async ({ params: { id } }) => {
        const found = (await control.paths()).find((path) => path.id === id);
        const message = `show path ${id}: there is none of that id`;
        return found === undefined ? { ok: false, error: { code: "unknown_path", message } } : ok(found);
      },
    }),
    endpoint({
      ...read,
      path: "/clients",
      summary: "Light clients that the chains keep of each other",
      query: chainQuery,
      answer: z.array(clientSchema),
      run: ({ query }) => control.clients(query.chain),
    }),
    endpoint({
      ...read,
      path: "/connections",
      summary: "Connections (ICS-03)",
      query: chainQuery,
      answer: z.array(connectionSchema),
      run: ({ query }) => control.connections(query.chain),
    }),
    endpoint({
      ...read,
      path: "/channels",
      summary: "Channels (ICS-04)",
      query: chainQuery,
      answer: z.array(channelSchema),
      run: ({ query }) => control.channels(query.chain),
    }),
    ...packetEndpoints(control),
  ];
}

function packetEndpoints(control: RelayerControl): Endpoint[] {
  return [
    endpoint({
      ...read,
      tag: "Packets",
      path: "/packets",
      summary: "Packets with their state and proof heights, newest first",
      query: packetsQuery,
      answer: packetPageSchema,
      run: ({ query: { port, channel, state, ...rest } }) =>
        control.packets(present({ ...rest, portId: port, channelId: channel, states: state }) as PacketQuery),
    }),
    endpoint({
      ...read,
      tag: "Packets",
      path: "/packets/{chain}/{port}/{channel}/{sequence}",
      summary: "One packet, by the end that sent it",
      params: packetParams,
      query: noQuery,
      answer: packetSchema,
      run: ({ params: { chain, port, channel, sequence } }) =>
        control.packet({ chain, portId: port, channelId: channel, sequence }),
    }),
    endpoint({
      ...read,
      tag: "Transfers",
      path: "/routes",
      summary: "Ways for tokens from one chain to another, best first",
      description: "With a denom, a token that came from somewhere prefers its way back, and each way says what the " +
        "token will be called at its end.",
      query: routesQuery,
      answer: z.array(routeSchema),
      run: ({ query }) => control.routes(present(query)),
    }),
  ];
}
