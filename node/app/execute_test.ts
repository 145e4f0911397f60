import { assertEquals } from "@std/assert";
import type { Context, MessageHandler } from "./module.ts";
import type { DecodedTx } from "./decode.ts";
import { AddressCodec } from "../core/address.ts";
import { utf8ToBytes } from "../core/bytes.ts";
import { sdkRefusal } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";
import { Journal, Miss } from "../state/mod.ts";
import type { StateReader } from "../state/view.ts";
import type { AnteOptions } from "./ante.ts";
import { Execution, type Outcome } from "./execute.ts";

const address = new AddressCodec("cat").of(new Uint8Array(20).fill(1));
const EMPTY = new Uint8Array();

/** Nothing is resident before it was missed; keys that start with `a` are there. */
class ColdState implements StateReader {
  misses = 0;
  readonly #known = new Set<string>();

  get(_store: string, key: Uint8Array): Uint8Array | undefined {
    const text = key.toHex();
    if (!this.#known.has(text)) {
      this.#known.add(text);
      this.misses++;
      throw new Miss({ type: "load_keys", keys: [key] });
    }
    return key[0] === 0x61 ? key : undefined;
  }

  page(): [] {
    return [];
  }
}

/** Accounts without signatures, for simulations. */
const ante: AnteOptions = {
  accounts: {
    params: () => ({
      maxMemoCharacters: 0n,
      txSigLimit: 1n,
      txSizeCostPerByte: 10n,
      sigVerifyCostEd25519: 0n,
      sigVerifyCostSecp256k1: 0n,
    }),
    get(view) {
      view.get("acc", utf8ToBytes("a"));
      return { address, pubKey: undefined, accountNumber: 0n, sequence: 0n, module: undefined };
    },
    set: (view) => view.set("acc", utf8ToBytes("a"), Uint8Array.of(1)),
    touch: () => {},
  },
  fees: { deduct: () => ok(undefined), collect: () => {}, touch: () => {} },
  gasPrices: [],
};

/** Each message is the text of keys; it reads and writes them all and emits an event for each. */
function txOf(texts: readonly string[], execute: (context: Context, text: string) => Result<Uint8Array>): DecodedTx {
  const handler: MessageHandler<string> = {
    typeUrl: "/test.v1.Msg",
    responseTypeUrl: "/test.v1.MsgResponse",
    decode: () => ok(""),
    signers: () => [address],
    touch: () => {},
    execute,
  };
  return {
    size: 100,
    bytes: EMPTY,
    bodyBytes: EMPTY,
    authInfoBytes: EMPTY,
    messages: texts.map((value) => ({
      route: { module: "test", mayRunContracts: false, handler },
      value,
      signer: address,
    })),
    memoBytes: 0,
    timeoutHeight: 0n,
    signers: [{ address, pubKey: undefined, sequence: 0n, signature: EMPTY, mode: 0, verified: undefined }],
    payer: address,
    fee: [],
    feeText: "",
    gasLimit: 1n,
  };
}

function readAndWrite(context: Context, text: string): Result<Uint8Array> {
  for (const key of text.split(",")) {
    context.emit({ type: key, attributes: [] });
    context.view.set("test", utf8ToBytes(`b${key}`), utf8ToBytes(text));
    // Also a part that may fail by itself can be interrupted.
    context.attempt((inner) => {
      inner.view.get("test", utf8ToBytes(`a${key}`));
      return key.endsWith("!") ? err(sdkRefusal("logic", "attempted")) : ok(undefined);
    });
    if (key === "no") return err(sdkRefusal("logic", "told so"));
  }
  return ok(utf8ToBytes(text));
}

interface Ran {
  readonly outcome: Outcome;
  readonly changes: ReturnType<Journal["changes"]>;
  readonly executions: number;
}

