import { MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { addressOf, message, type Script } from "../script.ts";
import { ECHO, echoThatReplies } from "../echo.ts";
import { type Cast, drawOf, randomResult } from "../random_tree.ts";

/** What replies return: nothing special, data, a refusal, a message whose own reply is one of these again. */
const REPLIES = [
  { ok: { messages: [], attributes: [], events: [{ type: "replied", attributes: [] }], data: "cmVwbGllZA==" } },
  { error: "not interested" },
  {
    ok: {
      messages: [{
        id: 7,
        msg: { bank: { send: { to_address: addressOf("carol"), amount: [{ denom: "ucat", amount: "1" }] } } },
        gas_limit: null,
        reply_on: "never",
      }],
      attributes: [{ key: "reply", value: "paid" }],
      events: [],
      data: null,
    },
  },
];

/** Contracts of every code that are admins of each other, with money. */
export async function echoes(script: Script): Promise<Cast> {
  const cast: { contracts: string[]; codes: number[] } = { contracts: [], codes: [] };
  const quiet = { ok: { messages: [], attributes: [], events: [], data: null } };
  for (const code of [ECHO, ...REPLIES.map(echoThatReplies)]) {
    await script.tx("an echo", "alice", [
      message(MsgStoreCode, { sender: addressOf("alice"), wasmByteCode: code }),
    ]);
    cast.codes.push(cast.codes.length + 1);
    cast.contracts.push(
      await script.instantiate("alice", BigInt(cast.codes.length), quiet, {
        label: "echo",
        funds: "500ucat,100umoo",
        admin: cast.contracts.at(-1) ?? addressOf("alice"),
      }),
    );
  }
  return cast;
}

/** Random trees of messages among them. */
export async function randomTrees(script: Script, seed: number, count: number): Promise<void> {
  const draw = drawOf(seed);
  const cast = await echoes(script);
  for (let i = 0; i < count; i++) {
    const result = randomResult(draw, cast, 4);
    await script.execute("alice", cast.contracts[draw(cast.contracts.length)]!, result, {
      say: `tree ${i} of seed ${seed}`,
    });
  }
}

/** The ones that are kept. */
export const trees = (script: Script): Promise<void> => randomTrees(script, 1, 60);
