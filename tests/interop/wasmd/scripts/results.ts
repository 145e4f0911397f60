import { MsgStoreCode, MsgSudoContract } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { addressOf, funds, json, message, type Script } from "../script.ts";
import { BAD_REGIONS, ECHO } from "../echo.ts";

const response = (more: Record<string, unknown> = {}) => ({
  ok: { messages: [], attributes: [], events: [], data: null, ...more },
});
const attributes = (...list: [string, string][]) => list.map(([key, value]) => ({ key, value }));
const event = (type: string, ...list: [string, string][]) => ({ type, attributes: attributes(...list) });

/** What a contract may return, and what it may not: one that says what it is told says everything. */
export async function results(script: Script): Promise<void> {
  const store = (say: string, bytes: Uint8Array) =>
    script.tx(say, "alice", [message(MsgStoreCode, { sender: addressOf("alice"), wasmByteCode: bytes })]);
  await store("an echo", ECHO);
  const echo = await script.instantiate(
    "alice",
    1n,
    response({ attributes: attributes(["made", "so"]), data: "aGk=" }),
    {
      label: "echo",
      admin: addressOf("alice"),
      funds: "500ucat,40umoo",
    },
  );
  const says = (result: unknown, say?: string) =>
    script.execute("alice", echo, result, say === undefined ? {} : { say });
  await answers(says);
  await malformed(says);
  await messages(says);
  await coins(says, echo);
  await script.instantiate("alice", 1n, { error: "not today" });
  await script.instantiate("alice", 1n, {});
  await script.migrate("alice", echo, 1n, response({ data: "bWlncmF0ZWQ=", events: [event("moved", ["a", "b"])] }));
  await script.migrate("alice", echo, 1n, { error: "stays" });
  await script.migrate("alice", echo, 1n, 5);
  const sudo = (result: unknown) =>
    script.tx("sudo", "admin", [
      message(MsgSudoContract, { authority: addressOf("admin"), contract: echo, msg: json(result) }),
    ]);
  await sudo(response({ data: "c3Vkbw==", attributes: attributes(["by", "authority"]) }));
  await sudo({ error: "no" });
  for (
    const result of [
      { ok: "e30=" },
      { ok: "" },
      { ok: "aGk" },
      { ok: "!" },
      { ok: null },
      { error: "no" },
      {},
      [],
      1,
      "x",
    ]
  ) {
    await script.smart(echo, result).catch(() => undefined);
  }
  await regions(script, store);
  // Last, as one chain pays these and the other does not.
  for (const amount of ["01", "+1", "0x1"]) {
    await sendOf(says, addressOf("bob"), `[{"denom":"ucat","amount":"${amount}"}]`);
  }
}

type Says = (result: unknown, say?: string) => Promise<unknown>;

async function answers(says: Says): Promise<void> {
  await says(response());
  await says(response({ data: "" }));
  await says(response({ data: "aGVsbG8=" }));
  await says(response({ attributes: attributes(["a", "b"], ["a", "c"], ["", "x"]) }));
  await says(response({ attributes: attributes(["a", ""]) }));
  await says(response({ attributes: attributes(["a", "  "]) }));
  await says(response({ attributes: attributes([" a ", " b "]) }));
  await says(response({ attributes: attributes(["  ", "b"]) }));
  await says(response({ attributes: attributes(["_a", "b"]) }));
  await says(response({ attributes: attributes(["a_", "Ünï ☃ 😀"]) }));
  await says(response({ attributes: attributes(["long", "x".repeat(5_000)]) }));
  await says(response({ events: [event("ab")] }));
  await says(response({ events: [event("a")] }));
  await says(response({ events: [event("  a  ", ["x", "y"])] }));
  await says(response({ events: [event(" abc ", ["x", "y"])] }));
  await says(response({ events: [event("")] }));
  await says(response({ events: [event("wasm", ["x", "y"]), event("execute", ["x", "y"]), event("_x", ["x", "y"])] }));
  await says(response({ events: [event("abc", ["_contract_address", "me"])] }));
  await says(response({ events: [event("abc", ["", "me"])] }));
  await says(response({
    attributes: attributes(["first", "1"]),
    events: [event("one", ["x", "y"]), event("two", ["x", "y"]), event("one", ["z", ""])],
    data: "AAEC",
  }));
  await says({ error: "oh no" });
  await says({ error: "" });
  await says({ error: "x".repeat(3_000) }, "a long error");
  await says(
    `{"ok":{"messages":[],"attributes":[{"key":"a","value":"\\u00e9\\n\\t\\"\\\\"}],"events":[],"data":null}}`,
  );
  await says(`{"ok":{"messages":[],"attributes":[{"key":"a","value":"\\ud83d\\ude00"}],"events":[],"data":null}}`);
  await says(`{"ok":{"messages":[],"attributes":[{"key":"a","value":"\\ud800"}],"events":[],"data":null}}`);
  await says(`{"ok":{"messages":[],"attributes":[{"key":"a","value":"\\u0000"}],"events":[],"data":null}}`);
}

