import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { buildContract as builtBefore } from "../../tests/helpers/built_contract.ts";
import { checkContract } from "../wasm/mod.ts";
import { attribute, buildContract, ContractBuildError, MockChain, MockChannel } from "./mod.ts";

/** Largest code of a counter, in bytes. */
const COUNTER_BYTES_MAX = 20_000;
const MINIMAL =
  `import { Response } from "catenary";\n@instantiate function setup(): Response { return new Response(); }\n`;

/** Builds sources given by file name, of which `index.ts` is the main one. */
async function build(files: Record<string, string>): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
    return await buildContract(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the same sources give the same small module, which every chain takes", async () => {
  const url = new URL("./assembly/template/counter.ts", import.meta.url);
  const [wasm, again] = [await buildContract(url), await builtBefore(url)];
  assertEquals(wasm, again);
  assertEquals(checkContract(wasm), []);
  assertEquals(wasm.length < COUNTER_BYTES_MAX, true, `${wasm.length} bytes`);
  const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
  const exports = WebAssembly.Module.exports(module).map(({ name }) => name).sort();
  const expected = ["allocate", "deallocate", "execute", "instantiate", "interface_version_8", "memory", "query"];
  assertEquals(exports, expected);
  // Section 8 is the start section.
  assertEquals(sections(wasm).includes(8), false);
});

/** Numbers of the sections of a module. */
function sections(wasm: Uint8Array): number[] {
  const found: number[] = [];
  for (let at = 8; at < wasm.length;) {
    found.push(wasm[at++]!);
    let [size, shift] = [0, 0];
    for (;;) {
      const byte = wasm[at++]!;
      size |= (byte & 127) << shift;
      shift += 7;
      if (byte < 128) break;
    }
    at += size;
  }
  return found;
}

Deno.test("a contract has as many files as it likes, anywhere", async () => {
  const wasm = await build({
    "index.ts": `import "./more";\n${MINIMAL}`,
    "more.ts":
      `import { Item } from "catenary";\nconst A = new Item<u64>("a");\n@query function a(): u64 { return A.load(); }\n`,
  });
  assertEquals(checkContract(wasm), []);
});

const MISTAKES: [name: string, source: string, message: string][] = [
  ["a type error", MINIMAL + "@execute function x(): Response { return 5; }", "in index.ts(3,"],
  ["a syntax error", MINIMAL + "@execute function x( {", "in index.ts(3,"],
  ["no instantiate", `import { Response } from "catenary";`, "@instantiate"],
  [
    "two of one name",
    MINIMAL + "@query function a(): u64 { return 1; }\n@query function A(): u64 { return 1; }",
    '"a"',
  ],
  [
    "another answer",
    MINIMAL + "@execute function x(): u64 { return 5; }",
    "index.ts:3:1: x: @execute gives a Response",
  ],
  [
    "info for a query",
    MINIMAL + "@query function x(info: MessageInfo): u64 { return 5; }",
    "cannot give a MessageInfo",
  ],
  [
    "no such decorator",
    MINIMAL + "@exceute function x(): Response { return new Response(); }",
    "index.ts:3:1: there is no decorator @exceute; functions have @instantiate @execute",
  ],
  [
    "half of a port",
    MINIMAL + '@ibcChannelOpen function open(message: IbcChannelOpenMsg): string { return ""; }',
    "@ibcChannelConnect, @ibcChannelClose, @ibcPacketReceive, @ibcPacketAck, @ibcPacketTimeout missing",
  ],
  [
    "another packet's message",
    MINIMAL + "@ibcPacketAck function acked(packet: IbcPacketTimeoutMsg): Response { return new Response(); }",
    "cannot give a IbcPacketTimeoutMsg; it has env: Env, message: IbcPacketAckMsg",
  ],
  [
    "a packet without an acknowledgement",
    MINIMAL + "@ibcPacketReceive function receive(): Response { return new Response(); }",
    "@ibcPacketReceive gives a IbcReceiveResponse",
  ],
  [
    "a parameter that may be missing",
    MINIMAL + "@execute function x(by?: u64): Response { return new Response(); }",
    "index.ts:3:21: x(by?: u64): what may be missing is `| null` or has a default",
  ],
  [
    "a class without @json",
    MINIMAL + "class A {}\n@query function x(): A { return new A(); }",
    "index/A has no form in JSON: put @json before the class",
  ],
  ["floating point", MINIMAL + "@query function x(): f64 { return 1; }", "f64 (number) is floating point"],
  ["try", MINIMAL + "@query function x(): u64 { try { return 1; } catch (e) {} return 2; }", "fail(…) and ensure(…)"],
  ["a missing file", `import "./nowhere";\n` + MINIMAL, "nowhere"],
];

for (const [name, source, message] of MISTAKES) {
  Deno.test(`a mistake is told with its place: ${name}`, async () => {
    const error = await assertRejects(() => build({ "index.ts": source }), ContractBuildError);
    assertStringIncludes((error as Error).message, message);
    // Nothing of what nobody wrote.
    assertEquals(/in ~lib\/catenary|_x|\.json\./.test((error as Error).message), false);
  });
}

Deno.test("a folder without a contract is told", async () => {
  await assertRejects(() => build({ "readme.md": "" }), ContractBuildError, "no assembly/index.ts");
});

Deno.test("the contract of other chains in README.md compiles, and greets", async () => {
  const page = await Deno.readTextFile(new URL("README.md", import.meta.url));
  const code = /^ {4}const NAMES[^]*?(?=^- )/m.exec(page)![0].replaceAll(/^ {4}/gm, "");
  const names = "fail IbcMsg IbcReceiveResponse IbcTimeout StorageMap toJson utf8".replaceAll(" ", ", ");
  const wasm = await build({ "index.ts": `import { ${names} } from "catenary";\n${MINIMAL}${code}` });
  const [a, b] = [new MockChain(), new MockChain()];
  const alice = a.account("alice");
  const [here, there] = [a.instantiate(alice, a.store(wasm), {}), b.instantiate(alice, b.store(wasm), {})];
  const channel = MockChannel.open(here, there);
  const answers = ["Ada", "Ada", "Bob"].map((name, at) => {
    here.execute(alice, { greet: { channel: channel.id, name } });
    if (at === 2) b.advance({ seconds: 600n });
    return attribute(channel.relay().at(-1)!.outcome, "answer");
  });
  assertEquals(answers, ["welcome", "Ada has greeted already", "none"]);
});
