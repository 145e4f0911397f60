/** cw20 tokens between an unmodified `cw20_ics20` and our transfers: whatever becomes of packets, none is made and none is lost. @module */
import { assert, assertEquals } from "@std/assert";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import fc from "fast-check";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { DENOM } from "../bad_input/harness.ts";
import {
  acknowledge,
  type Delivered,
  encodeTyped,
  type End,
  escrowOf,
  execute,
  makeContract,
  modulesWithContracts,
  pair,
  type Path,
  portOfContract,
  recvPacket,
  relayAll,
  SECOND,
  sentPackets,
  smart,
  storeCode,
  supply,
  type TestChain,
  timeout,
  transfer,
  tryExecute,
  type Typed,
  voucher,
} from "../helpers/ibc/mod.ts";

const SUPPLY = 1_000_000n;
const toBase64 = (value: unknown): string => utf8ToBytes(JSON.stringify(value)).toBase64();

/** A token on `a`, the contract that sends it over, and a channel to the transfers of `b`. */
class Tokens {
  readonly a: TestChain;
  readonly b: TestChain;
  readonly path: Path;
  readonly token: string;
  readonly bridge: string;
  readonly holder: string;
  readonly remote: string;

  constructor() {
    const { a, b, path } = pair({ chain: { modules: modulesWithContracts, validators: [10n] } });
    [this.a, this.b] = [a, b];
    this.holder = a.accounts[0]!.address.text;
    this.remote = b.accounts[1]!.address.text;
    const initial_balances = [{ address: this.holder, amount: `${SUPPLY}` }];
    const coin = { name: "Gold coin", symbol: "GLD", decimals: 6, initial_balances };
    this.token = makeContract(a, storeCode(a, "cw20_base"), coin);
    const allowlist = [{ contract: this.token, gas_limit: null }];
    const settings = { default_timeout: 3600, gov_contract: this.holder, allowlist };
    this.bridge = makeContract(a, storeCode(a, "cw20_ics20"), settings);
    this.path = path.another({ version: "ics20-1" });
    this.path.a.portId = portOfContract(a, this.bridge);
    this.path.openChannel();
  }

  get voucher(): string {
    return voucher(`cw20:${this.token}`, this.path.a);
  }

  balance(address: string): bigint {
    return BigInt(smart(this.a, this.token, { balance: { address } }).balance);
  }

  /** What the contract says is on the other side. */
  get outstanding(): bigint {
    const { balances } = smart(this.a, this.bridge, { channel: { id: this.path.a.channelId } });
    const amounts = balances.flatMap((one: { cw20?: { amount: string } }) => one.cw20 ? [one.cw20.amount] : []);
    return amounts.reduce((sum: bigint, amount: string) => sum + BigInt(amount), 0n);
  }

  send(amount: bigint, to = this.remote, seconds = 3600): Delivered {
    const msg = toBase64({ channel: this.path.a.channelId, remote_address: to, timeout: seconds });
    return tryExecute(this.a, this.token, { send: { contract: this.bridge, amount: `${amount}`, msg } });
  }

  sendBack(amount: bigint, to = this.holder, seconds = 3600n): Delivered {
    const timeoutTimestamp = this.b.clock.now + seconds * SECOND;
    const message = transfer(this.path.b, this.remote, to, amount, { denom: this.voucher, timeoutTimestamp });
    return this.b.deliver([encodeTyped(message)], { signer: 1 });
  }

  check(settled: boolean): void {
    const held = this.balance(this.bridge);
    assertEquals(held + this.balance(this.holder), SUPPLY, "the token's supply");
    const minted = supply(this.b, this.voucher);
    assert(held >= minted, `${held} held, ${minted} vouchers`);
    assert(held >= this.outstanding, `${held} held, ${this.outstanding} said to be outstanding`);
    if (settled) assertEquals([held, this.outstanding], [minted, minted], "vouchers");
  }
}

Deno.test("cw20_ics20: a token goes to another chain and back, and comes back when it is refused or late", () => {
  const tokens = new Tokens();
  const { a, b, path } = tokens;
  assertEquals(tokens.send(500n).code, 0);
  relayAll(path);
  assertEquals([b.balance(1, tokens.voucher), tokens.outstanding], [500n, 500n]);
  assertEquals(tokens.send(70n, "nobody").code, 0);
  relayAll(path);
  assertEquals([tokens.balance(tokens.holder), tokens.outstanding], [SUPPLY - 500n, 500n]);
  assertEquals(tokens.send(80n, tokens.remote, 5).code, 0);
  a.clock.advance(60n * SECOND);
  b.nextBlock();
  relayAll(path);
  assertEquals([tokens.balance(tokens.holder), tokens.outstanding], [SUPPLY - 500n, 500n]);
  assertEquals(tokens.sendBack(200n).code, 0);
  relayAll(path);
  assertEquals([b.balance(1, tokens.voucher), tokens.balance(tokens.holder)], [300n, SUPPLY - 300n]);
  // Its receiver is nobody there: the contract says so in its acknowledgement, and the vouchers come back.
  assertEquals(tokens.sendBack(100n, "nobody").code, 0);
  relayAll(path);
  assertEquals(b.balance(1, tokens.voucher), 300n);
  tokens.check(true);
});

