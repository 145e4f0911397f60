/** A transfer over several chains as one message: its memo tells each chain to send the tokens on. @module */
import {
  denomPath,
  encodeForwardMemo,
  type Forward,
  localDenom,
  MEMO_BYTES_MAX,
  receivedDenom,
  type TransferDenom,
} from "../../node/core/ibc/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import type { CodedError } from "../../node/core/errors.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import type { ChannelEnd } from "./model.ts";
import type { RouteHop } from "./route.ts";

/**
 * Receiver on chains that only pass tokens on. They put an account of the forwarding module in its place; on a chain without
 * that module it is no address, so the tokens go back rather than stay with somebody.
 */
export const FORWARDING_RECEIVER = "pfm";

/** Codes of the codespace `route`. Append-only. */
export const ROUTE_CODE = { noRoute: 1, memo: 2 } as const;

/** What is to be sent. */
export interface TransferWish {
  /** On the first chain. */
  readonly denom: TransferDenom;
  /** On the last chain. */
  readonly receiver: string;
  /** For the last chain. Only a transfer of one hop can carry one. */
  readonly memo?: string;
  /** Of each hop after the first, in nanoseconds from its sending; 0: as the chains are configured. */
  readonly forwardTimeoutNs?: bigint;
  /** How often a chain sends again after a timeout; missing: as the chains are configured. */
  readonly retries?: number;
}

/** A token by its names on one chain. */
export interface DenomOnChain {
  readonly chain: string;
  /** As the bank knows it: `ucat` or `ibc/…`. */
  readonly denom: string;
  /** With its hops: `transfer/channel-0/ucat`. */
  readonly path: string;
}

/** The fields of a `MsgTransfer` that a route decides. */
export interface TransferPlan {
  readonly source: ChannelEnd;
  readonly receiver: string;
  readonly memo: string;
  /** The token on each chain of the route, the first included. */
  readonly denoms: readonly DenomOnChain[];
}

const refuse = (code: keyof typeof ROUTE_CODE, state: string): Result<never, CodedError> =>
  err({ codespace: "route", code: ROUTE_CODE[code], message: `plan transfer: ${state}` });

function denomsAlong(route: readonly RouteHop[], start: TransferDenom): DenomOnChain[] {
  const named = (chain: string, denom: TransferDenom) => ({ chain, denom: localDenom(denom), path: denomPath(denom) });
  let denom = start;
  const denoms = [named(route[0]!.from, denom)];
  for (const { to, source, destination } of route) {
    denom = receivedDenom(denom, {
      sourcePort: source.portId,
      sourceChannel: source.channelId,
      destinationPort: destination.portId,
      destinationChannel: destination.channelId,
    });
    denoms.push(named(to, denom));
  }
  return denoms;
}

function forwardOver(hops: readonly RouteHop[], wish: TransferWish): Forward {
  const [{ source }, ...rest] = hops as [RouteHop, ...RouteHop[]];
  return {
    receiver: rest.length === 0 ? wish.receiver : FORWARDING_RECEIVER,
    portId: source.portId,
    channelId: source.channelId,
    timeoutNs: wish.forwardTimeoutNs ?? 0n,
    ...(wish.retries !== undefined && { retries: wish.retries }),
    ...(rest.length > 0 && { next: forwardOver(rest, wish) }),
  };
}

/** What to write into the message, and what the token is called on the way and at its end. */
export function planTransfer(route: readonly RouteHop[], wish: TransferWish): Result<TransferPlan, CodedError> {
  const [first, ...rest] = route;
  if (first === undefined) return refuse("noRoute", "the route has no hops");
  const { source } = first;
  const denoms = denomsAlong(route, wish.denom);
  if (rest.length === 0) {
    const memo = wish.memo ?? "";
    if (utf8ToBytes(memo).length > MEMO_BYTES_MAX) return refuse("memo", `a memo of more than ${MEMO_BYTES_MAX} bytes`);
    return ok({ source, receiver: wish.receiver, memo, denoms });
  }
  if (wish.memo !== undefined && wish.memo !== "") return refuse("memo", "a forwarded transfer cannot carry one");
  const memo = encodeForwardMemo(forwardOver(rest, wish));
  if (utf8ToBytes(memo).length > MEMO_BYTES_MAX) return refuse("memo", `a memo of more than ${MEMO_BYTES_MAX} bytes`);
  return ok({ source, receiver: FORWARDING_RECEIVER, memo, denoms });
}
