import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { MsgMultiSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { codec, makeTx, sendMessage, type Signer, signerOf, TestChain } from "../../tests/bad_input/harness.ts";

const alice = signerOf("alice");
const bob = signerOf("bob", "ed25519");
const newcomer = signerOf("newcomer");

const send = (from: Signer, number: bigint, sequence: bigint, to: Signer, coins: string, fee = "10ucat") =>
  makeTx({
    messages: [sendMessage(from.address, to.address, coins)],
    signers: [{ signer: from, accountNumber: number, sequence }],
    fee,
  });

Deno.test("a transfer has the events of cosmos-sdk v0.50, in its order, and index flags on all but the signature", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  const [result] = chain.block(send(alice, 0n, 0n, bob, "5ucat")).txResults;
  const [a, b, c] = [alice.address.text, bob.address.text, chain.moduleAddress("fee_collector").text];
  const printed = result!.events.map(({ type, attributes }) =>
    type + " " + attributes.map(({ key, value }) => `${key}=${key === "signature" ? "" : value}`).join(" ")
  );
  assertEquals(printed, [
    `coin_spent spender=${a} amount=10ucat`,
    `coin_received receiver=${c} amount=10ucat`,
    `transfer recipient=${c} sender=${a} amount=10ucat`,
    `message sender=${a}`,
    `tx fee=10ucat fee_payer=${a}`,
    `tx acc_seq=${a}/0`,
    `tx signature=`,
    `message action=/cosmos.bank.v1beta1.MsgSend sender=${a} module=bank msg_index=0`,
    `coin_spent spender=${a} amount=5ucat msg_index=0`,
    `coin_received receiver=${b} amount=5ucat msg_index=0`,
    `transfer recipient=${b} sender=${a} amount=5ucat msg_index=0`,
    `message sender=${a} msg_index=0`,
  ]);
  for (const { attributes } of result!.events) {
    for (const { key, index } of attributes) assertEquals(index, key !== "signature");
  }
  assertEquals([result!.code, result!.log, result!.info, result!.codespace], [0, "", "", ""]);
  const { msgResponses, data } = TxMsgData.decode(result!.data);
  assertEquals(data, []);
  assertEquals(msgResponses.map(({ typeUrl }) => typeUrl), ["/cosmos.bank.v1beta1.MsgSendResponse"]);
  assert(result!.gasUsed > 20_000n && result!.gasUsed < 80_000n, `a transfer used ${result!.gasUsed} gas`);
});

Deno.test("several transactions of one sender pass the check in a row, and again after a block", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  const txs = [0n, 1n, 2n].map((sequence) => send(alice, 0n, sequence, bob, "5ucat"));
  for (const tx of txs) assertEquals(chain.check(tx).code, 0);
  assertEquals(chain.check(send(alice, 0n, 5n, bob, "1ucat")).code, 32);
  chain.block(txs[0]!);
  assertEquals(chain.run(chain.app.checkTx(txs[1]!, "recheck")).code, 0);
  assertEquals(chain.run(chain.app.checkTx(txs[2]!, "recheck")).code, 0);
  assertEquals(chain.run(chain.app.checkTx(txs[0]!, "recheck")).code, 32);
  const result = chain.check(send(alice, 0n, 3n, bob, "1ucat"));
  assertEquals([result.code, result.sequence, result.sender, result.priority], [0, 3n, alice.address.bytes, 50_000n]);
});

Deno.test("who receives coins for the first time has an account and can send", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  chain.block(send(alice, 0n, 0n, newcomer, "500ucat"));
  // Numbers 0 and 1 are in the genesis, 2 is the fee collector, 3 mints vouchers.
  const [result] = chain.block(send(newcomer, 4n, 0n, bob, "100ucat")).txResults;
  assertEquals([result!.code, result!.log], [0, ""]);
  assertEquals(chain.balance(newcomer.address), 390n);
});

Deno.test("all messages or none, by every signer of them", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  const both = (sequence: bigint, amount: string) =>
    makeTx({
      messages: [
        sendMessage(alice.address, newcomer.address, "5ucat"),
        sendMessage(bob.address, newcomer.address, amount),
      ],
      signers: [{ signer: alice, accountNumber: 0n, sequence }, { signer: bob, accountNumber: 1n, sequence }],
      fee: "10ucat",
    });
  assertNotEquals(chain.block(both(0n, "2000000ucat")).txResults[0]!.code, 0);
  assertEquals(chain.balance(newcomer.address), 0n);
  assertEquals(chain.block(both(1n, "7ucat")).txResults[0]!.code, 0);
  assertEquals(chain.balance(newcomer.address), 12n);
  assertEquals(chain.balance(alice.address), 1_000_000n - 25n, "the first signer pays");
  assertEquals(chain.balance(bob.address), 1_000_000n - 7n);
});

