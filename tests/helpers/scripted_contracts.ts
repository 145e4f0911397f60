/**
 * Contracts without code: an engine that does what the message says, over the real modules. A message is a script in JSON: what
 * to write, what to charge, and the result to return. The script of a reply travels as the payload of its submessage.
 * @module
 */
import {
  MsgExecuteContract,
  MsgInstantiateContract,
  MsgInstantiateContractResponse,
  MsgStoreCode,
  MsgStoreCodeResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { RunContext } from "../../node/app/_run_context.ts";
import { FreeGasMeter, LimitedGasMeter } from "../../node/app/gas.ts";
import { developmentAppState, type ModuleSet, standardModules } from "../../node/app/mod.ts";
import type { Address, BlockContext, MessageHandler, TxPosition } from "../../node/app/ports.ts";
import { Notes } from "../../node/app/_tx_notes.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { coinTexts, parseCoins } from "../../node/core/coins.ts";
import { ed25519KeyFromSeed, sha256 } from "../../node/core/crypto/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { Journal } from "../../node/state/mod.ts";
import type { CallOutcome, CodeReport, ContractCall, EntryPoint, ExecutionEngine } from "../../contracts/engine.ts";

export const codec = new AddressCodec("cat");

/** What a scripted contract does when it is called. */
export interface Script {
  /** Keys and values as texts; undefined deletes. */
  readonly writes?: readonly (readonly [key: string, value: string | null])[];
  /** Fuel that the call computes. */
  readonly fuel?: number;
  /** A request to the chain before anything else. */
  readonly query?: unknown;
  /** The `ContractResult`, or a text that the engine fails with. */
  readonly result: unknown;
  readonly fault?: string;
}

const ENTRY_POINTS: readonly EntryPoint[] = ["instantiate", "execute", "query", "migrate", "reply", "sudo"];

/** Nothing said: a call that succeeds and does nothing. */
export const NOTHING: Script = { result: { ok: { messages: [], attributes: [], events: [], data: null } } };

export class ScriptedEngine implements ExecutionEngine {
  /** Every call: the entry point and its arguments as JSON. */
  readonly calls: { readonly entry: EntryPoint; readonly args: readonly unknown[] }[] = [];
  readonly pinned = new Set<string>();
  /** Answers to queries of contracts. */
  readonly answers: unknown[] = [];
  migrateVersions: Record<string, bigint> = {};
  entryPoints: readonly EntryPoint[] = ENTRY_POINTS;
  /** What contracts do in their IBC entry points; `message`: the JSON they are told. */
  ibc: (entry: EntryPoint, message: string) => Script = () => NOTHING;

  check(code: Uint8Array): Result<CodeReport> {
    const text = new TextDecoder().decode(code);
    if (text.startsWith("bad")) return err({ codespace: "wasmvm", code: 1, message: "bad code" });
    const migrateVersion = this.migrateVersions[text];
    return ok({
      checksum: sha256(code),
      entryPoints: new Set(this.entryPoints),
      requiredCapabilities: [],
      migrateVersion,
    });
  }

  call(call: ContractCall): CallOutcome {
    const args = call.args.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
    this.calls.push({ entry: call.entry, args });
    if (call.entry.startsWith("ibc_")) {
      return this.#run(call, this.ibc(call.entry, new TextDecoder().decode(call.args[1])));
    }
    const own = call.entry === "reply" ? decodePayload(args[1].payload) : args.at(call.entry === "migrate" ? 1 : -1);
    return this.#run(call, own as Script);
  }

  query(call: ContractCall): CallOutcome {
    return this.call(call);
  }

  #run({ host, fuel }: ContractCall, script: Script): CallOutcome {
    const used = () => BigInt(script.fuel ?? 0) + host.externalFuel();
    if (script.query !== undefined) {
      const answer = host.query(utf8ToBytes(JSON.stringify(script.query)), { fuel: fuel - used(), stack: 100_000 });
      this.answers.push(JSON.parse(new TextDecoder().decode(answer)));
    }
    for (const [key, value] of script.writes ?? []) {
      if (value === null) host.storage.delete(utf8ToBytes(key));
      else host.storage.set(utf8ToBytes(key), utf8ToBytes(value));
    }
    if (used() > fuel) return fault(used(), "out of gas");
    if (script.fault !== undefined) return fault(used(), script.fault);
    return { fuelUsed: used(), result: ok(utf8ToBytes(JSON.stringify(script.result))) };
  }

  pin(checksum: Uint8Array): void {
    this.pinned.add(checksum.toHex());
  }

  unpin(checksum: Uint8Array): void {
    this.pinned.delete(checksum.toHex());
  }
}

