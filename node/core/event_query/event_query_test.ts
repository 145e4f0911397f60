import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { compareDecimals, matchQuery, parseQuery, QUERY_CODE } from "./mod.ts";

// The cases are those of CometBFT's libs/pubsub/query tests (Apache-2.0).

const VALID = [
  "tm.events.type='NewBlock'",
  "tm.events.type = 'NewBlock'",
  "tm.events.name = ''",
  "tm.events.type='TIME'",
  "tm.events.type='DATE'",
  "tm.events.type='='",
  "tm.events.type='NewBlock' AND abci.account.name='Igor'",
  "abci.account.name CONTAINS 'Igor'",
  "tx.date > DATE 2013-05-03",
  "tx.date < DATE 2013-05-03",
  "tx.date <= DATE 2013-05-03",
  "tx.date >= DATE 2013-05-03",
  "tx.date > TIME 2013-05-03T14:45:00+07:00",
  "tx.date < TIME 2013-05-03T14:45:00-02:00",
  "tx.date <= TIME 2013-05-03T14:45:00Z",
  "tx.date >= TIME 2013-05-03T14:45:00Z",
  "account.balance=100",
  "account.balance >= 200",
  "slashing.amount EXISTS",
  "slashing.amount EXISTS AND account.balance=100",
  "account.balance=100 AND slashing.amount EXISTS",
  "slashing EXISTS",
  "hash='136E18F7E4C348B780CF873A0BF43922E5BAFA63'",
  "cosm-wasm.transfer_amount=100",
  "\t a.b = 5. AND\nc.d>=0.5 ",
];

const INVALID = [
  "tm.events.type='TIME",
  "tm.events.type=TIME'",
  "tm.events.type==",
  "tm.events.type=NewBlock",
  ">==",
  "tm.events.type 'NewBlock' =",
  "tm.events.type>'NewBlock'",
  "",
  "  ",
  "=",
  "='NewBlock'",
  "tm.events.type=",
  "tm.events.typeNewBlock",
  "tm.events.type'NewBlock'",
  "'NewBlock'",
  "NewBlock",
  "tm.events.type='NewBlock' AND",
  "tm.events.type='NewBlock' AN",
  "tm.events.type='NewBlock' AN tm.events.type='NewBlockHeader'",
  "AND tm.events.type='NewBlock' ",
  "tx.date >= DAT 2013-05-03",
  "tx.date <= DATE2013-05-03",
  "tx.date <= DATE -05-03",
  "tx.date >= DATE 20130503",
  "tx.date >= DATE 2013+01-03",
  "tx.date >= DATE 0013-01-03",
  "tx.date >= DATE 2013-31-03",
  "tx.date >= DATE 2013-01-83",
  "tx.date >= DATE 2013-02-29",
  "tx.date >= TIME2013-05-03T14:45:00Z",
  "tx.date = IME 2013-05-03T14:45:00Z",
  "tx.date = TIME 2013-05-:45:00Z",
  "tx.date >= TIME 2013-05-03T14:45:00",
  "tx.date >= TIME 0013-00-00T14:45:00Z",
  "tx.date >= TIME 2013+05=03T14:45:00Z",
  "tx.date >= TIME 2021-01-01T34:56:78Z",
  "account.balance >= -300",
  "account.balance >>= 400",
  "account.balance=33.22.1",
  "hash=136E18F7E4C348B780CF873A0BF43922E5BAFA63",
  "a.b CONTAINS 5",
  "a.b EXISTS 5",
  "a.b & 5",
];

Deno.test("parseQuery() takes what CometBFT takes", () => {
  for (const text of VALID) {
    const result = parseQuery(text);
    assert(result.ok, `${text}: ${result.ok || result.error.message}`);
  }
});

Deno.test("parseQuery() refuses what CometBFT refuses, with a code", () => {
  for (const text of INVALID) {
    const result = parseQuery(text);
    assert(!result.ok && result.error.code === QUERY_CODE.syntax, text);
  }
});

