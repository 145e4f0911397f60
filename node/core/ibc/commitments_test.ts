import { assert, assertEquals, assertThrows } from "@std/assert";
import { bech32 } from "@scure/base";
import * as fc from "fast-check";
import { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import { equalBytes, utf8ToBytes } from "../bytes.ts";
import { InvariantError } from "../invariant.ts";
import { escrowAddress, forwardAddress, packetCommitment, packetCommitmentV2 } from "./mod.ts";

const uint64 = fc.bigInt(0n, 2n ** 64n - 1n);
const packets = fc.record({
  data: fc.uint8Array({ maxLength: 40 }),
  timeoutHeight: fc.record({ revisionNumber: uint64, revisionHeight: uint64 }),
  timeoutTimestamp: uint64,
});

Deno.test("a packet's commitment covers data, timeout height and timeout timestamp, and only those", () => {
  fc.assert(fc.property(packets, packets, (a, b) => {
    const same = equalBytes(a.data, b.data) && a.timeoutTimestamp === b.timeoutTimestamp &&
      a.timeoutHeight.revisionNumber === b.timeoutHeight.revisionNumber &&
      a.timeoutHeight.revisionHeight === b.timeoutHeight.revisionHeight;
    assertEquals(equalBytes(packetCommitment(a), packetCommitment(b)), same);
    const whole = Packet.fromPartial({ ...a, sequence: 7n, sourcePort: "transfer", destinationChannel: "channel-1" });
    assertEquals(packetCommitment(whole), packetCommitment(a));
  }));
});

Deno.test("no timeout height is the zero height", () => {
  const data = utf8ToBytes("packet data");
  const zero = { revisionNumber: 0n, revisionHeight: 0n };
  assertEquals(
    packetCommitment({ data, timeoutTimestamp: 1n }),
    packetCommitment({ data, timeoutTimestamp: 1n, timeoutHeight: zero }),
  );
});

Deno.test("a number past 64 bits is our own mistake, never another packet's commitment", () => {
  const data = new Uint8Array();
  for (const timeoutTimestamp of [-1n, 2n ** 64n]) {
    assertThrows(() => packetCommitment({ data, timeoutTimestamp }), InvariantError);
    assertThrows(
      () => packetCommitmentV2({ destinationClient: "client-0", timeoutTimestamp, payloads: [] }),
      InvariantError,
    );
  }
});

Deno.test("escrow addresses are those of the Cosmos Hub's channels, with port and channel kept apart", () => {
  // Of ibc-rs, ics20-transfer `context.rs`, cosmos_escrow_address (Apache-2.0).
  const known: [channel: string, address: string][] = [
    ["channel-141", "cosmos1x54ltnyg88k0ejmk8ytwrhd3ltm84xehrnlslf"],
    ["channel-207", "cosmos1ju6tlfclulxumtt2kglvnxduj5d93a64r5czge"],
    ["channel-187", "cosmos177x69sver58mcfs74x6dg0tv6ls4s3xmmcaw53"],
  ];
  for (const [channel, address] of known) {
    assertEquals(bech32.encode("cosmos", bech32.toWords(escrowAddress("transfer", channel))), address);
  }
  assert(!equalBytes(escrowAddress("transfer", "channel"), escrowAddress("transfercha", "nnel")));
});

Deno.test("a forwarder's account depends on its channel and the sender", () => {
  const account = forwardAddress("channel-0", "cosmos1sender");
  assertEquals(account.length, 20);
  assert(!equalBytes(account, forwardAddress("channel-1", "cosmos1sender")));
  assert(!equalBytes(account, forwardAddress("channel-0", "cosmos1other")));
});