const fault = (fuelUsed: bigint, message: string): CallOutcome => ({
  fuelUsed,
  result: err({ codespace: "wasmvm", code: 1, message }),
});

const decodePayload = (payload: string | undefined): unknown =>
  payload === undefined ? NOTHING : JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(payload)));

export const toBase64 = (value: unknown): string => utf8ToBytes(JSON.stringify(value)).toBase64();

const VALIDATOR = ed25519KeyFromSeed(new Uint8Array(32).fill(7)).publicKey;
const BLOCK: BlockContext = { chainId: "test-1", height: 7n, time: 1_700_000_000_000_000_000n };

/** The modules of a chain over a journal, without blocks and transactions around them. */
export class ContractWorld {
  readonly set: ModuleSet;
  readonly journal = new Journal({ get: () => undefined, page: () => [] });
  readonly people = ["alice", "bob", "carol"].map((name) => codec.of(sha256(utf8ToBytes(name)).slice(0, 20)));

  /** The first of the people is an admin of the validators. */
  constructor(
    coins = "1000000ucat",
    appState: Record<string, unknown> = {},
    readonly engine: ScriptedEngine = new ScriptedEngine(),
  ) {
    this.set = standardModules(codec, { engine: this.engine });
    const accounts = this.people.map(({ text }) => ({ address: text, coins: coinTexts(parseCoins(coins)!) }));
    const admins = [this.people[0]!.text];
    const state = { ...developmentAppState({ accounts, admins, denom: "ucat", prefix: "cat" }), ...appState };
    const context = Object.assign(this.context(), { validators: [{ pubKey: { ed25519: VALIDATOR }, power: 1n }] });
    for (const module of this.set.modules) {
      const done = module.initGenesis(context, state[module.name]);
      if (!done.ok) throw new Error(done.error.message);
    }
  }

  context(gasLimit?: number, tx?: TxPosition): RunContext {
    const gas = gasLimit === undefined ? new FreeGasMeter() : new LimitedGasMeter(BigInt(gasLimit));
    return new RunContext(this.journal, gas, BLOCK, [], { tx, notes: new Notes() });
  }

  handler(typeUrl: string): MessageHandler {
    const found = this.set.modules.flatMap(({ messages }) => messages).find((one) => one.typeUrl === typeUrl);
    if (found === undefined) throw new Error(`no handler of ${typeUrl}`);
    return found;
  }

  /** Decodes and runs one message. A refusal leaves what it wrote, as inside a transaction. */
  run(context: RunContext, typeUrl: string, bytes: Uint8Array): Result<Uint8Array> {
    const handler = this.handler(typeUrl);
    const message = handler.decode(bytes);
    return message.ok ? handler.execute(context, message.value) : message;
  }

  balance(address: Address, denom = "ucat"): bigint {
    return this.set.contracts.parts.bank.balance(this.journal, address.bytes, denom);
  }
}

/** Uploads a code and makes `count` contracts of it, with alice for their creator and bob for their admin. */
export function makeContracts(world: ContractWorld, count: number, code = "code"): Address[] {
  const [alice, bob] = world.people;
  const context = world.context();
  const stored = world.run(
    context,
    MsgStoreCode.typeUrl,
    MsgStoreCode.encode(MsgStoreCode.fromPartial({ sender: alice!.text, wasmByteCode: utf8ToBytes(code) })).finish(),
  );
  if (!stored.ok) throw new Error(stored.error.message);
  const { codeId } = MsgStoreCodeResponse.decode(stored.value);
  return Array.from({ length: count }, (_, i) => {
    const message = MsgInstantiateContract.fromPartial({
      sender: alice!.text,
      admin: bob!.text,
      codeId,
      label: `contract ${i}`,
      msg: utf8ToBytes(JSON.stringify(NOTHING)),
    });
    const made = world.run(context, MsgInstantiateContract.typeUrl, MsgInstantiateContract.encode(message).finish());
    if (!made.ok) throw new Error(made.error.message);
    return codec.parse(MsgInstantiateContractResponse.decode(made.value).address)!;
  });
}

/** An encoded `MsgExecuteContract`. */
export const executeMessage = (sender: Address, contract: Address, script: Script, coins = ""): Uint8Array =>
  MsgExecuteContract.encode({
    sender: sender.text,
    contract: contract.text,
    msg: utf8ToBytes(JSON.stringify(script)),
    funds: coinTexts(parseCoins(coins)!),
  }).finish();
