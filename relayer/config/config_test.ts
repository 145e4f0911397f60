import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { DEVELOPMENT_MNEMONIC as NODES_MNEMONIC } from "../../node/development.ts";
import { IoError } from "../../node/core/errors.ts";
import {
  DEVELOPMENT_MNEMONIC,
  formatDuration,
  loadRelayerConfig,
  parseDuration,
  parseRelayerConfig,
  parseRelayerToml,
  readToken,
  readWallet,
  type RelayerConfigInput,
  relayerToml,
} from "./mod.ts";

const CHAIN = {
  name: "a",
  chain_id: "catenary-a",
  rpc: ["http://127.0.0.1:26657"],
  account_prefix: "cat",
  gas_price: "0.025ucat",
};
const INPUT: RelayerConfigInput = {
  chains: [CHAIN, { ...CHAIN, name: "b", chain_id: "catenary-b" }],
  paths: [{ a: { chain: "a" }, b: { chain: "b" }, channels: [{}] }],
};

function valid(input: unknown) {
  const parsed = parseRelayerConfig(input);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function faultOf(input: unknown): string {
  const parsed = parseRelayerConfig(input, "relayer.toml");
  return parsed.ok ? "" : parsed.error.message;
}

Deno.test("what init writes is read back as what was meant, every other field at its default", () => {
  const text = relayerToml(INPUT);
  const parsed = parseRelayerToml(text, "relayer.toml");
  assertEquals(parsed.ok && parsed.value, valid(INPUT));
  for (const word of ["max_msgs = 50", "# gas_max", "[api]", "token_file", "refresh_at", "[[paths]]"]) {
    assertStringIncludes(text, word);
  }
});

Deno.test("every commented default is one: taking the # away changes nothing", () => {
  const text = relayerToml(INPUT).replace(
    /^# (\w+ = .+)$/gm,
    (line, field) => /^(token|id|token_file|token_env) =/.test(field) ? line : field,
  );
  const parsed = parseRelayerToml(text, "relayer.toml");
  assertEquals(parsed.ok ? parsed.value : parsed.error, valid(INPUT));
});

Deno.test("unknown keys and wrong values are named with their place", () => {
  const withChain = (more: object) => ({ chains: [{ ...CHAIN, ...more }] });
  const cases: [unknown, string][] = [
    [{ ...INPUT, apy: {} }, "unknown key apy"],
    [{ ...INPUT, api: { lisen: "x" } }, "unknown key api.lisen"],
    [withChain({ gasprice: "1ucat" }), "unknown key chains[0].gasprice"],
    [{}, "chains: is missing"],
    [{ chains: [] }, "chains: must name a chain"],
    [{ chains: [{ name: "a" }] }, "chains[0].chain_id: is missing"],
    [withChain({ gas_price: "ucat" }), "chains[0].gas_price: must be like 0.025ucat"],
    [withChain({ rpc: ["http://u:p@127.0.0.1"] }), "without user and password"],
    [withChain({ rpc_timeout: 10 }), "chains[0].rpc_timeout"],
    [withChain({ rpc_timeout: "10" }), "must be a duration of at least 100ms with its unit"],
    [withChain({ trust_level: "1/4" }), "must be from 1/3 to 1/1"],
    [withChain({ trusting_period: "30d" }), "chains[0].trusting_period: must be less than unbonding_period"],
    [withChain({ gas_default: 20_000_000 }), "chains[0].gas_default: is over gas_max"],
    [withChain({ wallets: [{ mnemonic: "test test" }] }), "secrets themselves do not belong here"],
    [withChain({ wallets: [{ development_account: 1 }] }), "needs development = true"],
    [withChain({ development: true, rpc: ["https://rpc.example"] }), "is not on this machine"],
    [{ chains: [CHAIN, CHAIN] }, "chains[1].name: a is there twice"],
    [{ ...INPUT, paths: [{ a: { chain: "a" }, b: { chain: "x" } }] }, "paths[0].b.chain: x is none of the chains"],
    [{ ...INPUT, paths: [{ a: { chain: "a" }, b: { chain: "a" } }] }, "must be another chain than a"],
    [{ ...INPUT, paths: [...INPUT.paths!, ...INPUT.paths!] }, "paths[1].id: a-b is there twice"],
    [{ ...INPUT, paths: [{ a: { chain: "a", connection: "connection-0" }, b: { chain: "b" } }] }, "needs its client"],
    [{ ...INPUT, api: { listen: "127.0.0.1" } }, "api.listen: must be HOST:PORT"],
    [{ ...INPUT, api: { listen: "127.0.0.1:70000" } }, "port must be at most 65535"],
    [{ ...INPUT, api: { token: "short" } }, "api.token: must have at least 16 characters"],
    [{ ...INPUT, api: { token: "x".repeat(16), token_env: "T" } }, "only one of token, token_file and token_env"],
  ];
  for (const [input, message] of cases) assertStringIncludes(faultOf(input), message);
  assertStringIncludes(faultOf({}), "read relayer.toml: ");
  const toml = parseRelayerToml("[api\n", "relayer.toml");
  assertStringIncludes(toml.ok ? "" : toml.error.message, "read relayer.toml: not TOML: ");
});

Deno.test("nothing that TOML or JSON can say breaks the reading", () => {
  const keys = ["chains", "paths", "api", "name", "rpc", "wallets", "a", "gas_price", "trust_level", "development"];
  const value = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      fc.jsonValue(),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys), tie("node"), { maxKeys: 4 }),
    ),
  })).node;
  fc.assert(fc.property(value, (input) => {
    const parsed = parseRelayerConfig(input);
    assert(parsed.ok || parsed.error.message.length > 0);
  }));
  const field = fc.constantFrom(...Object.keys(CHAIN));
  fc.assert(fc.property(field, fc.oneof(fc.string(), fc.array(fc.string())), (key, wrong) => {
    parseRelayerConfig({ chains: [{ ...CHAIN, development: true, [key]: wrong }] });
  }));
});

