/**
 * What each misdeed costs. Anything a correct node of this version could do by accident (late, early, unknown, of a newer
 * version) is not reported at all; what is left is weighed by how surely it is malice.
 * @module
 */

/** At this score a peer is banned. */
export const SCORE_BAN = -100;
/** Points that come back with time: a ban's worth in a quarter of an hour. */
export const SCORE_RECOVERY_PER_MINUTE = 7;
/** For a code that the table does not have: ten such reports in a row ban. */
export const PENALTY_DEFAULT = 10;

/** Points by the code of a report. Codes are words of the room that reports. */
export const PENALTIES: Readonly<Record<string, number>> = {
  // Proven by a signature or a hash: no correct node does it once.
  bad_block: 100,
  bad_commit: 100,
  bad_chunk: 100,
  light_client_attack: 100,
  sync_bad_block: 100,
  bad_proof: 50,
  bad_signature: 50,
  bad_part: 50,
  bad_snapshot: 50,
  bad_light_block: 50,
  bad_evidence: 50,
  // Broken wire format: another version says so in its hello, or in the first field of a message.
  oversized: 50,
  malformed_frame: 50,
  bad_hello: 50,
  sync_malformed: 50,
  undecodable: 25,
  gossip_undecodable: 25,
  bad_message: 25,
  bad_vote: 25,
  bad_proposal: 25,
  /** A topic's message was rejected: five of them in a row ban. */
  rejected: 20,
  sync_wrong_height: 20,
  bad_answer: 20,
  // Too much, too slow, or not what was promised: many times before it counts.
  flood: 10,
  request_flood: 10,
  sync_bad_question: 10,
  unknown_validator: 10,
  invalid_transaction: 5,
  sync_no_block: 5,
  sync_no_answer: 5,
  slow: 5,
};

/** Points that a report of `code` takes. */
export const penaltyOf = (code: string): number => Object.hasOwn(PENALTIES, code) ? PENALTIES[code]! : PENALTY_DEFAULT;
