/**
 * The first pass over a function body: finds the segments and what they cost, how high its operands stack, and where something must be
 * written. The rules are those of the README, in the order of its table. The body has been validated.
 * @module
 */
import type { CostTable } from "./costs.ts";
import { costsByOpcode } from "./costs.ts";
import { COLD, Edit, EditList } from "./_instrument_edits.ts";
import { POPS, PUSHES, SPECIAL } from "./_instrument_effects.ts";
import { Frame, FrameStack, NONE } from "./_instrument_frames.ts";
import { Moves } from "./_instrument_moves.ts";
import { NAN_BLIND, OPEN_NAN } from "./floats.ts";
import { InstructionReader } from "./instructions.ts";
import type { FunctionBody, WasmModule } from "./module.ts";
import { BLOCK_EMPTY, Op } from "./opcodes.ts";

/** Operands that fit before the stack of shadows needs more room. */
const SHADOWS_START = 256;

/** What is done at an instruction besides what its operands say. */
const Action = { none: 0, special: 1, canonical: 2, bytes: 3, elements: 4, grow: 5, reference: 6 } as const;

const ACTIONS: Uint8Array = POPS.map((pops) => pops === SPECIAL ? Action.special : Action.none);
for (const opcode of [Op.memoryFill, Op.memoryCopy, Op.memoryInit]) ACTIONS[opcode] = Action.bytes;
for (const opcode of [Op.tableFill, Op.tableCopy, Op.tableInit, Op.tableGrow]) ACTIONS[opcode] = Action.elements;
ACTIONS[Op.memoryGrow] = Action.grow;
ACTIONS[Op.refFunc] = Action.reference;

/** Reads one body after another. The edits of all are in one list; the other fields say what it found in the last one. */
export class Scan {
  readonly edits = new EditList();
  /** Greatest number of operands in live code. */
  height = 0;
  /** By function: 1 when a `ref.func` names it. */
  readonly referred: Uint8Array;

  readonly #costs: CostTable;
  readonly #byOpcode: Int32Array;
  readonly #actions: Uint8Array;
  readonly #reader: InstructionReader;
  readonly #frames = new FrameStack();
  /** Operands and results of function types; type of each function, imported ones first. */
  readonly #params: Int32Array;
  readonly #results: Int32Array;
  readonly #types: Int32Array;

  readonly #moves = new Moves();

  #live = true;
  /** Loops that are open; the first segment in the outermost one. */
  #loops = 0;
  #loop = NONE;
  /** Blocks that were opened in dead code and are still open. */
  #deadDepth = 0;
  #segment = 0;
  /** What the current segment costs, since it is the current one. */
  #cost = 0;
  #operands = 0;
  /** For each operand: the edit that makes it canonical and may still turn out to be useless, else {@linkcode NONE}. */
  #shadows = new Int32Array(SHADOWS_START).fill(NONE);
  /** Whether there is a shadow at all; most contracts have no floats. */
  #shadowed = false;

