import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { GENESIS_NANOS } from "../../../helpers/wasmd/txs.ts";
import { type Answers, Puppets, response, submessage } from "../puppet.ts";
import { type Cast, type Draw, drawOf, pick, randomResult } from "../random_tree.ts";
import { acknowledge, type End, receive, Relay, sentIn, timeout, writtenIn } from "../relay.ts";
import { addressOf, binary, type Script } from "../script.ts";
import { echoes } from "./trees.ts";

interface World {
  readonly draw: Draw;
  readonly cast: Cast;
  readonly relay: Relay;
  /** Channels of the first puppet and of tokens, and where they lead. */
  readonly own: readonly [End, End];
  readonly tokens: readonly [End, End];
  readonly puppets: readonly [string, string];
}

/** None, and too little for whatever a contract does: a call takes a bit less gas here. */
const GAS_LIMITS = ["", "", "61000"];
const REPLY_ON = ["always", "success", "error", "never"];

/** Packets of contracts and of tokens, to which contracts say random things; for both chains at once. */
export async function randomPackets(script: Script, seed: number, count: number): Promise<void> {
  const draw = drawOf(seed);
  const cast = await echoes(script);
  const puppets = new Puppets(script);
  const code = await puppets.store();
  const pair: [string, string] = ["", ""];
  for (const i of [0, 1] as const) {
    pair[i] = await script.instantiate("alice", code, {}, { funds: "90000ucat,100umoo" });
  }
  const relay = new Relay(script);
  const own = await relay.open("contracts", `wasm.${pair[0]}`, `wasm.${pair[1]}`);
  const tokens = await relay.open("tokens", "transfer", "transfer", { version: "ics20-1" });
  const world: World = { draw, cast, relay, own, tokens, puppets: pair };
  for (let i = 0; i < count; i++) {
    const say = `packet ${i} of seed ${seed}`;
    const block = await puppets.tell(say, {
      [pair[1]]: randomAnswers(world),
      [pair[0]]: {
        ...randomAnswers(world),
        execute: response({ messages: Array.from({ length: 1 + draw(2) }, () => randomSending(world)) }),
      },
    });
    for (const packet of sentIn(block)) await goes(world, say, packet);
  }
}

async function goes({ relay }: World, say: string, packet: Packet): Promise<void> {
  const { timeoutHeight } = packet;
  if (timeoutHeight.revisionHeight !== 0n) {
    await relay.do(`${say}: a block`);
    await relay.do(`${say}: late`, timeout(packet, 1n, timeoutHeight));
    return;
  }
  const written = writtenIn(
    await relay.do(`${say}: received`, receive(packet)),
  );
  if (written !== undefined) await relay.do(`${say}: settled`, acknowledge(packet, written));
}

/** All but the answer to `execute`; no reply has messages, or there would be no end of replies. */
function randomAnswers(world: World): Answers {
  const { draw, cast } = world;
  return {
    ibc_packet_receive: randomAnswer(world),
    ibc_packet_ack: randomAnswer(world),
    ibc_packet_timeout: randomAnswer(world),
    ibc_source_callback: randomAnswer(world),
    ibc_destination_callback: randomAnswer(world),
    reply: randomResult(draw, cast, 0),
  };
}

function randomAnswer(world: World): unknown {
  const { draw, cast } = world;
  const result = randomResult(draw, cast, draw(2)) as { ok?: { messages: unknown[] } };
  if (result.ok === undefined) return result;
  const messages = draw(3) === 0 ? [...result.ok.messages, randomSending(world)] : result.ok.messages;
  const acknowledgement = pick(draw, [null, "", binary("a"), binary("b"), binary("c"), binary("d")]);
  return { ok: { ...result.ok, messages, acknowledgement } };
}

/** A packet, or tokens; each puppet sends over any of the channels, which only one of them may. */
function randomSending({ draw, own, tokens, puppets, relay }: World): unknown {
  const height = relay.script.steps.filter((step) => "txs" in step).length + 2;
  const late = { block: draw(6) === 0 ? { revision: 1, height } : null, timestamp: `${GENESIS_NANOS * 2n}` };
  const more = { id: draw(100), reply_on: pick(draw, REPLY_ON), payload: draw(3) === 0 ? binary("p") : "" };
  const { channel } = pick(draw, draw(2) === 0 ? own : tokens);
  if (channel === own[0].channel || channel === own[1].channel) {
    const send = { channel_id: channel, data: binary(`${draw(100)}`), timeout: late };
    return submessage({ ibc: { send_packet: send } }, more);
  }
  const memo = {
    ...(draw(2) === 0 ? { src_callback: { address: pick(draw, puppets) } } : {}),
    ...(draw(2) === 0 ? { dest_callback: { address: pick(draw, puppets), gas_limit: pick(draw, GAS_LIMITS) } } : {}),
  };
  const transfer = {
    channel_id: channel,
    to_address: pick(draw, [...puppets, addressOf("bob"), "nobody"]),
    amount: { denom: pick(draw, ["ucat", "ucat", "umoo"]), amount: `${1 + draw(9)}` },
    timeout: late,
    memo: JSON.stringify(memo),
  };
  return submessage({ ibc: { transfer } }, more);
}
