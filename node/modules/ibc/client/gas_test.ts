import { assert, assertEquals } from "@std/assert";
import {
  block,
  Clients,
  codeOf,
  createTendermint,
  headerAny,
  SECOND,
  T0,
} from "../../../../tests/helpers/ibc_clients.ts";
import { membersOf } from "../../../../tests/helpers/light_chain.ts";
import { LimitedGasMeter } from "../../../app/gas.ts";
import type { Context } from "../../../app/ports.ts";
import { refuse } from "../../../core/ibc/mod.ts";
import type { TendermintHeader } from "../light_clients/tendermint/message.ts";
import { GAS_PER_PROOF_BYTE, GAS_PER_SIGNATURE, GAS_PER_VALIDATOR } from "./gas.ts";

const NOW = T0 + 60n * SECOND;

/** Gas of an update by a header of so many validators, all of whom have signed. */
function gasOf(count: number, limit = 1n << 40n): number {
  const members = membersOf(Array.from({ length: count }, (_, i) => i));
  const clients = new Clients();
  const id = createTendermint(clients, {}, block(1n, { members, next: members }));
  const message = clients.keeper.decodeMessage(headerAny(block(3n, { members, next: members }), 1n, members));
  assert(message.ok);
  const meter = new LimitedGasMeter(limit);
  const updated = clients.keeper.update(clients.at(NOW, 100n, meter), id, message.value);
  assert(updated.ok);
  return meter.used;
}

Deno.test("each signature and validator of a header costs, for both sets", () => {
  const each = 2 * GAS_PER_SIGNATURE + 2 * GAS_PER_VALIDATOR;
  assertEquals(gasOf(24) - gasOf(4), 20 * each);
});

Deno.test("who has not the gas for the signatures does not get them verified", () => {
  // Enough to read the client, not for the signatures; these are wrong, which nobody finds out.
  const members = membersOf(Array.from({ length: 50 }, (_, i) => i));
  const clients = new Clients();
  const id = createTendermint(clients, {}, block(1n, { members, next: members }));
  const made = block(3n, { members, next: members });
  for (const sig of made.signedHeader.commit.signatures) sig.signature = new Uint8Array(64);
  const message = clients.keeper.decodeMessage(headerAny(made, 1n, members));
  assert(message.ok);
  const code = (gasLimit: number) => {
    const run = (context: Context) => clients.keeper.update(context, id, message.value);
    return codeOf(clients.at(NOW).attempt(run, gasLimit).result);
  };
  assertEquals(code(100_000), "sdk/11");
  assertEquals(code(1_000_000), "07-tendermint/6");
});

Deno.test("a message that is interrupted and runs again costs the same, and its signatures are not verified again", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  const message = clients.keeper.decodeMessage(headerAny(block(3n), 1n));
  assert(message.ok);
  const run = (now = NOW): [code: string, gas: number] => {
    const meter = new LimitedGasMeter(1n << 40n);
    let code = "";
    clients.at(now, 100n, meter).attempt((context) => {
      code = codeOf(clients.keeper.update(context, id, message.value));
      return refuse("invalidRequest", "interrupted");
    });
    return [code, meter.used];
  };
  const [code, gas] = run();
  assertEquals(code, "ok");
  // Whoever looked at them once more would see it.
  const { header } = message.value.value as { header: TendermintHeader };
  for (const signature of header.commit.signatures) signature.signature.fill(0);
  assertEquals(run(), ["ok", gas]);
  assertEquals(run(NOW + SECOND)[0], "07-tendermint/6", "at another time the verdict may be another");
});

Deno.test("a proof costs by its length, also when it is garbage", () => {
  const clients = new Clients();
  const id = createTendermint(clients);
  const gas = (length: number) => {
    const meter = new LimitedGasMeter(1n << 40n);
    const claim = {
      height: { revisionNumber: 1n, revisionHeight: 1n },
      proof: new Uint8Array(length),
      delayTime: 0n,
      delayBlocks: 0n,
    };
    assert(!clients.keeper.verifyNonMembership(clients.at(NOW, 100n, meter), id, claim, []).ok);
    return meter.used;
  };
  assertEquals(gas(5_000) - gas(1_000), 4_000 * GAS_PER_PROOF_BYTE);
});
