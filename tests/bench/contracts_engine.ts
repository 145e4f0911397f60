/** Transfers of tokens through the engine alone: no transaction, no state tree, a map for the contract's storage. @module */
import { fileURLToPath } from "node:url";
import { ContractEngine } from "../../contracts/wasm/mod.ts";
import type { ContractHost, StorageEntry } from "../../contracts/host.ts";
import { buildContract, contractEntry } from "../../contracts/sdk/mod.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { compareBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { err, ok } from "../../node/core/result.ts";
import { contractCode } from "../helpers/contract_code.ts";

const HOLDERS = 200;
const FUEL = 1_000_000_000_000n;
const WARM_UP = 2_000;

const codec = new AddressCodec("cat");
const holders = Array.from(
  { length: HOLDERS },
  (_, i) => codec.of(sha256(utf8ToBytes(`holder ${i}`)).slice(0, 20)).text,
);

/** The chain around one contract, without prices. */
function mapHost(): ContractHost {
  const entries = new Map<string, StorageEntry>();
  const refused = { codespace: "bench", code: 1, message: "no address" };
  return {
    storage: {
      get: (key) => entries.get(key.toHex())?.[1],
      set: (key, value) => void entries.set(key.toHex(), [key, value]),
      delete: (key) => void entries.delete(key.toHex()),
      first: (start) => [...entries.values()].find(([key]) => start === undefined || compareBytes(key, start) >= 0),
    },
    addresses: {
      canonicalize: (human) => {
        const address = codec.parse(human);
        return address === undefined ? err(refused) : ok(address.bytes);
      },
      humanize: (canonical) => ok(codec.of(canonical).text),
      validate: (human) => codec.parse(human) === undefined ? err(refused) : ok(human),
    },
    query: () => utf8ToBytes(`{"error":{"unsupported_request":{"kind":"bench"}}}`),
    externalFuel: () => 0n,
    debug: () => {},
  };
}

interface TokenFigures {
  readonly per_second: number;
  readonly microseconds: number;
  readonly fuel: number;
  readonly code_bytes: number;
}

function run(code: Uint8Array, seconds: number): TokenFigures {
  const engine = new ContractEngine();
  const checksum = sha256(code);
  const host = mapHost();
  const contract = codec.of(sha256(utf8ToBytes("contract"))).text;
  const env = (height: number) =>
    utf8ToBytes(
      `{"block":{"height":${height},"time":"1700000000000000000","chain_id":"bench-1"},"transaction":{"index":0},` +
        `"contract":{"address":"${contract}"}}`,
    );
  const info = (sender: string) => utf8ToBytes(`{"sender":"${sender}","funds":[]}`);
  const call = (entry: "instantiate" | "execute", height: number, sender: string, message: unknown) => {
    const args = [env(height), info(sender), utf8ToBytes(JSON.stringify(message))];
    const { result, fuelUsed } = engine.call({ checksum, code: () => code, entry, args, host, fuel: FUEL });
    const text = result.ok ? new TextDecoder().decode(result.value) : result.error.message;
    if (!text.startsWith(`{"ok"`)) throw new Error(`bench: ${entry}: ${text}`);
    return fuelUsed;
  };
  call("instantiate", 1, holders[0]!, {
    name: "Bench",
    symbol: "BENCH",
    decimals: 6,
    initial_balances: holders.map((address) => ({ address, amount: "1000000000000" })),
  });
  let done = 0;
  const transfer = () => {
    const i = done++;
    const recipient = holders[(i * 7 + 1) % HOLDERS]!;
    return call("execute", 1000 + i, holders[i % HOLDERS]!, { transfer: { recipient, amount: "1" } });
  };
  while (done < WARM_UP) transfer();
  const began = performance.now();
  const until = began + seconds * 1000;
  let fuel = 0n;
  while (performance.now() < until) for (let i = 0; i < 100; i++) fuel = transfer();
  const ms = performance.now() - began;
  const microseconds = Math.round(ms * 10_000 / (done - WARM_UP)) / 10;
  return {
    per_second: Math.round((done - WARM_UP) * 1000 / ms),
    microseconds,
    fuel: Number(fuel),
    code_bytes: code.length,
  };
}

/** An unmodified cw20-base, and the token of the examples. */
export async function benchTokensInEngine({ seconds }: { readonly seconds: number }): Promise<unknown> {
  const folder = fileURLToPath(new URL("../../contracts/examples/token", import.meta.url));
  const codes = { cw20_base: contractCode("cw20_base"), token: await buildContract(await contractEntry(folder)) };
  const figures: Record<string, TokenFigures> = {};
  for (const [name, code] of Object.entries(codes)) {
    const made = figures[name] = run(code, seconds / 3);
    console.error(`${name.padEnd(12)} ${made.per_second} transfers/s through the engine, ${made.microseconds} us each`);
  }
  return figures;
}
