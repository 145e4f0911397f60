/**
 * What a contract sees of the mock chain during one call.
 * @module
 */
import type { Address } from "../../../node/core/address.ts";
import { sdkError } from "../../../node/core/errors.ts";
import { err, ok, type Result } from "../../../node/core/result.ts";
import type { ContractAddresses, ContractHost, ContractStorage } from "../../host.ts";
import type { MockChain } from "./chain.ts";
import { ContractError } from "./contract_error.ts";
import type { Frame } from "./dispatch.ts";
import { fromJsonBytes, onlyMember, toJsonBytes } from "./messages.ts";

/** Lengths that addresses have: of accounts and of contracts. */
const ADDRESS_LENGTHS = [20, 32];

const mapResult = <A, B>(result: Result<A>, change: (value: A) => B): Result<B> =>
  result.ok ? ok(change(result.value)) : result;

export class MockHost implements ContractHost {
  readonly storage: ContractStorage;
  readonly addresses: ContractAddresses;
  #askedFuel = 0n;

  constructor(
    private readonly chain: MockChain,
    private readonly frame: Frame,
    readonly contract: string,
    readonly debug: (line: string) => void,
  ) {
    const { state } = chain;
    this.storage = {
      get: (key) => state.read(contract, key),
      set: (key, value) => state.write(contract, key, value),
      delete: (key) => state.write(contract, key, undefined),
      first: (start, end, reverse) => state.first(contract, start, end, reverse),
    };
    this.addresses = {
      canonicalize: (human) => mapResult(this.#parse(human), ({ bytes }) => bytes),
      humanize: (bytes) =>
        ADDRESS_LENGTHS.includes(bytes.length)
          ? ok(chain.addresses.of(bytes).text)
          : err(sdkError("invalidAddress", `humanize an address: it has ${bytes.length} bytes`)),
      validate: (human) => mapResult(this.#parse(human), ({ text }) => text),
    };
  }

  #parse(human: string): Result<Address> {
    const address = this.chain.addresses.parse(human);
    return address ? ok(address) : err(sdkError("invalidAddress", `read an address: ${human} is none of this chain`));
  }

  externalFuel(): bigint {
    return this.#askedFuel;
  }

  query(request: Uint8Array, { fuel }: { readonly fuel: bigint }): Uint8Array {
    const frame: Frame = { events: [], data: undefined, fuel: { left: fuel }, depth: this.frame.depth };
    try {
      return toJsonBytes({ ok: this.#answer(frame, request) });
    } finally {
      this.#askedFuel += fuel - frame.fuel.left;
    }
  }

  #answer(frame: Frame, request: Uint8Array): unknown {
    const [module, body] = onlyMember(fromJsonBytes(request));
    const [name, fields] = onlyMember(body);
    const { chain } = this;
    const json = (value: unknown) => ({ ok: toJsonBytes(value) });
    switch (`${module}.${name}`) {
      case "bank.balance": {
        const denom = fields.denom as string;
        return json({ amount: { denom, amount: chain.balance(fields.address as string, denom) } });
      }
      case "bank.all_balances": {
        const coins = chain.state.balances(fields.address as string);
        return json({ amount: coins.map(([denom, amount]) => ({ denom, amount })) });
      }
      case "bank.supply": {
        const denom = fields.denom as string;
        return json({ amount: { denom, amount: chain.state.supply(denom) } });
      }
      case "wasm.smart":
        return smart(chain, frame, fields.contract_addr as string, Uint8Array.fromBase64(fields.msg as string));
      case "wasm.raw": {
        const value = chain.state.read(fields.contract_addr as string, Uint8Array.fromBase64(fields.key as string));
        return { ok: value ?? "" };
      }
      case "wasm.contract_info": {
        const { codeId, creator, admin } = chain.contractAt(fields.contract_addr as string);
        const none = { pinned: false, ibc_port: null };
        return json({ code_id: codeId, creator, admin: admin ?? null, ...none });
      }
      default:
        throw new TypeError(`answer ${module}.${name}: the mock chain has no such query`);
    }
  }
}

function smart(chain: MockChain, frame: Frame, contract: string, message: Uint8Array): unknown {
  try {
    return { ok: chain.ask(frame, contract, message) };
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return { error: error.message };
  }
}
