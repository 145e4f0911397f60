/**
 * What holds of functions because of who calls them (README): which are visible, which are free on the stack, which are light. And
 * what follows from it for what is written into them.
 * @module
 */
import { COLD, Edit, type EditList, PASSED } from "./_instrument_edits.ts";
import { NONE } from "./_instrument_frames.ts";
import type { Scan } from "./_instrument_scan.ts";
import { InstructionReader } from "./instructions.ts";
import type { ConstantExpression, WasmModule } from "./module.ts";
import { Op } from "./opcodes.ts";
import { frameBytes, FREE_BYTES_MAX, INLINED_BODY_BYTES_MAX, INLINING_BYTES_MAX, INLINING_FACTOR } from "./stack.ts";

/** By function that the module defines, unless said otherwise. */
export interface Plan {
  readonly imported: number;
  readonly edits: EditList;
  /** Its first edit; one entry more than there are functions. */
  readonly first: Int32Array;
  /** By function index: 1 when the host may get hold of it. */
  readonly visible: Uint8Array;
  /** Bytes that it takes off the stack's counter; 0 when it is free. */
  readonly frame: Int32Array;
  /** 1 when it is free and does not reach an import: nobody looks at the counter of stack before it is back. */
  readonly quiet: Uint8Array;
  /** The segment at whose place it takes them. */
  readonly takes: Int32Array;
  /** 1 when the counter of fuel is the same after it as before it. */
  readonly still: Uint8Array;
}

export function makePlan(module: WasmModule, scan: Scan): Plan {
  const imported = module.imports.filter(({ description }) => description.kind === "function").length;
  const { edits } = scan;
  const first = new Int32Array(module.code.length + 1);
  const frame = new Int32Array(module.code.length);
  module.code.forEach((body, i) => {
    first[i] = scan.scan(body);
    const locals = body.locals.reduce((sum, { count }) => sum + count, module.types[body.type]!.params.length);
    frame[i] = frameBytes(locals, scan.height);
  });
  first[module.code.length] = edits.count;
  const visible = findVisible(module, scan.referred);
  const inlined = findInlined(module, { imported, edits, first, frame });
  const quiet = freeFrames({ imported, edits, first, visible, frame });
  for (let i = 0; i < frame.length; i++) if (frame[i]! > 0) frame[i] = frame[i]! + inlined[i]!;
  const takes = findTakes({ imported, edits, first, visible, frame, quiet });
  lighten({ imported, edits, first, visible });
  return { imported, edits, first, visible, frame, quiet, takes, still: findStill({ edits, first }) };
}

/** Starts with those that a `ref.func` in a function body names. */
function findVisible(module: WasmModule, referred: Uint8Array): Uint8Array {
  const visible = referred.slice();
  const reader = new InstructionReader(module.bytes);
  const read = ({ start, end }: ConstantExpression) => {
    reader.seek(start, end);
    while (reader.next()) if (reader.opcode === Op.refFunc) visible[reader.a] = 1;
  };
  for (const { kind, index } of module.exports) if (kind === "function") visible[index] = 1;
  if (module.start !== undefined) visible[module.start] = 1;
  for (const { init } of module.globals) read(init);
  for (const { functions, expressions } of module.elements) {
    for (const index of functions ?? []) visible[index] = 1;
    expressions?.forEach(read);
  }
  return visible;
}

/**
 * What V8 may add to the frame of each function: the frames of small functions that are called one by the other, as far as its budget
 * reaches. Depth first along the calls, without recursion: modules may nest as they like.
 */
function findInlined(
  module: WasmModule,
  { imported, edits, first, frame }: Pick<Plan, "imported" | "edits" | "first" | "frame">,
): Float64Array {
  const size = Float64Array.from(module.code, ({ start, end }) => end - start);
  const chain = new Float64Array(frame.length);
  const state = new Uint8Array(frame.length);
  walkCalls(first, state, (caller, edit) => {
    if (edits.kind[edit] !== Edit.call && edits.kind[edit] !== Edit.deadCall) return undefined;
    const target = edits.value[edit]!, callee = target - imported;
    if (target === NONE) chain[caller] = Infinity;
    else if (callee >= 0 && size[callee]! <= INLINED_BODY_BYTES_MAX) {
      if (state[callee] === UNKNOWN) return callee;
      const more = state[callee] === OPEN ? Infinity : frame[callee]! + chain[callee]!;
      chain[caller] = Math.max(chain[caller]!, more);
    }
    return undefined;
  }, () => {});
  return chain.map((bytes, i) => Math.min(bytes, INLINING_FACTOR * size[i]!, INLINING_BYTES_MAX));
}

const UNKNOWN = 0, OPEN = 1, DONE = 2;

/**
 * Goes through the edits of every function once. `look` answers a function that must be done before: then that one comes
 * first, and `look` is asked again. `leave`: all edits of the function have been looked at.
 */
