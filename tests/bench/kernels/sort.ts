// Branches that cannot be foreseen, recursion: quicksort of n numbers, insertion sort for short runs.

function insertion(a: StaticArray<i32>, low: i32, high: i32): void {
  for (let i = low + 1; i <= high; i++) {
    const x = a[i];
    let j = i - 1;
    while (j >= low && a[j] > x) {
      a[j + 1] = a[j];
      j--;
    }
    a[j + 1] = x;
  }
}

function sort(a: StaticArray<i32>, low: i32, high: i32): void {
  if (high - low < 16) return insertion(a, low, high);
  const pivot = a[(low + high) >> 1];
  let i = low;
  let j = high;
  while (i <= j) {
    while (a[i] < pivot) i++;
    while (a[j] > pivot) j--;
    if (i <= j) {
      const t = a[i];
      a[i] = a[j];
      a[j] = t;
      i++;
      j--;
    }
  }
  sort(a, low, j);
  sort(a, i, high);
}

export function run(n: i32): i32 {
  const a = new StaticArray<i32>(n);
  let seed: u32 = 1;
  for (let i = 0; i < n; i++) {
    seed = seed * 1664525 + 1013904223;
    a[i] = <i32> seed;
  }
  sort(a, 0, n - 1);
  let check = 0;
  for (let i = 0; i < n; i++) check = rotl(check, 5) ^ a[i];
  return check;
}
