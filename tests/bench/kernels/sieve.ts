// Short loops over bytes: how many primes are below n.

export function run(n: u32): u32 {
  const composite = new StaticArray<bool>(n);
  let count: u32 = 0;
  for (let i: u32 = 2; i < n; i++) {
    if (composite[i]) continue;
    count++;
    for (let j = i * i; j < n; j += i) composite[j] = true;
  }
  return count;
}