function run(texts: readonly string[], state: StateReader, gasLimit: bigint): Ran {
  const journal = new Journal(state);
  let executions = 0;
  const tx = txOf(texts, (context, text) => {
    executions++;
    return readAndWrite(context, text);
  });
  const execution = new Execution(journal, tx, { chainId: "c", height: 1n, time: 0n }, "simulate", ante, gasLimit);
  for (;;) {
    try {
      return { outcome: execution.run(), changes: journal.changes(), executions };
    } catch (thrown) {
      if (!(thrown instanceof Miss)) throw thrown;
    }
  }
}

const messages = Array.from({ length: 50 }, (_, i) => `${i},${i}x,${i}!`);

Deno.test("a miss takes back the message it happened in and no other", () => {
  const state = new ColdState();
  const { outcome, executions } = run(messages, state, 10_000_000n);
  assertEquals(outcome.error, undefined);
  assertEquals(state.misses, 1 + 3 * messages.length);
  assertEquals(executions, 4 * messages.length, "each once, and once more for each of its misses");
});

Deno.test("many messages run some at a time", () => {
  const journal = new Journal({ get: () => undefined, page: () => [] });
  const block = { chainId: "c", height: 1n, time: 0n };
  for (const [count, pauses] of [[1, 0], [20, 0], [21, 1], [50, 2]]) {
    const tx = txOf(messages.slice(0, count), readAndWrite);
    const execution = new Execution(journal, tx, block, "simulate", ante, 10_000_000n);
    for (let i = 0; i < pauses!; i++) assertEquals(execution.advance(), "paused");
    assertEquals((execution.advance() as Outcome).error, undefined);
  }
});

Deno.test("what a transaction comes to does not depend on what is resident", () => {
  const warm: StateReader = { get: (_store, key) => key[0] === 0x61 ? key : undefined, page: () => [] };
  const whole = run(messages, warm, 10_000_000n).outcome.gasUsed;
  const cases: [texts: readonly string[], gasLimit: bigint, code: number][] = [
    [messages, whole, 0],
    [messages, whole - 1n, 11],
    [messages, whole / 2n, 11],
    [messages, 2_000n, 11],
    [[...messages.slice(0, 9), "1,no", ...messages.slice(9)], 10_000_000n, 35],
  ];
  for (const [texts, gasLimit, code] of cases) {
    const cold = run(texts, new ColdState(), gasLimit);
    const { outcome, changes } = run(texts, warm, gasLimit);
    assertEquals(outcome.error?.code ?? 0, code);
    assertEquals(cold.outcome, outcome);
    assertEquals(cold.changes, changes);
  }
});

Deno.test("a refusal is told in a text, whatever it quotes", () => {
  const journal = new Journal({ get: () => undefined, page: () => [] });
  const tx = txOf(["x"], () => err(sdkRefusal("logic", "\u{1F600}".slice(0, 1))));
  const block = { chainId: "c", height: 1n, time: 0n };
  const { error } = new Execution(journal, tx, block, "simulate", ante, 1_000_000n).run();
  assertEquals(error?.message.isWellFormed(), true);
});

Deno.test("a miss takes back what the message noted, and a refused part does not", () => {
  const known: string[] = [];
  const tx = txOf(["a", "b"], (context, text) => {
    known.push(`${text}:${["a", "b", "part"].filter((name) => context.notes.has(name)).join()}`);
    context.notes.add(text);
    const branch = context.branch();
    branch.context.notes.add("part");
    branch.drop();
    context.view.get("s", utf8ToBytes(`a${text}`));
    return ok(EMPTY);
  });
  const block = { chainId: "c", height: 1n, time: 0n };
  const execution = new Execution(new Journal(new ColdState()), tx, block, "simulate", ante, 10_000_000n);
  for (let done = false; !done;) {
    try {
      assertEquals(execution.run().error, undefined);
      done = true;
    } catch (thrown) {
      if (!(thrown instanceof Miss)) throw thrown;
    }
  }
  // Each message ran twice: the first time it missed.
  assertEquals(known, ["a:", "a:", "b:a,part", "b:a,part"]);
});
