import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { genesisOf, updateOf, valueOf } from "../../tests/helpers/mini_chain.ts";
import { chainStateFromGenesis, DEFAULT_CONSENSUS_PARAMS, genesisToJson, parseGenesis } from "./mod.ts";

/** As CometBFT v0.38 writes it. */
const SAMPLE = {
  genesis_time: "2020-10-21T08:45:38.352297Z",
  chain_id: "test-chain-QDKdJr",
  initial_height: "1000",
  consensus_params: {
    block: { max_bytes: "22020096", max_gas: "-1" },
    evidence: { max_age_num_blocks: "100000", max_age_duration: "172800000000000", max_bytes: "1048576" },
    validator: { pub_key_types: ["ed25519"] },
    version: { app: "0" },
    abci: { vote_extensions_enable_height: "0" },
  },
  validators: [{
    address: "B547AB87E79F75A4A3198C57A8C2FDAF8628CB47",
    pub_key: { type: "tendermint/PubKeyEd25519", value: "P/V6GHuZrb8rs/k1oBorxc6vyXMlnzhJmv7LmjELDys=" },
    power: "10",
    name: "",
  }],
  app_hash: "",
  app_state: { bank: { x: 1 } },
};

Deno.test("parseGenesis() reads a file of CometBFT's, and genesisToJson() writes it back", () => {
  const doc = valueOf(parseGenesis(SAMPLE));
  assertEquals(doc.chainId, "test-chain-QDKdJr");
  assertEquals(doc.initialHeight, 1000n);
  assertEquals(doc.genesisTime, 1603269938352297000n);
  assertEquals(doc.consensusParams, DEFAULT_CONSENSUS_PARAMS);
  assertEquals(doc.validators[0]!.power, 10n);
  assertEquals(genesisToJson(doc), SAMPLE);
});

Deno.test("parseGenesis() fills in what may be left out", () => {
  const doc = valueOf(parseGenesis({ genesis_time: "2024-01-01T00:00:00Z", chain_id: "x" }));
  assertEquals([doc.initialHeight, doc.validators, doc.appState], [1n, [], {}]);
  assertEquals(doc.consensusParams, DEFAULT_CONSENSUS_PARAMS);
  assertEquals(valueOf(parseGenesis({ ...SAMPLE, initial_height: "0" })).initialHeight, 1n);
  const [validator] = SAMPLE.validators;
  const { address: _, ...bare } = validator!;
  assertEquals(valueOf(parseGenesis({ ...SAMPLE, validators: [bare] })).validators[0]!.address.length, 20);
});

Deno.test("parseGenesis() names the field that is wrong", () => {
  const validator = SAMPLE.validators[0]!;
  const params = (section: string, fields: Record<string, unknown>) => {
    const all: Record<string, Record<string, unknown>> = SAMPLE.consensus_params;
    return { consensus_params: { ...all, [section]: { ...all[section], ...fields } } };
  };
  const cases: readonly [change: Record<string, unknown>, field: string][] = [
    [{ chain_id: "" }, "chain_id"],
    [{ chain_id: "x".repeat(51) }, "chain_id"],
    [{ chain_id: 5 }, "chain_id"],
    [{ genesis_time: "yesterday" }, "genesis_time"],
    [{ genesis_time: undefined }, "genesis_time"],
    [{ initial_height: 1 }, "initial_height"],
    [{ initial_height: "-1" }, "initial_height"],
    [{ initial_height: "9223372036854775808" }, "initial_height"],
    [{ app_hash: "xyz" }, "app_hash"],
    [{ app_state: [] }, "app_state"],
    [{ validators: {} }, "validators"],
    [{ validators: [{ ...validator, power: "0" }] }, "validators[0].power"],
    [{ validators: [{ ...validator, power: 10 }] }, "validators[0].power"],
    [{ validators: [{ ...validator, address: "00".repeat(20) }] }, "validators[0].address"],
    [{ validators: [{ ...validator, pub_key: { type: "tendermint/PubKeySecp256k1", value: "" } }] }, "pub_key.type"],
    [{ validators: [{ ...validator, pub_key: { ...validator.pub_key, value: "AAAA" } }] }, "pub_key.value"],
    [{ validators: [validator, validator] }, "validators[1].pub_key"],
    [{ validators: [{ ...validator, power: "1152921504606846976" }] }, "validators[0].power"],
    [{ consensus_params: "none" }, "consensus_params"],
    [params("block", { max_bytes: "0" }), "block.max_bytes"],
    [params("block", { max_bytes: "104857601" }), "block.max_bytes"],
    [params("block", { max_gas: "-2" }), "block.max_gas"],
    [params("evidence", { max_age_num_blocks: "0" }), "evidence.max_age_num_blocks"],
    [params("evidence", { max_age_duration: "0" }), "evidence.max_age_duration"],
    [params("evidence", { max_bytes: "22020097" }), "evidence.max_bytes"],
    [params("validator", { pub_key_types: ["secp256k1"] }), "validator.pub_key_types"],
    [params("version", { app: "-1" }), "version.app"],
    [params("abci", { vote_extensions_enable_height: "5" }), "abci.vote_extensions_enable_height"],
  ];
  for (const [change, field] of cases) {
    const result = parseGenesis({ ...SAMPLE, ...change });
    assert(!result.ok, `${JSON.stringify(change)} is refused`);
    assertStringIncludes(result.error.message, field);
  }
  for (const json of [undefined, null, [], "x", 1]) assertEquals(parseGenesis(json).ok, false);
});

Deno.test("chainStateFromGenesis() takes the application's validators when the file names none", () => {
  const nobody = genesisOf([]);
  const empty = { validators: [], appHash: new Uint8Array([1]) };
  assertEquals(chainStateFromGenesis(nobody, empty).ok, false);
  const state = valueOf(chainStateFromGenesis(nobody, { ...empty, validators: [updateOf(3, 8n)] }));
  assertEquals(state.validators.validators.length, 1);
  assertEquals([state.appHash, state.lastHeight], [new Uint8Array([1]), 0n]);
});

Deno.test("chainStateFromGenesis() refuses an application that contradicts the file", () => {
  const doc = genesisOf([5n, 6n]);
  const named = (...validators: ReturnType<typeof updateOf>[]) =>
    chainStateFromGenesis(doc, { validators, appHash: new Uint8Array() }).ok;
  assertEquals(named(), true);
  assertEquals(named(updateOf(1, 6n), updateOf(0, 5n)), true, "order does not matter");
  assertEquals(named(updateOf(0, 5n)), false);
  assertEquals(named(updateOf(0, 5n), updateOf(1, 7n)), false);
});
