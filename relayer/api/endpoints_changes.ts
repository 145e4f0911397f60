/** Endpoints that change something: transfers, paths, clearing, handshakes, misbehaviour. @module */
import { z } from "@hono/zod-openapi";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { present } from "./endpoints_state.ts";
import type { IdempotentRunner } from "./idempotency.ts";
import type { PathEnd, RelayerControl } from "./ports.ts";
import {
  clearBody,
  clientBody,
  misbehaviourBody,
  noQuery,
  openChannelBody,
  patchBody,
  pathBody,
  pathParams,
  transferBody,
} from "./requests.ts";
import {
  channelPairSchema,
  clearAnswerSchema,
  handshakeStepSchema,
  misbehaviourSchema,
  pathSchema,
  transferAnswerSchema,
} from "./schemas.ts";

const change = { method: "post", tag: "Changes", query: noQuery } as const;

const endOf = (end: { chain: string; clientId?: string | undefined; connectionId?: string | undefined }): PathEnd => ({
  chain: end.chain,
  clientId: end.clientId,
  connectionId: end.connectionId,
});

export function changeEndpoints(control: RelayerControl, once: IdempotentRunner): Endpoint[] {
  return [
    endpoint({
      ...change,
      tag: "Transfers",
      path: "/transfers",
      summary: "Send tokens to another chain, over as many hops as it takes",
      description:
        "Signed by the relayer's own wallet of the first chain, or answered unsigned when sender is somebody " +
        "else's address. Answers when the transaction is in a block; the packets are carried from there, follow them at " +
        "/packets or /events (they are known there as soon as the relayer has read that block).",
      headers: { "idempotency-key": "1 to 128 visible characters; the same key never sends twice" },
      body: transferBody,
      answer: transferAnswerSchema,
      status: 200,
      run: (call) => once.run(call, () => control.transfer(present(call.body))),
    }),
    endpoint({
      ...change,
      path: "/paths",
      summary: "Add a path",
      description:
        "Kept over restarts. Ends without a client or connection get new ones, and the channels are opened; " +
        "the answer comes before that: follow state at /paths/{id} or /events.",
      body: pathBody,
      answer: pathSchema,
      status: 202,
      run: ({ body: { id, a, b, channels, filter, paused } }) =>
        control.addPath({ id, a: endOf(a), b: endOf(b), channels, filter, paused }),
    }),
    endpoint({
      ...change,
      method: "patch",
      path: "/paths/{id}",
      summary: "Pause, resume or filter a path",
      description: "Kept over restarts. A paused path notices packets and does not carry them.",
      params: pathParams,
      body: patchBody,
      answer: pathSchema,
      status: 200,
      run: ({ params, body }) => control.patchPath(params.id, present(body)),
    }),
    endpoint({
      ...change,
      tag: "Packets",
      path: "/packets/clear",
      summary: "Look for packets that were left and carry them",
      description: "Asks the chains which packets of the channels meant are not settled. They are carried in bounded " +
        "batches, so that live ones keep their turn.",
      body: clearBody,
      answer: clearAnswerSchema,
      status: 202,
      run: ({ body }) => control.clear(present(body)),
    }),
    ...handshakeEndpoints(control),
  ];
}

function handshakeEndpoints(control: RelayerControl): Endpoint[] {
  return [
    endpoint({
      ...change,
      path: "/clients",
      summary: "Make a client on one chain that follows another",
      body: clientBody,
      answer: handshakeStepSchema,
      status: 201,
      run: ({ body }) => control.createClient(body),
    }),
    endpoint({
      ...change,
      path: "/paths/{id}/connection",
      summary: "Open the connection of a path, and clients where it has none",
      params: pathParams,
      answer: pathSchema,
      status: 201,
      run: ({ params }) => control.createConnection(params.id),
    }),
    endpoint({
      ...change,
      path: "/paths/{id}/channels",
      summary: "Open one more channel on a path",
      description: "With hops it goes over several paths (ICS-33): from the chain of this one that the next does not " +
        "begin at, to the end of the last. All of them are to be open.",
      params: pathParams,
      body: openChannelBody,
      answer: channelPairSchema,
      status: 201,
      run: ({ params, body }) => control.createChannel(params.id, body),
    }),
    endpoint({
      ...change,
      path: "/misbehaviour/check",
      summary: "Compare what clients hold with what their chains serve",
      description: "Finds headers that a chain signed twice. With submit the client is frozen by the proof.",
      body: misbehaviourBody,
      answer: z.array(misbehaviourSchema),
      status: 200,
      run: ({ body }) => control.checkMisbehaviour(present(body)),
    }),
  ];
}
