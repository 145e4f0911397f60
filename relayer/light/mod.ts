/**
 * Light clients that live on other chains: what they know, which headers they need, whether those will be believed, when
 * they are due, and evidence against chains that contradict themselves. Pure.
 * @module
 */
export {
  type ClientFeed,
  type FollowedClient,
  LIGHT_RELAYER_CODE,
  readClientState,
  readConsensusState,
  type TrustedPoint,
} from "./client.ts";
export { conflictOf } from "./conflict.ts";
export { ibcHeightOf, tendermintHeader } from "./header.ts";
export { attestationAny, type ClientMessage, headerAny, misbehaviourAny, updateClientMessage } from "./messages.ts";
export { misbehaviourOf, trustedBelow } from "./misbehaviour.ts";
export { type Claim, proofSpecsOf, verifyClaim } from "./proofs.ts";
export { planRefresh, type RefreshPlan } from "./refresh.ts";
export {
  answerUpdate,
  type AskingUpdate,
  type ClientUpdate,
  startUpdate,
  type UpdateFailure,
  type UpdatePlan,
  type UpdateStep,
} from "./update.ts";
