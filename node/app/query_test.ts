import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BaseAccount } from "cosmjs-types/cosmos/auth/v1beta1/auth";
import {
  Bech32PrefixResponse,
  QueryAccountRequest,
  QueryAccountResponse,
  QueryAccountsRequest,
  QueryAccountsResponse,
  QueryModuleAccountsResponse,
} from "cosmjs-types/cosmos/auth/v1beta1/query";
import {
  QueryAllBalancesRequest,
  QueryAllBalancesResponse,
  QueryBalanceRequest,
  QueryDenomMetadataRequest,
  QueryDenomMetadataResponse,
  QueryDenomOwnersRequest,
  QueryDenomOwnersResponse,
  QuerySupplyOfRequest,
  QuerySupplyOfResponse,
  QueryTotalSupplyRequest,
  QueryTotalSupplyResponse,
} from "cosmjs-types/cosmos/bank/v1beta1/query";
import { PageRequest } from "cosmjs-types/cosmos/base/query/v1beta1/pagination";
import { CommitmentProof } from "cosmjs-types/cosmos/ics23/v1/proofs";
import { SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import { SimulateRequest, SimulateResponse } from "cosmjs-types/cosmos/tx/v1beta1/service";
import { AuthInfo, Tx, TxBody } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { CHAIN_ID, makeTx, sendMessage, signerOf, TestChain } from "../../tests/bad_input/harness.ts";
import { utf8ToBytes } from "../core/bytes.ts";
import { ICS23_SPECS, verifyMembership, verifyNonMembership } from "../core/merkle/mod.ts";
import { encodePubKey } from "../core/pub_key.ts";
import { MultiStore } from "../state/mod.ts";
import { createApplication, STANDARD_STORES } from "./mod.ts";

const alice = signerOf("alice");
const bob = signerOf("bob", "ed25519");
const BANK = "/cosmos.bank.v1beta1.Query/";
const AUTH = "/cosmos.auth.v1beta1.Query/";

const sending = (sequence: bigint, coins: string) =>
  makeTx({
    messages: [sendMessage(alice.address, bob.address, coins)],
    signers: [{ signer: alice, accountNumber: 0n, sequence }],
  });

const balanceKeyOf = (address: Uint8Array) => Uint8Array.of(2, address.length, ...address, ...utf8ToBytes("ucat"));

Deno.test("a stored value and its absence are proven by ICS-23 to the app hash, also at past heights", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  const hashes = [chain.state.appHash];
  for (let sequence = 0n; sequence < 5n; sequence++) {
    chain.block(sending(sequence, "5ucat"));
    hashes.push(chain.state.appHash);
  }
  for (let height = 1n; height <= 5n; height++) {
    const root = hashes[Number(height)]!;
    const key = balanceKeyOf(alice.address.bytes);
    const answer = chain.query("/store/bank/key", key, { height, prove: true });
    assertEquals([answer.code, answer.height], [0, height]);
    assertEquals(new TextDecoder().decode(answer.value), `${1_000_000n - 5n * height}`);
    assertEquals(answer.value, chain.query("/store/bank/key", key, { height }).value);
    assertEquals(answer, chain.query("store/bank/key", key, { height, prove: true }), "without the first slash");
    const [inner, outer] = answer.proofOps!.ops;
    assertEquals([inner!.type, inner!.key, outer!.type, outer!.key], [
      "ics23:jmt",
      key,
      "ics23:simple",
      utf8ToBytes("bank"),
    ]);
    const outerProof = CommitmentProof.decode(outer!.data);
    const storeRoot = outerProof.exist!.value;
    assert(verifyMembership(ICS23_SPECS.tendermint, root, outerProof, utf8ToBytes("bank"), storeRoot));
    assert(verifyMembership(ICS23_SPECS.jmt, storeRoot, CommitmentProof.decode(inner!.data), key, answer.value));
    const absent = chain.query("/store/bank/key", Uint8Array.of(9, 9), { height, prove: true });
    assertEquals(absent.value.length, 0);
    assert(
      verifyNonMembership(
        ICS23_SPECS.jmt,
        storeRoot,
        CommitmentProof.decode(absent.proofOps!.ops[0]!.data),
        Uint8Array.of(9, 9),
      ),
    );
  }
});

