import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { addressOf, binary, funds, type Script } from "../script.ts";

interface SubMessage {
  readonly id: number;
  readonly msg: unknown;
  readonly gas_limit: number | null;
  readonly reply_on: "always" | "error" | "success" | "never";
  readonly payload?: string;
}

const sub = (
  id: number,
  msg: unknown,
  reply_on: SubMessage["reply_on"] = "always",
  gas_limit: number | null = null,
  payload = "",
): SubMessage => ({ id, msg, gas_limit, reply_on, payload });

const bank = (to: string, amount: string) => ({ bank: { send: { to_address: to, amount: funds(amount) } } });
const burn = (amount: string) => ({ bank: { burn: { amount: funds(amount) } } });
const execute = (contract: string, msg: unknown, coins = "") => ({
  wasm: { execute: { contract_addr: contract, msg: binary(msg), funds: funds(coins) } },
});

/** Messages and submessages of every kind, sent by a contract that does what it is told and remembers the replies. */
export async function reflect(script: Script): Promise<void> {
  const [alice, bob, carol] = ["alice", "bob", "carol"].map(addressOf) as [string, string, string];
  const code = await script.store("alice", "reflect_2_2.wasm");
  const hackCode = await script.store("alice", "hackatom.wasm");
  const tokens = await script.store("alice", "cw20_base.wasm");
  const one = await script.instantiate("alice", code, {}, { label: "one", funds: "10000ucat,500umoo", admin: alice });
  const two = await script.instantiate("bob", code, {}, { label: "two", funds: "1000ucat" });
  const hack = await script.instantiate("alice", hackCode, { verifier: one, beneficiary: carol }, {
    label: "hack",
    funds: "300ucat",
    admin: one,
  });
  const token = await script.instantiate("alice", tokens, {
    name: "Coin",
    symbol: "COIN",
    decimals: 0,
    initial_balances: [{ address: one, amount: "100" }],
  }, { label: "coin", admin: one });
  const direct = (...msgs: unknown[]) => script.execute("alice", one, { reflect_msg: { msgs } });
  const subs = async (...msgs: SubMessage[]) => {
    await script.execute("alice", one, { reflect_sub_msg: { msgs } });
    for (const { id } of msgs) await script.smart(one, { sub_msg_result: { id } });
  };

  await script.execute("bob", one, { reflect_msg: { msgs: [bank(bob, "1ucat")] } });
  await direct();
  await direct(bank(bob, "100ucat"));
  await direct(bank(bob, "1ucat,2umoo"), bank(carol, "3ucat"));
  await direct(bank(bob, "1ucat"), bank(carol, "100000000ucat"));
  await direct(burn("10ucat"));
  await direct(burn("100000000ucat"));
  await direct({ custom: { debug: "hello" } });
  await direct({ stargate: { type_url: "/cosmos.bank.v1beta1.MsgSend", value: sendOf(one, bob, "5ucat") } });
  await direct({ any: { type_url: "/cosmos.bank.v1beta1.MsgSend", value: sendOf(one, bob, "6ucat") } });
  await direct({ any: { type_url: "/cosmos.bank.v1beta1.MsgSend", value: sendOf(alice, bob, "6ucat") } });
  await direct({ any: { type_url: "/cosmos.bank.v1beta1.MsgSend", value: "AAAA" } });
  await direct({ any: { type_url: "/unknown.Msg", value: "" } });
  await direct({ ibc: { close_channel: { channel_id: "channel-0" } } });
  await direct({
    ibc: {
      transfer: {
        channel_id: "channel-0",
        to_address: bob,
        amount: { denom: "ucat", amount: "1" },
        timeout: { block: null, timestamp: "1800000000000000000" },
      },
    },
  });
  await direct({ ibc: { send_packet: { channel_id: "channel-0", data: "AA==", timeout: { timestamp: "1" } } } });
  await direct({ gov: { vote: { proposal_id: 1, option: "yes" } } });

  // Every reply_on, of what succeeds and of what fails.
  let id = 1;
  for (const on of ["always", "success", "error", "never"] as const) {
    await subs(sub(id++, bank(bob, "1ucat"), on));
    await subs(sub(id++, bank(bob, "100000000ucat"), on));
    await subs(sub(id++, execute(token, { transfer: { recipient: bob, amount: "1" } }), on));
    await subs(sub(id++, execute(token, { transfer: { recipient: bob, amount: "1000" } }), on));
    await subs(sub(id++, execute(hack, { panic: {} }), on));
  }
  await subs(sub(50, bank(bob, "1ucat"), "always", null, binary("a payload")), sub(51, burn("1ucat"), "success"));
  await subs(
    sub(52, bank(bob, "1ucat"), "success"),
    sub(53, bank(bob, "100000000ucat"), "error"),
    sub(54, burn("2ucat")),
  );
  await subs(sub(55, bank(bob, "5ucat"), "success"), sub(56, bank(bob, "100000000ucat"), "success"));

  // Limits of gas.
  await subs(sub(60, execute(hack, { cpu_loop: {} }), "error", 200_000));
  await subs(sub(61, execute(hack, { storage_loop: {} }), "always", 200_000));
  await subs(sub(62, execute(hack, { cpu_loop: {} }), "success", 200_000));
  await subs(sub(63, execute(token, { transfer: { recipient: bob, amount: "1" } }), "always", 1_000_000));
  await subs(sub(64, bank(bob, "1ucat"), "always", 10));
  await subs(sub(65, bank(bob, "1ucat"), "always", 0));
  await subs(sub(66, execute(hack, { memory_loop: {} }), "error", 100_000), sub(67, bank(bob, "1ucat")));
  await script.execute("alice", one, {
    reflect_sub_msg: { msgs: [sub(68, execute(hack, { cpu_loop: {} }), "error", 50_000_000)] },
  }, { gas: 1_000_000 });

  // Messages of contracts to contracts, deeper and with money.
  await subs(sub(70, execute(hack, { release: {} })));
  await subs(sub(71, execute(hack, { release: {} }, "20ucat")));
  await subs(sub(72, {
    wasm: {
      instantiate: { admin: one, code_id: Number(code), msg: binary({}), funds: funds("33ucat"), label: "child" },
    },
  }));
  await subs(sub(73, {
    wasm: {
      instantiate2: {
        admin: null,
        code_id: Number(code),
        msg: binary({}),
        funds: [],
        label: "child2",
        salt: binary("salt"),
      },
    },
  }));
  await subs(sub(74, {
    wasm: {
      instantiate2: {
        admin: null,
        code_id: Number(code),
        msg: binary({}),
        funds: [],
        label: "again",
        salt: binary("salt"),
      },
    },
  }));
  await subs(sub(75, { wasm: { instantiate: { admin: null, code_id: 77, msg: binary({}), funds: [], label: "x" } } }));
  await subs(
    sub(76, { wasm: { instantiate: { admin: null, code_id: Number(code), msg: binary({}), funds: [], label: "" } } }),
  );
  await subs(
    sub(77, {
      wasm: { migrate: { contract_addr: hack, new_code_id: Number(hackCode), msg: binary({ verifier: bob }) } },
    }),
  );
  await subs(sub(78, { wasm: { update_admin: { contract_addr: hack, admin: bob } } }));
  await subs(sub(79, { wasm: { clear_admin: { contract_addr: hack } } }));
  await subs(sub(80, { wasm: { clear_admin: { contract_addr: token } } }));
  await subs(sub(81, execute(one, { change_owner: { owner: one } })));
  await subs(sub(82, execute(two, { reflect_msg: { msgs: [bank(bob, "1ucat")] } })));
  await script.execute("bob", two, { change_owner: { owner: one } });
  await subs(sub(83, execute(two, { reflect_msg: { msgs: [bank(bob, "1ucat")] } })));
  await subs(
    sub(
      84,
      execute(two, { reflect_sub_msg: { msgs: [sub(1, bank(bob, "1ucat")), sub(2, burn("1ucat"))] } }),
      "success",
    ),
  );
  await subs(sub(85, execute(two, { reflect_sub_msg: { msgs: [sub(3, bank(bob, "100000000ucat"), "error")] } })));
  await subs(sub(86, execute(two, { reflect_sub_msg: { msgs: [sub(4, bank(bob, "100000000ucat"), "success")] } })));
  await subs(sub(
    87,
    execute(two, {
      reflect_sub_msg: {
        msgs: [sub(5, bank(bob, "1ucat"), "never"), sub(6, execute(hack, { panic: {} }), "never")],
      },
    }),
  ));
  await subs(sub(
    88,
    execute(two, {
      reflect_sub_msg: { msgs: [sub(7, execute(hack, { cpu_loop: {} }), "error", 300_000)] },
    }),
    "always",
    2_000_000,
  ));
  await script.smart(two, { sub_msg_result: { id: 7 } });
  await script.smart(one, { sub_msg_result: { id: 999 } });
  await script.execute("alice", one, { change_owner: { owner: "cat1x" } });
  await script.execute("alice", one, { change_owner: { owner: bob } });
  await script.smart(one, { owner: {} });
}

function sendOf(from: string, to: string, amount: string): string {
  return MsgSend.encode({ fromAddress: from, toAddress: to, amount: funds(amount) }).finish().toBase64();
}