Deno.test("a fee payer of its own must sign, and pays", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  const tx = makeTx({
    messages: [sendMessage(alice.address, newcomer.address, "5ucat")],
    signers: [{ signer: alice, accountNumber: 0n, sequence: 0n }, { signer: bob, accountNumber: 1n, sequence: 0n }],
    fee: "10ucat",
    payer: bob.address.text,
  });
  assertEquals(chain.block(tx).txResults[0]!.code, 0);
  assertEquals(chain.balance(alice.address), 999_995n);
  assertEquals(chain.balance(bob.address), 999_990n);
});

/** Random transfers among a few people, some of which must fail. */
const transfers = fc.array(
  fc.record({
    from: fc.nat(3),
    to: fc.nat(5),
    amount: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constant(5_000_000)),
    fee: fc.integer({ min: 0, max: 50 }),
    gas: fc.constantFrom(200_000n, 200_000n, 30_000n),
    multi: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);
const people = ["a", "b", "c", "d", "e", "f"].map((name, i) =>
  signerOf(`person ${name}`, i % 2 ? "ed25519" : "secp256k1")
);
const funded = people.slice(0, 4);

type Steps = typeof transfers extends fc.Arbitrary<infer T> ? T : never;

function batchOf(steps: Steps): Uint8Array[] {
  const sequences = [0n, 0n, 0n, 0n];
  return steps.map(({ from, to, amount, fee, gas, multi }) => {
    const sender = people[from]!;
    const coins = (n: number) => [{ denom: "ucat", amount: `${n}` }];
    const message = multi
      ? {
        typeUrl: "/cosmos.bank.v1beta1.MsgMultiSend",
        value: MsgMultiSend.encode({
          inputs: [{ address: sender.address.text, coins: coins(amount * 2) }],
          outputs: [people[to]!, people[(to + 1) % 6]!].map(({ address }) => ({
            address: address.text,
            coins: coins(amount),
          })),
        }).finish(),
      }
      : sendMessage(sender.address, people[to]!.address, `${amount}ucat`);
    const signer = { signer: sender, accountNumber: BigInt(from), sequence: sequences[from]!++ };
    return makeTx({ messages: [message], signers: [signer], fee: fee === 0 ? "" : `${fee}ucat`, gas });
  });
}

Deno.test("whatever is sent, the supply is what all balances add up to and does not change", () => {
  fc.assert(
    fc.property(transfers, (steps) => {
      const chain = new TestChain({ accounts: funded, coins: "10000ucat" });
      const { txResults } = chain.block(...batchOf(steps));
      assert(txResults.every(({ code }) => [0, 5, 11].includes(code)), JSON.stringify(txResults.map(({ log }) => log)));
      const holders = [...people.map(({ address }) => address), chain.moduleAddress("fee_collector")];
      const total = holders.reduce((sum, address) => sum + chain.balance(address), 0n);
      assertEquals(total, 40_000n);
      const state = chain.run(chain.app.exportGenesis()) as { bank: { supply: unknown } };
      assertEquals(state.bank.supply, [{ denom: "ucat", amount: "40000" }]);
    }),
    { numRuns: 40 },
  );
});

Deno.test("a block executed twice, or by a node that holds next to nothing in memory, has the same results and app hash", () => {
  fc.assert(
    fc.property(transfers, (steps) => {
      const resident = new TestChain({ accounts: funded, coins: "10000ucat" });
      const tiny = new TestChain({ accounts: funded, coins: "10000ucat", cacheBytesMax: 300 });
      const txs = batchOf(steps);
      for (const tx of txs.slice(0, 5)) resident.check(tx);
      const first = resident.execute(txs);
      const again = resident.execute(txs.map((tx) => tx.slice()));
      const missing = tiny.execute(txs);
      assertEquals(again.txResults, first.txResults);
      assertEquals(missing.txResults, first.txResults);
      assertEquals(again.appHash, first.appHash);
      assertEquals(missing.appHash, first.appHash);
      assert(tiny.storage.loads > resident.storage.loads);
    }),
    { numRuns: 25 },
  );
});

Deno.test("a genesis exported and imported again has the same app hash", () => {
  fc.assert(
    fc.property(transfers, (steps) => {
      const chain = new TestChain({ accounts: funded, coins: "10000ucat", admins: [funded[0]!.address] });
      chain.block(...batchOf(steps));
      const appState = JSON.parse(JSON.stringify(chain.run(chain.app.exportGenesis())));
      const again = new TestChain({ appState });
      assertEquals(again.state.appHash, chain.state.appHash);
      assertEquals(again.genesisValidators, chain.genesisValidators);
    }),
    { numRuns: 15 },
  );
});

Deno.test("a genesis that is wrong is refused with the place and the reason", () => {
  const good = new TestChain({ accounts: [alice] });
  const state = () => structuredClone(good.run(good.app.exportGenesis())) as Record<string, Record<string, unknown>>;
  // deno-lint-ignore no-explicit-any
  const refuses = (change: (state: any) => void, text: string) => {
    const appState = state();
    change(appState);
    assertThrows(() => new TestChain({ appState }), Error, text);
  };
  refuses((s) => s.staking = {}, "app_state names staking");
  refuses((s) => s.bank.supply[0].amount = "1", "supply is not what the balances add up to");
  refuses((s) => s.bank.balances.push(s.bank.balances[0]), "is there twice");
  refuses((s) => s.bank.balances[0].coins[0].amount = "-1", "no valid list of coins");
  refuses((s) => s.bank.balances[0].address = "cosmos1qqq", "is no cat address");
  refuses((s) => s.bank.colour = "red", "colour");
  refuses((s) => s.auth.accounts[0].sequence = 1, "sequence");
  refuses((s) => s.auth.accounts.push(s.auth.accounts[0]), "is there twice");
  refuses((s) => s.auth.params.tx_sig_limit = "-7", "tx_sig_limit");
  refuses((s) => s.validators.admins = ["nobody"], "admin nobody");
  refuses((s) => s.validators.validators[0].power = "11", "name different validators");
  assertThrows(() => new TestChain({ accounts: [alice], validators: [] }), Error, "there are no validators");
});

Deno.test("a proposal takes what fits in bytes and gas, and no later transaction of who was passed over", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  const [a0, a1, b0] = [
    send(alice, 0n, 0n, bob, "1ucat"),
    send(alice, 0n, 1n, bob, "1ucat"),
    send(bob, 1n, 0n, alice, "1ucat"),
  ];
  const all = [a0, a1, b0] as Uint8Array[];
  const size = (txs: Uint8Array[]) => txs.reduce((sum, tx) => sum + tx.length + 3, 0);
  assertEquals(chain.app.buildBlock(all, size(all), -1n), all);
  assertEquals(chain.app.buildBlock(all, size(all) - 1, -1n), [a0, a1]);
  assertEquals(chain.app.buildBlock(all, 1_000_000, 400_000n), [a0, a1]);
  const big = makeTx({
    messages: [sendMessage(alice.address, bob.address, "1ucat")],
    signers: [{ signer: alice, accountNumber: 0n, sequence: 0n }],
    gas: 900_000n,
  });
  assertEquals(chain.app.buildBlock([big, a1, b0], 1_000_000, 500_000n), [b0]);
  assertEquals(chain.app.buildBlock([new Uint8Array(3), b0], 1_000_000, -1n), [b0]);
  assertEquals(chain.app.validateBlock(all, 600_000n), { ok: true });
  assertEquals(chain.app.validateBlock(all, 599_999n).ok, false);
  assertEquals(chain.app.validateBlock([...all, new Uint8Array(3)], -1n).ok, false);
});

Deno.test("a block never runs more gas than the consensus parameters allow", () => {
  const chain = new TestChain({ accounts: [alice, bob], maxGas: 230_000n });
  const { txResults } = chain.block(send(alice, 0n, 0n, bob, "1ucat"), send(bob, 1n, 0n, alice, "1ucat"));
  assertEquals(txResults.map(({ code }) => code), [0, 11]);
  assertEquals(txResults[1]!.log, "no block gas left to run tx: out of gas");
  assertEquals(chain.balance(bob.address), 1_000_001n, "it pays nothing, as it never ran");
});

Deno.test("addresses in upper case name the same account", () => {
  assertEquals(codec.parse(alice.address.text.toUpperCase()), alice.address);
});
