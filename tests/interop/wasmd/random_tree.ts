/** Random trees of messages for contracts that return what they are told. @module */
import { addressOf, binary, funds } from "./script.ts";

/** Draws from a seed: a number in [0, bound). */
export type Draw = (bound: number) => number;

/** A linear congruential generator; its upper bits. */
export function drawOf(seed: number): Draw {
  let state = BigInt(seed) + 1n;
  return (bound) => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % (1n << 64n);
    return Number((state >> 33n) % BigInt(bound));
  };
}

export const pick = <T>(draw: Draw, list: readonly T[]): T => list[draw(list.length)]!;

export interface Cast {
  /** Echoes, and what is no contract. */
  readonly contracts: readonly string[];
  readonly codes: readonly number[];
}

const attributes = (draw: Draw) =>
  Array.from({ length: draw(3) }, (_, i) => ({ key: `k${i}${draw(9) === 0 ? " " : ""}`, value: `v${draw(100)}` }));

/** What a contract returns: a refusal, or messages with more of the same in them. */
export function randomResult(draw: Draw, cast: Cast, depth: number): unknown {
  if (draw(7) === 0) return { error: `no ${draw(100)}` };
  const messages = Array.from({ length: depth === 0 ? 0 : draw(4) }, () => ({
    id: draw(1000),
    msg: randomMessage(draw, cast, depth - 1),
    gas_limit: draw(12) === 0 ? pick(draw, [0, 1_000, 5_000_000]) : null,
    reply_on: pick(draw, ["always", "success", "error", "never"]),
    payload: draw(3) === 0 ? binary(`p${draw(1000)}`) : "",
  }));
  const events = Array.from({ length: draw(3) }, () => ({
    type: draw(25) === 0 ? "x" : `type${draw(5)}`,
    attributes: attributes(draw),
  }));
  const data = pick(draw, [null, null, "", binary(`d${draw(1000)}`)]);
  return { ok: { messages, attributes: attributes(draw), events, data } };
}

function randomMessage(draw: Draw, cast: Cast, depth: number): unknown {
  const coins = funds(pick(draw, ["", "", "1ucat", "2ucat,1umoo", "1umoo", draw(6) === 0 ? "1000000ucat" : "3ucat"]));
  const contract_addr = draw(25) === 0 ? addressOf("bob") : pick(draw, cast.contracts);
  const msg = () => binary(randomResult(draw, cast, depth));
  switch (draw(12)) {
    case 0:
    case 1:
      return { bank: { send: { to_address: pick(draw, [addressOf("bob"), ...cast.contracts]), amount: coins } } };
    case 2:
      return { bank: { burn: { amount: coins } } };
    case 3:
      return {
        wasm: {
          instantiate: {
            admin: null,
            code_id: pick(draw, [...cast.codes, 99]),
            msg: msg(),
            funds: coins,
            label: "made",
          },
        },
      };
    case 4:
      return { wasm: { migrate: { contract_addr, new_code_id: pick(draw, cast.codes), msg: msg() } } };
    case 5:
      return draw(4) === 0
        ? { custom: {} }
        : { wasm: { update_admin: { contract_addr, admin: pick(draw, cast.contracts) } } };
    default:
      return { wasm: { execute: { contract_addr, msg: msg(), funds: coins } } };
  }
}
