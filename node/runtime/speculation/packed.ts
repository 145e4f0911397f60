/**
 * What threads are told of a block and of a commit, as one array of bytes each: cloned one by one, their thousand arrays take
 * longer than the threads need for them.
 * @module
 */
import type { SpeculatedTx } from "../../app/ports.ts";
import { inWords, WordReader, wordsOf } from "../../core/words.ts";
import type { StateWrite } from "../../state/commit.ts";

export function packTxs(txs: readonly SpeculatedTx[]): ArrayBuffer {
  let words = 1;
  for (const { bytes, verified } of txs) words += 3 + 2 * (verified?.length ?? 0) + wordsOf(bytes);
  return inWords(words, (to) => {
    to.word(txs.length);
    for (const { index, sender, bytes, verified } of txs) {
      to.word(index);
      to.word(sender);
      to.word(verified === undefined ? 0 : 1 + verified.length);
      for (const number of verified ?? []) to.big(number);
      to.bytes(bytes);
    }
  });
}

export function unpackTxs(buffer: ArrayBuffer): SpeculatedTx[] {
  const from = new WordReader(buffer);
  return Array.from({ length: from.word() }, () => {
    const [index, sender, signers] = [from.word(), from.word(), from.word()];
    const verified = signers === 0 ? undefined : Array.from({ length: signers - 1 }, () => from.big());
    return { index, sender, bytes: from.view(), verified };
  });
}

export function packWrites(writes: readonly StateWrite[]): ArrayBuffer {
  let words = 1;
  for (const [key, value] of writes) words += 1 + wordsOf(key) + (value === undefined ? 0 : wordsOf(value));
  return inWords(words, (to) => {
    to.word(writes.length);
    for (const [key, value] of writes) {
      to.bytes(key);
      to.word(value === undefined ? 0 : 1);
      if (value !== undefined) to.bytes(value);
    }
  });
}

/** Values are copies: they are kept for as long as somebody reads them, and the message is not. */
export function unpackWrites(buffer: ArrayBuffer): StateWrite[] {
  const from = new WordReader(buffer);
  return Array.from({ length: from.word() }, () => [from.view(), from.word() === 0 ? undefined : from.bytes()]);
}
