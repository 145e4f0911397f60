/**
 * What follows from a contract's answer: its events, and its messages with their replies, in the order wasmd has.
 * @module
 */
import { MsgIBCSendResponse } from "cosmjs-types/cosmwasm/wasm/v1/ibc";
import { MsgExecuteContractResponse, MsgInstantiateContractResponse } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { EntryPoint } from "../../engine.ts";
import type { MockChain } from "./chain.ts";
import { codeOf, ContractError } from "./contract_error.ts";
import { portOf, readTimeout } from "./ibc_types.ts";
import {
  type Coin,
  type ContractResponse,
  type MockEvent,
  onlyMember,
  type SubMessage,
  toJsonBytes,
} from "./messages.ts";
import { readTransfer, sendTokens } from "./tokens_send.ts";

/** What a call and all that it leads to share. */
export interface Frame {
  readonly events: MockEvent[];
  data: Uint8Array | undefined;
  readonly fuel: { left: bigint };
  /** How many contracts called each other to get here. */
  readonly depth: number;
}

/** Tells what a contract did, and carries out what it wants done. */
export function dispatch(
  chain: MockChain,
  frame: Frame,
  entry: EntryPoint,
  address: string,
  response: ContractResponse,
): void {
  const self = { key: "_contract_address", value: address };
  if (!entry.startsWith("ibc_")) frame.events.push({ type: entry, attributes: [self] });
  if (response.attributes.length > 0) {
    frame.events.push({ type: "wasm", attributes: [self, ...response.attributes] });
  }
  for (const { type, attributes } of response.events) {
    frame.events.push({ type: `wasm-${type}`, attributes: [self, ...attributes] });
  }
  if (response.data !== null) frame.data = Uint8Array.fromBase64(response.data);
  for (const message of response.messages) submessage(chain, frame, address, message);
}

function submessage(chain: MockChain, frame: Frame, address: string, message: SubMessage): void {
  const { reply_on: on, gas_limit: limit } = message;
  const checkpoint = chain.state.checkpoint();
  const before = frame.fuel.left;
  // The limit is in the chain's gas.
  const allowed = limit === null ? before : min(before, BigInt(limit) * FUEL_PER_GAS);
  const inner: Frame = { events: [], data: undefined, fuel: { left: allowed }, depth: frame.depth + 1 };
  let failure: string | undefined;
  try {
    carryOut(chain, inner, address, message.msg);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    chain.state.revert(checkpoint);
    if (on === "never" || on === "success") throw error;
    // As a chain tells it: texts of errors are no part of consensus.
    const [codespace, code] = codeOf(error);
    failure = `codespace: ${codespace}, code: ${code}`;
  }
  frame.fuel.left = before - (allowed - inner.fuel.left);
  if (failure === undefined) frame.events.push(...inner.events);
  if (failure === undefined ? on === "never" || on === "error" : false) return;
  const ok = { events: inner.events, data: inner.data?.toBase64() ?? null, msg_responses: [] };
  const result = failure === undefined ? { ok } : { error: failure };
  const reply = toJsonBytes({ id: 0, payload: message.payload ?? "", gas_used: 0, result });
  const text = new TextDecoder().decode(reply).replace('"id":0', `"id":${message.id}`);
  const answer: Frame = { ...frame, data: undefined, depth: frame.depth + 1 };
  chain.run(answer, "reply", address, new TextEncoder().encode(text), undefined, []);
  if (answer.data !== undefined) frame.data = answer.data;
}

const FUEL_PER_GAS = 140_000n;
const min = (a: bigint, b: bigint) => a < b ? a : b;

/** Messages of other kinds are refused; `frame.data` becomes what the chain would hand to a reply. */
function carryOut(chain: MockChain, frame: Frame, sender: string, message: unknown): void {
  const [module, body] = onlyMember(message);
  const [name, fields] = onlyMember(body);
  switch (`${module}.${name}`) {
    case "bank.send":
      return chain.send(frame, sender, fields.to_address as string, fields.amount as Coin[]);
    case "bank.burn":
      return burn(chain, sender, fields.amount as Coin[]);
    case "wasm.execute": {
      const bytes = Uint8Array.fromBase64(fields.msg as string);
      chain.run(frame, "execute", fields.contract_addr as string, bytes, sender, fields.funds as Coin[]);
      const data = frame.data;
      frame.data = data && MsgExecuteContractResponse.encode({ data }).finish();
      return;
    }
    case "wasm.instantiate": {
      const options = {
        funds: fields.funds as Coin[],
        label: fields.label as string,
        ...(typeof fields.admin === "string" ? { admin: fields.admin } : {}),
      };
      const bytes = Uint8Array.fromBase64(fields.msg as string);
      const { address } = chain.create(frame, sender, Number(fields.code_id), bytes, options);
      const data = frame.data ?? new Uint8Array(0);
      frame.data = MsgInstantiateContractResponse.encode({ address, data }).finish();
      return;
    }
    case "wasm.migrate": {
      const bytes = Uint8Array.fromBase64(fields.msg as string);
      return chain.migrateIn(frame, sender, fields.contract_addr as string, Number(fields.new_code_id), bytes);
    }
    case "ibc.send_packet": {
      const data = Uint8Array.fromBase64(fields.data as string);
      const sequence = chain.ibc.send(portOf(sender), fields.channel_id as string, data, readTimeout(fields.timeout));
      frame.data = MsgIBCSendResponse.encode({ sequence: BigInt(sequence) }).finish();
      return;
    }
    case "ibc.write_acknowledgement": {
      const ack = Uint8Array.fromBase64((fields.ack as { data: string }).data);
      return chain.ibc.write(portOf(sender), fields.channel_id as string, Number(fields.packet_sequence), ack);
    }
    case "ibc.close_channel":
      return chain.ibc.closeInit(frame, portOf(sender), fields.channel_id as string);
    case "ibc.transfer":
      return sendTokens(chain, frame, sender, readTransfer(fields));
    default:
      throw new TypeError(`carry out ${module}.${name}: the mock chain has no such message`);
  }
}

function burn(chain: MockChain, sender: string, coins: readonly Coin[]): void {
  const nowhere: Frame = { events: [], data: undefined, fuel: { left: 0n }, depth: 0 };
  chain.send(nowhere, sender, "", coins);
  for (const { denom } of coins) chain.state.setBalance("", denom, 0n);
}
