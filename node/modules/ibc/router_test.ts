import { assert, assertEquals, assertThrows } from "@std/assert";
import { MockApplication } from "../../../tests/helpers/twin_chains.ts";
import { PortRouter } from "./router.ts";

Deno.test("a port belongs to who bound it by name, then to who bound its family, else to nobody", () => {
  const router = new PortRouter();
  const [transfer, contracts] = [new MockApplication(), new MockApplication()];
  router.bind("transfer", transfer);
  router.bindFamily((portId) => portId.startsWith("wasm."), contracts);
  router.bindFamily(() => false, transfer);
  const routed = (portId: string) => {
    const application = router.route(portId);
    return application.ok ? application.value : `${application.error.codespace}/${application.error.code}`;
  };
  assertEquals(routed("transfer"), transfer);
  assertEquals(routed("wasm.cat1xyz"), contracts);
  // ibc-go would take this one for `transfer`: it asks whether the name is contained.
  assertEquals(routed("mytransfer"), "port/5");
  router.bind("wasm.special", transfer);
  assert(routed("wasm.special") === transfer);
  assertThrows(() => router.bind("transfer", contracts));
});
