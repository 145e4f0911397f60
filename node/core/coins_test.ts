import { assertEquals } from "@std/assert";
import { addCoins, formatCoins, parseAmount, parseCoins, parseCoinTexts } from "./coins.ts";

Deno.test("amounts are canonical decimal numbers below 2^256", () => {
  assertEquals(parseAmount("0"), 0n);
  assertEquals(parseAmount(((1n << 256n) - 1n).toString()), (1n << 256n) - 1n);
  for (const bad of ["", "01", "-1", "+1", "1.0", "1e3", "0x1", " 1", (1n << 256n).toString(), "9".repeat(200)]) {
    assertEquals(parseAmount(bad), undefined, bad.slice(0, 40));
  }
});

Deno.test("coins are sorted, unique and positive", () => {
  const coin = (denom: string, amount: string) => ({ denom, amount });
  assertEquals(parseCoinTexts([coin("aaa", "1"), coin("bbb", "2")])?.length, 2);
  assertEquals(parseCoinTexts([]), []);
  assertEquals(parseCoinTexts([coin("bbb", "1"), coin("aaa", "2")]), undefined);
  assertEquals(parseCoinTexts([coin("aaa", "1"), coin("aaa", "2")]), undefined);
  assertEquals(parseCoinTexts([coin("aaa", "0")]), undefined);
  assertEquals(parseCoinTexts([coin("a", "1")]), undefined);
});

Deno.test("coins are read in any order and printed in one", () => {
  assertEquals(formatCoins(parseCoins("5ucat, 10uatom")!), "10uatom,5ucat");
  assertEquals(parseCoins("5ucat,5ucat"), undefined);
  assertEquals(parseCoins("ucat"), undefined);
  assertEquals(parseCoins(""), []);
  assertEquals(formatCoins(addCoins(parseCoins("1aaa,2ccc")!, parseCoins("3bbb,4ccc")!)), "1aaa,3bbb,6ccc");
});
