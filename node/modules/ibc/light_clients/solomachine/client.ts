/**
 * `06-solomachine` (ICS-06): one key that speaks for a machine without a chain. Each of its signatures uses up a sequence,
 * so a proof changes the client.
 * @module
 */
import {
  ClientState as ClientStateCodec,
  ConsensusState as ConsensusStateCodec,
  TimestampedSignatureData,
} from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import type { Context } from "../../../../app/ports.ts";
import { equalBytes } from "../../../../core/bytes.ts";
import { decodeStrict, encode } from "../../../../core/codec/mod.ts";
import { type IbcHeight, ibcRefusal, refuse, wrapRefusal, ZERO_HEIGHT } from "../../../../core/ibc/mod.ts";
import { invariant } from "../../../../core/invariant.ts";
import { equalPubKeys } from "../../../../core/pub_key.ts";
import { err, ok, type Result } from "../../../../core/result.ts";
import type { StateReader } from "../../../../state/view.ts";
import type { LightClient } from "../../client/light_client.ts";
import { genesisForms } from "./genesis.ts";
import { decodeMessage, HEADER_TYPE_URL, MISBEHAVIOUR_TYPE_URL, type SolomachineMessage } from "./message.ts";
import { headerClaim, verifySignature } from "./signature.ts";
import { readConsensusState, readKey, readState, type Solomachine, store } from "./state.ts";

const CLIENT_TYPE = "06-solomachine";
const PROOF_BYTES_MAX = 2_048;
/** Sequences are 64-bit numbers. */
const SEQUENCE_MAX = (1n << 64n) - 1n;

const heightOf = (sequence: bigint): IbcHeight => ({ revisionNumber: 0n, revisionHeight: sequence });

function load(view: StateReader, clientId: string): Result<Solomachine> {
  const state = store.state(view, clientId);
  if (state === undefined) return refuse("clientNotFound", clientId);
  const { consensusState } = state;
  const key = readKey(consensusState?.publicKey, "invalidConsensus");
  invariant(consensusState !== undefined && key.ok, `read client ${clientId}: it has no key`);
  return ok({ state, consensusState, key: key.value });
}

/** Uses up a sequence; what is not given stays. */
function advance({ view }: Context, clientId: string, { state, consensusState }: Solomachine, change: object): void {
  invariant(state.sequence < SEQUENCE_MAX, `advance ${clientId}: no sequence is left`);
  store.setState(view, clientId, {
    ...state,
    sequence: state.sequence + 1n,
    consensusState: { ...consensusState, ...change },
  });
}

/** A signature over `path` and `data` with the present sequence, no older than the last. */
function verifyClaim(
  context: Context,
  clientId: string,
  proof: Uint8Array,
  path: readonly Uint8Array[],
  data: Uint8Array,
): Result<undefined> {
  const loaded = load(context.view, clientId);
  if (!loaded.ok) return loaded;
  const { state, consensusState, key } = loaded.value;
  if (proof.length === 0) return refuse("solomachineProof", "proof cannot be empty");
  const decoded = decodeStrict(TimestampedSignatureData, proof, "solo machine proof", PROOF_BYTES_MAX);
  if (!decoded.ok) return refuse("solomachineProof", decoded.error.message);
  const { timestamp, signatureData } = decoded.value;
  if (signatureData.length === 0) return refuse("solomachineProof", "signature data cannot be empty");
  if (consensusState.timestamp > timestamp) {
    const detail = "the consensus state timestamp is greater than the signature timestamp";
    return refuse("solomachineProof", `${detail} (${consensusState.timestamp} >= ${timestamp})`);
  }
  if (path.length !== 2) return refuse("invalidPath", `path must be of length 2: it has ${path.length}`);
  if (state.sequence === SEQUENCE_MAX) return refuse("solomachineProof", "no sequence is left");
  const { diversifier } = consensusState;
  const claim = { sequence: state.sequence, timestamp, diversifier, path: path[1]!, data };
  const signed = verifySignature(context, key, claim, signatureData);
  if (signed.ok) advance(context, clientId, loaded.value, { timestamp });
  return signed;
}

