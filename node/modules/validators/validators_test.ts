import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { makeTx, type Signer, signerOf, TestChain, VALIDATOR_KEY } from "../../../tests/bad_input/harness.ts";
import { equalBytes } from "../../core/bytes.ts";
import { decodeStrict } from "../../core/codec/mod.ts";
import { TOTAL_POWER_MAX } from "./params.ts";
import { MsgUpdateValidatorCodec, QueryParamsResponseCodec, QueryValidatorsResponseCodec } from "./mod.ts";

const admin = signerOf("admin");
const other = signerOf("other");
const keyOf = (n: number) => new Uint8Array(32).fill(n);
const newChain = () => new TestChain({ accounts: [admin, other], admins: [admin.address] });

class Admin {
  #sequence = 0n;
  constructor(readonly signer: Signer = admin, readonly number = 0n) {}
  update(...changes: [pubKey: Uint8Array, power: bigint][]): Uint8Array {
    const messages = changes.map(([pubKey, power]) => ({
      typeUrl: MsgUpdateValidatorCodec.typeUrl,
      value: MsgUpdateValidatorCodec.encode({ authority: this.signer.address.text, pubKey, power }).finish(),
    }));
    return makeTx({
      messages,
      signers: [{ signer: this.signer, accountNumber: this.number, sequence: this.#sequence++ }],
    });
  }
}

const updatesOf = (output: ReturnType<TestChain["block"]>) =>
  output.validatorUpdates.map(({ pubKey, power }) => [pubKey!.ed25519![0], power]);

Deno.test("an admin adds, changes and removes a validator: the block reports it once, with an event", () => {
  const chain = newChain();
  const by = new Admin();
  const added = chain.block(by.update([keyOf(1), 5n]));
  assertEquals(updatesOf(added), [[1, 5n]]);
  const event = added.txResults[0]!.events.find(({ type }) => type === "update_validator")!;
  assertEquals(event.attributes.map(({ key, value }) => [key, value]), [
    ["authority", admin.address.text],
    ["pub_key", keyOf(1).toBase64()],
    ["power", "5"],
    ["msg_index", "0"],
  ]);
  assertEquals(updatesOf(chain.block()), []);
  assertEquals(updatesOf(chain.block(by.update([keyOf(1), 6n], [keyOf(1), 7n]))), [[1, 7n]]);
  assertEquals(updatesOf(chain.block(by.update([keyOf(1), 0n]))), [[1, 0n]]);
});

Deno.test("what a block undoes itself is not reported, as CometBFT would refuse to remove who is not there", () => {
  const chain = newChain();
  const by = new Admin();
  assertEquals(updatesOf(chain.block(by.update([keyOf(1), 5n]), by.update([keyOf(1), 0n]))), []);
  assertEquals(updatesOf(chain.block(by.update([VALIDATOR_KEY, 20n]), by.update([VALIDATOR_KEY, 10n]))), []);
});

Deno.test("a failed transaction reports nothing", () => {
  const chain = newChain();
  const output = chain.block(new Admin().update([keyOf(1), 5n], [keyOf(2), 0n]));
  assertEquals([output.txResults[0]!.codespace, output.txResults[0]!.code], ["validators", 5]);
  assertEquals(updatesOf(output), []);
});

Deno.test("each refusal has its code", () => {
  const refuses = (tx: Uint8Array, code: number) => {
    const { txResults, validatorUpdates } = newChain().block(tx);
    assertEquals([txResults[0]!.codespace, txResults[0]!.code, validatorUpdates], ["validators", code, []]);
  };
  refuses(new Admin(other, 1n).update([keyOf(1), 5n]), 2);
  refuses(new Admin().update([new Uint8Array(31), 5n]), 3);
  refuses(new Admin().update([keyOf(1), -1n]), 4);
  refuses(new Admin().update([keyOf(1), TOTAL_POWER_MAX + 1n]), 4);
  refuses(new Admin().update([keyOf(1), 0n]), 5);
  refuses(new Admin().update([VALIDATOR_KEY, 0n]), 6);
  refuses(new Admin().update([keyOf(1), TOTAL_POWER_MAX]), 7);
});

Deno.test("the total bound holds before removals are applied, as CometBFT counts", () => {
  const chain = newChain();
  const by = new Admin();
  // 10 + (max - 10) fits; with the removed 10 still counted, one more does not.
  const output = chain.block(
    by.update([keyOf(1), TOTAL_POWER_MAX - 10n]),
    by.update([VALIDATOR_KEY, 0n]),
    by.update([keyOf(2), 1n]),
  );
  assertEquals(output.txResults.map(({ code }) => code), [0, 0, 7]);
  assertEquals(chain.block(by.update([keyOf(2), 10n])).txResults[0]!.code, 0);
});

Deno.test("random updates: what the blocks report, applied in order, is what the chain answers", () => {
  const step = fc.record({ key: fc.integer({ min: 1, max: 5 }), power: fc.bigInt({ min: 0n, max: 3n }) });
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 6 }), { maxLength: 6 }), (blocks) => {
      const chain = newChain();
      const by = new Admin();
      const set = new Map<string, bigint>([[VALIDATOR_KEY.toHex(), 10n]]);
      for (const steps of blocks) {
        const { validatorUpdates } = chain.block(...steps.map(({ key, power }) => by.update([keyOf(key), power])));
        const named = new Set(validatorUpdates.map(({ pubKey }) => pubKey!.ed25519!.toHex()));
        assertEquals(named.size, validatorUpdates.length, "nobody is named twice");
        for (const { pubKey, power } of validatorUpdates) {
          const key = pubKey!.ed25519!.toHex();
          if (power > 0n) set.set(key, power);
          else assertEquals(set.delete(key), true, "only who is there is removed");
        }
      }
      const answer = chain.query("/catenary.validators.v1.Query/Validators", new Uint8Array());
      const { validators } = QueryValidatorsResponseCodec.decode(answer.value);
      assertEquals(new Map(validators.map(({ pubKey, power }) => [pubKey.toHex(), power])), new Map([...set].sort()));
    }),
    { numRuns: 40 },
  );
});