Deno.test("cw20_ics20: coins of the chain go the same way, and more than went over never comes back", () => {
  const tokens = new Tokens();
  const { a, b, path } = tokens;
  const onB = voucher(DENOM, path.a);
  const message = { channel: path.a.channelId, remote_address: tokens.remote };
  execute(a, tokens.bridge, { transfer: message }, { coins: `9${DENOM}` });
  relayAll(path);
  assertEquals([b.balance(1, onB), a.balance(tokens.bridge)], [9n, 9n]);
  const back = transfer(path.b, tokens.remote, tokens.holder, 9n, { denom: onB });
  b.deliverOk([encodeTyped(back)], { signer: 1 });
  relayAll(path);
  assertEquals([supply(b, onB), a.balance(tokens.bridge)], [0n, 0n]);
  // A coin of the other chain is not what the contract takes.
  const own = transfer(path.b, tokens.remote, tokens.holder, 9n);
  b.deliverOk([encodeTyped(own)], { signer: 1 });
  relayAll(path);
  assertEquals(b.balance(escrowOf(path.b)), 0n);
});

/** A packet that somebody may relay. */
interface Travelling {
  readonly packet: Packet;
  readonly end: End;
  ack?: Uint8Array;
  received?: boolean;
  settled?: boolean;
}

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("send" as const, "send back" as const),
      amount: fc.bigInt(1n, 1000n),
      to: fc.constantFrom("user", "user", "user", "nobody"),
      soon: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("receive" as const, "receive" as const, "acknowledge" as const, "timeout" as const),
      packet: fc.nat(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.bigInt(1n, 30n) }) },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

class Walk {
  readonly packets: Travelling[] = [];
  constructor(readonly tokens: Tokens) {}

  #note({ code, events }: Delivered, end: End): void {
    if (code === 0) { for (const packet of sentPackets({ events })) this.packets.push({ packet, end }); }
  }

  // deno-lint-ignore no-explicit-any
  #relay(end: End, make: (end: End) => Typed<any>): Delivered {
    end.updateClient();
    return end.try(make(end));
  }

  act(action: Action): void {
    const { tokens, packets } = this;
    const { path } = tokens;
    if (action.do === "wait") return tokens.a.clock.advance(action.seconds * SECOND);
    if (!("packet" in action) && action.do === "send") {
      const to = action.to === "user" ? tokens.remote : action.to;
      return this.#note(tokens.send(action.amount, to, action.soon ? 8 : 3600), path.a);
    }
    if (!("packet" in action)) {
      const to = action.to === "user" ? tokens.holder : action.to;
      return this.#note(tokens.sendBack(action.amount, to, action.soon ? 8n : 3600n), path.b);
    }
    const one = packets.length === 0 ? undefined : packets[action.packet % packets.length]!;
    if (one === undefined) return;
    if (action.do === "receive") this.receive(one);
    else if (action.do === "acknowledge") this.acknowledge(one);
    else this.timeout(one);
  }

  /** Whether it arrived, now or before. */
  receive(one: Travelling): boolean {
    const delivered = this.#relay(one.end.other, (end) => recvPacket(end, one.packet));
    if (delivered.code !== 0) return one.received === true;
    for (const { ack } of one.end.other.acked(delivered)) one.ack = ack;
    return one.received = true;
  }

  acknowledge(one: Travelling): void {
    if (one.ack === undefined) return;
    const { code, log } = this.#relay(one.end, (end) => acknowledge(end, one.packet, one.ack!));
    assert(code === 0 || one.settled === true, log);
    one.settled = true;
  }

  timeout(one: Travelling): void {
    const { code } = this.#relay(one.end, (end) => timeout(end, one.packet));
    if (code === 0) one.settled = true;
  }

  settle(): void {
    for (const one of this.packets) {
      if (one.settled === true) continue;
      if (one.ack === undefined && !this.receive(one)) this.timeout(one);
      else this.acknowledge(one);
      assert(one.settled, "neither acknowledged nor late");
    }
  }
}

Deno.test("cw20_ics20: tokens are conserved under loss, repetition, disorder and lateness of packets", () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(fc.array(action, { minLength: 15, maxLength: 40, size: "max" }), (actions) => {
      const walk = new Walk(new Tokens());
      for (const [i, action] of actions.entries()) {
        walk.act(action);
        if (i % 5 === 0) walk.tokens.check(false);
      }
      walk.settle();
      walk.tokens.check(true);
      for (const { end, ack } of walk.packets) {
        const what = ack === undefined ? "late" : new TextDecoder().decode(ack).slice(2, 7);
        kinds.add(`${end === walk.tokens.path.a ? "there" : "back"} ${what}`);
      }
    }),
    { numRuns: 6 },
  );
  assert(kinds.size >= 5, [...kinds].join());
});
