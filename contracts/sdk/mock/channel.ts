/**
 * A channel between two mock chains, and the relayer that carries what is sent over it.
 * @module
 */
import type { MockChain, Outcome } from "./chain.ts";
import { ContractError } from "./contract_error.ts";
import type { Frame } from "./dispatch.ts";
import type { MockEnd, MockPacket } from "./ibc_types.ts";

/** Steps of one {@linkcode MockChannel.relay}: contracts that send more have no end. */
const STEPS_MAX = 1_000;

/** A port that a channel can be opened from: a {@linkcode MockInstance}, or {@linkcode tokensOf} a chain. */
export interface MockPort {
  readonly chain: MockChain;
  readonly portId: string;
}

export interface MockChannelOptions {
  /** What is proposed to the end that begins; unless given, that end says it. */
  readonly version?: string;
  /** Whether packets must arrive in order, and a late one closes the channel; they need not unless given. */
  readonly ordered?: boolean;
}

/** Something that was brought to a chain. */
export interface RelayStep {
  readonly step: "receive" | "acknowledge" | "timeout" | "close";
  /** Where. */
  readonly chain: MockChain;
  /** What it is about; undefined of `close`. */
  readonly packet?: MockPacket;
  /** Of `receive` (undefined: it comes later) and of `acknowledge`. */
  readonly acknowledgement?: Uint8Array | undefined;
  readonly outcome: Outcome;
}

interface Side {
  readonly chain: MockChain;
  readonly portId: string;
  readonly channelId: string;
}

/** Two ends that are open. */
export class MockChannel {
  readonly #sides: readonly [Side, Side];

  private constructor(a: Side, b: Side) {
    this.#sides = [a, b];
  }

  /** Opens a channel in four steps, of which `a` has the first. Throws {@linkcode ContractError} when an end refuses. */
  static open(a: MockPort, b: MockPort, options: MockChannelOptions = {}): MockChannel {
    const { version = "", ordered = false } = options;
    for (const { chain, portId } of [a, b]) chain.application(portId);
    const begun = begin(a, { portId: b.portId, channelId: "" }, version, ordered, undefined);
    const tried = begin(b, begun, begun.version, ordered, begun.version);
    const known: MockEnd = { ...begun, counterparty: ends(tried), version: tried.version, state: "open" };
    step(a.chain, (frame) => {
      a.chain.ibc.setEnd(known);
      a.chain.application(a.portId).connect(frame, known, tried.version);
    });
    const confirmed: MockEnd = { ...tried, state: "open" };
    step(b.chain, (frame) => {
      b.chain.ibc.setEnd(confirmed);
      b.chain.application(b.portId).connect(frame, confirmed, undefined);
    });
    return new MockChannel({ chain: a.chain, ...ends(known) }, { chain: b.chain, ...ends(confirmed) });
  }

  /** The ends, as their chains know them: first that of who began. */
  get ends(): readonly [MockEnd, MockEnd] {
    const [a, b] = this.#sides;
    return [a.chain.ibc.end(a.channelId), b.chain.ibc.end(b.channelId)];
  }

  /** What the first end's chain calls the channel. */
  get id(): string {
    return this.#sides[0].channelId;
  }

  /**
   * Carries packets, acknowledgements, packets that are too late, and closings until nothing is left, or only so many `steps`.
   * Throws {@linkcode ContractError} when a contract refuses to hear of its own packet, or stops at another's; that may
   * be tried again.
   */
  relay({ steps = STEPS_MAX }: { readonly steps?: number } = {}): RelayStep[] {
    const done: RelayStep[] = [];
    while (done.length < steps) {
      const next = this.#next();
      if (next === undefined) return done;
      done.push(next);
    }
    if (steps === STEPS_MAX) throw new Error(`relay on ${this.id}: no end after ${STEPS_MAX} steps`);
    return done;
  }

  /** Asks to close the end on `chain`, as anybody may; its contract may refuse. */
  close(chain: MockChain): Outcome {
    const side = this.#sides.find((side) => side.chain === chain);
    if (side === undefined) throw new TypeError(`close a channel: ${chain.chainId} has no end of it`);
    return step(chain, (frame) => chain.ibc.closeInit(frame, side.portId, side.channelId));
  }

