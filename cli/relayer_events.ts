/** What a relayer does, as lines. @module */
import { formatHeight, type IbcHeight } from "../node/core/ibc/mod.ts";
import type { PacketView, RelayerEvent } from "../relayer/api/ports.ts";

const by = (proof: IbcHeight | undefined) => proof === undefined ? "" : `  proof height ${formatHeight(proof)}`;

/** One line for an event; undefined where it says nothing that one would want to read. */
export function eventLine(event: RelayerEvent): string | undefined {
  switch (event.type) {
    case "packet":
      return packetLine(event.packet);
    case "path":
      return `path ${event.path.id}  ${event.path.paused ? "paused" : event.path.state}` +
        (event.path.fault === undefined ? "" : `  ${event.path.fault}`);
    case "handshake":
      return `path ${event.path}  ${event.step}  ${event.chain} ${event.id}  block ${event.height}${
        by(event.proofHeight)
      }`;
    case "client":
      // Updates go with packets and are told with them.
      return event.action === "updated"
        ? undefined
        : `client ${event.chain} ${event.clientId}  ${event.action}  at ${formatHeight(event.height)}`;
    case "misbehaviour":
      return event.conflict === undefined
        ? undefined
        : `misbehaviour ${event.chain} ${event.clientId}  at ${
          formatHeight(event.conflict.height)
        }: ${event.conflict.reason}` +
          (event.txHash === undefined ? "" : `  frozen by ${event.txHash}`);
    case "chain":
      return `chain ${event.chain}  ${event.reachable ? "answers" : `cannot be read: ${event.fault ?? ""}`}`;
    case "fault":
      return `fault ${event.code}  ${
        [event.chain, event.path].filter((one) => one !== undefined).join(" ")
      }  ${event.message}`;
  }
}

/** The latest step of a packet. */
function packetLine({ source, state, sent, received, settled, fault, transfer }: PacketView): string {
  const step = settled ?? received ?? sent;
  const where = step === undefined ? "" : `  on ${step.chain} block ${step.height}${by(step.proofHeight)}`;
  const what = transfer === undefined || step !== sent ? "" : `  ${transfer.amount} ${transfer.denom}`;
  const trouble = fault === undefined ? "" : `  ${fault}`;
  return `packet ${source.chain}/${source.portId}/${source.channelId} #${source.sequence}  ${state}${where}${what}${trouble}`;
}
