/** What this room makes of headers, judged by clients on chains. @module */
import { assert, assertEquals } from "@std/assert";
import {
  QueryClientStateRequest,
  QueryClientStateResponse,
  QueryClientStatusRequest,
  QueryClientStatusResponse,
  QueryConsensusStateRequest,
  QueryConsensusStateResponse,
} from "cosmjs-types/ibc/core/client/v1/query";
import type { IbcHeight } from "../../node/core/ibc/mod.ts";
import { type End, pair, type TestChain, TestClock } from "../../tests/helpers/ibc/mod.ts";
import { type FollowedClient, readClientState, readConsensusState, type TrustedPoint } from "./client.ts";
import { conflictOf } from "./conflict.ts";
import { tendermintHeader } from "./header.ts";
import { headerAny, misbehaviourAny, updateClientMessage } from "./messages.ts";
import { misbehaviourOf } from "./misbehaviour.ts";
import { answerUpdate, type ClientUpdate, startUpdate, type UpdateStep } from "./update.ts";

const chainOf = (end: End) => end.chain as TestChain;
const SERVICE = "/ibc.core.client.v1.Query/";

function clientOf(end: End): FollowedClient {
  const request = { clientId: end.clientId };
  const answer = chainOf(end).ask(SERVICE + "ClientState", QueryClientStateRequest, QueryClientStateResponse, request);
  const read = readClientState(answer.clientState!);
  assert(read.ok);
  return read.value;
}

function trustedAt(end: End, height: IbcHeight): TrustedPoint {
  const request = { clientId: end.clientId, ...height, latestHeight: false };
  const method = SERVICE + "ConsensusState";
  const answer = chainOf(end).ask(method, QueryConsensusStateRequest, QueryConsensusStateResponse, request);
  const read = readConsensusState(answer.consensusState!, height);
  assert(read.ok);
  return read.value;
}

function statusOf(end: End): string {
  const request = { clientId: end.clientId };
  return chainOf(end).ask(SERVICE + "ClientStatus", QueryClientStatusRequest, QueryClientStatusResponse, request)
    .status;
}

/** Runs the update of `end`'s client to a height of `source`, which need not be the chain it follows. */
function update(end: End, source: TestChain, targetHeight: bigint): ClientUpdate {
  const client = clientOf(end);
  const plan = { client, trusted: trustedAt(end, client.latestHeight), targetHeight, witnesses: 0 };
  let state = startUpdate(plan);
  while (state.tag === "asking") {
    const block = source.blocks.has(state.height) ? source.blocks.light(state.height) : undefined;
    state = answerUpdate(state, block, plan, chainOf(end).time);
  }
  return state;
}

function stepsOf(state: ClientUpdate): readonly UpdateStep[] {
  assert(state.tag === "done", state.tag === "failed" ? state.reason : state.tag);
  return state.steps;
}

/** All headers in one transaction, as they would be sent. */
function submit(end: End, steps: readonly UpdateStep[]) {
  const { relayer } = end.chain;
  const messages = steps.map(({ header }) => updateClientMessage(end.clientId, headerAny(header), relayer));
  const delivered = end.chain.relay(messages);
  assertEquals([delivered.code, delivered.log], [0, ""]);
}

Deno.test("headers over validators that change a lot are believed on chain, in the steps that were planned", () => {
  const { b, path: { a } } = pair({});
  for (const [gone, come] of [[0, 4], [1, 5], [2, 6], [3, 7], [4, 8], [5, 9]] as const) {
    b.changeValidators({ [gone]: 0n, [come]: 10n });
    b.nextBlock();
  }
  for (let i = 0; i < 3; i++) b.nextBlock();
  // Its time is the clock's again, so that nothing is from the future.
  a.chain.nextBlock();
  const steps = stepsOf(update(a, b, b.height));
  assert(steps.length > 1, "nobody who is trusted is left at the end");
  submit(a, steps);
  assertEquals(clientOf(a).latestHeight, b.ibcHeight());
  assertEquals(conflictOf(trustedAt(a, b.ibcHeight()), b.blocks.light(b.height)), undefined);
});

Deno.test("a chain that goes on otherwise than a client believes is noticed, and its header freezes the client", () => {
  const { b, path: { a } } = pair({});
  b.nextBlock();
  submit(a, stepsOf(update(a, b, b.height)));
  const common = clientOf(a).latestHeight;
  const fork = b.fork(new TestClock(b.clock.now));
  fork.changeValidators({ 9: 1n });
  fork.nextBlock();
  for (let i = 0; i < 3; i++) b.nextBlock();
  // Somebody has shown the client the fork.
  submit(a, stepsOf(update(a, fork, fork.height)));
  const lied = clientOf(a).latestHeight;
  const truth = b.blocks.light(lied.revisionHeight);
  assert(conflictOf(trustedAt(a, lied), truth)?.includes("root"));
  b.nextBlock();
  const failed = update(a, b, b.height);
  assert(failed.tag === "failed" && failed.code === "forked");
  // The chain's own header of that height, from where both were one, is evidence enough.
  const header = tendermintHeader(truth, b.blocks.light(common.revisionHeight));
  assert(header.ok);
  const delivered = a.chain.relay([updateClientMessage(a.clientId, headerAny(header.value), a.chain.relayer)]);
  assertEquals([delivered.code, statusOf(a)], [0, "Frozen"]);
  assertEquals(clientOf(a).frozen, true);
});

Deno.test("two headers of one height are evidence before a client has been shown either", () => {
  const { b, path: { a } } = pair({});
  const trusted = clientOf(a).latestHeight;
  const fork = b.fork(new TestClock(b.clock.now));
  fork.changeValidators({ 9: 1n });
  for (const chain of [fork, b]) for (let i = 0; i < 3; i++) chain.nextBlock();
  const height = fork.height < b.height ? fork.height : b.height;
  const [one, two] = [b, fork].map((chain) =>
    tendermintHeader(chain.blocks.light(height), chain.blocks.light(trusted.revisionHeight))
  );
  assert(one!.ok && two!.ok);
  const evidence = misbehaviourOf(a.clientId, one!.value, two!.value);
  assert(evidence.ok);
  const message = updateClientMessage(a.clientId, misbehaviourAny(evidence.value), a.chain.relayer);
  const delivered = a.chain.relay([message]);
  assertEquals([delivered.code, delivered.log, statusOf(a)], [0, "", "Frozen"]);
});
