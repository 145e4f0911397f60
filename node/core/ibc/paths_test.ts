import { assertEquals } from "@std/assert";
import * as paths from "./paths.ts";

Deno.test("store paths are those of ICS-24 as ibc-go spells them", () => {
  const height = { revisionNumber: 4n, revisionHeight: 12n };
  const transfer = ["transfer", "channel-7"] as const;
  const of: [actual: string, expected: string][] = [
    [paths.clientStatePath("07-tendermint-0"), "clients/07-tendermint-0/clientState"],
    [paths.consensusStatePath("07-tendermint-0", height), "clients/07-tendermint-0/consensusStates/4-12"],
    [paths.clientConnectionsPath("07-tendermint-0"), "clients/07-tendermint-0/connections"],
    [paths.connectionPath("connection-3"), "connections/connection-3"],
    [paths.channelPath(...transfer), "channelEnds/ports/transfer/channels/channel-7"],
    [paths.nextSequenceSendPath(...transfer), "nextSequenceSend/ports/transfer/channels/channel-7"],
    [paths.nextSequenceRecvPath(...transfer), "nextSequenceRecv/ports/transfer/channels/channel-7"],
    [paths.nextSequenceAckPath(...transfer), "nextSequenceAck/ports/transfer/channels/channel-7"],
    [paths.packetCommitmentPath(...transfer, 9n), "commitments/ports/transfer/channels/channel-7/sequences/9"],
    [paths.packetAcknowledgementPath(...transfer, 9n), "acks/ports/transfer/channels/channel-7/sequences/9"],
    [
      paths.packetReceiptPath(...transfer, 2n ** 64n - 1n),
      "receipts/ports/transfer/channels/channel-7/sequences/18446744073709551615",
    ],
  ];
  for (const [actual, expected] of of) assertEquals(actual, expected);
});