Deno.test("parseQuery() exposes conditions for an index", () => {
  const result = parseQuery("tx.height>=5 AND a.b CONTAINS 'x y' AND t EXISTS AND d.e < DATE 1970-01-02");
  // 1970 is in the range of years, so its nanoseconds are small enough to write.
  assertEquals(result.ok && result.value.conditions, [
    { key: "tx.height", operator: ">=", operand: { type: "number", text: "5" } },
    { key: "a.b", operator: "CONTAINS", operand: { type: "string", text: "x y" } },
    { key: "t", operator: "EXISTS" },
    { key: "d.e", operator: "<", operand: { type: "date", text: "1970-01-02", nanos: 86_400_000_000_000n } },
  ]);
});

Deno.test("parseQuery() is bounded and never throws", () => {
  const long = parseQuery(`a.b = '${"x".repeat(600)}'`);
  assert(!long.ok && long.error.code === QUERY_CODE.tooLong);
  const many = parseQuery(Array(60).fill("a=1").join(" AND "));
  assert(!many.ok && many.error.code === QUERY_CODE.tooManyConditions);
  const pieces = fc.constantFrom(
    "a.b",
    " ",
    "=",
    "<=",
    "'",
    "5",
    ".",
    "AND",
    "EXISTS",
    "TIME ",
    "DATE 2020-01-01",
    "é",
    "\0",
  );
  fc.assert(fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
    const result = parseQuery(parts.join(""));
    if (result.ok) matchQuery(result.value, new Map([["a.b", ["5"]]]));
  }));
});

/** `tx|gas=8|gas=9` is an event of type tx with two attributes. */
function eventsOf(...texts: string[]): Map<string, string[]> {
  const events = new Map<string, string[]>();
  for (const text of texts) {
    const [type, ...attributes] = text.split("|");
    for (const attribute of attributes) {
      const [name, ...value] = attribute.split("=");
      const key = `${type}.${name}`;
      events.set(key, [...events.get(key) ?? [], value.join("=")]);
    }
  }
  return events;
}

