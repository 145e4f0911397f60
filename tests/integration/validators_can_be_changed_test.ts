/** An admin of the genesis changes the validator set, and consensus follows exactly two heights later. @module */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Validator } from "cosmjs-types/tendermint/types/validator";
import { hashValidatorSet } from "../../mod.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { MsgUpdateValidatorCodec } from "../../node/modules/validators/mod.ts";
import { makeAccount, secp256k1AccountOf, signMessages } from "../helpers/accounts.ts";
import { nextBlock, withNode } from "../helpers/local_node.ts";
import { rpc } from "../helpers/rpc_client.ts";

const [admin, other] = deriveAccounts(DEVELOPMENT_MNEMONIC, 2).map(({ privateKey }) => secp256k1AccountOf(privateKey));

/** First rounds without an answer must not take seconds; later ones are longer by the usual step, however slow the machine. */
const QUICK = {
  consensus: {
    timeout_propose_ms: 40,
    timeout_prevote_ms: 20,
    timeout_precommit_ms: 20,
  },
};

const accounts = { [admin!.address]: 0n, [other!.address]: 1n };

function updateTx(from: typeof admin, sequence: bigint, pubKey: Uint8Array, power: bigint): string {
  const value = MsgUpdateValidatorCodec.encode({ authority: from!.address, pubKey, power }).finish();
  const message = { typeUrl: "/catenary.validators.v1.MsgUpdateValidator", value };
  const chainId = "catenary-local-1";
  return signMessages(from!, [message], { chainId, accountNumber: accounts[from!.address]!, sequence }).toBase64();
}

interface JsonValidator {
  address: string;
  pub_key: { value: string };
  voting_power: string;
  proposer_priority: string;
}

async function validatorsAt(url: string, height: bigint): Promise<JsonValidator[]> {
  const { block_height, validators, total } = await rpc(url, "validators", { height: height.toString() });
  assertEquals([block_height, total], [height.toString(), String(validators.length)]);
  return validators;
}

const headerAt = async (url: string, height: bigint) =>
  (await rpc(url, "header", { height: height.toString() })).header;

/** The hash in headers, computed from what `validators` answers. */
function hashOf(validators: JsonValidator[]): string {
  const set = validators.map(({ address, pub_key, voting_power }) =>
    Validator.fromPartial({
      address: Uint8Array.fromHex(address),
      pubKey: { ed25519: Uint8Array.fromBase64(pub_key.value) },
      votingPower: BigInt(voting_power),
    })
  );
  return hashValidatorSet({ validators: set }).toHex().toUpperCase();
}

const powersOf = (validators: JsonValidator[]) => validators.map(({ voting_power }) => voting_power);

Deno.test("an admin's update is in force two heights after its block, and every header says so", async () => {
  await withNode({ config: QUICK }, async (node) => {
    const url = node.rpcAddress;
    const own = (await rpc(url, "status")).validator_info;
    const pubKey = Uint8Array.fromBase64(own.pub_key.value);
    const sent = await rpc(url, "broadcast_tx_commit", { tx: updateTx(admin, 0n, pubKey, 25n) });
    assertEquals(sent.tx_result.code, 0, sent.tx_result.log);
    const at = BigInt(sent.height);
    const results = await rpc(url, "block_results", { height: sent.height });
    assertEquals(results.validator_updates, [{
      pub_key: {
        Sum: { type: "tendermint.crypto.PublicKey_Ed25519", value: { ed25519: own.pub_key.value } },
      },
      power: "25",
    }]);
    while (node.height < at + 3n) await nextBlock(node);
    for (const [height, power] of [[at, "10"], [at + 1n, "10"], [at + 2n, "25"], [at + 3n, "25"]] as const) {
      const validators = await validatorsAt(url, height);
      assertEquals(powersOf(validators), [power], `validators of H+${height - at}`);
      const header = await headerAt(url, height);
      assertEquals(header.validators_hash, hashOf(validators), `validators_hash of H+${height - at}`);
      const next = await validatorsAt(url, height + 1n);
      assertEquals(header.next_validators_hash, hashOf(next), `next_validators_hash of H+${height - at}`);
    }
    assertEquals((await rpc(url, "status")).validator_info.voting_power, "25");
    assertEquals((await rpc(url, "get_validators")).validators.length, 1);
  });
});