async function malformed(says: Says): Promise<void> {
  for (
    const result of [
      "{}",
      "[]",
      "null",
      "1",
      `"x"`,
      `{"ok":null}`,
      `{"ok":{}}`,
      `{"ok":[]}`,
      `{"ok":"x"}`,
      `{"error":null}`,
      `{"error":5}`,
      `{"ok":{"messages":[],"attributes":[],"events":[],"data":null},"error":"both"}`,
      `{"error":"both","ok":{"messages":[],"attributes":[],"events":[],"data":null}}`,
      `{"ok":{"messages":null,"attributes":null,"events":null,"data":null}}`,
      `{"ok":{"messages":[]}}`,
      `{"ok":{"messages":[],"attributes":[],"data":null}}`,
      `{"ok":{"messages":[],"attributes":[],"events":[],"data":null,"more":1}}`,
      `{"ok":{"messages":[],"attributes":[],"events":[],"data":null},"more":1}`,
      `{"OK":{"Messages":[],"attributes":[{"Key":"a","VALUE":"b"}],"events":[],"data":null}}`,
      `{"ok":{"messages":[],"attributes":[{"key":"a"}],"events":[],"data":null}}`,
      `{"ok":{"messages":[],"attributes":[{"key":1,"value":2}],"events":[],"data":null}}`,
      `{"ok":{"messages":[],"attributes":{},"events":[],"data":null}}`,
      `{"ok":{"messages":[],"attributes":[],"events":[{"type":"abc"}],"data":null}}`,
      `{"ok":{"messages":[],"attributes":[],"events":[],"data":"aGk"}}`,
      `{"ok":{"messages":[],"attributes":[],"events":[],"data":"*"}}`,
      `{"ok":{"messages":[],"attributes":[],"events":[],"data":[1,2]}}`,
      `{"ok":{"messages":[],"attributes":[],"events":[],"data":null,"data":"aGk="}}`,
      ` {"ok" : {"messages" : [ ], "attributes" : [ ], "events" : [ ], "data" : null } } `,
    ]
  ) await says(result);
}