const OWNERS = ["abci|owner.name=Igor|owner.name=Ivan"];
const BIG = [
  "big|value=99999999999999999999|floatvalue=99999999999999999999.10",
  "big2|value=18446744073709551615|floatvalue=18446744073709551615.6",
];
const MATCHES: [query: string, events: string[], matches: boolean][] = [
  ["tm.events.type='NewBlock'", ["tm|events.type=NewBlock"], true],
  ["tx.gas > 7", ["tx|gas=8"], true],
  ["transfer.amount > 7", ["transfer|amount=8stake"], true],
  ["transfer.amount > 7", ["transfer|amount=8.045"], true],
  ["transfer.amount > 7.043", ["transfer|amount=8.045stake"], true],
  ["transfer.amount > 8.045", ["transfer|amount=8.045stake"], false],
  ["tx.gas > 7 AND tx.gas < 9", ["tx|gas=8"], true],
  ["body.weight >= 3.5", ["body|weight=3.5"], true],
  ["account.balance < 1000.0", ["account|balance=900"], true],
  ["apples.kg <= 4", ["apples|kg=4.0"], true],
  ["body.weight >= 4.5", ["body|weight=4.5"], true],
  ["oranges.kg < 4 AND watermellons.kg > 10", ["oranges|kg=3", "watermellons|kg=12"], true],
  ["peaches.kg < 4", ["peaches|kg=5"], false],
  ["tx.gas > 7", ["tx|gas=-8"], false],
  ["tx.gas > 7", ["tx|gas=many"], false],
  ["tx.date > DATE 2017-01-01", ["tx|date=2026-01-01"], true],
  ["tx.date = DATE 2017-01-01", ["tx|date=2017-01-01"], true],
  ["tx.date = DATE 2018-01-01", ["tx|date=2017-01-01"], false],
  ["tx.date <= DATE 2018-01-01", ["tx|date=tomorrow"], false],
  ["tx.time >= TIME 2013-05-03T14:45:00Z", ["tx|time=2026-05-03T14:45:00Z"], true],
  ["tx.time = TIME 2013-05-03T14:45:00Z", ["tx|time=2018-05-03T14:45:00Z"], false],
  ["tx.time = TIME 2013-05-03T14:45:00Z", ["tx|time=2013-05-03T16:45:00.000+02:00"], true],
  ["tx.time < TIME 2013-05-03T14:45:00Z", ["tx|time=2013-05-03T14:44:59.999999999Z"], true],
  ["abci.owner.name CONTAINS 'Igor'", OWNERS, true],
  ["abci.owner.name CONTAINS 'Igor'", ["abci|owner.name=Pavel|owner.name=Ivan"], false],
  ["abci.owner.name = 'Igor'", OWNERS, true],
  ["abci.owner.name = 'Ivan'", OWNERS, true],
  ["abci.owner.name = 'Ivan' AND abci.owner.name = 'Igor'", OWNERS, true],
  ["abci.owner.name = 'Ivan' AND abci.owner.name = 'John'", OWNERS, false],
  ["tm.events.type='NewBlock' AND app.name = 'fuzzed'", ["tm|events.type=NewBlock", "app|name=fuzzed"], true],
  ["tm.events.type='NewHeader'", ["tm|events.type=NewBlock", "app|name=fuzzed"], false],
  ["slash EXISTS", ["slash|reason=missing_signature|power=6000"], true],
  ["slash EXISTS", ["transfer|recipient=cosmos1|sender=cosmos1"], false],
  ["slash.reason EXISTS AND slash.power > 1000", ["slash|reason=missing_signature|power=6000"], true],
  ["slash.reason EXISTS AND slash.power > 1000", ["slash|reason=missing_signature|power=1000"], false],
  ["slash = ''", ["slash|power=1"], true],
  ["slash = 'x'", ["slash|power=1"], false],
  ["slash EXISTS", ["slashing|power=1"], false],
  ["slash.pow EXISTS", ["slash|power=1"], false],
  ["slash EXISTS", [], false],
  ["big.value >= 99999999999999999999", BIG, true],
  ["big.value > 99999999999999999998", BIG, true],
  ["big2.value <= 18446744073709551615", BIG, true],
  ["big.floatvalue >= 99999999999999999999", BIG, true],
  ["big.floatvalue > 99999999999999999998.10", BIG, true],
  ["big2.floatvalue <= 18446744073709551615.6", BIG, true],
  ["big2.floatvalue >= 18446744073709551615", BIG, true],
  ["big2.floatvalue >= 12.5", BIG, true],
  ["big.value < 99999999999999999999", BIG, false],
];

Deno.test("matchQuery() matches what CometBFT matches", () => {
  for (const [text, events, matches] of MATCHES) {
    const query = parseQuery(text);
    assert(query.ok, text);
    assertEquals(matchQuery(query.value, eventsOf(...events)), matches, `${text} on ${events}`);
  }
});

Deno.test("a key without a type matches nothing, as in CometBFT", () => {
  const query = parseQuery("hash = 'x'");
  assert(query.ok);
  assert(!matchQuery(query.value, new Map([["hash", ["x"]]])));
});

Deno.test("compareDecimals() orders as numbers do", () => {
  const decimal = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.nat({ max: 9999 }));
  fc.assert(fc.property(decimal, decimal, (a, b) => {
    const text = ([whole, part]: [bigint, number]) => `${whole}.${part.toString().padStart(4, "0")}`;
    const scaled = ([whole, part]: [bigint, number]) => whole * 10_000n + BigInt(part);
    const expected = scaled(a) === scaled(b) ? 0 : scaled(a) < scaled(b) ? -1 : 1;
    assertEquals(Math.sign(compareDecimals(text(a), text(b))), expected);
  }));
  assertEquals(compareDecimals("007.50", "7.5"), 0);
  assertEquals(compareDecimals("0", "0.0"), 0);
});
