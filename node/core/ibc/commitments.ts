/** What a chain stores of packets and acknowledgements: hashes, in the form every IBC chain recomputes. @module */
import { concatBytes, u64ToBytes, utf8ToBytes } from "../bytes.ts";
import { sha256 } from "../crypto/mod.ts";
import { invariant } from "../invariant.ts";
import type { IbcHeight } from "./heights.ts";

/** The parts of `ibc.core.channel.v1.Packet` that its commitment covers; a missing height is the zero height. */
export interface CommittedPacket {
  readonly data: Uint8Array;
  readonly timeoutHeight?: IbcHeight | undefined;
  /** Nanoseconds since the Unix epoch; 0 for none. */
  readonly timeoutTimestamp: bigint;
}

function uint64(value: bigint): Uint8Array {
  invariant(BigInt.asUintN(64, value) === value, `commit packet: ${value} is not an unsigned 64-bit number`);
  return u64ToBytes(value);
}

/**
 * Commitment to a packet, 32 bytes (ICS-04; ibc-go `04-channel/types/packet.go`, `CommitPacket`): SHA-256 of timeout
 * timestamp, revision number and revision height, eight bytes big-endian each, and the SHA-256 of the data. Sequence,
 * ports and channels are in the path it is stored under.
 */
export function packetCommitment(packet: CommittedPacket): Uint8Array {
  return sha256(concatBytes(
    uint64(packet.timeoutTimestamp),
    uint64(packet.timeoutHeight?.revisionNumber ?? 0n),
    uint64(packet.timeoutHeight?.revisionHeight ?? 0n),
    sha256(packet.data),
  ));
}

/** Commitment to the bytes of an acknowledgement, 32 bytes: their SHA-256 (ibc-go `CommitAcknowledgement`). */
export function acknowledgementCommitment(acknowledgement: Uint8Array): Uint8Array {
  return sha256(acknowledgement);
}

/** The parts of `ibc.core.channel.v2.Payload`. */
export interface PayloadV2 {
  readonly sourcePort: string;
  readonly destinationPort: string;
  readonly version: string;
  readonly encoding: string;
  readonly value: Uint8Array;
}

/** The parts of `ibc.core.channel.v2.Packet` that its commitment covers. */
export interface CommittedPacketV2 {
  readonly destinationClient: string;
  /** Seconds since the Unix epoch. */
  readonly timeoutTimestamp: bigint;
  readonly payloads: readonly PayloadV2[];
}

const VERSION_2 = Uint8Array.of(2);
const hashText = (text: string) => sha256(utf8ToBytes(text));

/** Commitment to a packet of IBC v2, for relaying between foreign chains (ibc-go `04-channel/v2/types/commitment.go`). */
export function packetCommitmentV2(packet: CommittedPacketV2): Uint8Array {
  const payloads = packet.payloads.map((payload) =>
    sha256(concatBytes(
      hashText(payload.sourcePort),
      hashText(payload.destinationPort),
      hashText(payload.version),
      hashText(payload.encoding),
      sha256(payload.value),
    ))
  );
  return sha256(concatBytes(
    VERSION_2,
    hashText(packet.destinationClient),
    sha256(uint64(packet.timeoutTimestamp)),
    sha256(concatBytes(...payloads)),
  ));
}

/** Commitment to the acknowledgements of the payloads of a packet of IBC v2, in their order. */
export function acknowledgementCommitmentV2(acknowledgements: readonly Uint8Array[]): Uint8Array {
  return sha256(concatBytes(VERSION_2, ...acknowledgements.map((bytes) => sha256(bytes))));
}
