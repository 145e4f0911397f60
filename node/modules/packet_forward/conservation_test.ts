/**
 * Three chains, four channels and a network that delivers, repeats, reorders and lets time out as it likes: no token is ever
 * there twice or lost, and everything settles.
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { Denom } from "cosmjs-types/ibc/applications/transfer/v1/token";
import { connect, FakeIbcChain } from "../../../tests/helpers/fake_ibc_chain.ts";
import { prefixEnd } from "../../core/bytes.ts";
import {
  decodeAcknowledgement,
  decodePacketData,
  denomPath,
  escrowAddress,
  hasPrefix,
  localDenom,
  parseDenom,
  type TransferDenom,
  withHop,
  ZERO_HEIGHT,
} from "../../core/ibc/mod.ts";
import { BALANCE_PREFIX, splitBalanceKey, STORE as BANK } from "../bank/keys.ts";
import { DENOM_PREFIX, STORE as TRANSFER } from "../transfer/keys.ts";
import { FIRST_IN_FLIGHT_KEY, STORE } from "./keys.ts";

const PORT = "transfer";
const MINTED = 1_000n;
const USERS = ["alice", "bob"];
const RECEIVERS = [...USERS, ...USERS, "nobody", "treasury"];

/** One end of a channel. */
interface End {
  readonly chain: FakeIbcChain;
  readonly channelId: string;
  readonly peer: { readonly chain: FakeIbcChain; readonly channelId: string };
}

interface HopPlan {
  readonly channel: number;
  readonly receiver: number;
  readonly retries: number;
  readonly asText: boolean;
}
type Step =
  | {
    readonly type: "send";
    readonly chain: number;
    readonly user: number;
    readonly token: number;
    readonly amount: number;
    readonly hops: readonly HopPlan[];
  }
  | { readonly type: "receive" | "acknowledge" | "time_out" | "repeat"; readonly packet: number }
  | { readonly type: "switch"; readonly chain: number; readonly send: boolean; readonly receive: boolean };

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length]!;

class World {
  readonly chains = ["a", "b", "c"].map((name) => new FakeIbcChain(name, "cat"));
  readonly ends: End[] = [];
  /** All packets ever seen, with the chain that sent them. */
  readonly seen: { readonly from: FakeIbcChain; readonly packet: Packet }[] = [];
  readonly counts = { forwarded: 0, retried: 0, refused: 0 };

  constructor() {
    const [a, b, c] = this.chains as [FakeIbcChain, FakeIbcChain, FakeIbcChain];
    for (const [x, y] of [[a, b], [a, b], [b, c], [c, a]] as const) {
      const [atX, atY] = connect(x, y);
      this.ends.push({ chain: x, channelId: atX, peer: { chain: y, channelId: atY } });
      this.ends.push({ chain: y, channelId: atY, peer: { chain: x, channelId: atX } });
    }
    for (const chain of this.chains) {
      for (const user of USERS) chain.fund(chain.account(user), baseOf(chain), MINTED);
    }
  }

  endsOf(chain: FakeIbcChain): End[] {
    return this.ends.filter((end) => end.chain === chain);
  }

  peerOf(from: FakeIbcChain, packet: Packet): FakeIbcChain {
    return this.ends.find((end) => end.chain === from && end.channelId === packet.sourceChannel)!.peer.chain;
  }

  open(): { from: FakeIbcChain; packet: Packet }[] {
    return this.chains.flatMap((from) => from.channels.sent(from.view).map((packet) => ({ from, packet })));
  }

  step(step: Step): void {
    if (step.type === "send") return this.send(step);
    if (step.type === "switch") {
      const params = { sendEnabled: step.send, receiveEnabled: step.receive };
      return pick(this.chains, step.chain).transfers.setParams(pick(this.chains, step.chain).view, params);
    }
    const list = step.type === "repeat" ? this.seen : this.open();
    if (list.length === 0) return;
    const { from, packet } = pick(list, step.packet);
    if (step.type === "repeat") {
      this.relay("receive", from, packet);
      this.relay("acknowledge", from, packet);
    } else this.relay(step.type, from, packet);
  }

