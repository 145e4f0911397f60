import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { PacketKey, PacketView } from "../../relayer/api/ports.ts";
import { packetOf } from "../../tests/helpers/fake_relayer.ts";
import { Journey } from "./journey.ts";

const key = (chain: string): PacketKey => ({ chain, portId: "transfer", channelId: "channel-0", sequence: 1n });
const step = (chain: string, height: bigint) => ({ ...packetOf(1n).sent!, chain, height });

/** What is known of the packets of a transfer a → b → c after each step, in the order of the steps. */
function story(): PacketView[] {
  const base = { ...packetOf(1n), received: undefined, settled: undefined, state: "sent" as const };
  const first: PacketView[] = [{ ...base, source: key("a"), sent: step("a", 1n) }];
  first.push({ ...first[0]!, received: step("b", 2n), forwardedAs: key("b"), state: "received" });
  first.push({ ...first[1]!, settled: step("a", 5n), state: "acknowledged" });
  const second: PacketView[] = [{ ...base, source: key("b"), sent: step("b", 2n) }];
  second.push({ ...second[0]!, received: step("c", 3n), state: "received" });
  second.push({ ...second[1]!, settled: step("b", 4n), state: "acknowledged" });
  return [first[0]!, first[1]!, second[0]!, second[1]!, second[2]!, first[2]!];
}

const ORDER = ["sent a 1", "received b 2", "sent b 2", "received c 3", "acknowledged b 4", "acknowledged a 5"];

Deno.test("steps are told once each and in their order, however late, often or in whatever order views come", () => {
  const views = fc.array(fc.constantFrom(...story()), { maxLength: 20 });
  fc.assert(fc.property(views, (views) => {
    const journey = new Journey(key("a"));
    const told = [...views, ...story()].flatMap((view) => journey.take(view))
      .map(({ what, step }) => `${what} ${step.chain} ${step.height}`);
    assertEquals(told, ORDER);
    assertEquals(journey.ended?.source, key("a"));
  }));
});

Deno.test("it has not ended before the first packet is settled", () => {
  const journey = new Journey(key("a"));
  for (const view of story().slice(0, 5)) {
    journey.take(view);
    assertEquals(journey.ended, undefined);
  }
});

Deno.test("packets of others are not told", () => {
  const journey = new Journey(key("a"));
  assertEquals(journey.take({ ...story()[0]!, source: { ...key("a"), sequence: 2n } }), []);
});

Deno.test("a packet that timed out is told without having been received", () => {
  const journey = new Journey(key("a"));
  const [first, , second] = story();
  const refund = { ...second!, settled: step("b", 4n), state: "timed_out" as const };
  const told = [
    first!,
    { ...first!, received: step("b", 2n), forwardedAs: key("b") },
    refund,
    { ...story()[5]!, acknowledgement: { success: false, text: "timeout" } },
  ].flatMap((view) => journey.take(view)).map(({ what, step }) => `${what} ${step.chain}`);
  assertEquals(told, ["sent a", "received b", "sent b", "timed out b", "acknowledged a"]);
  assertEquals(journey.ended?.acknowledgement?.success, false);
});
