/**
 * Two or three chains with open paths between them. Opening takes a hundred blocks, so it is done once for all tests of a
 * file that want the same; each gets forks.
 * @module
 */
import { QuerySupplyOfRequest, QuerySupplyOfResponse } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { denomHash, escrowAddress, type IbcHeight, ZERO_HEIGHT } from "../../../node/core/ibc/mod.ts";
import { codec, DENOM } from "../../bad_input/harness.ts";
import { TestChain, type TestChainOptions } from "./chain.ts";
import { TestClock } from "./clock.ts";
import type { End } from "./end.ts";
import type { Typed } from "./messages.ts";
import { Path, type PathOptions } from "./path.ts";

export interface WorldOptions extends PathOptions {
  readonly chain?: Omit<TestChainOptions, "chainId" | "clock">;
}

export interface Pair {
  readonly clock: TestClock;
  readonly a: TestChain;
  readonly b: TestChain;
  /** From a to b. */
  readonly path: Path;
}

export interface Three {
  readonly clock: TestClock;
  readonly a: TestChain;
  readonly b: TestChain;
  readonly c: TestChain;
  readonly ab: Path;
  readonly bc: Path;
}

const pairs = new Map<string, Pair>();
const threes = new Map<string, Three>();

const keyOf = (options: WorldOptions) =>
  JSON.stringify(options, (_, value) => {
    if (typeof value === "bigint") return `${value}n`;
    return typeof value === "function" ? value.toString() : value;
  });

const chainOf = (name: string, clock: TestClock, { chain }: WorldOptions) =>
  new TestChain({ ...chain, chainId: `catenary-${name}-1`, clock });

/** Two chains and an open path. */
export function pair(options: WorldOptions = {}): Pair {
  const key = keyOf(options);
  let found = pairs.get(key);
  if (found === undefined) {
    const clock = new TestClock();
    const [a, b] = [chainOf("a", clock, options), chainOf("b", clock, options)];
    pairs.set(key, found = { clock, a, b, path: new Path(a, b, options).open() });
  }
  const clock = new TestClock(found.clock.now);
  const [a, b] = [found.a.fork(clock), found.b.fork(clock)];
  return { clock, a, b, path: found.path.over(a, b) };
}

/** Three chains in a row and the open paths between neighbours. */
export function three(options: WorldOptions = {}): Three {
  const key = keyOf(options);
  let found = threes.get(key);
  if (found === undefined) {
    const clock = new TestClock();
    const [a, b, c] = [chainOf("a", clock, options), chainOf("b", clock, options), chainOf("c", clock, options)];
    threes.set(key, found = { clock, a, b, c, ab: new Path(a, b, options).open(), bc: new Path(b, c, options).open() });
  }
  const clock = new TestClock(found.clock.now);
  const [a, b, c] = [found.a.fork(clock), found.b.fork(clock), found.c.fork(clock)];
  return { clock, a, b, c, ab: found.ab.over(a, b), bc: found.bc.over(b, c) };
}

export interface TransferOptions {
  readonly denom?: string;
  readonly memo?: string;
  readonly timeoutHeight?: IbcHeight;
  /** Nanoseconds since the epoch; an hour from now unless said. */
  readonly timeoutTimestamp?: bigint;
}

/** A transfer of `amount` from a sender on this end's chain. */
export function transfer(
  end: End,
  sender: string,
  receiver: string,
  amount: bigint,
  options: TransferOptions = {},
): Typed<MsgTransfer> {
  return {
    codec: MsgTransfer,
    value: {
      sourcePort: end.portId,
      sourceChannel: end.channelId,
      token: { denom: options.denom ?? DENOM, amount: amount.toString() },
      sender,
      receiver,
      timeoutHeight: options.timeoutHeight ?? ZERO_HEIGHT,
      timeoutTimestamp: options.timeoutTimestamp ?? end.chain.clock.now + 3_600_000_000_000n,
      memo: options.memo ?? "",
      encoding: "",
    },
  };
}

/** What a native denom is called after a way over these ends, each the one it is sent from. */
export function voucher(denom: string, ...ends: readonly End[]): string {
  if (ends.length === 0) return denom;
  return denomHash(ends.reduce((path, { other }) => `${other.portId}/${other.channelId}/${path}`, denom));
}

/** The account that holds what left over this end. */
export const escrowOf = ({ portId, channelId }: End): string => codec.of(escrowAddress(portId, channelId)).text;

/** How much of a denom there is on a chain. */
export function supply(chain: TestChain, denom: string): bigint {
  const path = "/cosmos.bank.v1beta1.Query/SupplyOf";
  return BigInt(chain.ask(path, QuerySupplyOfRequest, QuerySupplyOfResponse, { denom }).amount.amount);
}
