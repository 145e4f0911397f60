/** Every step with something wrong in it. @module */
import { assert } from "@std/assert";
import {
  encodeTyped,
  MOCK_PORT,
  MOCK_VERSION,
  mockSend,
  modulesWithMock,
  Path,
  sentPackets,
  TestChain,
  TestClock,
} from "../helpers/ibc/mod.ts";
import { assertRefused } from "../helpers/ibc/refused.ts";
import { HOSTILE } from "./hostile_steps.ts";
import { walk } from "./walk.ts";

for (const ordered of [false, true]) {
  const order = ordered ? "ordered" : "unordered";
  Deno.test(`each step of an ${order} path with something wrong in it is refused with its code, and writes nothing`, () => {
    const clock = new TestClock();
    const [a, b] = ["a", "b"].map((name) =>
      new TestChain({ chainId: `catenary-${name}-1`, clock, modules: modulesWithMock })
    ) as [TestChain, TestChain];
    const path = new Path(a, b, { port: MOCK_PORT, version: MOCK_VERSION, ordered });
    let tried = 0;
    walk(path, {
      before(step, end, situation) {
        for (const { name, message, refusal } of HOSTILE[step]!) {
          try {
            assertRefused(end.chain as TestChain, refusal, () => end.try(message(end, situation)));
          } catch (error) {
            throw new Error(`${step}: ${name}: ${(error as Error).message}`, { cause: error });
          }
          tried++;
        }
      },
      send(end, data, timeoutHeight) {
        const chain = end.chain as TestChain;
        const message = mockSend(chain.accounts[0]!.address.text, end.channelId, { data, timeoutHeight });
        return sentPackets(chain.deliverOk([encodeTyped(message)]))[0]!;
      },
    });
    assert(tried > 120, `${tried} tried`);
  });
}