Deno.test("who is no admin is refused with a code, also for nonsense; the set stays", async () => {
  await withNode({ config: QUICK }, async (node) => {
    const url = node.rpcAddress;
    const before = await rpc(url, "validators");
    const key = makeAccount("ed25519", 5).publicKey;
    const own = Uint8Array.fromBase64(before.validators[0].pub_key.value);
    const cases: [what: string, tx: string, code: number, log: string][] = [
      ["no admin", updateTx(other, 0n, key, 5n), 2, "is not one of the admins"],
      ["unknown", updateTx(admin, 0n, key, 0n), 5, "no such validator"],
      ["the last one", updateTx(admin, 1n, own, 0n), 6, "nobody would be left"],
    ];
    for (const [what, tx, code, log] of cases) {
      const { tx_result, check_tx } = await rpc(url, "broadcast_tx_commit", { tx });
      assertEquals(check_tx.code, 0, `${what}: ${check_tx.log}`);
      assertEquals([tx_result.codespace, tx_result.code], ["validators", code], what);
      assertStringIncludes(tx_result.log, log);
    }
    for (const [key, power, code] of [[own.slice(1), 5n, 3], [own, -1n, 4], [own, 1n << 60n, 4]] as const) {
      const answer = await rpc(url, "broadcast_tx_sync", { tx: updateTx(admin, 2n, key, power) });
      assertEquals([answer.codespace, answer.code], ["validators", code]);
    }
    await nextBlock(node);
    await nextBlock(node);
    await nextBlock(node);
    assertEquals((await rpc(url, "validators")).validators.map(({ voting_power }: JsonValidator) => voting_power), [
      "10",
    ]);
  });
});

Deno.test("a second validator that is away: with less than 1/3 the chain goes on without it, with more it rests", async () => {
  await withNode({ config: QUICK, blockTimeMs: 5 }, async (node) => {
    const url = node.rpcAddress;
    const absent = makeAccount("ed25519", 6).publicKey;
    const joined = await rpc(url, "broadcast_tx_commit", { tx: updateTx(admin, 0n, absent, 4n) });
    assertEquals(joined.tx_result.code, 0, joined.tx_result.log);
    const from = BigInt(joined.height) + 2n;
    // Among fourteen heights the absent one has its turns, which cost a round each; as a newcomer it begins late.
    while (node.height < from + 14n) await nextBlock(node);
    assertEquals(powersOf(await validatorsAt(url, from - 1n)), ["10"]);
    assertEquals(powersOf(await validatorsAt(url, from)), ["10", "4"]);
    const rounds: number[] = [];
    for (let height = from; height < from + 14n; height++) {
      const { commit, header } = (await rpc(url, "commit", { height: height.toString() })).signed_header;
      assertEquals(commit.signatures.map(({ block_id_flag }: { block_id_flag: number }) => block_id_flag), [2, 1]);
      assertEquals(header.validators_hash, hashOf(await validatorsAt(url, height)));
      rounds.push(commit.round);
    }
    const turns = rounds.filter((round) => round > 0).length;
    // A machine that stands still for a moment adds rounds of its own.
    assert(turns >= 3, `rounds ${rounds}`);

    const grown = await rpc(url, "broadcast_tx_commit", { tx: updateTx(admin, 1n, absent, 5n) });
    assertEquals(grown.tx_result.code, 0, grown.tx_result.log);
    const last = BigInt(grown.height) + 1n;
    while (node.height < last) await nextBlock(node);
    // Exactly one third is away: no more than two thirds can ever prevote, so the first round does not even time out.
    const roundOf = async () => (await rpc(url, "consensus_state")).round_state;
    let state = await roundOf();
    // CometBFT's numbers of steps: 4 is prevote.
    for (let i = 0; state["height/round/step"] !== `${last + 1n}/0/4`; i++) {
      assert(i < 10_000, `the last height is left and prevoted: ${JSON.stringify(state)}`);
      state = await roundOf();
    }
    for (let i = 0; i < 100; i++) assertEquals(await roundOf(), state);
    assertEquals(node.height, last);
    assertEquals(await rpc(url, "health"), {});
    assert((await rpc(url, "broadcast_tx_sync", { tx: updateTx(admin, 2n, absent, 4n) })).code === 0);
  });
});
