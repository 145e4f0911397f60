/** One call of one entry point: what it costs, and how it ends (wasmd `keeper/keeper.go`, wasmvm `lib_libwasmvm.go`). @module */
import type { CodeInfo, ContractInfo } from "cosmjs-types/cosmwasm/wasm/v1/types";
import { type ContractCall, type EntryPoint, FUEL_PER_GAS } from "../../../contracts/engine.ts";
import type { Address, Context } from "../../app/ports.ts";
import { invariant } from "../../core/invariant.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { noSuchCode, noSuchContract, vmError } from "./errors.ts";
import { chargeRun, fuelOf, GAS_HAS, gasOfFuel, instanceGas } from "./gas.ts";
import { hostOf } from "./host.ts";
import type { Json } from "./json.ts";
import type { WasmKeeper } from "./keeper.ts";
import { Lacking } from "./lacking.ts";
import { type ContractAnswer, readAnswer } from "./response.ts";

/** A contract and its code, read with gas. */
export interface Instance {
  readonly address: Address;
  readonly info: ContractInfo;
  readonly code: CodeInfo;
}

/** Refused when there is no such contract (`contractInstance`). */
export function instanceOf(keeper: WasmKeeper, { view }: Context, address: Address): Result<Instance> {
  const info = keeper.contractInfo(view, address.bytes);
  if (info === undefined) return err(noSuchContract(address.text));
  const code = keeper.codeInfo(view, info.codeId);
  return code === undefined ? err(noSuchCode(info.codeId)) : ok({ address, info, code });
}

/** Charges for having a contract ready: less when its code is pinned or ran in this transaction before. */
export function chargeInstance(
  keeper: WasmKeeper,
  context: Context,
  code: { readonly codeId: bigint; readonly checksum: Uint8Array },
  entry: string,
): void {
  const { gas, free, notes } = context;
  gas.consume(GAS_HAS, "Has");
  const pinned = keeper.isPinned(free, code.codeId);
  // Anybody may simulate that the authority pins a code.
  if (pinned && context.tx !== undefined) keeper.keepCompiled(free, code.checksum);
  const note = `wasm/${code.checksum.toHex()}`;
  const discount = pinned || notes.has(note);
  notes.add(note);
  gas.consume(instanceGas(discount), `Loading CosmWasm module: ${entry}`);
}

/** Remembers in a transaction that the code is new. */
export const uploadNote = (checksum: Uint8Array): string => `wasm/upload/${checksum.toHex()}`;

/** What an entry point is called with. */
export interface Entry {
  readonly contract: Address;
  readonly checksum: Uint8Array;
  readonly entry: EntryPoint;
  readonly args: readonly Uint8Array[];
  /** Queries that are being answered; a query is itself one of them. */
  readonly depth?: number;
  /** Bytes of stack; absent: all that the engine gives. */
  readonly stack?: number | undefined;
}

/**
 * Runs an entry point within the gas that is left, charges for it and for reading what it returns. Refusals say that the
 * engine ended it; what the contract itself said is in the answer. Running out of gas is thrown by the meter.
 */
export function runEntry<T>(
  keeper: WasmKeeper,
  context: Context,
  entry: Entry,
  read: (json: Json) => T,
): Result<ContractAnswer<T>> {
  const ran = runBytes(keeper, context, entry);
  if (!ran.ok) return err(vmError(ran.error));
  const answer = readAnswer(ran.value, read);
  return answer.ok ? answer : err(vmError(answer.error));
}

/** As {@linkcode runEntry}, for those who read the JSON themselves; the error is the engine's sentence. */
export function runBytes(
  keeper: WasmKeeper,
  context: Context,
  { contract, checksum, entry, args, depth = 0, stack }: Entry,
): Result<Uint8Array, string> {
  const { gas, free, tx, notes } = context;
  const lacking = new Lacking();
  const host = hostOf(keeper, context, contract, depth, lacking);
  const fuel = fuelOf(gas.left);
  const code = () => {
    const bytes = keeper.codeBytes(free, checksum);
    invariant(bytes !== undefined, `run contract ${contract.text}: its code is not there`);
    return bytes;
  };
  const unpaid = tx === undefined && notes.has(uploadNote(checksum));
  const limits = stack === undefined ? { unpaid } : { stack, unpaid };
  const call: ContractCall = { checksum, code, entry, args, host, fuel, ...limits };
  const { engine } = keeper.parts;
  const { result, fuelUsed } = lacking.run(() => entry === "query" ? engine.query(call) : engine.call(call));
  const computed = fuelUsed - host.externalFuel();
  if (!result.ok) {
    chargeRun(gas, gasOfFuel(computed));
    return err(result.error.message);
  }
  const { length } = result.value;
  const reading = BigInt(length) * FUEL_PER_GAS;
  if (fuel < reading + computed) {
    chargeRun(gas, gasOfFuel(computed));
    return err(`insufficient gas left to deserialize contract execution result (${length} bytes)`);
  }
  chargeRun(gas, gasOfFuel(computed + reading));
  return ok(result.value);
}
