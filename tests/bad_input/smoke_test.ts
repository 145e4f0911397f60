import { assertEquals } from "@std/assert";
import { makeTx, sendMessage, signerOf, TestChain } from "./harness.ts";
Deno.test("smoke", () => {
  const a = signerOf("a"), b = signerOf("b", "ed25519");
  const chain = new TestChain({ accounts: [a, b] });
  const tx = makeTx({ messages: [sendMessage(a.address, b.address, "5ucat")], signers: [{ signer: a, accountNumber: 0n, sequence: 0n }], fee: "10ucat" });
  console.log(chain.check(tx));
  const out = chain.block(tx);
  console.log(out.txResults[0]);
  for (const e of out.txResults[0]!.events) console.log(e.type, e.attributes.map((x) => `${x.key}=${x.value}`).join(" "));
  assertEquals(out.txResults[0]!.code, 0);
});