function walkCalls(
  first: Int32Array,
  state: Uint8Array,
  look: (caller: number, edit: number) => number | undefined,
  leave: (caller: number) => void,
): void {
  const path: number[] = [], at: number[] = [];
  const enter = (i: number) => {
    state[i] = OPEN;
    path.push(i);
    at.push(first[i]!);
  };
  for (let root = 0; root < state.length; root++) {
    if (state[root] !== UNKNOWN) continue;
    enter(root);
    while (path.length > 0) {
      const top = path.length - 1, caller = path[top]!;
      let edit = at[top]!, before: number | undefined;
      while (edit < first[caller + 1]! && before === undefined) {
        before = look(caller, edit);
        if (before === undefined) edit++;
      }
      at[top] = edit;
      if (before !== undefined) enter(before);
      else {
        state[caller] = DONE;
        leave(caller);
        path.pop();
        at.pop();
      }
    }
  }
}

/** Sets the frame of free functions to 0; answers which are quiet. */
function freeFrames({ imported, edits, first, visible, frame }: Omit<Plan, "quiet" | "takes" | "still">): Uint8Array {
  const state = new Uint8Array(frame.length);
  const reach = Float64Array.from(frame);
  /** What a function has that keeps it from being free; what reaches an import. */
  const bound = new Uint8Array(frame.length), outside = new Uint8Array(frame.length);
  walkCalls(first, state, (caller, edit) => {
    if (edits.kind[edit] !== Edit.call && edits.kind[edit] !== Edit.deadCall) return undefined;
    const target = edits.value[edit]!, callee = target - imported;
    if (target === NONE) bound[caller] = 1;
    else if (callee < 0) outside[caller] = 1;
    else if (state[callee] === UNKNOWN) return callee;
    else if (state[callee] === OPEN || bound[callee] === 1) bound[caller] = 1;
    else {
      outside[caller] = outside[caller]! | outside[callee]!;
      reach[caller] = Math.max(reach[caller]!, frame[caller]! + reach[callee]!);
    }
    return undefined;
  }, (caller) => {
    const held = outside[caller] === 1 && visible[imported + caller] === 1;
    if (held || reach[caller]! > FREE_BYTES_MAX) bound[caller] = 1;
  });
  return bound.map((is, i) => {
    if (is === 0) frame[i] = 0;
    return is === 0 && outside[i] === 0 ? 1 : 0;
  });
}

/**
 * Counted functions that the host cannot call take their frame as late as may be: at the segment nearest to their calls that control
 * passes before all of them, and not in a loop.
 */
function findTakes({ imported, edits, first, visible, frame, quiet }: Omit<Plan, "takes" | "still">): Int32Array {
  const { kind, value, segment, flags, loop } = edits;
  const takes = first.slice(0, -1);
  for (let i = 0; i < takes.length; i++) {
    if (frame[i] === 0 || frame[i]! > FREE_BYTES_MAX || visible[imported + i] === 1) continue;
    let place = NONE;
    for (let edit = first[i]!; edit < first[i + 1]!; edit++) {
      if (kind[edit] !== Edit.call || value[edit]! >= imported && quiet[value[edit]! - imported] === 1) continue;
      place = place === NONE ? segment[edit]! : common(segment, flags, place, segment[edit]!);
    }
    if (place === NONE) continue;
    while (loop[place] !== NONE) place = segment[place]!;
    takes[i] = place;
  }
  return takes;
}

/**
 * The nearest segment before both, when all other ones have been found like this in the same function. Marks what it has
 * passed, so that no way is gone twice.
 */
function common(before: Int32Array, flags: Uint8Array, place: number, other: number): number {
  let a = place, b = other;
  while (a !== b) {
    if (a > b) a = before[a]!;
    else if ((flags[b]! & PASSED) !== 0) b = a;
    else {
      flags[b] = flags[b]! | PASSED;
      b = before[b]!;
    }
  }
  return a;
}

/** Moves the charge of the first segments of light functions to their callers. */
function lighten({ imported, edits, first, visible }: Pick<Plan, "imported" | "edits" | "first" | "visible">): void {
  const { kind, value, segment } = edits;
  const light = new Float64Array(first.length - 1);
  for (let i = 0; i < light.length; i++) {
    const entry = first[i]!;
    if (visible[imported + i] === 1) continue;
    let calls = false;
    for (let edit = entry; edit < first[i + 1]! && !calls; edit++) {
      calls = kind[edit] === Edit.call && segment[edit] === entry && value[edit]! >= imported;
    }
    if (calls) continue;
    light[i] = value[entry]!;
    value[entry] = 0;
  }
  for (let edit = 0; edit < edits.count; edit++) {
    if (kind[edit] !== Edit.call || value[edit]! < imported) continue;
    edits.charge(segment[edit]!, light[value[edit]! - imported]!);
  }
}

/** Nothing that comes back charges anything in it. */
function findStill({ edits, first }: Pick<Plan, "edits" | "first">): Uint8Array {
  const { kind, value, segment, flags } = edits;
  const still = new Uint8Array(first.length - 1).fill(1);
  for (let i = 0; i < still.length; i++) {
    for (let edit = first[i]!; edit < first[i + 1]!; edit++) {
      const what = kind[edit];
      const charges = what === Edit.charge
        ? value[edit]! > 0
        : what === Edit.call || what === Edit.size || what === Edit.grow;
      const owner = what === Edit.charge ? edit : segment[edit]!;
      if (charges && (flags[owner]! & COLD) === 0) still[i] = 0;
    }
  }
  return still;
}
