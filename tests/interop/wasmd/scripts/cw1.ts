import { addressOf, binary, type Script } from "../script.ts";

/** Accounts of several keepers: cw1_whitelist sends what it holds and calls a token. */
export async function cw1(script: Script): Promise<void> {
  const [alice, bob, carol] = ["alice", "bob", "carol"].map(addressOf) as [string, string, string];
  const tokens = await script.store("alice", "cw20_base.wasm");
  const code = await script.store("alice", "cw1_whitelist.wasm");
  const shared = await script.instantiate("alice", code, { admins: [alice, bob], mutable: true }, {
    funds: "1000ucat,20umoo",
    label: "shared",
  });
  await script.instantiate("alice", code, { admins: ["x"], mutable: true }, { label: "bad" });
  const coin = await script.instantiate("carol", tokens, {
    name: "Coin",
    symbol: "COIN",
    decimals: 0,
    initial_balances: [{ address: shared, amount: "100" }],
  }, { label: "coin" });
  const run = (from: string, ...msgs: unknown[]) => script.execute(from, shared, { execute: { msgs } });
  const send = (to: string, amount: string, denom = "ucat") => ({
    bank: { send: { to_address: to, amount: [{ denom, amount }] } },
  });
  const transfer = (amount: string) => ({
    wasm: {
      execute: { contract_addr: coin, msg: binary({ transfer: { recipient: bob, amount } }), funds: [] },
    },
  });
  await run("alice", send(carol, "100"));
  await run("carol", send(carol, "100"));
  await run("bob", send(carol, "1"), send(alice, "2", "umoo"), transfer("3"));
  await run("bob", send(carol, "1"), transfer("300"));
  await run("bob", send(carol, "100000"));
  await run("bob", send("nobody", "1"));
  await run("bob", send(carol, "0"));
  await run("bob", { bank: { send: { to_address: carol, amount: [] } } });
  await run("bob", send(carol, "1", "notadenom!"));
  await run("bob", { bank: { burn: { amount: [{ denom: "ucat", amount: "7" }] } } });
  await run("bob", {
    wasm: {
      execute: {
        contract_addr: coin,
        msg: binary({ transfer: { recipient: bob, amount: "1" } }),
        funds: [{ denom: "ucat", amount: "1" }],
      },
    },
  });
  await run("bob", { wasm: { execute: { contract_addr: alice, msg: binary({}), funds: [] } } });
  await run("bob", {
    wasm: {
      instantiate: {
        admin: null,
        code_id: Number(code),
        msg: binary({ admins: [carol], mutable: false }),
        funds: [{ denom: "ucat", amount: "9" }],
        label: "of a contract",
      },
    },
  });
  await run("bob");
  await run("bob", { wasm: { update_admin: { contract_addr: shared, admin: bob } } });
  await run("bob", { staking: { delegate: { validator: "catvaloper1x", amount: { denom: "ucat", amount: "1" } } } });
  await run("bob", { distribution: { set_withdraw_address: { address: bob } } });
  await run("bob", { custom: {} });
  await script.execute("bob", shared, { update_admins: { admins: [bob] } });
  await run("alice", send(alice, "1"));
  await script.execute("bob", shared, { freeze: {} });
  await script.execute("bob", shared, { update_admins: { admins: [alice] } });
  await script.smart(shared, { admin_list: {} });
  await script.smart(shared, { can_execute: { sender: bob, msg: send(alice, "1") } });
  await script.smart(shared, { can_execute: { sender: alice, msg: send(alice, "1") } });
}
