/**
 * A small server of the KV Connect protocol (versions 2 and 3, github denoland/denokv `proto/`), in memory: what several
 * processes need to share one Deno KV. Reads, atomic writes with checks, sets and deletes; no queues, sums or watches.
 * @module
 */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { compareBytes } from "../../node/core/bytes.ts";

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly encoding: number;
  readonly version: Uint8Array;
}

export interface KvConnectServer {
  /** For `Deno.openKv`, with {@linkcode KvConnectServer.token} in `DENO_KV_ACCESS_TOKEN`. */
  readonly url: string;
  readonly token: string;
  /** Atomic writes that were done. */
  readonly commits: number;
  /** Called before each atomic write; throws or waits to disturb it. */
  onCommit: () => void | Promise<void>;
  stop(): Promise<void>;
}

const DATABASE = "5a4b1d3e-0c68-4a46-9a86-9b2f5f0f7d11";
const SUCCESS = 1;
const CHECK_FAILURE = 2;
const SET = 1;
const DELETE = 2;

/** Calls `visit` for each field of a message; it reads the value or lets it be. */
function eachField(bytes: Uint8Array, visit: (field: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!visit(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}

class Database {
  readonly #entries: Entry[] = [];
  #count = 0n;
  commits = 0;

  #at(key: Uint8Array): { readonly index: number; readonly entry: Entry | undefined } {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.#entries[middle]!.key, key) < 0) low = middle + 1;
      else high = middle;
    }
    const found = this.#entries[low];
    return { index: low, entry: found !== undefined && compareBytes(found.key, key) === 0 ? found : undefined };
  }

  read(start: Uint8Array, end: Uint8Array, limit: number, reverse: boolean): Entry[] {
    const range = this.#entries.slice(this.#at(start).index, this.#at(end).index);
    return (reverse ? range.reverse() : range).slice(0, limit);
  }

  /** The new version, or undefined when a check failed. */
  write(checks: readonly Check[], mutations: readonly Mutation[]): Uint8Array | undefined {
    for (const { key, version } of checks) {
      const now = this.#at(key).entry?.version ?? new Uint8Array();
      if (compareBytes(now, version) !== 0) return undefined;
    }
    const version = new Uint8Array(10);
    new DataView(version.buffer).setBigUint64(0, ++this.#count);
    for (const { key, value, encoding, type } of mutations) {
      const { index, entry } = this.#at(key);
      const count = entry === undefined ? 0 : 1;
      if (type === SET) this.#entries.splice(index, count, { key, value, encoding, version });
      else if (type === DELETE) this.#entries.splice(index, count);
      else throw new RangeError(`mutations of type ${type} are not supported`);
    }
    this.commits++;
    return version;
  }
}

interface Check {
  key: Uint8Array;
  version: Uint8Array;
}

interface Mutation {
  key: Uint8Array;
  value: Uint8Array;
  encoding: number;
  type: number;
}

function readMutation(bytes: Uint8Array): Mutation {
  const mutation: Mutation = { key: new Uint8Array(), value: new Uint8Array(), encoding: 0, type: 0 };
  eachField(bytes, (field, reader) => {
    if (field === 1) mutation.key = reader.bytes();
    else if (field === 3) mutation.type = reader.uint32();
    else if (field === 2) {
      eachField(reader.bytes(), (field, reader) => {
        if (field === 1) mutation.value = reader.bytes();
        else if (field === 2) mutation.encoding = reader.uint32();
        return field === 1 || field === 2;
      });
    }
    return field <= 3;
  });
  return mutation;
}

function readCheck(bytes: Uint8Array): Check {
  const check: Check = { key: new Uint8Array(), version: new Uint8Array() };
  eachField(bytes, (field, reader) => {
    if (field === 1) check.key = reader.bytes();
    else if (field === 2) check.version = reader.bytes();
    return field <= 2;
  });
  return check;
}

function snapshotRead(database: Database, body: Uint8Array): Uint8Array {
  const output = BinaryWriter.create();
  eachField(body, (field, reader) => {
    if (field !== 1) return false;
    let start: Uint8Array = new Uint8Array();
    let end: Uint8Array = new Uint8Array();
    let limit = 0;
    let reverse = false;
    eachField(reader.bytes(), (field, reader) => {
      if (field === 1) start = reader.bytes();
      else if (field === 2) end = reader.bytes();
      else if (field === 3) limit = reader.uint32();
      else if (field === 4) reverse = reader.bool();
      return field <= 4;
    });
    const range = output.uint32(10).fork();
    for (const { key, value, encoding, version } of database.read(start, end, limit, reverse)) {
      range.uint32(10).fork().uint32(10).bytes(key).uint32(18).bytes(value).uint32(24).uint32(encoding).uint32(34)
        .bytes(version).ldelim();
    }
    range.ldelim();
    return true;
  });
  return output.uint32(32).bool(true).uint32(64).uint32(SUCCESS).finish();
}

function atomicWrite(database: Database, body: Uint8Array): Uint8Array {
  const checks: Check[] = [];
  const mutations: Mutation[] = [];
  eachField(body, (field, reader) => {
    if (field === 1) checks.push(readCheck(reader.bytes()));
    else if (field === 2) mutations.push(readMutation(reader.bytes()));
    return field <= 2;
  });
  const version = database.write(checks, mutations);
  const output = BinaryWriter.create();
  return version === undefined
    ? output.uint32(8).uint32(CHECK_FAILURE).finish()
    : output.uint32(8).uint32(SUCCESS).uint32(18).bytes(version).finish();
}

/** Starts a server with an empty database on a free port of this machine. */
export function startKvConnect(): KvConnectServer {
  const database = new Database();
  const token = "a token for tests";
  const self = { onCommit: (): void | Promise<void> => {} };
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.headers.get("authorization") !== `Bearer ${token}`) return new Response("forbidden", { status: 403 });
    const { pathname } = new URL(request.url);
    if (pathname === "/") {
      const { supportedVersions = [1] } = await request.json().catch(() => ({}));
      const version = supportedVersions.includes(3) ? 3 : 2;
      return Response.json({
        version,
        uuid: DATABASE,
        databaseId: DATABASE,
        endpoints: [{ url: "/v2", consistency: "strong" }],
        token,
        expiresAt: "2200-01-01T00:00:00Z",
      });
    }
    const body = new Uint8Array(await request.arrayBuffer());
    const headers = { "content-type": "application/x-protobuf" };
    if (pathname === "/v2/snapshot_read") return new Response(snapshotRead(database, body) as BodyInit, { headers });
    if (pathname !== "/v2/atomic_write") return new Response("not found", { status: 404 });
    await self.onCommit();
    return new Response(atomicWrite(database, body) as BodyInit, { headers });
  });
  return {
    url: `http://127.0.0.1:${http.addr.port}`,
    token,
    get commits() {
      return database.commits;
    },
    get onCommit() {
      return self.onCommit;
    },
    set onCommit(run) {
      self.onCommit = run;
    },
    stop: () => http.shutdown(),
  };
}
