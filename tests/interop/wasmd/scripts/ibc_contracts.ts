import { MsgSend } from "cosmjs-types/cosmos/bank/v1beta1/tx";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import type { Packet } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { BlockOutcome } from "../../../helpers/wasmd/transcript.ts";
import { GENESIS_NANOS } from "../../../helpers/wasmd/txs.ts";
import { acknowledge, closeInit, openInit, receive, Relay, sentIn, timeout, writtenIn } from "../relay.ts";
import { addressOf, binary, funds, message, type Script } from "../script.ts";

/** Contracts that others wrote for IBC, each through its whole life. */
export async function ibcContracts(script: Script): Promise<void> {
  const relay = new Relay(script);
  await reflectAndSend(script, relay);
  await tokens(script, relay);
  await callbacks(script, relay);
  // Last: one of the chains has IBC v2, and the other has not.
  await script.store("alice", "ibc2.wasm.gz");
}

/** Relays every packet of a block, and those that come of it. */
async function settle(relay: Relay, block: BlockOutcome): Promise<void> {
  for (const packet of sentIn(block)) await settleOne(relay, packet);
}

async function settleOne(relay: Relay, packet: Packet): Promise<void> {
  const received = await relay.do("received", receive(packet));
  const written = writtenIn(received);
  if (written !== undefined) await settle(relay, await relay.do("settled", acknowledge(packet, written)));
}

/** `ibc_reflect` does what `ibc_reflect_send` on the other side tells it, each account with a contract of its own. */
async function reflectAndSend(script: Script, relay: Relay): Promise<void> {
  const reflect = await script.store("alice", "reflect_2_2.wasm");
  const ibcReflect = await script.store("alice", "ibc_reflect.wasm.gz");
  const sender = await script.store("alice", "ibc_reflect_send.wasm.gz");
  const host = await script.instantiate("alice", ibcReflect, { reflect_code_id: Number(reflect) });
  const send = await script.instantiate("alice", sender, {});
  const [a, b] = [`wasm.${send}`, `wasm.${host}`];
  await relay.begin("another version", openInit(a, b, { version: "x", ordered: true }));
  await relay.begin("another order", openInit(a, b, { version: "ibc-reflect-v1" }));
  const [end] = await relay.open("opened", a, b, { version: "ibc-reflect-v1", ordered: true });
  for (const opened of script.steps.slice(-2)) if ("txs" in opened) await settle(relay, opened.outcome);
  const asks = async (contract: string, ...queries: unknown[]) => {
    for (const query of queries) await script.smart(contract, query);
  };
  await asks(send, { list_accounts: {} }, { account: { channel_id: end.channel } }, { admin: {} });
  await asks(host, { list_accounts: {} });
  const remote =
    (await script.smart(send, { account: { channel_id: end.channel } }) as { remote_addr: string }).remote_addr;
  await script.smart(host, { account: { channel_id: "channel-99" } });
  await script.tx("pays the account on the other side", "alice", [
    message(MsgSend, { fromAddress: addressOf("alice"), toAddress: remote, amount: funds("50ucat") }),
  ]);
  const pays = (denom: string) => ({
    bank: { send: { to_address: addressOf("bob"), amount: [{ denom, amount: "3" }] } },
  });
  const tells = (...msgs: unknown[]) => script.execute("alice", send, { send_msgs: { channel_id: end.channel, msgs } });
  await settle(relay, await tells(pays("ucat")));
  await settle(relay, await tells(pays("ugold")));
  await settle(relay, await tells({ custom: {} }));
  await settle(relay, await script.execute("alice", send, { check_remote_balance: { channel_id: end.channel } }));
  await asks(send, { account: { channel_id: end.channel } });
  await script.execute("bob", send, { check_remote_balance: { channel_id: end.channel } });
  await script.execute("alice", send, { update_admin: { admin: addressOf("bob") } });
  await relay.do("closed by anybody", closeInit(end));
}

