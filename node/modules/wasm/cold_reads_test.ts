/** A contract that reads a long list, each entry of which names the next, while nothing of it is in memory. */
import { assert, assertEquals } from "@std/assert";
import { TxMsgData } from "cosmjs-types/cosmos/base/abci/v1beta1/abci";
import { QuerySmartContractStateRequest, QuerySmartContractStateResponse } from "cosmjs-types/cosmwasm/wasm/v1/query";
import {
  MsgExecuteContract,
  MsgInstantiateContract,
  MsgInstantiateContractResponse,
  MsgStoreCode,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { ConsensusParams } from "cosmjs-types/tendermint/types/params";
import type { CallOutcome, ContractCall } from "../../../contracts/engine.ts";
import { CHAIN_ID, FakeStorage, makeTx, signerOf, VALIDATOR_KEY } from "../../../tests/bad_input/harness.ts";
import { InlineSpeculator } from "../../../tests/helpers/inline_speculator.ts";
import { NOTHING, ScriptedEngine } from "../../../tests/helpers/scripted_contracts.ts";
import {
  type Application,
  createApplication,
  developmentAppState,
  STANDARD_STORES,
  standardModules,
} from "../../app/mod.ts";
import { bytesToU64, u64ToBytes, utf8ToBytes } from "../../core/bytes.ts";
import { sha256 } from "../../core/crypto/mod.ts";
import { ok } from "../../core/result.ts";
import { MultiStore, type StagedCommit } from "../../state/mod.ts";

const LENGTH = 10_000;
/** Attempts that a message may take. */
const ATTEMPTS_MAX = 100;
const GAS = 50_000_000n;
/** Enough to follow the list. */
const WALK_GAS = 20_000_000n;
const people = [signerOf("alice"), signerOf("bob")];
const json = (value: unknown) => utf8ToBytes(JSON.stringify(value));
const keyOf = (n: number) => sha256(u64ToBytes(BigInt(n))).slice(0, 20);

/** `{"fill": n}` writes a list of n entries, `{"walk": n}` follows it from its n-th and answers how long that is. */
class ListEngine extends ScriptedEngine {
  /** How often a list was followed from its beginning. */
  walks = 0;

  override call(call: ContractCall): CallOutcome {
    const { fill, walk } = JSON.parse(new TextDecoder().decode(call.args.at(-1))) as { fill?: number; walk?: number };
    const { storage, externalFuel } = call.host;
    let n = walk ?? 0;
    if (n > 0) this.walks++;
    for (let at = 1; at <= (fill ?? 0); at++) storage.set(keyOf(at), u64ToBytes(BigInt(at === fill ? 0 : at + 1)));
    let seen = 0;
    for (; n !== 0; seen++) n = Number(bytesToU64(storage.get(keyOf(n)) ?? new Uint8Array(8)));
    const answer = call.entry === "query" ? { ok: toBase64(`${seen}`) } : withData(seen);
    return { fuelUsed: externalFuel(), result: ok(json(answer)) };
  }
}

const toBase64 = (text: string) => utf8ToBytes(text).toBase64();
const withData = (seen: number) => {
  const { ok: nothing } = NOTHING.result as { ok: object };
  return { ok: { ...nothing, data: toBase64(`${seen}`) } };
};

class Lists {
  readonly storage = new FakeStorage();
  readonly engine = new ListEngine();
  height = 0n;
  #last: StagedCommit | undefined;
  #state!: MultiStore;
  #app!: Application;
  readonly #sequences = [0n, 0n];
  readonly contract: string;
  speculator: InlineSpeculator | undefined;

  constructor() {
    this.forget();
    const accounts = people.map(({ address }) => ({
      address: address.text,
      coins: [{ denom: "ucat", amount: "1000000" }],
    }));
    const { staged } = this.storage.run(
      this.#app.initChain({
        chainId: CHAIN_ID,
        time: 1_700_000_000_000_000_000n,
        initialHeight: 1n,
        consensusParams: ConsensusParams.fromPartial({ block: { maxBytes: 4_194_304n, maxGas: -1n } }),
        validators: [{ pubKey: { ed25519: VALIDATOR_KEY }, power: 10n }],
        appState: developmentAppState({ accounts, admins: [], denom: "ucat", prefix: "cat" }),
      }),
      0n,
    );
    this.#commit(staged);
    const sender = people[0]!.address.text;
    this.send(
      0,
      MsgStoreCode.typeUrl,
      MsgStoreCode.encode({
        ...MsgStoreCode.fromPartial({ sender, wasmByteCode: utf8ToBytes("code") }),
      }).finish(),
    );
    const made = this.send(
      0,
      MsgInstantiateContract.typeUrl,
      MsgInstantiateContract.encode(
        MsgInstantiateContract.fromPartial({ sender, codeId: 1n, label: "a list", msg: json({}) }),
      ).finish(),
    );
    this.contract = MsgInstantiateContractResponse.decode(TxMsgData.decode(made).msgResponses[0]!.value).address;
    this.execute(0, { fill: LENGTH });
  }

  /** As after a restart: nothing of the state is in memory. */
  forget(): void {
    this.#state = new MultiStore({ stores: STANDARD_STORES, cacheBytesMax: 64 * 1024 * 1024 });
    this.#state.open(this.#last && { version: this.#last.version, meta: this.#last.meta });
    this.#app = createApplication({
      chainId: CHAIN_ID,
      bech32Prefix: "cat",
      state: this.#state,
      modules: (codec) => standardModules(codec, { engine: this.engine }),
      speculator: this.speculator,
    });
    this.engine.walks = 0;
  }

  #commit(staged: StagedCommit): void {
    this.storage.write(staged);
    this.#app.commit(staged);
    this.speculator?.follow(staged);
    this.#last = staged;
  }

  tx(who: number, typeUrl: string, value: Uint8Array, gas = GAS): Uint8Array {
    const signers = [{ signer: people[who]!, accountNumber: BigInt(who), sequence: this.#sequences[who]!++ }];
    return makeTx({ messages: [{ typeUrl, value }], signers, gas });
  }

  executeTx(who: number, msg: object): Uint8Array {
    const sender = people[who]!.address.text;
    const value = MsgExecuteContract.encode({ sender, contract: this.contract, msg: json(msg), funds: [] }).finish();
    return this.tx(who, MsgExecuteContract.typeUrl, value, "fill" in msg ? GAS : WALK_GAS);
  }

  /** The data of each transaction. */
  block(...txs: Uint8Array[]): Uint8Array[] {
    const height = ++this.height;
    const { staged, txResults } = this.storage.run(
      this.#app.executeBlock({
        height,
        time: 1_700_000_000_000_000_000n + height,
        hash: new Uint8Array(32),
        proposerAddress: new Uint8Array(20),
        txs,
        misbehavior: [],
      }),
      height - 1n,
    );
    this.#commit(staged);
    for (const { log } of txResults) assertEquals(log, "");
    return txResults.map(({ data }) => data);
  }

  send(who: number, typeUrl: string, value: Uint8Array): Uint8Array {
    return this.block(this.tx(who, typeUrl, value))[0]!;
  }

  execute(who: number, msg: object): number {
    return seenIn(this.block(this.executeTx(who, msg))[0]!);
  }

  query(msg: unknown, height: bigint): number {
    const data = QuerySmartContractStateRequest.encode({ address: this.contract, queryData: json(msg) }).finish();
    const path = "/cosmwasm.wasm.v1.Query/SmartContractState";
    const answer = this.storage.run(this.#app.query({ path, data, height, prove: false }), height);
    assertEquals(answer.log, "");
    return Number(new TextDecoder().decode(QuerySmartContractStateResponse.decode(answer.value).data));
  }
}