  /** Only what the proofs of a real network would allow. */
  relay(what: "receive" | "acknowledge" | "time_out", from: FakeIbcChain, packet: Packet): boolean {
    const to = this.peerOf(from, packet);
    const received = to.channels.wasReceived(to.view, packet);
    const isOpen = from.channels.isOpen(packet, from.view);
    const before = this.open().length;
    let result: unknown;
    if (what === "receive") {
      if (!isOpen && !received) return false; // It has timed out, and the clock of the receiver says so too.
      result = to.receive(packet);
      if (result === "done" && this.open().length > before) this.counts.forwarded++;
    } else if (what === "acknowledge") {
      const acknowledgement = to.channels.acknowledgement(to.view, packet);
      if (acknowledgement === undefined) return false;
      result = from.acknowledge(packet, acknowledgement);
      if (!decodeAcknowledgementOk(acknowledgement)) this.counts.refused++;
    } else {
      if (received) return false;
      result = from.timeout(packet);
      if (result === "done" && this.open().length === before) this.counts.retried++;
    }
    this.note();
    assert(result === "done" || result === "redundant", `${what} ${from.name}: ${JSON.stringify(result)}`);
    return result === "done";
  }

  send({ chain: at, user, token, amount, hops }: Step & { type: "send" }): void {
    const chain = pick(this.chains, at);
    const sender = chain.account(pick(USERS, user));
    const tokens = balancesOf(chain).filter(({ address }) => address === sender.text);
    if (tokens.length === 0) return;
    const { denom, amount: held } = pick(tokens, token);
    const route = this.#route(chain, hops);
    chain.context.attempt((context) =>
      chain.transfers.send(context, {
        sourceChannel: route.channelId,
        coin: { denom, amount: BigInt(amount) % held + 1n },
        sender,
        receiver: route.receiver,
        timeoutHeight: ZERO_HEIGHT,
        timeoutTimestamp: 1n << 62n,
        memo: route.memo ?? "",
      })
    );
    this.note();
  }

  /** The first hop, and the memo for those after it. */
  #route(chain: FakeIbcChain, [first, ...rest]: readonly HopPlan[]) {
    const end = pick(this.endsOf(chain), first!.channel);
    const receiver = chain.account(pick(RECEIVERS, first!.receiver));
    const isName = pick(RECEIVERS, first!.receiver) === "nobody";
    const treasury = chain.auth.moduleAddress("treasury");
    const route = {
      channelId: end.channelId,
      receiver: isName ? "nobody" : pick(RECEIVERS, first!.receiver) === "treasury" ? treasury.text : receiver.text,
      memo: undefined as string | undefined,
    };
    if (rest.length === 0) return route;
    const next = this.#route(end.peer.chain, rest);
    const after = next.memo === undefined ? {} : { next: rest[0]!.asText ? next.memo : JSON.parse(next.memo) };
    const { receiver: to, channelId: channel } = next;
    route.memo = JSON.stringify({
      forward: { receiver: to, port: PORT, channel, retries: rest[0]!.retries, ...after },
    });
    return route;
  }

  note(): void {
    for (const { from, packet } of this.open()) {
      const isKnown = this.seen.some(({ from: known, packet: { sourceChannel, sequence } }) =>
        known === from && sourceChannel === packet.sourceChannel && sequence === packet.sequence
      );
      if (!isKnown) this.seen.push({ from, packet });
    }
  }

  /** Relays until nothing is open; `choices` says which packets time out. */
  settle(choices: readonly boolean[]): void {
    for (let round = 0; this.open().length > 0; round++) {
      assert(round < 200, "it does not settle");
      for (const { from, packet } of this.open()) {
        if (pick(choices, this.seen.length + round)) this.relay("time_out", from, packet);
        this.relay("receive", from, packet);
        this.relay("acknowledge", from, packet);
      }
    }
  }

  check(): void {
    for (const chain of this.chains) {
      assertEquals(chain.bank.supply(chain.view, baseOf(chain)), MINTED * BigInt(USERS.length), `home ${chain.name}`);
      this.#checkHolders(chain);
    }
    for (const end of this.ends) this.#checkChannel(end);
  }

  /** Nobody but users and escrows holds anything between two steps, and what is tracked of escrow is what is there. */
  #checkHolders(chain: FakeIbcChain): void {
    const users = new Set(USERS.map((user) => chain.account(user).text));
    const escrows = new Set(this.endsOf(chain).map(({ channelId }) => escrowOf(chain, channelId).text));
    const totals = new Map<string, bigint>();
    for (const { address, denom, amount } of balancesOf(chain)) {
      assert(users.has(address) || escrows.has(address), `${address} holds ${amount}${denom} on ${chain.name}`);
      if (escrows.has(address)) totals.set(denom, (totals.get(denom) ?? 0n) + amount);
    }
    for (const denom of denomsOf(chain).map(localDenom)) {
      assertEquals(chain.transfers.totalEscrow(chain.view, denom), totals.get(denom) ?? 0n, `escrow of ${denom}`);
    }
  }

  /** What is in escrow at one end is what exists at the other, and what is on its way between. */
  #checkChannel({ chain, channelId, peer }: End): void {
    const beyond = denomsOf(peer.chain).filter((denom) => hasPrefix(denom, PORT, peer.channelId))
      .map(({ base, trace }) => ({ base, trace: trace.slice(1) }));
    for (const denom of [...denomsOf(chain), ...beyond]) {
      if (hasPrefix(denom, PORT, channelId)) continue;
      const voucher = withHop(denom, PORT, peer.channelId);
      const escrowed = chain.balance(escrowOf(chain, channelId), localDenom(denom));
      const out = onTheWay(chain, peer.chain, channelId, denom);
      const back = onTheWay(peer.chain, chain, peer.channelId, voucher);
      const minted = peer.chain.bank.supply(peer.chain.view, localDenom(voucher));
      const where = `${chain.name} ${channelId} ${denomPath(denom)}: ${minted} vouchers, ${out} out, ${back} back`;
      assertEquals(escrowed, minted + out + back, where);
    }
  }
}

