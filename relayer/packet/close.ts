/** Closing the second end of a channel after the first (ICS-04 `chanCloseConfirm`), so that packets in flight come back. @module */
import { MsgChannelCloseConfirm } from "cosmjs-types/ibc/core/channel/v1/tx";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { encode } from "../../node/core/codec/mod.ts";
import { channelPath, type IbcHeight } from "../../node/core/ibc/mod.ts";
import type { Lane, LaneEnd } from "./types.ts";

/** One end is closed and the other is not, as far as we know. */
export interface Closing {
  /** The end whose state is proven. */
  readonly closed: LaneEnd;
  /** The end that is to be closed. */
  readonly open: LaneEnd;
  /** Least height of the header that the proof leads to. */
  readonly proofHeightMin: bigint;
}

/** What is to be closed on a lane, if anything. Both lanes of a channel say the same: ask the one of the closed source. */
export function planClosing({ source, destination, sourceClosed, destinationClosed }: Lane): Closing | undefined {
  if (sourceClosed === undefined || destinationClosed !== undefined) return undefined;
  return { closed: source, open: destination, proofHeightMin: sourceClosed + 1n };
}

/** Key of the IBC store whose value is proven: a channel in state `CLOSED`. */
export const closingKey = ({ closed }: Closing): Uint8Array =>
  utf8ToBytes(channelPath(closed.portId, closed.channelId));

export function closingMessage(
  { open }: Closing,
  { proof, height }: { readonly proof: Uint8Array; readonly height: IbcHeight },
  signer: string,
): { readonly typeUrl: string; readonly value: Uint8Array } {
  const { portId, channelId } = open;
  const message = { portId, channelId, proofInit: proof, proofHeight: height, signer };
  return { typeUrl: MsgChannelCloseConfirm.typeUrl, value: encode(MsgChannelCloseConfirm, message) };
}