async function messages(says: Says): Promise<void> {
  const bob = addressOf("bob");
  const send = `{"bank":{"send":{"to_address":"${bob}","amount":[{"denom":"ucat","amount":"1"}]}}}`;
  const sub = (text: string) => says(`{"ok":{"messages":[${text}],"attributes":[],"events":[],"data":null}}`);
  for (
    const text of [
      `{"id":1,"msg":${send},"gas_limit":null,"reply_on":"never"}`,
      `{"id":1,"msg":${send},"reply_on":"never"}`,
      `{"msg":${send},"reply_on":"always"}`,
      `{"id":18446744073709551615,"msg":${send},"gas_limit":null,"reply_on":"always"}`,
      `{"id":18446744073709551616,"msg":${send},"gas_limit":null,"reply_on":"always"}`,
      `{"id":-1,"msg":${send},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1.0,"msg":${send},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1e2,"msg":${send},"gas_limit":null,"reply_on":"always"}`,
      `{"id":"1","msg":${send},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":${send},"gas_limit":18446744073709551615,"reply_on":"always"}`,
      `{"id":1,"msg":${send},"gas_limit":9007199254740993,"reply_on":"always"}`,
      `{"id":1,"msg":${send},"gas_limit":"5","reply_on":"always"}`,
      `{"id":1,"msg":${send},"gas_limit":null,"reply_on":"sometimes"}`,
      `{"id":1,"msg":${send},"gas_limit":null,"reply_on":"Always"}`,
      `{"id":1,"msg":${send},"gas_limit":null}`,
      `{"id":1,"msg":${send},"gas_limit":null,"reply_on":null}`,
      `{"id":1,"msg":${send},"gas_limit":null,"reply_on":"always","payload":"aGk="}`,
      `{"id":1,"msg":${send},"gas_limit":null,"reply_on":"always","payload":null}`,
      `{"id":1,"msg":${send},"gas_limit":null,"reply_on":"always","payload":"${"AAAA".repeat(43_690)}AAAA"}`,
      `{"id":1,"msg":{},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":null,"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"unknown":{}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"bank":{}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"bank":null},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"bank":{"mint":{}}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"wasm":{}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"wasm":{"execute":{}}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"bank":{"send":{"to_address":"${bob}","amount":[{"denom":"ucat","amount":"1"}]}},"wasm":{}},"reply_on":"always"}`,
      `{"id":1,"msg":{"custom":null},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"custom":{"x":1}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"any":{}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"stargate":{"type_url":"/cosmos.bank.v1beta1.MsgSend"}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"ibc":{}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":{"gov":{}},"gas_limit":null,"reply_on":"always"}`,
      `{"id":1,"msg":${send},"gas_limit":null,"reply_on":"never","more":0}`,
    ]
  ) await sub(text);
  await says(
    `{"ok":{"messages":[${
      Array.from({ length: 30 }, (_, i) => `{"id":${i},"msg":${send},"gas_limit":null,"reply_on":"success"}`).join()
    }],"attributes":[],"events":[],"data":"aGk="}}`,
  );
}

async function coins(says: Says, echo: string): Promise<void> {
  const bob = addressOf("bob");
  const say = (to: string, amount: string) => sendOf(says, to, amount);
  const one = (denom: string, amount: string) => `[{"denom":"${denom}","amount":"${amount}"}]`;
  for (const amount of ["-1", "0", "", "1.0", "1 ", "1e1", "9".repeat(77), "9".repeat(80)]) {
    await say(bob, one("ucat", amount));
  }
  for (const denom of ["", "a", "ab", "1abc", "ibc/27394FB0", "u cat", "é", "a".repeat(128), "a".repeat(129)]) {
    await say(bob, one(denom, "1"));
  }
  await say(bob, `[{"denom":"ucat","amount":1}]`);
  await say(bob, `[{"denom":"ucat"}]`);
  await say(bob, `[]`);
  await say(bob, `null`);
  await say(bob, `[{"denom":"umoo","amount":"1"},{"denom":"ucat","amount":"1"}]`);
  await say(bob, `[{"denom":"ucat","amount":"1"},{"denom":"ucat","amount":"1"}]`);
  await say(bob, `[{"denom":"ucat","amount":"1"},{"denom":"umoo","amount":"0"}]`);
  await say(echo, one("ucat", "1"));
  await say("", one("ucat", "1"));
  await say(bob.toUpperCase(), one("ucat", "1"));
  await say("cat17xpfvakm2amg962yls6f84z3kell8c5lwdfsu7", one("ucat", "1"));
  await says({
    ok: {
      messages: [{
        id: 3,
        msg: {
          wasm: {
            execute: {
              contract_addr: echo,
              msg: json(response({ data: "aW5uZXI=" })).toBase64(),
              funds: funds("1ucat"),
            },
          },
        },
        gas_limit: null,
        reply_on: "success",
      }],
      attributes: [],
      events: [],
      data: "b3V0ZXI=",
    },
  }, "an echo to itself");
}

const sendOf = (says: Says, to: string, amount: string) =>
  says(
    `{"ok":{"messages":[{"id":1,"msg":{"bank":{"send":{"to_address":"${to}","amount":${amount}}}},"gas_limit":null,"reply_on":"never"}],"attributes":[],"events":[],"data":null}}`,
    `sends to ${to} ${amount}`,
  );

async function regions(script: Script, store: (say: string, bytes: Uint8Array) => Promise<unknown>): Promise<void> {
  let code = 1n;
  for (const [say, bytes] of Object.entries(BAD_REGIONS)) {
    await store(say, bytes);
    const contract = await script.instantiate("alice", ++code, response(), { label: say });
    await script.smart(contract, {}).catch(() => undefined);
  }
}
