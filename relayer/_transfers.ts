/** Routes, and transfers over them. @module */
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { QueryDenomRequest, QueryDenomResponse } from "cosmjs-types/ibc/applications/transfer/v1/query";
import { encode } from "../node/core/codec/mod.ts";
import { hashOfDenom, parseDenom, type TransferDenom, ZERO_HEIGHT } from "../node/core/ibc/mod.ts";
import { err, ok, type Result } from "../node/core/result.ts";
import { NANOS_PER_MS } from "../node/core/time.ts";
import type { Refusal, RouteQuery, RouteView, TransferAnswer, TransferRequest } from "./api/ports.ts";
import { chainFaultCode, encodeBody, type Message, type Submission } from "./chain/mod.ts";
import { parseChannelEvent } from "./packet/mod.ts";
import { findRoute, type Path, planTransfer, type RouteHop, type TransferPlan } from "./path/mod.ts";
import { ask } from "./worker/mod.ts";
import type { RelayerChain } from "./_parts.ts";
import { routeView } from "./_views.ts";

const refuse = (code: Refusal["code"], message: string): Result<never, Refusal> => err({ code, message });

/** The hops behind `ibc/…`; undefined when the chain does not know the token. */
async function traceOf(chain: RelayerChain, denom: string): Promise<TransferDenom | undefined> {
  if (hashOfDenom(denom) === undefined) return parseDenom(denom);
  try {
    const method = "/ibc.applications.transfer.v1.Query/Denom";
    const answer = await ask(chain.endpoint, method, [QueryDenomRequest, { hash: denom }], QueryDenomResponse);
    return answer.denom && { base: answer.denom.base, trace: answer.denom.trace };
  } catch (error) {
    if (chainFaultCode(error) === "chain_refused") return undefined;
    throw error;
  }
}

interface Found {
  readonly hops: readonly RouteHop[];
  readonly denom: TransferDenom | undefined;
}

/** The way, and what the token is on its first chain. */
async function find(
  chains: ReadonlyMap<string, RelayerChain>,
  paths: readonly Path[],
  query: RouteQuery,
): Promise<Result<Found, Refusal>> {
  for (const name of [query.from, query.to, ...query.via ?? []]) {
    if (!chains.has(name)) return refuse("unknown_chain", `find a route: there is no chain ${name}`);
  }
  const denom = query.denom === undefined ? undefined : await traceOf(chains.get(query.from)!, query.denom);
  if (query.denom !== undefined && denom === undefined) {
    return refuse("invalid_request", `find a route: ${query.from} does not know denom ${query.denom}`);
  }
  const { from, to, via } = query;
  const hops = findRoute(paths, { from, to, ...(via && { via }), ...(denom && { denom }) });
  if (hops === undefined) return refuse("no_route", `find a route: no open paths lead from ${from} to ${to}`);
  return ok({ hops, denom });
}

/** Ways for tokens; one for now. */
export async function routeViews(
  chains: ReadonlyMap<string, RelayerChain>,
  paths: readonly Path[],
  query: RouteQuery,
): Promise<Result<readonly RouteView[], Refusal>> {
  const found = await find(chains, paths, query);
  if (!found.ok) return found;
  const { hops, denom } = found.value;
  if (denom === undefined) return ok([routeView(hops, undefined)]);
  const planned = planTransfer(hops, { denom, receiver: "x" });
  return planned.ok ? ok([routeView(hops, planned.value.denoms.at(-1))]) : refuse("no_route", planned.error.message);
}

/** Sends tokens over a route, or answers what there is to sign. */
export async function doTransfer(
  chains: ReadonlyMap<string, RelayerChain>,
  paths: readonly Path[],
  request: TransferRequest,
  timeoutMsDefault: number,
): Promise<Result<TransferAnswer, Refusal>> {
  const found = await find(chains, paths, request);
  if (!found.ok) return found;
  const { hops, denom } = found.value;
  const timeoutNs = BigInt(request.timeoutMs ?? timeoutMsDefault) * NANOS_PER_MS;
  const planned = planTransfer(hops, {
    denom: denom!,
    receiver: request.receiver,
    forwardTimeoutNs: timeoutNs,
    ...(request.memo !== undefined && { memo: request.memo }),
  });
  if (!planned.ok) return refuse("invalid_request", planned.error.message);
  const chain = chains.get(request.from)!;
  const route = routeView(hops, planned.value.denoms.at(-1));
  const addresses = chain.submitter?.addresses ?? [];
  const sender = request.sender ?? addresses[0];
  if (sender === undefined) return refuse("no_wallet", `transfer: the relayer has no wallet on ${chain.name}`);
  const { timeNanos } = await chain.endpoint.latest();
  const build = (signer: string) => [transferMessage(planned.value, request, signer, timeNanos + timeoutNs)];
  if (!addresses.includes(sender)) {
    const messages = build(sender);
    const bodyBytes = encodeBody(messages, "");
    const transaction = { chainId: chain.endpoint.chainId, messages, bodyBytes, gasLimit: undefined, fee: undefined };
    return ok({ tag: "unsigned", route, transaction });
  }
  return sentOrRefused(chain, route, await chain.submitter!.submit(build, { from: sender }));
}

function transferMessage(
  { source, receiver, memo }: TransferPlan,
  { denom, amount }: TransferRequest,
  sender: string,
  timeoutTimestamp: bigint,
): Message {
  const message = MsgTransfer.fromPartial({
    sourcePort: source.portId,
    sourceChannel: source.channelId,
    token: { denom, amount: `${amount}` },
    sender,
    receiver,
    timeoutHeight: ZERO_HEIGHT,
    timeoutTimestamp,
    memo,
  });
  return { typeUrl: MsgTransfer.typeUrl, value: encode(MsgTransfer, message) };
}

function sentOrRefused(chain: RelayerChain, route: RouteView, submission: Submission): Result<TransferAnswer, Refusal> {
  switch (submission.tag) {
    case "lost":
      return refuse("transaction_lost", `transfer: transaction ${submission.hash} was not seen in a block`);
    case "refused": {
      const { codespace, code, log } = submission;
      return refuse("chain_refused", `transfer: ${chain.name} refused it with ${codespace}/${code}: ${log}`);
    }
    case "included": {
      const sent = submission.events.map(parseChannelEvent).find((said) => said?.tag === "sent");
      if (sent?.tag !== "sent") return refuse("chain_refused", `transfer: ${chain.name} sent no packet`);
      const packet = {
        chain: chain.name,
        portId: sent.sourcePort,
        channelId: sent.sourceChannel,
        sequence: sent.packet.sequence,
      };
      return ok({ tag: "sent", route, txHash: submission.hash, height: submission.height, packet });
    }
  }
}
