/**
 * Instances that are used again. A call has to begin in a fresh instance; making one costs V8 more than a token transfer
 * takes (mapping memory, and a page fault for each page that is touched). What a call may change in an instance is known
 * (`Program.restorable`): the memory, of unchanged size, and the mutable globals. So an instance whose memory and globals
 * have been put back, all of them, cannot be told from a fresh one.
 *
 * Every Rust contract grows its memory the first time it allocates, and memory does not shrink. But the first thing that
 * happens in any call is `allocate(n)`, n the length of the first argument, and a run of code without inputs but n ends in
 * the same state each time. That state is what is kept: a snapshot for each n, with the fuel it took to get there.
 * @module
 */
import { ContractInstance, type UsedUnits } from "./instance.ts";
import { ContractFault } from "./_faults.ts";
import { Garbage } from "./_garbage.ts";
import type { Program } from "./program.ts";

/** Snapshots kept of one program. The first argument is the block's environment, whose length changes with digits only. */
const SNAPSHOTS_MAX = 8;

/**
 * Bytes of snapshots, of all programs together, before all are forgotten. Some thousand of Rust contracts; what is called again is soon
 * here again.
 */
const SNAPSHOT_BYTES_MAX = 128 * 1024 * 1024;

/** Larger memories are not worth looking through. */
const POOLED_MEMORY_BYTES_MAX = 4 * 1024 * 1024;

/** Instances that wait, of all programs together; nested queries need several at once, seldom of one program. */
const IDLE_MAX = 24;

/** Stack that the `allocate` of a snapshot gets. A call that brings less gets an instance of its own. */
export const SNAPSHOT_STACK_BYTES = 64 * 1024;

/**
 * Fuel of the `allocate` of a snapshot, which no call pays for: a few milliseconds. Nothing that allocates comes near, and one
 * that goes on for ever ends.
 */
const SNAPSHOT_FUEL = 4_000_000_000n;

/** What a piece takes besides its bytes, about. */
const PIECE_BYTES = 512;

/** Zeros up to this long between two pieces are part of one. */
const GAP_BYTES = 256;

/** The state of an instance behind `allocate(n)`. */
interface Snapshot {
  readonly pointer: number;
  readonly used: UsedUnits;
  /** Fuel without which it would have ended on the way. */
  readonly fuel: bigint;
  readonly memoryBytes: number;
  /** What is not zero in the memory. */
  readonly pieces: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** Where the first piece is. */
  readonly lowest: number;
  readonly globals: readonly (number | bigint)[];
}

/** An instance that is ready for a call. */
export interface Prepared {
  readonly instance: ContractInstance;
  /** The region for the first argument when it is there already; the fuel that took. */
  readonly allocated: { readonly pointer: number; readonly used: UsedUnits } | undefined;
}

export interface PoolStatistics {
  /** Instances that V8 made, and calls that one of them served again. */
  readonly instancesMade: number;
  readonly instancesReused: number;
  readonly instancesIdle: number;
}

/** What is kept for one program. */
class ProgramPool {
  readonly idle: ContractInstance[] = [];
  /** By the length of the first argument; undefined: seen once. null: it does not work for that length. */
  readonly snapshots = new Map<number, Snapshot | undefined | null>();
}

export class InstancePool {
  readonly #imports: (instance: ContractInstance) => WebAssembly.ModuleImports;
  #programs = new WeakMap<Program, ProgramPool>();
  /** All that are idle, the one that waits longest first. */
  readonly #idle = new Map<ContractInstance, ProgramPool>();
  /** The snapshot that an instance was last put into; what was written since, it knows itself. */
  readonly #states = new WeakMap<ContractInstance, Snapshot>();
  /** Of all snapshots that were made since all were forgotten. */
  #snapshotBytes = 0;
  #made = 0;
  #reused = 0;
  readonly #garbage = new Garbage();

  constructor(imports: (instance: ContractInstance) => WebAssembly.ModuleImports) {
    this.#imports = imports;
  }

