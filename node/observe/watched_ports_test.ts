import { assertEquals, assertRejects } from "@std/assert";
import type { BlockPort, SignerPort, WalPort } from "../consensus/ports.ts";
import { block, sign, vote } from "../consensus/tendermint/_testing.ts";
import { Metrics, type Spans } from "../telemetry/mod.ts";
import { parseExposition, valueOf } from "../../tests/helpers/exposition.ts";
import { HeightTrace } from "./height_trace.ts";
import { watchBlocks, watchSigner, watchWal } from "./watched_ports.ts";

const count = async (metrics: Metrics, series: string) =>
  valueOf(parseExposition(await metrics.render()), `catenary_${series}`);

Deno.test("what goes through a port is the same with a watch before it, failures too", async () => {
  const metrics = new Metrics();
  const calls: string[] = [];
  const wal: WalPort = {
    append: (height, records) => {
      calls.push(`append ${height} ${records.length}`);
      return height === 9n ? Promise.reject(new Error("disk")) : Promise.resolve();
    },
    load: (height) => Promise.resolve([Uint8Array.of(Number(height))]),
    truncate: (height) => Promise.resolve(void calls.push(`truncate ${height}`)),
  };
  const watched = watchWal(wal, metrics);
  await watched.append(1n, [new Uint8Array(1)]);
  await watched.append(1n, []);
  await assertRejects(() => watched.append(9n, [new Uint8Array(1)]), Error, "disk");
  assertEquals(await watched.load(5n), [Uint8Array.of(5)]);
  await watched.truncate(3n);
  assertEquals(calls, ["append 1 1", "append 1 0", "append 9 1", "truncate 3"]);
  assertEquals(await count(metrics, 'storage_persist_duration_seconds_count{what="wal"}'), 1);

  const message = sign(0, { type: "vote", vote: vote(0, "prevote", 0, "a") });
  const signer: SignerPort = {
    sign: (_, { type }) =>
      Promise.resolve(type === "vote" ? { ok: true, message } : { ok: false, reason: "signed another" }),
  };
  assertEquals(await watchSigner(signer, metrics).sign("c", message), { ok: true, message });
  assertEquals(await count(metrics, "consensus_sign_duration_seconds_count"), 1);
});

Deno.test("a height is one trace: what was built, judged, executed and stored are parts of it", async () => {
  const told: string[] = [];
  let spans = 0;
  const open = (name: string, from: number, attributes?: object, parent?: unknown) => {
    const id = ++spans;
    told.push(`${id} ${name} ${JSON.stringify(attributes)} in ${(parent as { id: number } | undefined)?.id ?? "none"}`);
    return { id, set() {}, end: (to: number) => void told.push(`${id} took ${to - from}`) };
  };
  const fake: Spans = {
    on: true,
    open,
    record: (name, { fromMs, toMs, failure }, attributes, parent) => {
      open(name, fromMs, attributes, parent).end(toMs);
      if (failure !== undefined) told.push(`failed: ${failure}`);
    },
  };
  const trace = new HeightTrace(fake);
  const blocks: BlockPort = {
    build: () => Promise.resolve(block("a")),
    validate: ({ round }) =>
      Promise.resolve(round === 0 ? { valid: true, time: 1n } : { valid: false, reason: "too large" }),
    commit: () => Promise.reject(new Error("not here")),
    addEvidence() {},
  };
  const port = watchBlocks(blocks, new Metrics(), fake, trace);
  trace.begun(7n, 100);
  trace.begun(7n, 150);
  await port.build({ height: 7n, round: 0, lastCommit: undefined });
  await port.validate({ height: 7n, round: 1, ...block("a") });
  const set = { validators: [], totalVotingPower: 0n };
  trace.committed({
    height: 7n,
    round: 1,
    validators: set,
    lastValidators: set,
    begunAt: 200,
    txs: 3,
    bytes: 10,
    executeMs: 5,
    persistMs: 4,
    publishMs: 1,
    totalMs: 12,
  });
  const at = '"catenary.height":7,"catenary.round":1';
  const all = `{${at},"catenary.txs":3,"catenary.bytes":10}`;
  assertEquals(told.filter((line) => !/^[23] took/.test(line)), [
    '1 consensus.height {"catenary.height":7} in none',
    '2 block.build {"catenary.height":7,"catenary.round":0} in 1',
    `3 block.validate {${at}} in 1`,
    "failed: too large",
    `4 block.commit ${all} in 1`,
    `5 block.execute ${all} in 4`,
    "5 took 5",
    `6 block.persist ${all} in 4`,
    "6 took 3",
    `7 block.publish ${all} in 4`,
    "7 took 1",
    "4 took 12",
    "1 took 112",
  ]);
});