Deno.test("the door refuses unknown paths, stores, heights and keys with a code", () => {
  const chain = new TestChain({ accounts: [alice] });
  chain.block();
  const none = new Uint8Array();
  const codeOf = (path: string, data: Uint8Array, height = 0n) => chain.query(path, data, { height }).code;
  assertEquals(codeOf("/cosmos.bank.v1beta1.Query/Nothing", none), 6);
  assertEquals(codeOf("", none), 6);
  assertEquals(codeOf("/store/bank/subspace", Uint8Array.of(1)), 6);
  assertEquals(codeOf("/store/../key", Uint8Array.of(1)), 6);
  assertEquals(codeOf("/store/gold/key", Uint8Array.of(1)), 6);
  assertEquals(codeOf("/store/bank/key", none), 18);
  assertEquals(codeOf("/store/bank/key", new Uint8Array(769)), 18);
  assertEquals(codeOf("/store/bank/key", Uint8Array.of(1), 2n), 26);
  assertEquals(codeOf("/store/bank/key", Uint8Array.of(1), -1n), 26);
  assertEquals(codeOf(BANK + "Balance", Uint8Array.of(0xff)), 18);
  assertEquals(codeOf(BANK + "Balance", new Uint8Array(5000)), 18);
  assertEquals(
    codeOf(BANK + "Balance", QueryBalanceRequest.encode({ address: "cosmos1x", denom: "ucat" }).finish()),
    7,
  );
  assertEquals(new TextDecoder().decode(chain.query("/app/version", none).value), "0.1.0");
});

Deno.test("accounts are answered as CosmJS expects them, and a missing one says `key not found`", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  chain.block(sending(0n, "5ucat"));
  const ask = (address: string) => chain.query(AUTH + "Account", QueryAccountRequest.encode({ address }).finish());
  const any = QueryAccountResponse.decode(ask(alice.address.text).value).account!;
  assertEquals(any.typeUrl, "/cosmos.auth.v1beta1.BaseAccount");
  assertEquals(BaseAccount.decode(any.value), {
    address: alice.address.text,
    pubKey: encodePubKey(alice.pubKey),
    accountNumber: 0n,
    sequence: 1n,
  });
  const missing = ask(signerOf("nobody").address.text);
  assertEquals(missing.code, 22);
  assertStringIncludes(missing.log, "key not found");
  assertEquals(
    Bech32PrefixResponse.decode(chain.query(AUTH + "Bech32Prefix", new Uint8Array()).value).bech32Prefix,
    "cat",
  );
  const modules = QueryModuleAccountsResponse.decode(chain.query(AUTH + "ModuleAccounts", new Uint8Array()).value);
  const moduleAccount = "/cosmos.auth.v1beta1.ModuleAccount";
  assertEquals(modules.accounts.map(({ typeUrl }) => typeUrl), [moduleAccount, moduleAccount]);
});

Deno.test("pages of accounts join to the whole, forwards and backwards, by key and by offset", () => {
  const people = Array.from({ length: 25 }, (_, i) => signerOf(`p${i}`));
  const chain = new TestChain({ accounts: people, cacheBytesMax: 300 });
  const ask = (page: Partial<PageRequest>) =>
    QueryAccountsResponse.decode(
      chain.query(
        AUTH + "Accounts",
        QueryAccountsRequest.encode({ pagination: PageRequest.fromPartial(page) }).finish(),
      ).value,
    );
  const whole = ask({ limit: 100n, countTotal: true });
  assertEquals([whole.accounts.length, whole.pagination!.total], [27, 27n]);
  assertEquals(whole.pagination!.nextKey.length, 0);
  for (const reverse of [false, true]) {
    const joined = [];
    let key = new Uint8Array() as Uint8Array;
    do {
      const page = ask({ limit: 7n, key, reverse });
      joined.push(...page.accounts);
      key = page.pagination!.nextKey;
    } while (key.length > 0);
    assertEquals(joined, reverse ? whole.accounts.toReversed() : whole.accounts);
  }
  assertEquals(ask({ limit: 5n, offset: 20n }).accounts, whole.accounts.slice(20, 25));
  assertEquals(
    ask({ limit: (1n << 64n) - 1n }).accounts,
    whole.accounts,
    "who wants all gets a page, and a key where there is more",
  );
  assertEquals([ask({}).pagination!.total, ask({ limit: 3n }).pagination!.total], [27n, 0n]);
});

Deno.test("balances, supply, owners and metadata are answered", () => {
  const chain = new TestChain({ accounts: [alice, bob], coins: "7uatom,100ucat" });
  const all = QueryAllBalancesResponse.decode(
    chain.query(
      BANK + "AllBalances",
      QueryAllBalancesRequest.encode({ address: bob.address.text, resolveDenom: false }).finish(),
    ).value,
  );
  assertEquals(all.balances, [{ denom: "uatom", amount: "7" }, { denom: "ucat", amount: "100" }]);
  const supply = QueryTotalSupplyResponse.decode(
    chain.query(BANK + "TotalSupply", QueryTotalSupplyRequest.encode({}).finish()).value,
  );
  assertEquals(supply.supply, [{ denom: "uatom", amount: "14" }, { denom: "ucat", amount: "200" }]);
  const of = chain.query(BANK + "SupplyOf", QuerySupplyOfRequest.encode({ denom: "uatom" }).finish());
  assertEquals(QuerySupplyOfResponse.decode(of.value).amount, { denom: "uatom", amount: "14" });
  const owners = chain.query(BANK + "DenomOwners", QueryDenomOwnersRequest.encode({ denom: "uatom" }).finish());
  assertEquals(
    QueryDenomOwnersResponse.decode(owners.value).denomOwners.map(({ address }) => address).sort(),
    [alice.address.text, bob.address.text].sort(),
  );
  const metadata = chain.query(BANK + "DenomMetadata", QueryDenomMetadataRequest.encode({ denom: "ucat" }).finish());
  assertEquals(QueryDenomMetadataResponse.decode(metadata.value).metadata.display, "cat");
  const unknown = chain.query(BANK + "DenomMetadata", QueryDenomMetadataRequest.encode({ denom: "uatom" }).finish());
  assertEquals([unknown.codespace, unknown.code], ["bank", 6]);
});