  get statistics(): PoolStatistics {
    return { instancesMade: this.#made, instancesReused: this.#reused, instancesIdle: this.#idle.size };
  }

  /** An instance for a call whose first argument has that length, and that has that stack and fuel. */
  acquire(program: Program, length: number, stack: number, fuel: bigint): Prepared {
    if (this.#snapshotBytes > SNAPSHOT_BYTES_MAX) this.#forget();
    const pool = this.#poolOf(program);
    if (program.restorable && stack >= SNAPSHOT_STACK_BYTES) {
      const snapshot = this.#snapshotOf(program, pool, length);
      // With less fuel it ends inside of `allocate`; that has to be run to know where.
      if (snapshot !== undefined && fuel >= snapshot.fuel) {
        const instance = this.#take(pool, snapshot);
        if (instance !== undefined) {
          restore(instance, program, this.#states.get(instance), snapshot);
          this.#states.set(instance, snapshot);
          this.#reused++;
          return { instance, allocated: snapshot };
        }
      }
    }
    return { instance: this.#make(program), allocated: undefined };
  }

  /** Takes an instance back, whatever its call came to. */
  release(program: Program, instance: ContractInstance): void {
    const pool = this.#poolOf(program);
    const size = instance.memory.bytes.length;
    for (const snapshot of pool.snapshots.values()) {
      if (snapshot && snapshot.memoryBytes === size) return this.#keep(pool, instance);
    }
    this.#discard(instance);
  }

  /** Lets go of everything that waits for calls of this program. */
  drop(program: Program): void {
    for (const instance of this.#poolOf(program).idle) this.#discard(instance);
    this.#programs.delete(program);
  }

  #forget(): void {
    for (const instance of this.#idle.keys()) this.#discard(instance);
    this.#programs = new WeakMap();
    this.#snapshotBytes = 0;
  }

  #discard(instance: ContractInstance): void {
    this.#idle.delete(instance);
    this.#garbage.add(instance.memory.bytes.length);
  }

  #poolOf(program: Program): ProgramPool {
    let pool = this.#programs.get(program);
    if (pool === undefined) this.#programs.set(program, pool = new ProgramPool());
    return pool;
  }

  #make(program: Program): ContractInstance {
    this.#made++;
    return new ContractInstance(program, this.#imports);
  }

  #keep(pool: ProgramPool, instance: ContractInstance): void {
    pool.idle.push(instance);
    this.#idle.set(instance, pool);
    if (this.#idle.size <= IDLE_MAX) return;
    const [oldest, its] = this.#idle.entries().next().value!;
    this.#discard(oldest);
    its.idle.splice(its.idle.indexOf(oldest), 1);
  }

  /** An idle instance that can get into that state. */
  #take(pool: ProgramPool, snapshot: Snapshot): ContractInstance | undefined {
    for (let i = pool.idle.length - 1; i >= 0; i--) {
      const instance = pool.idle[i]!;
      if (instance.memory.bytes.length !== snapshot.memoryBytes) continue;
      pool.idle.splice(i, 1);
      this.#idle.delete(instance);
      return instance;
    }
    return undefined;
  }

  /** The snapshot for a length; made the second time that somebody asks for it. */
  #snapshotOf(program: Program, pool: ProgramPool, length: number): Snapshot | undefined {
    const { snapshots } = pool;
    const known = snapshots.get(length);
    if (known !== undefined) return known ?? undefined;
    if (!snapshots.has(length)) {
      if (snapshots.size >= SNAPSHOTS_MAX) snapshots.delete(snapshots.keys().next().value!);
      snapshots.set(length, undefined);
      return undefined;
    }
    const instance = this.#make(program);
    const snapshot = takeSnapshot(instance, program, length);
    snapshots.set(length, snapshot ?? null);
    if (snapshot === undefined) this.#discard(instance);
    else {
      for (const { bytes } of snapshot.pieces) this.#snapshotBytes += PIECE_BYTES + bytes.length;
      instance.forgetWrites();
      this.#states.set(instance, snapshot);
      this.#keep(pool, instance);
    }
    return snapshot;
  }
}

/** Runs `allocate(length)` in a fresh instance and notes the state. Undefined when that asks the chain, traps or
 * is too large, or when its memory becomes large on the way: what is left of the fuel then depends on all of it. */
function takeSnapshot(instance: ContractInstance, program: Program, length: number): Snapshot | undefined {
  instance.setFuel(SNAPSHOT_FUEL);
  const before = instance.counters;
  instance.stack.value = SNAPSHOT_STACK_BYTES;
  let pointer: number;
  try {
    pointer = instance.allocate(length);
  } catch (error) {
    if (error instanceof ContractFault) return undefined;
    throw error;
  }
  const { bytes } = instance.memory;
  const after = instance.counters;
  if (instance.askedWithoutCall || bytes.length > POOLED_MEMORY_BYTES_MAX) return undefined;
  if (after.shift !== before.shift) return undefined;
  const used = { all: before.left - after.left, notByCode: before.base - after.base };
  const pieces = piecesOf(bytes);
  return {
    pointer,
    used,
    fuel: used.all << after.shift,
    memoryBytes: bytes.length,
    pieces,
    lowest: pieces[0]?.at ?? bytes.length,
    globals: program.globals.map((name) => (instance.exports[name] as { value: number | bigint }).value),
  };
}

/**
 * Where the memory of an instance may be other than in a snapshot, from here on. It was put into the state of `last` (undefined:
 * unknown), and then written to.
 */
function differsFrom(instance: ContractInstance, last: Snapshot | undefined, snapshot: Snapshot): number {
  if (last === undefined) return 0;
  const written = instance.lowestWritten;
  return last === snapshot ? written : Math.min(written, last.lowest, snapshot.lowest);
}

function restore(instance: ContractInstance, program: Program, last: Snapshot | undefined, snapshot: Snapshot): void {
  const { bytes } = instance.memory;
  // All of the megabyte that Rust contracts have takes 18 µs, half of a token transfer; a fresh instance takes 65 and its first
  // page faults as much again. Looking for what is not zero is no faster.
  const from = differsFrom(instance, last, snapshot);
  bytes.fill(0, from);
  for (const piece of snapshot.pieces) if (piece.at + piece.bytes.length > from) bytes.set(piece.bytes, piece.at);
  for (let i = 0; i < program.globals.length; i++) {
    (instance.exports[program.globals[i]!] as { value: number | bigint }).value = snapshot.globals[i]!;
  }
  instance.forgetWrites();
}

/** The parts of a memory that are not zero. */
function piecesOf(memory: Uint8Array): Snapshot["pieces"] {
  const words = new BigUint64Array(memory.buffer, 0, memory.length / BigUint64Array.BYTES_PER_ELEMENT);
  const pieces: { at: number; bytes: Uint8Array }[] = [];
  let start = -1;
  let end = -1;
  const close = () => start >= 0 && pieces.push({ at: start, bytes: memory.slice(start, end) });
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 0n) continue;
    const at = i * BigUint64Array.BYTES_PER_ELEMENT;
    if (start < 0 || at - end > GAP_BYTES) {
      close();
      start = at;
    }
    end = at + BigUint64Array.BYTES_PER_ELEMENT;
  }
  close();
  return pieces;
}
