// Floats: the product of two n by n matrices.

export function run(n: i32): f64 {
  const a = new StaticArray<f64>(n * n);
  const b = new StaticArray<f64>(n * n);
  const c = new StaticArray<f64>(n * n);
  for (let i = 0; i < n * n; i++) {
    a[i] = <f64> (i % 17) - 8;
    b[i] = <f64> (i % 13) / 4;
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum: f64 = 0;
      for (let k = 0; k < n; k++) sum += a[i * n + k] * b[k * n + j];
      c[i * n + j] = sum;
    }
  }
  let check: f64 = 0;
  for (let i = 0; i < n * n; i++) check += c[i] * <f64> (i % 7);
  return check;
}
