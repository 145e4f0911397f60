/** The modules of a chain, wired to each other and to the phases of a transaction. @module */
import type { ExecutionEngine } from "../../contracts/engine.ts";
import { ContractEngine } from "../../contracts/wasm/mod.ts";
import type { AddressCodec } from "../core/address.ts";
import { invariant } from "../core/invariant.ts";
import { AuthKeeper, authModule, FEE_COLLECTOR } from "../modules/auth/mod.ts";
import { BankKeeper, bankModule } from "../modules/bank/mod.ts";
import { CALLS_PORT, callsApplication, CallsKeeper, callsModule } from "../modules/calls/mod.ts";
import {
  ClientKeeper,
  type ExpectedAuthority,
  IbcKeeper,
  ibcModule,
  MULTIHOP,
  STANDARD_LIGHT_CLIENTS,
} from "../modules/ibc/mod.ts";
import { PacketForwardKeeper, packetForwardMiddleware, packetForwardModule } from "../modules/packet_forward/mod.ts";
import {
  TRANSFER_MODULE,
  TRANSFER_PORT,
  transferApplication,
  TransferKeeper,
  transferModule,
} from "../modules/transfer/mod.ts";
import { ValidatorsKeeper, validatorsModule } from "../modules/validators/mod.ts";
import {
  contractApplication,
  contractCallbacks,
  contractOfPort,
  contractPackets,
  WASM_MODULE,
  WasmKeeper,
  wasmModule,
  wasmQuerier,
  wasmQueries,
} from "../modules/wasm/mod.ts";
import { callTargets } from "./call_targets.ts";
import type { ExpectedAccounts, ExpectedFees } from "./expected.ts";
import { meteredQuery } from "./metered_query.ts";
import type { MessageHandler, Module } from "./module.ts";

/** Modules in the order in which genesis and blocks run them, and what the phases need of them. */
export interface ModuleSet {
  readonly modules: readonly Module[];
  readonly accounts: ExpectedAccounts;
  readonly fees: ExpectedFees;
  /** Where more applications are bound to ports while a chain is put together. */
  readonly ibc: IbcKeeper;
  /** Where those who answer contracts are bound while a chain is put together. */
  readonly contracts: WasmKeeper;
}

export interface StandardParts {
  /** What runs contracts; by default an engine of its own. */
  readonly engine?: ExecutionEngine | undefined;
  /** Hears what contracts say with `debug`; nobody by default. An engine passes it on only when it was made to. */
  readonly debug?: ((contract: string, text: string) => void) | undefined;
}

/** Permissions of module accounts, by name. */
const MODULE_PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  [FEE_COLLECTOR]: [],
  [TRANSFER_MODULE]: ["minter", "burner"],
  [WASM_MODULE]: ["burner"],
};

/** Contracts, over everything else. */
function contracts(
  codec: AddressCodec,
  { engine = new ContractEngine(), debug }: StandardParts,
  { bank, auth, ibc, authority }: { bank: BankKeeper; auth: AuthKeeper; ibc: IbcKeeper; authority: ExpectedAuthority },
) {
  // Known when all modules are there, which is before any message is.
  let everything: readonly Module[] | undefined;
  let handlers: ReadonlyMap<string, MessageHandler> | undefined;
  const all = (): readonly Module[] => {
    invariant(everything !== undefined, "look for a handler: modules are still being put together");
    return everything;
  };
  const keeper = new WasmKeeper({
    codec,
    bank,
    accounts: auth,
    authority,
    engine,
    debug,
    metering: meteredQuery,
    messages: {
      handler(typeUrl) {
        handlers ??= new Map(all().flatMap(({ messages }) => messages).map((one) => [one.typeUrl, one]));
        return handlers.get(typeUrl);
      },
    },
  });
  const query = (path: string) => all().flatMap(({ queries }) => queries).find((one) => one.path === path);
  keeper.bindQuerier(wasmQuerier(keeper, { bank, channels: ibc, query }));
  keeper.bindIbc(contractPackets(ibc));
  ibc.router.bindFamily((port) => contractOfPort(codec, port) !== undefined, contractApplication(keeper, ibc));
  return { keeper, know: (modules: readonly Module[]) => void (everything = modules) };
}

/** auth, bank, validators, ibc and its applications: transfer (with packet forwarding) and calls; contracts. */
export function standardModules(codec: AddressCodec, parts: StandardParts = {}): ModuleSet {
  const auth = new AuthKeeper(codec, MODULE_PERMISSIONS);
  const blocked = new Set(Object.keys(MODULE_PERMISSIONS).map((name) => auth.moduleAddress(name).text));
  const bank = new BankKeeper(codec, auth, blocked);
  const validators = new ValidatorsKeeper(codec);
  const clients = new ClientKeeper(codec, STANDARD_LIGHT_CLIENTS);
  const ibc = new IbcKeeper(clients, MULTIHOP);
  // Who may change the validators may recover clients: there is no governance.
  const authority: ExpectedAuthority = {
    isAuthority: (view, { text }) => validators.params(view).admins.includes(text),
  };
  const wasm = contracts(codec, parts, { bank, auth, ibc, authority });
  const callbacks = contractCallbacks(wasm.keeper, ibc);
  const transfers = new TransferKeeper(codec, bank, auth, callbacks.channels, authority);
  const forwards = new PacketForwardKeeper(codec, bank, transfers, ibc);
  ibc.bindPort(TRANSFER_PORT, packetForwardMiddleware(forwards, callbacks.around(transferApplication(transfers))));
  const banking = bankModule(bank);
  const transferring = transferModule(transfers);
  const calls = new CallsKeeper(codec, ibc, clients, callTargets([banking, transferring]));
  ibc.bindPort(CALLS_PORT, callsApplication(calls));
  const collector = auth.moduleAddress(FEE_COLLECTOR);
  const modules = [
    authModule(auth),
    banking,
    validatorsModule(validators),
    ibcModule(ibc, clients, authority),
    transferring,
    packetForwardModule(forwards),
    callsModule(calls),
    wasmModule(wasm.keeper, wasmQueries(wasm.keeper)),
  ];
  wasm.know(modules);
  return {
    modules,
    accounts: auth,
    ibc,
    contracts: wasm.keeper,
    fees: {
      deduct: (context, payer, fee) => bank.sendLater(context, payer, collector, fee),
      collect: (view, paid) => bank.credit(view, collector, paid),
      touch: (payer, fee, key) => bank.touch(payer, fee, key),
    },
  };
}
