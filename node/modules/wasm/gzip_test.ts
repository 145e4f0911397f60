import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { deflateRawSync, gzipSync } from "node:zlib";
import { isGzip, uncompress } from "./gzip.ts";

const MAX = 1 << 20;
const runs = { numRuns: 200 };

Deno.test("what is compressed comes back, by every strategy, and nothing else of its archive is", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 5_000 }),
    fc.array(fc.constantFrom(1, 2, 3), { maxLength: 20_000 }).map((list) => Uint8Array.from(list)),
  );
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 4 }), (plain, level, strategy) => {
      const archive = new Uint8Array(gzipSync(plain, { level, strategy }));
      assertEquals(isGzip(archive), true);
      assertEquals(uncompress(archive, MAX), { ok: true, value: plain });
      const longer = new Uint8Array([...archive, 1, 2, 3]);
      assertEquals(uncompress(longer, MAX), { ok: true, value: plain });
    }),
    runs,
  );
});

Deno.test("a real contract comes back", () => {
  const folder = new URL("../../../tests/vectors/cosmwasm/", import.meta.url);
  const plain = Deno.readFileSync(new URL("hackatom.wasm", folder));
  assertEquals(uncompress(Deno.readFileSync(new URL("hackatom.wasm.gzip", folder)), MAX), { ok: true, value: plain });
});

Deno.test("an archive of just the limit passes, one byte more does not, and a bomb costs no more than the limit", () => {
  const of = (length: number) => new Uint8Array(gzipSync(new Uint8Array(length)));
  assertEquals(uncompress(of(100_000), 100_000).ok, true);
  const refused = { ok: false, error: "max 100000 bytes: exceeds limit" } as const;
  assertEquals(uncompress(of(100_001), 100_000), refused);
  assertEquals(uncompress(of(50_000_000), 100_000), refused);
  assertEquals(uncompress(new Uint8Array(100_001), 100_000), refused);
});

Deno.test("cut, changed and senseless archives are refused and never throw", () => {
  const plain = Uint8Array.from({ length: 3_000 }, (_, i) => (i * i) >> 3);
  const archive = new Uint8Array(gzipSync(plain));
  for (let length = 0; length < archive.length; length += 7) {
    assertEquals(uncompress(archive.subarray(0, length), MAX).ok, false);
  }
  fc.assert(
    fc.property(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const broken = archive.slice();
      broken[at]! ^= change;
      const result = uncompress(broken, MAX);
      // Bytes of the header that say nothing about the contents may change.
      if (result.ok) assertEquals([result.value, at < 10], [plain, true]);
    }),
    runs,
  );
  const head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      const result = uncompress(new Uint8Array([...head, ...noise]), MAX);
      assertEquals(result.ok, false);
    }),
    runs,
  );
});

Deno.test("names, comments, extra fields and checksums in headers are passed over", () => {
  const plain = Uint8Array.of(1, 2, 3);
  const rest = new Uint8Array(gzipSync(plain)).subarray(-8);
  const deflated = new Uint8Array(deflateRawSync(plain));
  const head = [0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 0xff];
  const fields = [2, 0, 9, 9, 0x61, 0, 0x62, 0x63, 0];
  assertEquals(uncompress(new Uint8Array([...head, ...fields, ...deflated, ...rest]), MAX), { ok: true, value: plain });
});
