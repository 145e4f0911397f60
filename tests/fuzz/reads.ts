/** How much a decoder reads: what it does and makes grows with it, and it is the same on every machine. @module */
import { BinaryReader } from "cosmjs-types/binary";

/** Runs `work`; answers how many numbers and lengths were read of protobuf meanwhile. */
export async function readsDuring(work: () => unknown): Promise<number> {
  const { prototype } = BinaryReader;
  const { uint32, uint64, int64 } = prototype;
  let reads = 0;
  const counting = <T>(read: () => T) =>
    function (this: BinaryReader): T {
      reads++;
      return read.call(this);
    };
  Object.assign(prototype, { uint32: counting(uint32), uint64: counting(uint64), int64: counting(int64) });
  try {
    await work();
    return reads;
  } finally {
    Object.assign(prototype, { uint32, uint64, int64 });
  }
}
