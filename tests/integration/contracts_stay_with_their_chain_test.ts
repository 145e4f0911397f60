/** Contracts over the life of a chain: nodes start again with nothing in memory, others join, a new chain begins where it ended. */
import { assert, assertEquals } from "@std/assert";
import {
  QueryAllContractStateRequest,
  QueryCodeRequest,
  QueryCodesRequest,
  QueryContractInfoRequest,
  QueryPinnedCodesRequest,
  QuerySmartContractStateRequest,
  QuerySmartContractStateResponse,
} from "cosmjs-types/cosmwasm/wasm/v1/query";
import {
  MsgExecuteContract,
  MsgInstantiateContract,
  MsgPinCodes,
  MsgStoreCode,
  MsgUnpinCodes,
} from "cosmjs-types/cosmwasm/wasm/v1/tx";
import { CONSENSUS_PARAMS_AT } from "../../node/app/mod.ts";
import { parseGenesis } from "../../node/chain/mod.ts";
import { type NodeConfig, parseNodeConfig } from "../../node/config/mod.ts";
import { AddressCodec } from "../../node/core/address.ts";
import { u64ToBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { ed25519Address, sha256 } from "../../node/core/crypto/mod.ts";
import { BECH32_PREFIX, deriveAccounts, DEVELOPMENT_MNEMONIC, developmentGenesis } from "../../node/development.ts";
import { classicAddress } from "../../node/modules/wasm/mod.ts";
import { createMemoryHub, type MemoryHub } from "../../node/network/mod.ts";
import { openParts, type Parts } from "../../node/parts.ts";
import { ChainRestore, createBlockSource, createSyncTarget, Snapshots } from "../../node/runtime/mod.ts";
import { MemoryStore, openStore, type Store } from "../../node/storage/mod.ts";
import { BlockServer, BlockSyncService, SnapshotServer, StateSyncService } from "../../node/sync/mod.ts";
import { makeAccount, secp256k1AccountOf, signMessages } from "../helpers/accounts.ts";
import { contractCode } from "../helpers/contract_code.ts";
import { GENESIS_TIME, keyOf, seal, valueOf } from "../helpers/mini_chain.ts";
import { joinHub, TurningClock } from "../helpers/synced_chains.ts";

const CHAIN_ID = "mini-1";
/** As long as a code may be. */
const CODE_BYTES = 800 * 1024;
const key = keyOf(0);
const validator = { seed: new Uint8Array(32), publicKey: key.publicKey, address: ed25519Address(key.publicKey) };
/** Whom genesis calls admin: it may pin. */
const dev0 = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
const somebody = makeAccount("ed25519", 1).address;
const [TOKEN, QUEUE] = [1n, 2n].map((id) => new AddressCodec(BECH32_PREFIX).of(classicAddress(id, id)).text) as [
  string,
  string,
];

const genesis = (): Record<string, unknown> =>
  developmentGenesis({ chainId: CHAIN_ID, genesisTimeNanos: GENESIS_TIME, validator });

function open(store: Store, json: unknown = genesis()): Promise<Parts> {
  const parsed = parseNodeConfig({ execution: { threads: 0, query_threads: 0 } });
  assert(parsed.ok);
  return openParts({ store, config: parsed.value as NodeConfig, genesis: json, validatorKey: validator });
}

/** A contract with a custom section behind it that cannot be compressed. */
function padded(code: Uint8Array): Uint8Array {
  const HEADER_BYTES = 1 + 4 + 2;
  const noise = new Uint8Array(CODE_BYTES - code.length - HEADER_BYTES);
  for (let at = 0; at < noise.length; at += 32) {
    noise.set(sha256(u64ToBytes(BigInt(at))).subarray(0, noise.length - at), at);
  }
  const length = noise.length + 2;
  const size = [length & 127 | 128, length >> 7 & 127 | 128, length >> 14 & 127 | 128, length >> 21];
  const whole = new Uint8Array([...code, 0, ...size, 1, 0x70, ...noise]);
  assertEquals(whole.length, CODE_BYTES);
  return whole;
}

interface Codec<T> {
  readonly typeUrl: string;
  fromPartial(message: object): T;
  encode(message: T): { finish(): Uint8Array };
}
const any = <T>(codec: Codec<T>, message: object) => ({
  typeUrl: codec.typeUrl,
  value: codec.encode(codec.fromPartial(message)).finish(),
});
const json = (value: unknown) => utf8ToBytes(JSON.stringify(value));
const sender = dev0.address;
const store = (wasmByteCode: Uint8Array) => any(MsgStoreCode, { sender, wasmByteCode });
const instantiate = (codeId: bigint, msg: unknown) =>
  any(MsgInstantiateContract, { sender, codeId, label: `contract ${codeId}`, msg: json(msg) });
const execute = (contract: string, msg: unknown) => any(MsgExecuteContract, { sender, contract, msg: json(msg) });
const transfer = (amount: number) => execute(TOKEN, { transfer: { recipient: somebody, amount: `${amount}` } });
const enqueue = (value: number) => execute(QUEUE, { enqueue: { value } });
type Message = ReturnType<typeof store>;

/** A node that makes the blocks, out of transactions of one sender. */
class Maker {
  /** What became of each transaction, and what it took. */
  readonly results: { readonly code: number; readonly gasUsed: bigint }[] = [];

  /** `sequence`: of the next transaction. */
  constructor(readonly parts: Parts, public sequence = 0n) {
    parts.chain.bus.subscribe(({ results }) => {
      for (const { code, gasUsed } of results.txResults) this.results.push({ code, gasUsed });
    });
  }

  /** A transaction for each list of messages, and the block with them. */
  async block(...txs: Message[][]): Promise<void> {
    const { chain } = this.parts;
    for (const messages of txs) {
      const sequence = this.sequence++;
      const options = { chainId: CHAIN_ID, accountNumber: 0n, sequence, gas: 40_000_000n };
      const admitted = await chain.mempool.admit(signMessages(dev0, messages, options));
      assert(admitted.admitted, JSON.stringify(admitted.check?.log));
    }
    const { height, lastCommit, validators } = chain.executor.context();
    const block = await chain.executor.build({ height, round: 0, lastCommit });
    const commit = seal(CHAIN_ID, validators, height, block.blockId, block.time);
    await chain.executor.commit({ height, round: 0, block, commit });
    await chain.bus.settled();
  }

  get codes(): number[] {
    return this.results.map(({ code }) => code);
  }

  /** The code, length as it may be, pinned; another one that is not; and something that both keep. Three blocks. */
  async begin(): Promise<void> {
    const balances = [{ address: sender, amount: "1000" }];
    const token = { name: "Token", symbol: "TOK", decimals: 0, initial_balances: balances };
    await this.block([store(padded(contractCode("cw20_base")))], [store(contractCode("queue"))]);
    await this.block(
      [any(MsgPinCodes, { authority: sender, codeIds: [1n] })],
      [instantiate(1n, token), instantiate(2n, {})],
    );
    await this.block([transfer(5)], Array.from({ length: 40 }, (_, i) => enqueue(i)));
    assertEquals(this.codes, [0, 0, 0, 0, 0, 0]);
  }

  /** What is called next: calls that work, calls that fail, and codes that are pinned no more or only now. */
  rounds: readonly (() => Promise<void>)[] = [
    () => this.block([transfer(7), enqueue(100)], [transfer(10_000)], [execute(QUEUE, { dequeue: {} })]),
    () => this.block([any(MsgUnpinCodes, { authority: sender, codeIds: [1n] })], [transfer(1), transfer(1)]),
    () => this.block([transfer(1)], [enqueue(7)], [any(MsgPinCodes, { authority: sender, codeIds: [1n, 2n] })]),
    () => this.block([transfer(2), transfer(10_000)], [enqueue(8), enqueue(9)]),
  ];
}

const resultsAt = async ({ chain }: Parts, height: bigint) => (await chain.store.blocks.loadBlockResults(height))!;

/** Takes the blocks of another node, one by one, as a node that is told of them does. */
async function follow(from: Parts, to: Parts): Promise<void> {
  const { blocks } = from.chain.store;
  while (to.chain.executor.state.lastHeight < from.chain.executor.state.lastHeight) {
    const height = to.chain.executor.state.lastHeight + 1n;
    const [loaded, bytes, commit] = await Promise.all([
      blocks.loadBlock(height),
      blocks.loadBlockBytes(height),
      blocks.loadSeenCommit(height),
    ]);
    await to.chain.executor.commitSealed({ ...loaded!, bytes: bytes!, commit: commit! });
  }
}

async function assertSame(a: Parts, b: Parts, from: bigint): Promise<void> {
  assertEquals(b.chain.executor.state.lastHeight, a.chain.executor.state.lastHeight);
  for (let height = from; height <= a.chain.executor.state.lastHeight; height++) {
    assertEquals(await resultsAt(b, height), await resultsAt(a, height), `results of block ${height}`);
  }
  assertEquals(b.chain.executor.state.appHash, a.chain.executor.state.appHash);
  assertEquals(await answersOf(b), await answersOf(a));
}

async function askOf<T>(
  { chain: { app, runner, gate } }: Parts,
  name: string,
  codec: Omit<Codec<T>, "typeUrl">,
  message: object,
) {
  const data = codec.encode(codec.fromPartial(message)).finish();
  const query = { path: `/cosmwasm.wasm.v1.Query/${name}`, data, height: 0n, prove: false };
  const { code, log, value } = await gate.query(() => runner.run(app.query(query), app.versionOf!(query)));
  return { code, log, value };
}

/** Brings codes and what contracts keep into memory; nothing is compiled for that. */
async function warmUp(parts: Parts): Promise<void> {
  for (const codeId of [1n, 2n]) await askOf(parts, "Code", QueryCodeRequest, { codeId });
  for (const address of [TOKEN, QUEUE]) {
    await askOf(parts, "AllContractState", QueryAllContractStateRequest, { address });
  }
}

/** What clients ask about both contracts. */
async function answersOf(parts: Parts): Promise<string[]> {
  const ask = <T>(name: string, codec: Omit<Codec<T>, "typeUrl">, message: object) =>
    askOf(parts, name, codec, message);
  const smart = async (address: string, message: unknown) => {
    const queryData = json(message);
    const { log, value } = await ask("SmartContractState", QuerySmartContractStateRequest, { address, queryData });
    return log + new TextDecoder().decode(QuerySmartContractStateResponse.decode(value).data);
  };
  const answers = [
    await smart(TOKEN, { balance: { address: somebody } }),
    await smart(TOKEN, { all_accounts: {} }),
    await smart(TOKEN, { nonsense: {} }),
    await smart(QUEUE, { sum: {} }),
    await smart(QUEUE, { list: {} }),
    await smart(QUEUE, { reducer: {} }),
  ];
  for (
    const { code, log, value } of [
      await ask("Codes", QueryCodesRequest, {}),
      await ask("PinnedCodes", QueryPinnedCodesRequest, {}),
      await ask("ContractInfo", QueryContractInfoRequest, { address: TOKEN }),
      await ask("AllContractState", QueryAllContractStateRequest, { address: QUEUE }),
    ]
  ) {
    assertEquals([code, log], [0, ""]);
    answers.push(value.toHex());
  }
  return answers;
}

Deno.test("a node that starts again before every block makes the blocks of one that never does", async () => {
  const maker = new Maker(await open(new MemoryStore()));
  const folder = await Deno.makeTempDir();
  try {
    const start = async () => await open(await openStore({ path: folder }));
    let other = await start();
    await maker.begin();
    await follow(maker.parts, other);
    for (const [i, round] of maker.rounds.entries()) {
      await other.close();
      other = await start();
      if (i % 2 === 0) await warmUp(other);
      await round();
      await follow(maker.parts, other);
    }
    await assertSame(maker.parts, other, 1n);
    assertEquals(maker.codes.slice(6), [0, 5, 0, 0, 0, 0, 0, 0, 5, 0]);
    await other.close();
    await maker.parts.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Serves blocks and snapshots of a node. */
async function serve(hub: MemoryHub, clock: TurningClock, { chain }: Parts, snapshots: Snapshots) {
  const report = () => {};
  const blocks = new BlockServer({ source: createBlockSource(chain), clock, report });
  const source = { offers: () => snapshots.offers(), chunk: snapshots.chunk.bind(snapshots) };
  const states = new SnapshotServer({ source, report });
  return await joinHub(hub, 0, {
    onRequest: (protocol, from, body) =>
      protocol === "blocks" || protocol === "light_blocks"
        ? blocks.answer(protocol, from, body)
        : states.answer(protocol, from, body),
  });
}

Deno.test("nodes that join by blocks and by a snapshot execute the next calls as those that were there", async () => {
  const maker = new Maker(await open(new MemoryStore()));
  const { chain } = maker.parts;
  const made = Promise.withResolvers<void>();
  const snapshots = await Snapshots.open({
    store: new MemoryStore(),
    source: chain.store,
    interval: 3,
    kept: 1,
    latest: () => chain.executor.state.lastHeight,
    onMade: () => made.resolve(),
    onFailure: (error) => made.reject(error),
  });
  await maker.begin();
  snapshots.committed(3n);
  await made.promise;
  // It is proven by the headers behind it.
  await maker.rounds[0]!();
  await maker.rounds[1]!();
  assert(snapshots.offers()[0]!.chunks > 1);

  const hub = createMemoryHub({});
  const clock = new TurningClock();
  const server = await serve(hub, clock, maker.parts, snapshots);
  const network = await joinHub(hub, 1);
  const restored = new MemoryStore();
  const states = new StateSyncService({
    network,
    clock,
    restore: new ChainRestore({
      store: restored,
      genesis: valueOf(parseGenesis(genesis())),
      paramsAt: CONSENSUS_PARAMS_AT,
    }),
    chainId: CHAIN_ID,
    initialHeight: 1n,
    trusted: { height: 1n, hash: (await chain.store.blocks.loadBlockMeta(1n))!.blockId.hash },
    trustLevel: { numerator: 1n, denominator: 3n },
    trustingPeriodMs: 100 * 365 * 24 * 3_600_000,
  });
  let settled = false;
  const outcome = states.run().finally(() => settled = true);
  await clock.until(() => settled, "the state", 2_000_000);
  assertEquals(await outcome, 3n);
  const byState = await open(restored);
  assertEquals(byState.chain.firstHeight, 3n);
  await follow(maker.parts, byState);

  const byBlocks = await open(new MemoryStore());
  let caughtUp = false;
  const blocks = new BlockSyncService({
    network: { request: network.request.bind(network), report: () => {} },
    clock,
    target: createSyncTarget(byBlocks.chain),
    waitsForPeers: true,
    onCaughtUp: () => caughtUp = true,
    onLeftBehind: () => {},
    onHalt: (error) => {
      throw error;
    },
  });
  blocks.start();
  blocks.peerStatus(server.self, 1n, chain.executor.state.lastHeight + 1n);
  await clock.until(() => caughtUp, "the blocks", 2_000_000);
  await blocks.stop();
  await assertSame(maker.parts, byBlocks, 1n);
  await assertSame(maker.parts, byState, 4n);
  for (const round of maker.rounds.slice(2)) {
    await round();
    await follow(maker.parts, byBlocks);
    await follow(maker.parts, byState);
  }
  await assertSame(maker.parts, byBlocks, 1n);
  await assertSame(maker.parts, byState, 4n);
  for (const each of [network, server, snapshots]) await each.stop();
  for (const each of [maker.parts, byBlocks, byState]) await each.close();
});

Deno.test("a chain that begins with the exported state of another answers the same, and its contracts go on", async () => {
  const maker = new Maker(await open(new MemoryStore()));
  await maker.begin();
  await maker.rounds[0]!();
  const exported = JSON.parse(JSON.stringify(await maker.parts.exportGenesis()));
  const next = await open(new MemoryStore(), exported);
  assertEquals(await answersOf(next), await answersOf(maker.parts));
  assertEquals((await next.exportGenesis()).app_state, exported.app_state);
  const heir = new Maker(next, maker.sequence);
  const before = maker.results.length;
  for (const each of [maker, heir]) for (const round of each.rounds.slice(1)) await round();
  assertEquals(heir.results, maker.results.slice(before));
  assertEquals(await answersOf(next), await answersOf(maker.parts));
  await next.close();
  await maker.parts.close();
});

Deno.test("a state that is exported while blocks are made is of one height, and nothing of it stays in the way", async () => {
  const maker = new Maker(await open(new MemoryStore()));
  await maker.begin();
  const { gate, executor } = maker.parts.chain;
  // Somebody reads, so that the next commit has to wait, and the export waits for the commit.
  const reading = Promise.withResolvers<void>();
  const read = gate.query(() => reading.promise);
  const commit = gate.commit.bind(gate);
  let exporting: Promise<Record<string, unknown>> | undefined;
  gate.commit = (run) => {
    const done = commit(run);
    queueMicrotask(() =>
      queueMicrotask(() => {
        exporting = maker.parts.exportGenesis();
        reading.resolve();
      })
    );
    return done;
  };
  await maker.block([transfer(7), enqueue(100)]);
  gate.commit = commit;
  await read;
  const exported = await exporting!;
  assertEquals(exported.initial_height, `${executor.state.lastHeight + 1n}`);
  const again = await open(new MemoryStore(), JSON.parse(JSON.stringify(exported)));
  assertEquals(await answersOf(again), await answersOf(maker.parts));
  assertEquals((await maker.parts.exportGenesis()).app_state, exported.app_state);
  await again.close();
  await maker.parts.close();
});
