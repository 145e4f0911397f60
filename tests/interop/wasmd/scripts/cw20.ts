import { QueryAllContractStateRequest } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { addressOf, binary, type Script } from "../script.ts";

/** The life of a token of cw20_base, and everything it refuses. */
export async function cw20(script: Script): Promise<void> {
  const [alice, bob, carol] = ["alice", "bob", "carol"].map(addressOf) as [string, string, string];
  const code = await script.store("alice", "cw20_base.wasm");
  const token = {
    name: "Cat Coin",
    symbol: "CATS",
    decimals: 6,
    initial_balances: [{ address: alice, amount: "1000000" }, { address: bob, amount: "500" }],
    mint: { minter: alice, cap: "2000000" },
    marketing: { project: "cats", description: "of cats", marketing: alice, logo: { url: "https://cats.example" } },
  };
  for (
    const bad of [
      { ...token, symbol: "€" },
      { ...token, name: "x" },
      { ...token, decimals: 19 },
      { ...token, mint: { minter: alice, cap: "5" } },
      { ...token, initial_balances: [{ address: alice, amount: "1" }, { address: alice, amount: "2" }] },
      { ...token, initial_balances: [{ address: "nobody", amount: "1" }] },
      { ...token, decimals: "six" },
      { name: "no symbol" },
      "not JSON",
      "",
      "[]",
      "null",
    ]
  ) await script.instantiate("alice", code, bad, { label: "bad" });
  const cats = await script.instantiate("alice", code, token, { label: "cats", admin: bob, funds: "5ucat" });
  const run = (from: string, msg: unknown, funds = "") => script.execute(from, cats, msg, { funds });
  await run("alice", { transfer: { recipient: bob, amount: "1000" } });
  await run("alice", { transfer: { recipient: carol, amount: "0" } });
  await run("carol", { transfer: { recipient: bob, amount: "1" } });
  await run("alice", { transfer: { recipient: "cat1nothing", amount: "1" } });
  await run("alice", { transfer: { recipient: bob.toUpperCase(), amount: "1" } });
  await run("alice", { transfer: { recipient: bob, amount: "-1" } });
  await run("alice", { transfer: { recipient: bob, amount: "340282366920938463463374607431768211455" } });
  await run("alice", { transfer: { recipient: bob, amount: "340282366920938463463374607431768211456" } });
  await run("alice", { transfer: { recipient: bob, amount: "7" } }, "3ucat");
  await run("alice", { burn: { amount: "10" } });
  await run("alice", { burn: { amount: "99999999999" } });
  await run("alice", { mint: { recipient: carol, amount: "1000" } });
  await run("bob", { mint: { recipient: carol, amount: "1000" } });
  await run("alice", { mint: { recipient: carol, amount: "1000000000" } });
  await run("alice", { increase_allowance: { spender: bob, amount: "300" } });
  await run("alice", { increase_allowance: { spender: carol, amount: "50", expires: { at_height: 1000000 } } });
  await run("alice", { increase_allowance: { spender: carol, amount: "50", expires: { at_height: 1 } } });
  await run("alice", {
    increase_allowance: { spender: carol, amount: "5", expires: { at_time: "1800000000000000000" } },
  });
  await run("alice", { increase_allowance: { spender: alice, amount: "300" } });
  await run("alice", { decrease_allowance: { spender: carol, amount: "5" } });
  await run("bob", { transfer_from: { owner: alice, recipient: carol, amount: "100" } });
  await run("bob", { transfer_from: { owner: alice, recipient: carol, amount: "1000" } });
  await run("bob", { burn_from: { owner: alice, amount: "20" } });
  await run("carol", { transfer_from: { owner: bob, recipient: carol, amount: "1" } });
  await run("alice", { send: { contract: cats, amount: "5", msg: binary({ hello: {} }) } });
  await run("alice", { send: { contract: bob, amount: "5", msg: binary("x") } });
  await run("bob", { send_from: { owner: alice, contract: carol, amount: "5", msg: "" } });
  await run("alice", { update_marketing: { project: "dogs" } });
  await run("bob", { update_marketing: { project: "dogs" } });
  await run("alice", { upload_logo: { embedded: { png: "AAAA" } } });
  await run("alice", { upload_logo: { embedded: { svg: btoa(`<?xml version="1.0"?><svg></svg>`) } } });
  await run("alice", { update_minter: { new_minter: bob } });
  await run("alice", { unknown: {} });
  await run("alice", { transfer: { recipient: bob } });
  await run("alice", { transfer: { recipient: bob, amount: "1", more: 1 } });
  for (
    const query of [
      { balance: { address: alice } },
      { balance: { address: "nonsense" } },
      { token_info: {} },
      { minter: {} },
      { allowance: { owner: alice, spender: bob } },
      { all_allowances: { owner: alice } },
      { all_accounts: {} },
      { all_accounts: { limit: 1, start_after: alice } },
      { marketing_info: {} },
      { download_logo: {} },
      { nothing: {} },
      "{",
    ]
  ) await script.smart(cats, query);
  await script.raw(cats, new TextEncoder().encode("token_info"));
  await script.raw(cats, new TextEncoder().encode("absent"));
  const all = "/cosmwasm.wasm.v1.Query/AllContractState";
  await script.query("all of the state", all, QueryAllContractStateRequest, { address: cats });
  await script.query("the first two of the state", all, QueryAllContractStateRequest, {
    address: cats,
    pagination: { key: new Uint8Array(), offset: 0n, limit: 2n, countTotal: true, reverse: false },
  });
  await script.query("the last two of the state", all, QueryAllContractStateRequest, {
    address: cats,
    pagination: { key: new Uint8Array(), offset: 0n, limit: 2n, countTotal: false, reverse: true },
  });
  await script.migrate("bob", cats, code, {});
  await script.migrate("alice", cats, code, {});
}