Deno.test("misbehavior is told by events of the block, before those of its end, and changes no state", () => {
  const [chain, other] = [newChain(), newChain()];
  const time = { seconds: 1_700_000_000n, nanos: 0 };
  const address = new Uint8Array(20).fill(0xab);
  chain.misbehavior = [1, 2].map((type) => ({
    type,
    validator: { address, power: 7n },
    height: 3n,
    time,
    totalVotingPower: 10n,
  }));
  const output = chain.block();
  const told = output.events.filter(({ type }) => type === "misbehavior");
  assertEquals(told.map(({ attributes }) => attributes.map(({ key, value }) => `${key}=${value}`).join(" ")), [
    `type=duplicate_vote validator=${"AB".repeat(20)} height=3 power=7`,
    `type=light_client_attack validator=${"AB".repeat(20)} height=3 power=7`,
  ]);
  assertEquals(output.appHash, other.block().appHash);
});

Deno.test("the query of parameters names the admins", () => {
  const answer = newChain().query("/catenary.validators.v1.Query/Params", new Uint8Array());
  assertEquals(QueryParamsResponseCodec.decode(answer.value).params.admins, [admin.address.text]);
});

Deno.test("messages survive their own codec, and strict decoding refuses unknown fields", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.uint8Array({ maxLength: 40 }),
      fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
      (authority, pubKey, power) => {
        const bytes = MsgUpdateValidatorCodec.encode({ authority, pubKey, power }).finish();
        const decoded = decodeStrict(MsgUpdateValidatorCodec, bytes, "message", 4096);
        if (!decoded.ok) throw new Error(decoded.error.message);
        assertEquals([decoded.value.authority, decoded.value.power], [authority, power]);
        assertEquals(equalBytes(decoded.value.pubKey, pubKey), true);
        const longer = Uint8Array.of(...bytes, 0x20, 0x01);
        assertEquals(decodeStrict(MsgUpdateValidatorCodec, longer, "message", 4096).ok, false);
      },
    ),
  );
});
