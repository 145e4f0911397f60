import { assertEquals } from "@std/assert";
import { explainRefusal } from "./contract_refusals.ts";

const SIMULATED = "simulate: Query failed with (5): failed to execute message; message index: 0: ";

const CASES: readonly (readonly [log: string, explained: string])[] = [
  [
    `${SIMULATED}Only the owner: can do that: execute wasm contract failed with gas used: '87725'`,
    "the contract refused: Only the owner: can do that",
  ],
  [
    "Error parsing message: unknown variant `stat`: query wasm contract failed",
    "the contract refused: Error parsing message: unknown variant `stat` (the message is not one that this contract knows)",
  ],
  [
    `${SIMULATED}code id 99: no such code with gas used: '22374'`,
    "code id 99: no such code (codes are numbered from 1; upload one with: catenary contract upload FILE.wasm)",
  ],
  [
    "out of gas in location: Loading CosmWasm module: execute; gasWanted: 60000, gasUsed: 77844: out of gas",
    "out of gas in location: Loading CosmWasm module: execute; gasWanted: 60000, gasUsed: 77844: out of gas " +
    "(give more with --gas, or leave it away to have it simulated)",
  ],
  [
    "unknown code: invalid request",
    "unknown code: invalid request (codes are numbered from 1; upload one with: catenary contract upload FILE.wasm)",
  ],
  ["nobody knows this", "nobody knows this"],
];

for (const [log, explained] of CASES) {
  Deno.test(`a refusal is told in the chain's words, with what helps: ${explained.slice(0, 40)}`, () => {
    assertEquals(explainRefusal(log), explained);
  });
}
