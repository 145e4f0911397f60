/** Ways to put a fault between a node's gossip and the network. @module */
import { decodeFrame } from "../../../node/gossip/wire.ts";
import { tendermintEngine, type TendermintMessage } from "../../../node/consensus/tendermint/mod.ts";
import type { NodeParts } from "../engines.ts";

/** What a frame carries; undefined: no message of consensus. */
export function carriedBy(bytes: Uint8Array): TendermintMessage | undefined {
  const frame = decodeFrame(bytes);
  const head = frame.ok ? frame.value.carry?.head : undefined;
  const message = head && tendermintEngine.codec.decodeMessage(head);
  return message?.ok ? message.value : undefined;
}

export const isStatus = (bytes: Uint8Array): boolean => {
  const frame = decodeFrame(bytes);
  return frame.ok && frame.value.status !== undefined;
};

/** Direct messages for which `drops` holds get lost. */
export function losing(parts: NodeParts, drops: (bytes: Uint8Array) => boolean): NodeParts {
  const { network } = parts;
  return {
    ...parts,
    network: {
      ...network,
      send: (peer, channel, bytes) => drops(bytes) || network.send(peer, channel, bytes),
    },
  };
}
