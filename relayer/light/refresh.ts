/** When clients are to hear of their chains, lest they stop trusting them. @module */
import type { FollowedClient } from "./client.ts";

/** What is to be done about one client. Instants are nanoseconds since the Unix epoch. */
export type RefreshPlan =
  /** Look again at `dueNs`. */
  | { readonly tag: "fresh"; readonly dueNs: bigint; readonly expiresNs: bigint }
  | { readonly tag: "due"; readonly expiresNs: bigint }
  /** Nothing but a vote of its chain brings it back. */
  | { readonly tag: "expired"; readonly expiresNs: bigint }
  | { readonly tag: "frozen" }
  /** It trusts for ever. */
  | { readonly tag: "lasting" };

/**
 * @param latestNs Time of the client's latest consensus state.
 * @param fraction Of the trusting period after which it is refreshed, in (0, 1).
 */
export function planRefresh(
  client: Pick<FollowedClient, "trustingPeriodNs" | "frozen">,
  latestNs: bigint,
  fraction: number,
  nowNs: bigint,
): RefreshPlan {
  if (client.frozen) return { tag: "frozen" };
  const { trustingPeriodNs } = client;
  if (trustingPeriodNs === 0n) return { tag: "lasting" };
  const expiresNs = latestNs + trustingPeriodNs;
  if (expiresNs <= nowNs) return { tag: "expired", expiresNs };
  const dueNs = latestNs + trustingPeriodNs * BigInt(Math.round(fraction * 1e6)) / 1_000_000n;
  return dueNs <= nowNs ? { tag: "due", expiresNs } : { tag: "fresh", dueNs, expiresNs };
}
