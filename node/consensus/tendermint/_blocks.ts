/** The blocks of a height: each is validated once. @module */
import type { BlockID } from "cosmjs-types/tendermint/types/types";
import { equalBytes } from "../../core/bytes.ts";
import { blockIdKey } from "../../core/types/mod.ts";
import type { Input } from "../input.ts";
import type { Work } from "./_work.ts";
import { decide } from "./decide.ts";
import type { TendermintMessage, TendermintRecord } from "./messages.ts";
import type { KnownBlock } from "./state.ts";

/**
 * Takes bytes under an id and asks for their validation, unless that is done or under way. Bytes that were found invalid do
 * not condemn the id: they may not have been the block it names, so other bytes get their own chance.
 */
export function learnBlock(work: Work, blockId: BlockID, bytes: Uint8Array, round: number): void {
  const { h } = work;
  const key = blockIdKey(blockId);
  const known = h.blocks.get(key);
  if (known !== undefined && (known.status !== "invalid" || equalBytes(known.bytes, bytes))) {
    if (known.round < round) putBlock(work, key, { ...known, round });
    return;
  }
  putBlock(work, key, { blockId, bytes, status: "validating", time: 0n, round });
  work.effects.push({ type: "validate_block", height: h.context.height, round, blockId, bytes });
}

export function putBlock(work: Work, key: string, block: KnownBlock): void {
  work.h.blocks = new Map(work.h.blocks).set(key, block);
}

type BlockValidated = Input<TendermintMessage, TendermintRecord> & { type: "block_validated" };

/** The answer to `validate_block`, which may come rounds later. */
export function onBlockValidated(work: Work, input: BlockValidated): void {
  const { h } = work;
  const key = blockIdKey(input.blockId);
  const known = h.blocks.get(key);
  if (input.height !== h.context.height || h.decision !== undefined || known?.status !== "validating") return;
  putBlock(work, key, { ...known, status: input.valid ? "valid" : "invalid", time: input.time });
  const seal = h.seals.get(key);
  if (input.valid && seal !== undefined) decide(work, key, seal);
}