function seenIn(data: Uint8Array): number {
  const [response] = TxMsgData.decode(data).msgResponses;
  return Number(new TextDecoder().decode(dataOf(response!.value)));
}

/** Field 1 of `MsgExecuteContractResponse`. */
const dataOf = (bytes: Uint8Array): Uint8Array => bytes.subarray(2);

Deno.test("a cold list of 10 000 entries: a transaction, a query of the past and one run ahead take few attempts each", () => {
  const lists = new Lists();
  const filled = lists.height;
  lists.forget();
  assertEquals(lists.execute(0, { walk: 1 }), LENGTH);
  assert(lists.engine.walks <= ATTEMPTS_MAX, `a transaction: ${lists.engine.walks} attempts`);
  lists.engine.walks = 0;
  assertEquals(lists.execute(1, { walk: 1 }), LENGTH);
  assertEquals(lists.engine.walks, 1);

  lists.forget();
  assertEquals(lists.query({ walk: LENGTH - 2_000 }, filled), 2_001);
  assert(lists.engine.walks <= ATTEMPTS_MAX, `a query: ${lists.engine.walks} attempts`);

  const { storage, engine } = lists;
  const answer: FakeStorage["answer"] = (request, version) => storage.answer(request, version);
  lists.speculator = new InlineSpeculator({ share: () => 1, answer, engine });
  lists.speculator.follow({ version: lists.height, flat: [] } as unknown as StagedCommit);
  lists.forget();
  const seen = lists.block(lists.executeTx(0, { walk: 1 }), lists.executeTx(1, { walk: 1 })).map(seenIn);
  assertEquals([seen, lists.speculator.tally], [[LENGTH, LENGTH], { held: 2, again: 0 }]);
  assert(engine.walks <= 2 * ATTEMPTS_MAX, `ahead: ${engine.walks} attempts`);
});