  constructor(module: WasmModule, costs: CostTable, canonicalise: boolean) {
    this.#costs = costs;
    this.#byOpcode = costsByOpcode(costs);
    this.#actions = canonicalise ? ACTIONS.map((action, i) => OPEN_NAN[i] === 0 ? action : Action.canonical) : ACTIONS;
    this.#reader = new InstructionReader(module.bytes);
    this.#params = Int32Array.from(module.types, (type) => type.params.length);
    this.#results = Int32Array.from(module.types, (type) => type.results.length);
    const imported = module.imports.flatMap(({ description }) =>
      description.kind === "function" ? [description.type] : []
    );
    this.#types = Int32Array.from([...imported, ...module.functions]);
    this.referred = new Uint8Array(this.#types.length);
  }

  /** Answers the number of the body's first edit, which is the charge of its first segment. */
  scan(body: FunctionBody): number {
    const first = this.edits.count;
    const reader = this.#reader.seek(body.start, body.end);
    const costs = this.#byOpcode, actions = this.#actions;
    this.#start(body);
    while (reader.next()) {
      const opcode = reader.opcode;
      if (!this.#live) {
        this.#dead(opcode);
        continue;
      }
      this.#cost += costs[opcode]!;
      const action = actions[opcode]!;
      if (action === Action.special) {
        this.#special(opcode);
        continue;
      }
      const pops = POPS[opcode]!;
      if (this.#shadowed) this.#consume(pops, NAN_BLIND[opcode] === 1);
      const operands = this.#operands - pops + PUSHES[opcode]!;
      this.#operands = operands;
      if (operands > this.height) this.height = operands;
      if (action !== Action.none) this.#act(action, opcode);
    }
    this.#moves.apply(this.edits);
    this.#cool(first);
    return first;
  }

  #start(body: FunctionBody): void {
    this.height = 0;
    this.#moves.clear();
    this.#loops = 0;
    this.#loop = NONE;
    this.#frames.top = -1;
    this.#live = true;
    this.#deadDepth = 0;
    this.#cost = 0;
    this.#forget(0);
    this.#enter(body.start, this.edits.count);
    for (const { count } of body.locals) this.#cost += count * this.#costs.local;
    this.#frames.push(Frame.block, this.#segment, 0, 0, this.#results[body.type]!);
  }

  /** Between two `end`s that belong together, nothing counts. */
  #dead(opcode: number): void {
    switch (opcode) {
      case Op.block:
      case Op.loop:
      case Op.if:
        this.#deadDepth++;
        return;
      case Op.call:
        this.edits.add(this.#reader.position, Edit.deadCall, this.#reader.a, this.#segment);
        return;
      case Op.callIndirect:
        this.edits.add(this.#reader.position, Edit.deadCall, NONE, this.#segment);
        return;
      case Op.refFunc:
        this.referred[this.#reader.a] = 1;
        return;
      case Op.else:
        if (this.#deadDepth === 0) this.#else();
        return;
      case Op.end:
        if (this.#deadDepth === 0) this.#end();
        else this.#deadDepth--;
    }
  }

  #special(opcode: number): void {
    const { a } = this.#reader;
    switch (opcode) {
      case Op.block:
        return this.#open(Frame.block, a);
      case Op.loop:
        this.#open(Frame.loop, a);
        if (this.#loops++ === 0) this.#loop = this.edits.count;
        return this.#begin(true);
      case Op.if:
        this.#pop(1);
        this.#open(Frame.if, a);
        return this.#begin(true);
      case Op.else:
        return this.#else();
      case Op.end:
        return this.#end();
      case Op.br:
        this.#frames.branch(a);
        this.#jump(a, true);
        return this.#die();
      case Op.brIf:
        this.#pop(1);
        this.#keep(this.#frames.branch(a));
        this.#jump(a, false);
        return this.#begin(false);
      case Op.brTable:
        return this.#branchTable();
      case Op.return:
        this.edits.add(this.#reader.start, Edit.return, this.#frames.top, this.#segment);
        this.#frames.branch(this.#frames.top);
        return this.#die();
      case Op.unreachable:
        this.edits.flags[this.#segment] = this.edits.flags[this.#segment]! | COLD;
        return this.#die();
      case Op.call:
        return this.#call(this.#types[a]!, a);
      case Op.callIndirect:
        this.#pop(1);
        return this.#call(a, NONE);
    }
  }

  #act(action: number, opcode: number): void {
    const { start, position } = this.#reader;
    const { memoryByte, tableElement, memoryPage } = this.#costs;
    switch (action) {
      case Action.canonical: {
        const edit = OPEN_NAN[opcode] === 32 ? Edit.canonical32 : Edit.canonical64;
        this.#shadow(this.edits.add(position, edit, 0, this.#segment));
        return;
      }
      case Action.bytes:
        if (memoryByte > 0) this.edits.add(start, Edit.size, memoryByte, this.#segment);
        return;
      case Action.elements:
        if (tableElement > 0) this.edits.add(start, Edit.size, tableElement, this.#segment);
        return;
      case Action.grow:
        this.edits.add(start, Edit.grow, memoryPage, this.#segment);
        this.edits.add(position, Edit.grown, 0, this.#segment);
        return;
      case Action.reference:
        this.referred[this.#reader.a] = 1;
    }
  }

  #open(kind: Frame, type: number): void {
    const params = type >= 0 ? this.#params[type]! : 0;
    const results = type >= 0 ? this.#results[type]! : type === BLOCK_EMPTY ? 0 : 1;
    this.#keep(params);
    this.#frames.push(kind, this.#segment, this.#operands - params, params, results);
  }

  #else(): void {
    const frames = this.#frames, i = frames.top;
    if (this.#live) frames.firstArm[i] = this.#segment;
    this.#settle();
    frames.kind[i] = Frame.else;
    this.#forget(frames.base[i]! + frames.params[i]!);
    this.#live = true;
    this.#enter(this.#reader.position, frames.outer[i]!);
    this.#moves.arm(frames.move[i]!, this.#segment);
  }

  #end(): void {
    const frames = this.#frames, i = frames.top;
    const kind = frames.kind[i]!;
    const targeted = kind !== Frame.loop && frames.targeted[i] === 1;
    const firstArm = frames.firstArm[i]!;
    const last = this.#live ? this.#segment : NONE;
    this.#settle();
    const escapes = frames.escapes();
    const ways = (last === NONE ? 0 : 1) + (firstArm === NONE ? 0 : 1) + (targeted || kind === Frame.if ? 2 : 0);
    this.#forget(frames.base[i]! + frames.results[i]!);
    const outer = frames.outer[i]!;
    frames.pop();
    if (kind === Frame.loop && --this.#loops === 0) this.#loop = NONE;
    if (frames.top < 0) return;
    this.#live = ways > 0;
    if (!this.#live) return;
    if (this.#operands > this.height) this.height = this.#operands;
    if (!escapes) this.#segment = outer;
    else if (ways === 1) this.#segment = last === NONE ? firstArm : last;
    else this.#enter(this.#reader.position, outer);
  }

  #branchTable(): void {
    const { a: count, targets } = this.#reader;
    for (let i = 0; i <= count; i++) {
      this.#frames.branch(targets[i]!);
      this.#jump(targets[i]!, false);
    }
    this.#die();
  }

  #call(type: number, target: number): void {
    this.#pop(this.#params[type]!);
    this.#operands += this.#results[type]!;
    if (this.#operands > this.height) this.height = this.#operands;
    this.edits.add(this.#reader.start, Edit.calling, target, this.#segment);
    this.edits.add(this.#reader.position, Edit.call, target, this.#segment);
  }

  /** A branch, `always` or on a condition, that may go back to a loop. */
  #jump(label: number, always: boolean): void {
    const frames = this.#frames, target = frames.top - label;
    if (frames.kind[target] !== Frame.loop) return;
    if (always) this.#moves.jump(frames.move[target]!, this.#segment);
    else this.#moves.fix(frames.move[target]!);
  }

  /** A new segment begins behind the instruction. `opened`: which has opened the innermost block. */
  #begin(opened: boolean): void {
    const outer = this.#segment, frames = this.#frames;
    this.#settle();
    this.#enter(this.#reader.position, outer);
    if (!opened) return;
    frames.move[frames.top] = this.#moves.add(frames.kind[frames.top] === Frame.loop, outer, this.#segment);
  }

  /** A new segment, whose place is `at`. `before`: the nearest one that control has come by on every way to there. */
  #enter(at: number, before: number): void {
    const { edits } = this;
    const segment = edits.add(at, Edit.charge, 0, before);
    edits.flags[segment] = 0;
    edits.loop[segment] = this.#loop;
    this.#segment = segment;
  }

  /** What comes behind a segment that surely traps is as cold as that. */
  #cool(first: number): void {
    const { kind, flags, segment, count } = this.edits;
    for (let i = first; i < count; i++) {
      if (kind[i] === Edit.charge) flags[i] = flags[i]! | flags[segment[i]!]! & COLD;
    }
  }

  #die(): void {
    this.#settle();
    this.#live = false;
    this.#forget(this.#frames.base[this.#frames.top]!);
  }

  /** The current segment is about to be another one. */
  #settle(): void {
    this.edits.charge(this.#segment, this.#cost);
    this.#cost = 0;
  }

  #pop(count: number): void {
    if (this.#shadowed) this.#consume(count, false);
    this.#operands -= count;
  }

  /** The topmost `count` operands are taken; `blind`: by an instruction to which their NaNs are all the same. */
  #consume(count: number, blind: boolean): void {
    const shadows = this.#shadows, top = this.#operands;
    for (let i = top - count; i < top; i++) {
      const edit = shadows[i]!;
      if (edit === NONE) continue;
      if (blind) this.edits.kind[edit] = Edit.none;
      shadows[i] = NONE;
    }
  }

  /** The topmost `count` operands stay where they are, and somebody else sees them. */
  #keep(count: number): void {
    if (this.#shadowed) this.#consume(count, false);
  }

  #shadow(edit: number): void {
    const top = this.#operands - 1;
    if (top >= this.#shadows.length) {
      const wide = new Int32Array(top * 2).fill(NONE);
      wide.set(this.#shadows);
      this.#shadows = wide;
    }
    this.#shadows[top] = edit;
    this.#shadowed = true;
  }

  /** There are `operands` of them now, and what is above the lower of both counts is unknown. */
  #forget(operands: number): void {
    if (this.#shadowed) {
      this.#shadows.fill(NONE, Math.min(operands, this.#operands), Math.max(operands, this.#operands));
    }
    this.#operands = operands;
  }
}