Deno.test("a simulation without keys and signatures estimates the gas, changes nothing and reports what would fail", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  const simulate = (coins: string, sequence = 0n) => {
    const tx = Tx.fromPartial({
      authInfo: AuthInfo.fromPartial({
        fee: {},
        signerInfos: [{
          publicKey: encodePubKey(alice.pubKey),
          sequence,
          modeInfo: { single: { mode: SignMode.SIGN_MODE_UNSPECIFIED } },
        }],
      }),
      body: TxBody.fromPartial({ messages: [sendMessage(alice.address, bob.address, coins)] }),
      signatures: [new Uint8Array()],
    });
    const data = SimulateRequest.encode({ txBytes: Tx.encode(tx).finish() }).finish();
    return chain.query("/cosmos.tx.v1beta1.Service/Simulate", data);
  };
  const before = chain.state.appHash;
  const answer = simulate("5ucat");
  assertEquals([answer.code, answer.log], [0, ""]);
  const { gasInfo, result } = SimulateResponse.decode(answer.value);
  assertEquals(result!.msgResponses.map(({ typeUrl }) => typeUrl), ["/cosmos.bank.v1beta1.MsgSendResponse"]);
  const signers = [{ signer: alice, accountNumber: 0n, sequence: 0n }];
  const messages = [sendMessage(alice.address, bob.address, "5ucat")];
  const real = chain.execute([makeTx({ messages, signers, fee: "1000ucat" })]).txResults[0]!;
  assert(gasInfo!.gasUsed >= real.gasUsed, `estimated ${gasInfo!.gasUsed}, used ${real.gasUsed}`);
  assert(gasInfo!.gasUsed < real.gasUsed * 12n / 10n, `estimated ${gasInfo!.gasUsed}, used ${real.gasUsed}`);
  assertEquals(simulate("5ucat", 3n).code, 32);
  assertEquals(chain.check(makeTx({ messages, signers, fee: "1000ucat" })).code, 0);
  assertEquals([simulate("5ucat", 0n).code, simulate("5ucat", 1n).code], [32, 0], "what was admitted counts");
  assertEquals(chain.block().txResults, []);
  const failing = simulate("9999999ucat");
  assertEquals(failing.code, 5);
  assertStringIncludes(failing.log, "with gas used: '");
  assertEquals(chain.state.appHash, before);
  assertEquals(chain.query("/cosmos.tx.v1beta1.Service/Simulate", new Uint8Array()).code, 18);
});

Deno.test("a simulation is of the last state, whatever height it names, and leaves nothing of another one behind", () => {
  const chain = new TestChain({ accounts: [alice, bob] });
  for (let sequence = 0n; sequence < 3n; sequence++) chain.block(sending(sequence, "5ucat"));
  const balances = [chain.balance(alice.address), chain.balance(bob.address)];
  const { storage, lastStaged } = chain;
  const state = new MultiStore({ stores: STANDARD_STORES, cacheBytesMax: 1 << 24 });
  state.open(lastStaged);
  const app = createApplication({ chainId: CHAIN_ID, bech32Prefix: "cat", state });
  const data = SimulateRequest.encode({ txBytes: sending(3n, "5ucat") }).finish();
  const query = { path: "/cosmos.tx.v1beta1.Service/Simulate", data, height: 1n, prove: false };
  assertEquals(storage.run(app.query(query), app.versionOf!(query)).log, "");
  assertEquals(
    [alice, bob].map(({ address }) => {
      const value = state.committed.get("bank", balanceKeyOf(address.bytes));
      return BigInt(new TextDecoder().decode(value));
    }),
    balances,
  );
});

Deno.test("a simulation loads what its messages name at once, not one by one with everything run again in between", () => {
  const chain = new TestChain({ accounts: [alice] });
  const messages = Array.from(
    { length: 40 },
    (_, i) => sendMessage(alice.address, signerOf(`stranger ${i}`).address, "1ucat"),
  );
  const signers = [{ signer: alice, accountNumber: 0n, sequence: 0n }];
  const txBytes = makeTx({ messages, signers, fee: "1000ucat" });
  const before = chain.storage.loads;
  const answer = chain.query("/cosmos.tx.v1beta1.Service/Simulate", SimulateRequest.encode({ txBytes }).finish());
  assertEquals([answer.code, answer.log], [0, ""]);
  assert(chain.storage.loads - before < 10, `simulating took ${chain.storage.loads - before} loads`);
});