  #next(): RelayStep | undefined {
    const [a, b] = this.#sides;
    return nextPacket(a, b) ?? nextPacket(b, a) ?? nextClose(a, b) ?? nextClose(b, a);
  }
}

const ends = ({ portId, channelId }: MockEnd) => ({ portId, channelId });

const step = (chain: MockChain, work: (frame: Frame) => void): Outcome => chain.transaction(work).outcome;

/** The first step of an end. */
function begin(
  { chain, portId }: MockPort,
  { portId: otherPort, channelId: otherChannel }: { readonly portId: string; readonly channelId: string },
  proposed: string,
  ordered: boolean,
  theirs: string | undefined,
): MockEnd {
  return chain.transaction((frame) => {
    const counterparty = { portId: otherPort, channelId: otherChannel };
    const channelId = chain.ibc.nextChannelId();
    const end: MockEnd = { portId, channelId, counterparty, ordered, version: proposed, state: "opening", sent: 0 };
    const version = chain.application(portId).open(frame, end, theirs);
    if (version === "") throw new ContractError("version: empty");
    const opened = { ...end, version };
    chain.ibc.setEnd(opened);
    return opened;
  }).result;
}

/** The next step of a packet from one side to the other. */
function nextPacket(from: Side, to: Side): RelayStep | undefined {
  for (const packet of from.chain.ibc.waiting(from.channelId)) {
    const found = packetStep(from, to, packet);
    if (found !== undefined) return found;
  }
  return undefined;
}

function packetStep(from: Side, to: Side, packet: MockPacket): RelayStep | undefined {
  const [sender, receiver] = [from.chain.ibc.end(from.channelId), to.chain.ibc.end(to.channelId)];
  const acknowledgement = to.chain.ibc.acknowledgement(packet);
  if (acknowledgement !== undefined) {
    // An end that is closed hears no answers any more.
    return sender.state === "open" ? acknowledge(from, packet, acknowledgement) : undefined;
  }
  if (to.chain.ibc.hasReceived(packet)) return undefined;
  return receiver.state === "closed" || to.chain.ibc.isLate(packet)
    ? timeout(from, sender, packet)
    : receive(to, packet);
}

function receive({ chain, portId, channelId }: Side, packet: MockPacket): RelayStep {
  const { result: acknowledgement, outcome } = chain.transaction((frame) => {
    chain.ibc.markReceived(packet);
    const written = chain.application(portId).receive(frame, packet);
    if (written !== undefined) chain.ibc.write(portId, channelId, packet.sequence, written);
    return written;
  });
  return { step: "receive", chain, packet, acknowledgement, outcome };
}

function acknowledge({ chain, portId }: Side, packet: MockPacket, acknowledgement: Uint8Array): RelayStep {
  const outcome = step(chain, (frame) => {
    chain.ibc.settle(packet);
    chain.application(portId).acknowledge(frame, packet, acknowledgement);
  });
  return { step: "acknowledge", chain, packet, acknowledgement, outcome };
}

function timeout({ chain, portId }: Side, sender: MockEnd, packet: MockPacket): RelayStep {
  const outcome = step(chain, (frame) => {
    chain.ibc.settle(packet);
    if (sender.ordered) chain.ibc.setEnd({ ...sender, state: "closed" });
    chain.application(portId).timeout(frame, packet);
  });
  return { step: "timeout", chain, packet, outcome };
}

function nextClose(from: Side, { chain, portId, channelId }: Side): RelayStep | undefined {
  const end = chain.ibc.end(channelId);
  if (from.chain.ibc.end(from.channelId).state !== "closed" || end.state === "closed") return undefined;
  const outcome = step(chain, (frame) => {
    chain.ibc.setEnd({ ...end, state: "closed" });
    chain.application(portId).close(frame, end, "close_confirm");
  });
  return { step: "close", chain, outcome };
}
