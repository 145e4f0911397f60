/**
 * Tendermint broken on purpose, from the outside: production code knows nothing of these. Each stands for a mistake that
 * real implementations have made; a checker that does not find it within 2 000 seeds is not worth its time.
 * @module
 */
import { createTendermintEngine } from "../../../node/consensus/tendermint/mod.ts";
import { NIL } from "../../../node/consensus/vote_keeper.ts";
import type { TendermintState } from "../../../node/consensus/tendermint/state.ts";
import type { Effect, SignerStorage, WalPort } from "../../../node/consensus/mod.ts";
import type { AnyEngine, NodeParts, Plant } from "../engines.ts";

type MachinePatch = Partial<NonNullable<TendermintState["height"]>["machine"]>;

/** The engine with something in its round state wiped after every step. */
function wiping(engine: AnyEngine, patch: MachinePatch): AnyEngine {
  return {
    ...engine,
    step(context, state, input) {
      const step = engine.step(context, state, input);
      const next = step.state as TendermintState;
      if (next.height === undefined) return step;
      const height = { ...next.height, machine: { ...next.height.machine, ...patch } };
      return { ...step, state: { ...next, height } };
    },
  };
}

/** Line 23 and 29 then always find no lock. */
export const forgetLocks = (engine: AnyEngine): AnyEngine => wiping(engine, { lockedRound: -1, lockedValue: NIL });

/** The effects with everything that is persisted moved behind what is sent and signed. */
function persistLast(engine: AnyEngine): AnyEngine {
  return {
    ...engine,
    step(context, state, input) {
      const step = engine.step(context, state, input);
      const late = (effect: Effect<unknown, unknown>) => effect.type === "persist";
      return {
        ...step,
        effects: [...step.effects.filter((effect) => !late(effect)), ...step.effects.filter(late)],
      };
    },
  };
}

/** Answers before the disk has: what a crash interrupts was never written. */
function writeBehind(storage: SignerStorage): SignerStorage {
  return {
    load: () => storage.load(),
    save: (bytes) => {
      void storage.save(bytes);
      return Promise.resolve();
    },
  };
}

const emptyLog = (wal: WalPort): WalPort => ({ ...wal, load: async (height) => (await wal.load(height)).slice(0, 0) });

const plants = {
  "forgets-lock": {
    about: "never remembers what it locked",
    apply: (parts: NodeParts) => ({ ...parts, engine: forgetLocks(parts.engine) }),
  },
  "quorum-two-thirds": {
    about: "takes exactly two thirds of the power for a quorum",
    apply: (parts: NodeParts) => ({
      ...parts,
      engine: createTendermintEngine({
        rules: {
          quorum: (power, total) => 3n * power >= 2n * total,
          oneThird: (power, total) => 3n * power > total,
        },
      }),
    }),
  },
  "signs-before-persist": {
    about: "lets a signature leave before the intent and the guard's state are durable",
    apply: (parts: NodeParts) => ({
      ...parts,
      engine: persistLast(parts.engine),
      signerStorage: writeBehind(parts.signerStorage),
    }),
  },
  "no-valid-value": {
    about: "proposes something new although a block already gathered a quorum of prevotes",
    apply: (parts: NodeParts) => ({ ...parts, engine: wiping(parts.engine, { validRound: -1, validValue: NIL }) }),
  },
  "amnesia-after-restart": {
    about: "starts a height afresh after a crash, without its log",
    apply: (parts: NodeParts) => ({ ...parts, wal: emptyLog(parts.wal) }),
  },
  "never-holds-back": {
    about: "signs at once where it begins, though its home remembers nothing",
    apply: (parts: NodeParts) => ({ ...parts, beginning: () => undefined }),
  },
  "holds-back-new": {
    about: "takes a new home for one that was lost, and at the first height a lost one for a new one",
    apply: (parts: NodeParts) => ({ ...parts, beginning: (height: bigint) => ({ height, initialHeight: 1n }) }),
  },
  "accepts-unverified-votes": {
    about: "takes every signature for valid",
    apply: (parts: NodeParts) => ({ ...parts, verify: () => true }),
  },
} satisfies Record<string, Plant>;

export const TENDERMINT_PLANTS: Readonly<Record<string, Plant>> = plants;