function verifyMessage(context: Context, clientId: string, message: SolomachineMessage): Result<undefined> {
  const loaded = load(context.view, clientId);
  if (!loaded.ok) return loaded;
  const { state, consensusState, key } = loaded.value;
  const { diversifier } = consensusState;
  if (message.type === "header") {
    const { timestamp, signature } = message.header;
    if (timestamp < consensusState.timestamp) {
      const detail = "header timestamp is less than to the consensus state timestamp";
      return refuse("invalidClientHeader", `${detail} (${timestamp} < ${consensusState.timestamp})`);
    }
    if (state.sequence === SEQUENCE_MAX) return refuse("solomachineHeader", "no sequence is left");
    const claim = { sequence: state.sequence, timestamp, diversifier, ...headerClaim(message.header) };
    const signed = verifySignature(context, key, claim, signature);
    return signed.ok ? signed : err(ibcRefusal("solomachineHeader", signed.error.message));
  }
  // The time is not looked at: evidence may be old. ibc-go also wants the path to decode as a `MerklePath`, which no path
  // does that it lets a machine sign; here any two things signed under one sequence are evidence (ICS-06).
  for (const [i, { timestamp, path, data, signature }] of message.signatures.entries()) {
    const claim = { sequence: message.sequence, timestamp, diversifier, path, data };
    const signed = verifySignature(context, key, claim, signature);
    if (!signed.ok) return err(wrapRefusal(signed.error, `failed to verify signature ${["one", "two"][i]}`));
  }
  return ok(undefined);
}

function recover({ view }: Context, clientId: string, substituteId: string): Result<undefined> {
  const subject = load(view, clientId);
  if (!subject.ok) return subject;
  const substitute = load(view, substituteId);
  if (!substitute.ok) return substitute;
  if (equalPubKeys(subject.value.key, substitute.value.key)) {
    return refuse("invalidClientHeader", "subject and substitute have the same public key");
  }
  store.setState(view, clientId, { ...substitute.value.state, isFrozen: false });
  return ok(undefined);
}

export const solomachineClient: LightClient<SolomachineMessage> = {
  clientType: CLIENT_TYPE,
  clientStateTypeUrl: ClientStateCodec.typeUrl,
  consensusStateTypeUrl: ConsensusStateCodec.typeUrl,
  messageTypeUrls: [HEADER_TYPE_URL, MISBEHAVIOUR_TYPE_URL],
  genesis: genesisForms,

  validateClientState: readState,
  validateConsensusState: readConsensusState,
  decodeMessage,

  initialize({ view }, clientId, clientState, consensusState) {
    const state = readState(clientState);
    if (!state.ok) return state;
    const consensus = readConsensusState(consensusState);
    if (!consensus.ok) return consensus;
    if (!equalBytes(encode(ConsensusStateCodec, state.value.consensusState), consensusState)) {
      const detail = "consensus state in initial client does not equal initial consensus state";
      return refuse("invalidConsensus", detail);
    }
    store.setState(view, clientId, state.value.state);
    return ok(undefined);
  },

  verifyClientMessage: verifyMessage,
  checkForMisbehaviour: (_context, _clientId, message) => message.type === "misbehaviour",
  updateStateOnMisbehaviour({ view }, clientId) {
    store.setState(view, clientId, { ...store.stateOf(view, clientId), isFrozen: true });
  },
  updateState(context, clientId, message) {
    if (message.type === "misbehaviour") return [];
    const loaded = load(context.view, clientId);
    invariant(loaded.ok, `update ${clientId}: it is not there`);
    const { newPublicKey: publicKey, newDiversifier: diversifier, timestamp } = message.header;
    advance(context, clientId, loaded.value, { publicKey, diversifier, timestamp });
    return [heightOf(loaded.value.state.sequence + 1n)];
  },

  // What is signed over no value says that there is none.
  verifyMembership: (context, clientId, { proof }, path, value) =>
    value.length === 0
      ? refuse("solomachineProof", "value cannot be empty")
      : verifyClaim(context, clientId, proof, path, value),
  verifyNonMembership: (context, clientId, { proof }, path) =>
    verifyClaim(context, clientId, proof, path, new Uint8Array()),

  status({ view }, clientId) {
    const state = store.state(view, clientId);
    if (state === undefined) return "Unknown";
    return state.isFrozen ? "Frozen" : "Active";
  },
  latestHeight({ view }, clientId) {
    const state = store.state(view, clientId);
    return state === undefined ? ZERO_HEIGHT : heightOf(state.sequence);
  },
  timestampAtHeight({ view }, clientId) {
    const loaded = load(view, clientId);
    return loaded.ok ? ok(loaded.value.consensusState.timestamp) : loaded;
  },

  recoverClient: recover,
  verifyUpgradeAndUpdateState: () => refuse("invalidUpgradeClient", "cannot upgrade solomachine client"),
};