const baseOf = (chain: FakeIbcChain) => `u${chain.name}token`;
const escrowOf = (chain: FakeIbcChain, channelId: string) => chain.codec.of(escrowAddress(PORT, channelId));
const decodeAcknowledgementOk = (bytes: Uint8Array): boolean => {
  const decoded = decodeAcknowledgement(bytes);
  assert(decoded.ok);
  return decoded.value.success;
};

function balancesOf(chain: FakeIbcChain): { address: string; denom: string; amount: bigint }[] {
  const range = { start: BALANCE_PREFIX, end: prefixEnd(BALANCE_PREFIX), limit: 10_000 };
  return chain.view.page(BANK, range).map(([key]) => {
    const { address, denom } = splitBalanceKey(key);
    return { address: chain.codec.of(address).text, denom, amount: chain.bank.balance(chain.view, address, denom) };
  });
}

function denomsOf(chain: FakeIbcChain): TransferDenom[] {
  const range = { start: DENOM_PREFIX, end: prefixEnd(DENOM_PREFIX), limit: 10_000 };
  const vouchers = chain.view.page(TRANSFER, range).map(([, value]) => Denom.decode(value));
  return [{ base: baseOf(chain), trace: [] }, ...vouchers];
}

/** Sent from one end, and without effect at the other: not received, or refused there. */
function onTheWay(from: FakeIbcChain, to: FakeIbcChain, channelId: string, denom: TransferDenom): bigint {
  let sum = 0n;
  for (const packet of from.channels.sent(from.view)) {
    const data = decodePacketData(packet.data);
    assert(data.ok);
    if (packet.sourceChannel !== channelId || denomPath(parseDenom(data.value.denom)) !== denomPath(denom)) continue;
    const acknowledgement = to.channels.acknowledgement(to.view, packet);
    const hadEffect = to.channels.wasReceived(to.view, packet) &&
      (acknowledgement === undefined || decodeAcknowledgementOk(acknowledgement));
    if (!hadEffect) sum += data.value.amount;
  }
  return sum;
}

const hop = fc.record({ channel: fc.nat(5), receiver: fc.nat(5), retries: fc.nat(2), asText: fc.boolean() });
const send = fc.record({
  type: fc.constant("send" as const),
  chain: fc.nat(2),
  user: fc.nat(1),
  token: fc.nat(9),
  amount: fc.nat(400),
  hops: fc.array(hop, { minLength: 1, maxLength: 4 }),
});
const relay = (...types: ("receive" | "acknowledge" | "time_out" | "repeat")[]) =>
  fc.record({ type: fc.constantFrom(...types), packet: fc.nat(50) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: send, weight: 4 },
  { arbitrary: relay("receive", "acknowledge"), weight: 10 },
  { arbitrary: relay("time_out", "repeat"), weight: 3 },
  {
    arbitrary: fc.record({
      type: fc.constant("switch" as const),
      chain: fc.nat(2),
      send: fc.boolean(),
      receive: fc.boolean(),
    }),
    weight: 1,
  },
);

Deno.test("no token is there twice or lost, whatever the network does, and everything settles", () => {
  const total = { forwarded: 0, retried: 0, refused: 0 };
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
      (steps, choices) => {
        const world = new World();
        for (const one of steps) {
          world.step(one);
          world.check();
        }
        world.settle(choices);
        world.check();
        for (const { view } of world.chains) {
          assertEquals(view.page(STORE, { start: FIRST_IN_FLIGHT_KEY, limit: 1 }), [], "a forward is forgotten");
        }
        for (const key of ["forwarded", "retried", "refused"] as const) total[key] += world.counts[key];
      },
    ),
    { numRuns: 80 },
  );
  assert(total.forwarded > 20 && total.retried > 5 && total.refused > 20, JSON.stringify(total));
});
