import { assertEquals } from "@std/assert";
import { readGenesis } from "./parts.ts";
import { makeNetwork } from "./make_network.ts";
import { createMemoryHub, type MemoryHub } from "./network/mod.ts";
import { memoryHome } from "./node_options.ts";

Deno.test("a node proves to be the validator of its home, unless a signer holds the key that it signs with", () => {
  const home = memoryHome("proofs");
  const proves: boolean[] = [];
  const inner = createMemoryHub();
  const hub = {
    join(member) {
      proves.push(member.validatorProof !== undefined);
      return inner.join(member);
    },
  } as MemoryHub;
  for (const listen of ["", "unix:///run/signer.sock"]) {
    makeNetwork({
      home,
      config: { ...home.config, signer: { ...home.config.signer, listen } },
      genesis: readGenesis(home.genesis),
      hub,
      isValidator: () => true,
      observer: { sent() {}, received() {}, verdict() {}, reported() {}, banned() {} },
      onProblem: () => {},
    });
  }
  assertEquals(proves, [true, false]);
});
