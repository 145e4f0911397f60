/** Shapes of the messages of `cosmjs-types` that others send and that may be long. By type URL; see `shapes.ts`. @module */
import { type FieldShape, type Shape, shape } from "./shapes.ts";

/** Votes of a commit, and validators of a set (CometBFT `MaxVotesCount`), and one more for whoever counts them by name. */
const VOTES: Pick<FieldShape, "countMax"> = { countMax: 10_001 };
/** A transaction has at least one signature, of 64 bytes. */
const TX_BYTES_MIN = 64;
/** Two votes with their signatures. */
const EVIDENCE_BYTES_MIN = 256;
/** What has a name of a type or a denomination in it. */
const NAMED_BYTES_MIN = 8;

/** Text or bytes. */
const bytes: FieldShape = {};
/** Numbers only: a timestamp, versions, a height of IBC. */
const numbers: FieldShape = { inside: shape() };
/** A type or a denomination, and what it is of: `Any`, `Coin`; a key of one of two kinds. */
const pair: FieldShape = { inside: shape({ 1: bytes, 2: bytes }) };
const pairs: FieldShape = { ...pair, bytesEach: NAMED_BYTES_MIN };

const blockId: FieldShape = { inside: shape({ 1: bytes, 2: { inside: shape({ 2: bytes }) } }) };
const HASHES_OF_HEADER = Object.fromEntries([6, 7, 8, 9, 10, 11, 12, 13, 14].map((number) => [number, bytes]));
const header = shape({ 1: numbers, 2: bytes, 4: numbers, 5: blockId, ...HASHES_OF_HEADER });
const commitSig = shape({ 2: bytes, 3: numbers, 4: bytes });
const commit = shape({ 3: blockId, 4: { inside: commitSig, ...VOTES } });
const vote = shape({ 4: blockId, 5: numbers, 6: bytes, 8: bytes, 9: bytes, 10: bytes });
const validator = shape({ 1: bytes, 2: pair });
const validatorSet = shape({ 1: { inside: validator, ...VOTES }, 2: { inside: validator } });
const signedHeader = shape({ 1: { inside: header }, 2: { inside: commit } });
const lightBlock = shape({ 1: { inside: signedHeader }, 2: { inside: validatorSet } });
const evidence = shape({
  1: { inside: shape({ 1: { inside: vote }, 2: { inside: vote }, 5: numbers }) },
  2: { inside: shape({ 1: { inside: lightBlock }, 3: { inside: validator, ...VOTES }, 5: numbers }) },
});
const evidenceList = shape({ 1: { inside: evidence, bytesEach: EVIDENCE_BYTES_MIN } });
const block = shape({
  1: { inside: header },
  2: { inside: shape({ 1: { bytesEach: TX_BYTES_MIN } }) },
  3: { inside: evidenceList },
  4: { inside: commit },
});
/** A tree over 2^100 leaves has no more aunts (CometBFT `MaxAunts`). */
const proof = shape({ 3: bytes, 4: { countMax: 100 } });

const ibcHeader = shape({
  1: { inside: signedHeader },
  2: { inside: validatorSet },
  3: numbers,
  4: { inside: validatorSet },
});
/** How somebody signs: alone, or several together, each alone. Deeper than that nobody has to look. */
const single = shape({ 1: numbers });
const several = shape({ 1: { inside: shape({ 2: bytes }) }, 2: { inside: single, bytesEach: 4 } });
const signerInfo = shape({ 1: pair, 2: { inside: shape({ 1: numbers, 2: { inside: several } }) } });

/** Keys from the root of a state to a value: a tree each, and no chain has more than a few. */
const PATH_KEYS_MAX = 32;

const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ["/tendermint.types.Header", header],
  ["/tendermint.types.Commit", commit],
  ["/tendermint.types.Vote", vote],
  ["/tendermint.types.Proposal", shape({ 5: blockId, 6: numbers, 7: bytes })],
  ["/tendermint.types.ValidatorSet", validatorSet],
  ["/tendermint.types.LightBlock", lightBlock],
  ["/tendermint.types.Evidence", evidence],
  ["/tendermint.types.EvidenceList", evidenceList],
  ["/tendermint.types.Block", block],
  ["/tendermint.types.Part", shape({ 2: bytes, 3: { inside: proof } })],
  ["/ibc.lightclients.tendermint.v1.Header", ibcHeader],
  [
    "/ibc.lightclients.tendermint.v1.Misbehaviour",
    shape({ 1: bytes, 2: { inside: ibcHeader }, 3: { inside: ibcHeader } }),
  ],
  ["/ibc.core.commitment.v2.MerklePath", shape({ 1: { countMax: PATH_KEYS_MAX } })],
  ["/cosmos.tx.v1beta1.TxBody", shape({ 1: pairs, 2: bytes, 5: numbers, 1023: pairs, 2047: pairs })],
  [
    "/cosmos.tx.v1beta1.AuthInfo",
    shape({
      1: { inside: signerInfo, bytesEach: NAMED_BYTES_MIN },
      2: { inside: shape({ 1: pairs, 3: bytes, 4: bytes }) },
      3: { inside: shape({ 1: pairs, 2: bytes }) },
    }),
  ],
]);

/** Undefined: any, for messages that are short or cost little. */
export const generatedShape = (typeUrl: string): Shape | undefined => SHAPES.get(typeUrl);
