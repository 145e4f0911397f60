/**
 * The token transfers of a mock chain (ICS-20) behind its port `transfer`, with the callbacks that a memo asks for (ADR-8).
 * @module
 */
import {
  decodeAcknowledgement,
  decodePacketData,
  denomPath,
  encodeAcknowledgement,
  failure,
  hasPrefix,
  localDenom,
  parseDenom,
  receivedDenom,
  type TokenPacketData,
  transferSuccess,
} from "../../../node/core/ibc/mod.ts";
import type { MockChain } from "./chain.ts";
import type { MockPort } from "./channel.ts";
import { ContractError } from "./contract_error.ts";
import { acknowledgedJson, packetJson, packetMessage, tell } from "./contract_port.ts";
import type { Frame } from "./dispatch.ts";
import { type MockApplication, type MockPacket, TRANSFER_PORT } from "./ibc_types.ts";
import type { Coin } from "./messages.ts";
import { callbackOf, escrowOf } from "./tokens_send.ts";

/** Of the channels that this port opens. */
const VERSION = "ics20-1";
/** Code of a callback that failed (`wasm/5`), and of tokens that are not there (`sdk/5`). */
const REFUSED = 5;

/** The port of a chain's own token transfers: to open a channel from. */
export const tokensOf = (chain: MockChain): MockPort => ({ chain, portId: TRANSFER_PORT });

export function tokenPort(chain: MockChain): MockApplication {
  return {
    open(_frame, { ordered, version }, theirs) {
      if (ordered) throw new ContractError("open channel: it is not unordered");
      if (theirs === undefined && version !== VERSION && version !== "") {
        throw new ContractError(`expected ${VERSION}, got "${version}"`);
      }
      return VERSION;
    },
    connect(_frame, _end, theirs) {
      if (theirs !== undefined && theirs !== VERSION) throw new ContractError(`expected ${VERSION}, got "${theirs}"`);
    },
    close(_frame, _end, step) {
      if (step === "close_init") throw new ContractError("user cannot close channel");
    },
    receive: (frame, packet) => encodeAcknowledgement(receive(chain, frame, packet)),
    acknowledge(frame, packet, bytes) {
      const acknowledgement = decodeAcknowledgement(bytes);
      if (!acknowledgement.ok) throw new ContractError(acknowledgement.error.message);
      if (!acknowledgement.value.success) refund(chain, frame, packet);
      callSource(chain, frame, packet, { acknowledgement: acknowledgedJson(chain, packet, bytes) });
    },
    timeout(frame, packet) {
      refund(chain, frame, packet);
      callSource(chain, frame, packet, { timeout: packetMessage(chain, packet) });
    },
  };
}

/** Does what may fail alone; whether it did not. */
function attempt(chain: MockChain, frame: Frame, work: () => void): boolean {
  const checkpoint = chain.state.checkpoint();
  const events = frame.events.length;
  try {
    work();
    return true;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    chain.state.revert(checkpoint);
    frame.events.length = events;
    return false;
  }
}

function receive(chain: MockChain, frame: Frame, packet: MockPacket) {
  const data = decodePacketData(packet.data);
  if (!data.ok) return failure(data.error.code);
  const { receiver, amount, denom, sender, memo } = data.value;
  const { src, dest } = packet;
  const sent = parseDenom(denom);
  const ends = {
    sourcePort: src.portId,
    sourceChannel: src.channelId,
    destinationPort: dest.portId,
    destinationChannel: dest.channelId,
  };
  const here = receivedDenom(sent, ends);
  const coin: Coin = { denom: localDenom(here), amount: amount.toString() };
  const received = attempt(chain, frame, () => {
    if (!chain.addresses.parse(receiver)) throw new ContractError(`failed to decode receiver address: ${receiver}`);
    const escrow = escrowOf(chain, dest);
    if (!hasPrefix(sent, src.portId, src.channelId)) {
      chain.state.setTokenPath(coin.denom, denomPath(here));
      chain.mint(escrow, coin.denom, amount);
    }
    chain.send(frame, escrow, receiver, [coin]);
    const callback = callbackOf(memo, "dest_callback");
    if (callback === undefined) return;
    const ack = encodeAcknowledgement(transferSuccess());
    const transfer = { funds: [coin], receiver, sender };
    const message = { ack: { data: ack }, packet: packetJson(packet), transfer };
    tell(chain, frame, callback, "ibc_destination_callback", message);
  });
  return received ? transferSuccess() : failure(REFUSED);
}

const tokensIn = (packet: MockPacket): TokenPacketData => {
  const data = decodePacketData(packet.data);
  if (!data.ok) throw new ContractError(data.error.message);
  return data.value;
};

/** Undoes what sending did. */
function refund(chain: MockChain, frame: Frame, packet: MockPacket): void {
  const { denom, amount, sender } = tokensIn(packet);
  const sent = parseDenom(denom);
  const coin: Coin = { denom: localDenom(sent), amount: amount.toString() };
  const escrow = escrowOf(chain, packet.src);
  if (hasPrefix(sent, packet.src.portId, packet.src.channelId)) chain.mint(escrow, coin.denom, amount);
  chain.send(frame, escrow, sender, [coin]);
}

/** Tells the sender, if its memo asks for that; a callback that fails changes nothing. */
function callSource(chain: MockChain, frame: Frame, packet: MockPacket, message: unknown): void {
  const callback = callbackOf(tokensIn(packet).memo, "src_callback");
  if (callback === undefined) return;
  attempt(chain, frame, () => tell(chain, frame, callback, "ibc_source_callback", message));
}
