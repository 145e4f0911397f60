/**
 * What a relayer knows of packets and what it does next, as pure functions: events to observations, observations to
 * records, records and heads to actions, tries to records again. Nothing here waits, or reads a clock.
 * @module
 */
export {
  type Action,
  type ActionKind,
  type Fault,
  type Head,
  type Heads,
  isSettled,
  type Lane,
  type LaneEnd,
  laneIdOf,
  type Observation,
  type PacketContent,
  type PacketPolicy,
  type PacketRecord,
  type Stage,
  type Step,
} from "./types.ts";
export { type ChannelEvent, DATA_BYTES_MAX, type PacketEventEnds, parseChannelEvent } from "./events.ts";
export { attribute, heightOf, hexOf, identifierOf, uint64Of } from "./attributes.ts";
export { isSamePacket, newRecord, observe, type Seen } from "./observe.ts";
export { type NextStep, nextStep } from "./next_step.ts";
export { isBacklog, type LanePlan, type LaneSituation, planLane } from "./plan.ts";
export { type BatchRoom, chooseBatch, messageBytes } from "./choose.ts";
export { type Evidence, isClosed, judgeEvidence, OTHER_COMMITMENT, provenKeys, proverOf } from "./evidence.ts";
export { type ActionProof, messageOf, packetOf } from "./messages.ts";
export { type Closing, closingKey, closingMessage, planClosing } from "./close.ts";
export { type Outcome, retryNow, settle } from "./outcome.ts";
export { meaningOf, type RefusalMeaning } from "./refusals.ts";
export { backoffMs } from "./retry.ts";
export { hasElapsed, timeoutState } from "./timeouts.ts";
export {
  afterPruning,
  afterReading,
  catchUp,
  type Cursor,
  type CursorPolicy,
  firstCursor,
  type Gap,
  type Reading,
  readUpTo,
} from "./cursor.ts";
