// 64-bit multiplication with carries: n squarings of a number of 64 limbs of 32 bits, cut to its lower half.

const LIMBS: i32 = 64;

function multiply(x: StaticArray<u32>, y: StaticArray<u32>, out: StaticArray<u32>): void {
  for (let i = 0; i < LIMBS * 2; i++) out[i] = 0;
  for (let i = 0; i < LIMBS; i++) {
    const xi = <u64> x[i];
    let carry: u64 = 0;
    for (let j = 0; j < LIMBS; j++) {
      const t = xi * <u64> y[j] + <u64> out[i + j] + carry;
      out[i + j] = <u32> t;
      carry = t >> 32;
    }
    out[i + LIMBS] = <u32> carry;
  }
}

export function run(n: i32): u32 {
  const x = new StaticArray<u32>(LIMBS);
  const product = new StaticArray<u32>(LIMBS * 2);
  for (let i = 0; i < LIMBS; i++) x[i] = 0x9e3779b9 * (i * 2 + 1);
  for (let i = 0; i < n; i++) {
    multiply(x, x, product);
    for (let j = 0; j < LIMBS; j++) x[j] = product[j] ^ product[j + LIMBS];
    x[0] |= 1;
  }
  let check: u32 = 0;
  for (let i = 0; i < LIMBS; i++) check = rotl(check, 3) ^ x[i];
  return check;
}
