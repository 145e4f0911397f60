/**
 * A versioned Jellyfish Merkle tree: sixteen-way nodes that hash as the binary sparse Merkle tree of the `jmt` crate, so
 * that its published ICS-23 specification verifies our proofs. In storage, node records are immutable: an update writes the
 * nodes on the changed paths, packed, and says which records nobody needs any more. In memory, the nodes of the latest
 * version hang below each other and are changed in place; what an update did there is taken back unless it is adopted.
 * @module
 */
import { invariant } from "../core/invariant.ts";
import type { Work } from "../core/work.ts";
import { PLACEHOLDER } from "./_hash.ts";
import { loadNodes, loadTouched } from "./_load.ts";
import { isChild, type TreeNode } from "./_node.ts";
import { Residency } from "./_residency.ts";
import { sortChanges, type TreeChange } from "./_sorted_changes.ts";
import { UndoLog } from "./_undo.ts";
import { rootNode, Updater } from "./_update.ts";
import type { StateWrite } from "./commit.ts";
import { rootLocator } from "./keys.ts";

export { Residency, type TreeChange };

/** Where a version of a tree begins. `version` is undefined in an empty tree, whose hash is the placeholder. */
export interface TreeRoot {
  /** The version that wrote the root node. */
  readonly version: bigint | undefined;
  readonly hash: Uint8Array;
}

export const EMPTY_TREE: TreeRoot = { version: undefined, hash: PLACEHOLDER };

export interface TreeUpdate {
  readonly root: TreeRoot;
  /** Packs of new node records, to be written before anything points to them. */
  readonly packs: readonly StateWrite[];
  /** Ids of the records that this version no longer needs: see keys.ts. */
  readonly stale: readonly Uint8Array[];
  /** Makes this the tree's latest version. */
  readonly adopt: () => void;
}

/** The latest version of the tree of a store. */
export class Tree {
  readonly store: string;
  readonly #residency: Residency;
  readonly #undo = new UndoLog();
  #root: TreeRoot;
  #top: TreeNode | undefined;
  /** The update that the resident nodes already show. */
  #pending: Updater | undefined;

  constructor(store: string, root: TreeRoot, residency: Residency) {
    this.store = store;
    this.#root = root;
    this.#residency = residency;
  }

  get root(): TreeRoot {
    return this.#root;
  }

  /** The resident root node, for {@linkcode Residency.trim}. */
  get top(): TreeNode | undefined {
    return this.#top;
  }

  /** Lets go of all resident nodes. */
  forget(): void {
    this.#undo.clear();
    this.#pending = undefined;
    this.#top = undefined;
  }

  /**
   * The tree with `changes` (unique keys, any order) as `version`. Deleting an absent key and setting what is there change
   * nothing. To be adopted before the next update, or never.
   */
  *update(changes: readonly TreeChange[], version: bigint): Work<TreeUpdate> {
    const { version: before } = this.#root;
    const unchanged: TreeUpdate = { root: this.#root, packs: [], stale: [], adopt: () => {} };
    if (changes.length === 0) return unchanged;
    invariant(before === undefined || before < version, `update a tree: ${version} is not after ${before}`);
    if (this.#pending !== undefined) this.#undo.revert();
    this.#pending = undefined;
    const sorted = sortChanges(changes);
    const updater = new Updater(this.store, version, sorted, this.#residency, this.#undo);
    let top: TreeNode | undefined;
    if (before !== undefined) {
      top = this.#top ??= (yield* loadNodes(this.store, [{
        locator: rootLocator(before),
        depth: 0,
        keyHash: PLACEHOLDER,
      }]))[0]!;
      yield* loadTouched(this.store, top, sorted, this.#residency);
    }
    this.#pending = updater;
    const outcome = top === undefined ? yield* updater.build() : yield* updater.update(top, 0, 0, sorted.count);
    if (outcome === undefined) return unchanged;
    const packs = updater.packs.finish();
    const { stale } = updater;
    if (!isChild(outcome)) {
      invariant(outcome.length === 0, "update a tree: leaves were left without a node");
      return { root: EMPTY_TREE, packs, stale, adopt: () => this.#adopt(EMPTY_TREE, updater, undefined) };
    }
    const root = { version, hash: outcome.hash.slice() };
    return { root, packs, stale, adopt: () => this.#adopt(root, updater, rootNode(outcome, top)) };
  }

  #adopt(root: TreeRoot, updater: Updater, top: TreeNode | undefined): void {
    const shown = this.#pending === updater;
    this.#undo.clear();
    this.#pending = undefined;
    this.#root = root;
    // After another update the nodes show that one: storage has the right ones.
    this.#top = shown ? top : undefined;
  }
}
