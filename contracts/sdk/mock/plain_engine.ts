/** An engine without fuel, until the real one is there. @module */
import type { CallOutcome, CodeReport, ContractCall, ExecutionEngine } from "../../engine.ts";
import { ok, type Result } from "../../../node/core/result.ts";
import { sha256 } from "../../../node/core/crypto/mod.ts";

const text = new TextDecoder();
const utf8 = new TextEncoder();

export class PlainEngine implements ExecutionEngine {
  check(code: Uint8Array): Result<CodeReport> {
    return ok({ checksum: sha256(code), entryPoints: new Set(), requiredCapabilities: [], migrateVersion: undefined });
  }
  pin(): void {}
  unpin(): void {}
  readonly #modules = new Map<string, WebAssembly.Module>();

  query(call: ContractCall): CallOutcome {
    return this.call(call);
  }

  call(call: ContractCall): CallOutcome {
    const key = call.checksum.toHex();
    let module = this.#modules.get(key);
    if (!module) this.#modules.set(key, module = new WebAssembly.Module(call.code() as Uint8Array<ArrayBuffer>));
    const { storage, addresses } = call.host;
    const iterators: { start: Uint8Array | undefined; end: Uint8Array | undefined; reverse: boolean }[] = [];
    const view = () => new DataView(memory().buffer);
    const get = (region: number) => {
      const [offset, length] = [view().getUint32(region, true), view().getUint32(region + 8, true)];
      return new Uint8Array(memory().buffer.slice(offset, offset + length));
    };
    const set = (region: number, bytes: Uint8Array) => {
      new Uint8Array(memory().buffer).set(bytes, view().getUint32(region, true));
      view().setUint32(region + 8, bytes.length, true);
    };
    const put = (bytes: Uint8Array): number => {
      const region = exports.allocate!(bytes.length) as number;
      set(region, bytes);
      return region;
    };
    const env = {
      db_read: (key: number) => {
        const value = storage.get(get(key));
        return value === undefined ? 0 : put(value);
      },
      db_write: (key: number, value: number) => storage.set(get(key), get(value)),
      db_remove: (key: number) => storage.delete(get(key)),
      db_scan: (start: number, end: number, order: number) =>
        iterators.push({
          start: start ? get(start) : undefined,
          end: end ? get(end) : undefined,
          reverse: order === 2,
        }),
      db_next: (id: number) => {
        const it = iterators[id - 1]!;
        const entry = storage.first(it.start, it.end, it.reverse);
        if (!entry) return put(new Uint8Array(8));
        if (it.reverse) it.end = entry[0];
        else it.start = new Uint8Array([...entry[0], 0]);
        const out = new Uint8Array(entry[0].length + entry[1].length + 8);
        const v = new DataView(out.buffer);
        out.set(entry[0]);
        v.setUint32(entry[0].length, entry[0].length);
        out.set(entry[1], entry[0].length + 4);
        v.setUint32(out.length - 4, entry[1].length);
        return put(out);
      },
      addr_validate: (source: number) => {
        const r = addresses.validate(text.decode(get(source)));
        return r.ok ? 0 : put(utf8.encode(r.error.message));
      },
      addr_canonicalize: (source: number, to: number) => {
        const r = addresses.canonicalize(text.decode(get(source)));
        if (r.ok) set(to, r.value);
        return r.ok ? 0 : put(utf8.encode(r.error.message));
      },
      addr_humanize: (source: number, to: number) => {
        const r = addresses.humanize(get(source));
        if (r.ok) set(to, utf8.encode(r.value));
        return r.ok ? 0 : put(utf8.encode(r.error.message));
      },
      query_chain: (request: number) => put(call.host.query(get(request), { fuel: call.fuel, stack: 0 })),
      debug: (line: number) => call.host.debug(text.decode(get(line))),
      abort: (line: number) => {
        throw new Error("Aborted: " + text.decode(get(line)));
      },
      secp256k1_verify: () => 1,
      secp256k1_recover_pubkey: () => 1n << 32n,
      ed25519_verify: () => 1,
      ed25519_batch_verify: () => 1,
    };
    const instance = new WebAssembly.Instance(module, { env });
    const exports = instance.exports as Record<string, (...args: number[]) => number>;
    const memory = () => (instance.exports as unknown as { memory: WebAssembly.Memory }).memory;
    try {
      const result = exports[call.entry]!(...call.args.map((arg) => put(arg)));
      return { fuelUsed: 0n, result: { ok: true, value: get(result) } };
    } catch (error) {
      return {
        fuelUsed: 0n,
        result: { ok: false, error: { codespace: "wasmvm", code: 1, message: (error as Error).message } },
      };
    }
  }
}