Deno.test("durations say their unit and survive being written", () => {
  for (
    const [text, ms] of [["500ms", 500], ["10s", 10_000], ["1h30m", 5_400_000], ["14d", 1_209_600_000], [
      "0s",
      0,
    ]] as const
  ) {
    assertEquals(parseDuration(text), ms);
  }
  for (const text of ["", "10", "s", "1.5s", "-1s", "1 s", "1w", "99999d", "1e3s"]) {
    assertEquals(parseDuration(text), undefined, text);
  }
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3650 * 86_400_000 }),
      (ms) => assertEquals(parseDuration(formatDuration(ms)), ms),
    ),
  );
});

Deno.test("files that a configuration names are beside it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/relayer.toml`;
    const text = relayerToml({
      chains: [{ ...CHAIN, wallets: [{ mnemonic_file: "keys/a.txt" }, { key_file: "/etc/b.key" }] }],
    });
    await Deno.writeTextFile(file, text);
    const config = await loadRelayerConfig(file);
    assertEquals(config.storePath, `${folder}/relayer.db`);
    assertEquals(config.chains[0]!.wallets.map((wallet) => "file" in wallet && wallet.file), [
      `${folder}/keys/a.txt`,
      "/etc/b.key",
    ]);
    const missing = await assertRejects(() => loadRelayerConfig(`${folder}/none.toml`), IoError);
    assertEquals(missing.code, "config_missing");
    assertStringIncludes(missing.message, "catenary relayer init --config");
    await Deno.writeTextFile(file, "nonsense = 1\n");
    assertEquals((await assertRejects(() => loadRelayerConfig(file), IoError)).code, "config_invalid");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("secrets come from files and variables, are judged, and never stand in an error", async () => {
  const folder = await Deno.makeTempDir();
  const [chain] = valid(INPUT).chains;
  const development = { ...chain!, development: true };
  const hdPath = "m/44'/118'/0'/0/0";
  const words = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
  const fileOf = async (text: string) => {
    const file = `${folder}/${crypto.randomUUID()}`;
    await Deno.writeTextFile(file, text);
    return file;
  };
  const variable = `CATENARY_TEST_${Deno.pid}`;
  try {
    const file = await fileOf(`${words}\n`);
    assertEquals(await readWallet({ tag: "mnemonic_file", file, hdPath }, chain!), {
      tag: "mnemonic",
      mnemonic: words,
      hdPath,
    });
    const keyFile = await fileOf("0x" + "ab".repeat(32));
    const key = await readWallet({ tag: "key_file", file: keyFile }, chain!);
    assertEquals(key.tag === "key" && key.privateKey.length, 32);
    Deno.env.set(variable, "cd".repeat(32));
    assertEquals((await readWallet({ tag: "environment", variable, hdPath }, chain!)).tag, "key");
    Deno.env.set(variable, words);
    assertEquals((await readWallet({ tag: "environment", variable, hdPath }, chain!)).tag, "mnemonic");

    const refusals = [
      [{ tag: "mnemonic_file", file: await fileOf("only three words"), hdPath }, "secret_invalid"],
      [{ tag: "mnemonic_file", file: `${folder}/none`, hdPath }, "secret_unreadable"],
      [{ tag: "mnemonic_file", file: await fileOf("x".repeat(5000)), hdPath }, "secret_invalid"],
      [{ tag: "key_file", file: await fileOf("ab".repeat(31)) }, "secret_invalid"],
      [{ tag: "environment", variable: `${variable}_NONE`, hdPath }, "secret_unreadable"],
      [{ tag: "mnemonic_file", file: await fileOf(DEVELOPMENT_MNEMONIC), hdPath }, "secret_public"],
    ] as const;
    for (const [wallet, code] of refusals) {
      const error = await assertRejects(() => readWallet(wallet, chain!), IoError);
      assertEquals(error.code, code);
      assert(!/three words|abab|junk/.test(error.message), error.message);
    }
    const open = await readWallet({ tag: "development", index: 3 }, development);
    assertEquals(open, { tag: "mnemonic", mnemonic: DEVELOPMENT_MNEMONIC, hdPath: "m/44'/118'/0'/0/3" });

    assertEquals(await readToken(undefined), undefined);
    assertEquals(await readToken({ tag: "file", file: await fileOf("0123456789abcdef\n") }), "0123456789abcdef");
    for (const wrong of ["short", "0123456789 abcdef"]) {
      const file = await fileOf(wrong);
      assertEquals((await assertRejects(() => readToken({ tag: "file", file }), IoError)).code, "secret_invalid");
    }
  } finally {
    Deno.env.delete(variable);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the development mnemonic is the nodes' one", () => assertEquals(DEVELOPMENT_MNEMONIC, NODES_MNEMONIC));
