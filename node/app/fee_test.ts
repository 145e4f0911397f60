import { assertEquals } from "@std/assert";
import { checkMinimumFee, parseGasPrices, priorityOf } from "./fee.ts";

const prices = (text: string) => {
  const parsed = parseGasPrices(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
};

Deno.test("gas prices are decimal numbers with a denom", () => {
  assertEquals(prices(""), []);
  assertEquals(prices("0ucat"), []);
  assertEquals(prices("0.025ucat, 1uatom"), [
    { denom: "ucat", price: 25_000_000_000_000_000n },
    { denom: "uatom", price: 1_000_000_000_000_000_000n },
  ]);
  for (const bad of ["ucat", "1", "-1ucat", "1.ucat", ".5ucat", "1.0000000000000000001ucat", "1u!"]) {
    assertEquals(parseGasPrices(bad).ok, false, bad);
  }
});

Deno.test("one of the prices has to be met, rounded up", () => {
  const asked = prices("0.3ucat,1uatom");
  const enough = (denom: string, amount: bigint) => checkMinimumFee(asked, [{ denom, amount }], 11n).ok;
  assertEquals([enough("ucat", 3n), enough("ucat", 4n), enough("uatom", 10n), enough("uatom", 11n)], [
    false,
    true,
    false,
    true,
  ]);
  assertEquals(enough("uother", 1_000n), false);
});

Deno.test("priority is the lowest price per gas over the coins of a fee", () => {
  assertEquals(priorityOf([], 100n), 0n);
  assertEquals(priorityOf([{ denom: "ucat", amount: 5n }], 100n), 50_000_000n);
  assertEquals(priorityOf([{ denom: "ucat", amount: 5n }, { denom: "uzzz", amount: 1n }], 100n), 10_000_000n);
});