/** `cw20_ics20` and the module of tokens. */
async function tokens(script: Script, relay: Relay): Promise<void> {
  const cw20 = await script.store("alice", "cw20_base.wasm");
  const ics20 = await script.store("alice", "cw20_ics20.wasm.gz");
  const token = await script.instantiate("alice", cw20, {
    name: "Token",
    symbol: "TOK",
    decimals: 6,
    initial_balances: [{ address: addressOf("alice"), amount: "1000" }],
    mint: null,
    marketing: null,
  });
  const bridge = await script.instantiate("alice", ics20, {
    default_timeout: 1_000,
    gov_contract: addressOf("alice"),
    allowlist: [{ contract: token, gas_limit: 400_000 }],
  });
  const port = `wasm.${bridge}`;
  await relay.begin("another version", openInit(port, "transfer", { version: "ics20-2" }));
  await relay.begin("another order", openInit(port, "transfer", { version: "ics20-1", ordered: true }));
  const [end, other] = await relay.open("opened", port, "transfer", { version: "ics20-1" });
  const transfer = (to: string, more = {}) => ({ channel: end.channel, remote_address: to, ...more });
  const out = (amount: string, to = addressOf("bob"), more = {}) =>
    script.execute("alice", token, { send: { contract: bridge, amount, msg: binary(transfer(to, more)) } });
  await settle(relay, await out("100"));
  await settle(relay, await out("30", "nobody"));
  await settle(
    relay,
    await script.execute("alice", bridge, { transfer: transfer(addressOf("bob")) }, { funds: "9ucat" }),
  );
  const [late] = sentIn(await out("5", addressOf("bob"), { timeout: 1 }));
  await relay.do("a block");
  await relay.do("late", timeout(late!));
  for (const query of [{ port: {} }, { list_channels: {} }, { channel: { id: end.channel } }, { list_allowed: {} }]) {
    await script.smart(bridge, query);
  }
  const back = (denom: string, amount: string, receiver = addressOf("carol")) =>
    script.tx(`bob sends back ${amount}`, "bob", [message(MsgTransfer, {
      sourcePort: "transfer",
      sourceChannel: other.channel,
      token: { denom, amount },
      sender: addressOf("bob"),
      receiver,
      timeoutTimestamp: GENESIS_NANOS * 2n,
    })]);
  for (const denom of vouchers(script)) {
    await settle(relay, await back(denom, "4"));
    await settle(relay, await back(denom, "2", "nobody"));
  }
  await settle(relay, await back("ucat", "2"));
  await script.smart(bridge, { channel: { id: end.channel } });
  await script.smart(token, { balance: { address: addressOf("carol") } });
}

/** What bob got from elsewhere. */
function vouchers({ steps }: Script): string[] {
  const holdings = steps.flatMap((step) => "txs" in step ? step.outcome.balances : []);
  const denoms = holdings.map(([holding]) => holding.split(" ") as [string, string])
    .filter(([holder, denom]) => holder === addressOf("bob") && denom.startsWith("ibc/"));
  return [...new Set(denoms.map(([, denom]) => denom))].sort();
}

/** `ibc_callbacks` sends tokens and hears what becomes of them. */
async function callbacks(script: Script, relay: Relay): Promise<void> {
  const code = await script.store("alice", "ibc_callbacks.wasm.gz");
  const one = await script.instantiate("alice", code, {}, { funds: "100ucat" });
  const two = await script.instantiate("alice", code, {});
  const [end] = await relay.open("tokens", "transfer", "transfer", { version: "ics20-1" });
  const send = (to: string, kind: string, seconds = 1_000_000) =>
    script.execute("alice", one, {
      transfer: { to_address: to, channel_id: end.channel, timeout_seconds: seconds, callback_type: kind },
    }, { funds: "10ucat" });
  for (const kind of ["both", "src", "dst"]) await settle(relay, await send(two, kind));
  await settle(relay, await send("nobody", "both"));
  const [late] = sentIn(await send(two, "both", 1));
  await relay.do("a block");
  await relay.do("late", timeout(late!));
  for (const contract of [one, two]) await script.smart(contract, { callback_stats: {} });
}
