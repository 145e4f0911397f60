import { assertEquals } from "@std/assert";
import { MsgStoreCode } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { MsgConnectionOpenInit } from "cosmjs-types/ibc/core/connection/v1/tx";
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import {
  CHAIN_ID,
  codec,
  FakeStorage,
  makeTx,
  sendMessage,
  signerOf,
  VALIDATOR_KEY,
} from "../../tests/bad_input/harness.ts";
import { MultiStore, type StagedCommit } from "../state/mod.ts";
import { createApplication } from "./application.ts";
import { applicationStores, developmentAppState, STANDARD_STORES, standardModules } from "./mod.ts";
import type { Application } from "./ports.ts";

const alice = signerOf("alice");
const bob = signerOf("bob");

/** The modules of the first version of this program. */
function firstModules(addresses: typeof codec) {
  const set = standardModules(addresses);
  return { ...set, modules: set.modules.filter(({ name }) => ["auth", "bank", "validators"].includes(name)) };
}

const blockOf = (height: bigint, ...txs: Uint8Array[]) => ({
  height,
  time: 1_700_000_000_000_000_000n + height,
  hash: new Uint8Array(32),
  proposerAddress: new Uint8Array(20),
  txs,
  misbehavior: [],
});

const tx = (sequence: bigint, typeUrl: string, value: Uint8Array, gas = 200_000n) =>
  makeTx({ messages: [{ typeUrl, value }], signers: [{ signer: alice, accountNumber: 0n, sequence }], gas });

const HACKATOM = new URL("../../tests/vectors/cosmwasm/hackatom.wasm", import.meta.url);

/** A chain of the first version after one block, and what storage has of it. */
function older() {
  const storage = new FakeStorage();
  const stores = applicationStores(firstModules(codec).modules);
  const state = new MultiStore({ stores, cacheBytesMax: 1 << 24 });
  const app = createApplication({ chainId: CHAIN_ID, bech32Prefix: "cat", state, modules: firstModules });
  const accounts = [{ address: alice.address.text, coins: [{ denom: "ucat", amount: "1000000" }] }];
  const appState = developmentAppState({ accounts, admins: [], denom: "ucat", prefix: "cat" });
  const known = Object.fromEntries(["auth", "bank", "validators"].map((name) => [name, appState[name]]));
  let last: StagedCommit = storage.run(
    app.initChain({
      chainId: CHAIN_ID,
      time: 1_700_000_000_000_000_000n,
      initialHeight: 1n,
      consensusParams: ConsensusParams.fromPartial({ block: { maxBytes: 4_194_304n, maxGas: -1n } }),
      validators: [{ pubKey: { ed25519: VALIDATOR_KEY }, power: 10n }],
      appState: known,
    }),
    0n,
  ).staged;
  storage.write(last);
  app.commit(last);
  const send = sendMessage(alice.address, bob.address, "5ucat");
  last = storage.run(app.executeBlock(blockOf(1n, tx(0n, send.typeUrl, send.value))), 0n).staged;
  storage.write(last);
  app.commit(last);
  return { storage, last };
}

Deno.test("a state that is older than a module opens, goes on, and is exported: the module finds what a new chain has", () => {
  const { storage, last } = older();
  const state = new MultiStore({ stores: STANDARD_STORES, cacheBytesMax: 1 << 24 });
  state.open({ version: last.version, meta: last.meta });
  const app: Application = createApplication({ chainId: CHAIN_ID, bech32Prefix: "cat", state });
  const signer = alice.address.text;
  const open = MsgConnectionOpenInit.fromPartial({
    clientId: "07-tendermint-0",
    counterparty: { clientId: "07-tendermint-0", prefix: { keyPrefix: Uint8Array.of(1) } },
    signer,
  });
  const transfer = MsgTransfer.fromPartial({
    sourcePort: "transfer",
    sourceChannel: "channel-0",
    token: { denom: "ucat", amount: "1" },
    sender: signer,
    receiver: "somebody",
    timeoutTimestamp: 1n << 62n,
  });
  const store = MsgStoreCode.fromPartial({ sender: signer, wasmByteCode: Deno.readFileSync(HACKATOM) });
  const output = storage.run(
    app.executeBlock(blockOf(
      2n,
      tx(1n, MsgConnectionOpenInit.typeUrl, MsgConnectionOpenInit.encode(open).finish()),
      tx(2n, MsgTransfer.typeUrl, MsgTransfer.encode(transfer).finish()),
      tx(3n, MsgStoreCode.typeUrl, MsgStoreCode.encode(store).finish(), 10_000_000n),
    )),
    1n,
  );
  assertEquals(output.txResults.map(({ codespace, code }) => `${codespace}/${code}`), ["client/29", "channel/3", "/0"]);
  storage.write(output.staged);
  app.commit(output.staged);
  const genesis = storage.run(app.exportGenesis(), 2n);
  const fresh = new MultiStore({ stores: STANDARD_STORES, cacheBytesMax: 1 << 24 });
  const next = createApplication({ chainId: CHAIN_ID, bech32Prefix: "cat", state: fresh });
  const begun = new FakeStorage().run(
    next.initChain({
      chainId: CHAIN_ID,
      time: 1_700_000_000_000_000_000n,
      initialHeight: 3n,
      consensusParams: ConsensusParams.fromPartial({ block: { maxBytes: 4_194_304n, maxGas: -1n } }),
      validators: [],
      appState: genesis,
    }),
    0n,
  );
  assertEquals(begun.staged.version, 2n);
});
