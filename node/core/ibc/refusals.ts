import type { CodedError } from "../errors.ts";
import { err, type Result } from "../result.ts";

/**
 * Codespace, code and text of the refusals made here, with the numbers of ibc-go v10 (`24-host`, `core/errors`,
 * `02-client`, `23-commitment`, `04-channel`, light clients, `apps/transfer`, `packet-forward-middleware`). Append-only.
 */
export const IBC_ERRORS = {
  invalidId: ["host", 2, "invalid identifier"],
  invalidPath: ["host", 3, "invalid path"],
  invalidHeight: ["ibc", 9, "invalid height"],
  invalidType: ["ibc", 12, "invalid type"],
  invalidAddress: ["ibc", 5, "invalid address"],
  invalidAcknowledgement: ["channel", 16, "invalid acknowledgement"],
  invalidDenom: ["transfer", 3, "invalid denomination for cross-chain transfer"],
  invalidAmount: ["transfer", 5, "invalid token amount"],
  invalidMemo: ["transfer", 11, "invalid memo"],
  // The module's name has been spelt so since it was first written.
  forwardKeyNotFound: ["packetfowardmiddleware", 1, "metadata key not found in packet data"],
  invalidForward: ["packetfowardmiddleware", 2, "invalid forward metadata"],
  unauthorized: ["ibc", 2, "unauthorized"],
  invalidRequest: ["ibc", 8, "invalid request"],
  unpackAny: ["ibc", 14, "failed unpacking protobuf message from Any"],
  clientExists: ["client", 2, "light client already exists"],
  invalidClient: ["client", 3, "light client is invalid"],
  clientNotFound: ["client", 4, "light client not found"],
  consensusStateNotFound: ["client", 7, "consensus state not found"],
  invalidConsensus: ["client", 8, "invalid consensus state"],
  invalidClientType: ["client", 10, "invalid client type"],
  invalidClientHeader: ["client", 12, "invalid client header"],
  invalidMisbehaviour: ["client", 13, "invalid light client misbehaviour"],
  updateClientFailed: ["client", 23, "unable to update light client"],
  invalidRecoveryClient: ["client", 24, "invalid recovery client"],
  invalidUpgradeClient: ["client", 25, "invalid client upgrade"],
  invalidClientHeight: ["client", 26, "invalid height"],
  invalidSubstitute: ["client", 27, "invalid client state substitute"],
  clientNotActive: ["client", 29, "client state is not active"],
  failedMembership: ["client", 30, "membership verification failed"],
  failedNonMembership: ["client", 31, "non-membership verification failed"],
  clientRouteNotFound: ["client", 32, "light client module route not found"],
  invalidProof: ["commitment", 2, "invalid proof"],
  invalidPrefix: ["commitment", 3, "invalid prefix"],
  invalidMerkleProof: ["commitment", 4, "invalid merkle proof"],
  tendermintChainId: ["07-tendermint", 2, "invalid chain-id"],
  tendermintTrustingPeriod: ["07-tendermint", 3, "invalid trusting period"],
  tendermintUnbondingPeriod: ["07-tendermint", 4, "invalid unbonding period"],
  tendermintHeaderHeight: ["07-tendermint", 5, "invalid header height"],
  tendermintHeader: ["07-tendermint", 6, "invalid header"],
  tendermintMaxClockDrift: ["07-tendermint", 7, "invalid max clock drift"],
  processedTimeNotFound: ["07-tendermint", 8, "processed time not found"],
  processedHeightNotFound: ["07-tendermint", 9, "processed height not found"],
  delayPeriodNotPassed: ["07-tendermint", 10, "packet-specified delay period has not been reached"],
  trustingPeriodExpired: [
    "07-tendermint",
    11,
    "time since latest trusted state has passed the trusting period",
  ],
  tendermintProofSpecs: ["07-tendermint", 13, "invalid proof specs"],
  tendermintValidatorSet: ["07-tendermint", 14, "invalid validator set"],
  tendermintTrustLevel: ["07-tendermint", 15, "invalid trust level"],
  solomachineHeader: ["06-solomachine", 2, "invalid header"],
  solomachineSignatureAndData: ["06-solomachine", 4, "invalid signature and data"],
  solomachineSignature: ["06-solomachine", 5, "signature verification failed"],
  solomachineProof: ["06-solomachine", 6, "invalid solo machine proof"],
  invalidSequence: ["ibc", 1, "invalid sequence"],
  invalidVersion: ["ibc", 10, "invalid version"],
  connectionNotFound: ["connection", 3, "connection not found"],
  clientConnectionsNotFound: ["connection", 4, "light client connection paths not found"],
  invalidConnectionState: ["connection", 6, "invalid connection state"],
  invalidConnectionCounterparty: ["connection", 7, "invalid counterparty connection"],
  invalidConnectionVersion: ["connection", 9, "invalid connection version"],
  versionNegotiationFailed: ["connection", 10, "connection version negotiation failed"],
  invalidConnectionId: ["connection", 11, "invalid connection identifier"],
  channelNotFound: ["channel", 3, "channel not found"],
  invalidChannelState: ["channel", 5, "invalid channel state"],
  invalidOrder: ["channel", 6, "invalid channel ordering"],
  invalidChannelCounterparty: ["channel", 7, "invalid counterparty channel"],
  sequenceSendNotFound: ["channel", 10, "sequence send not found"],
  sequenceReceiveNotFound: ["channel", 11, "sequence receive not found"],
  sequenceAckNotFound: ["channel", 12, "sequence acknowledgement not found"],
  invalidPacket: ["channel", 13, "invalid packet"],
  tooManyHops: ["channel", 15, "too many connection hops"],
  acknowledgementExists: ["channel", 17, "acknowledgement for packet already exists"],
  invalidChannelId: ["channel", 18, "invalid channel identifier"],
  packetReceived: ["channel", 19, "packet already received"],
  sequenceOutOfOrder: ["channel", 21, "packet sequence is out of order"],
  redundantTx: ["channel", 22, "packet messages are redundant"],
  invalidChannelVersion: ["channel", 24, "invalid channel version"],
  timeoutNotReached: ["channel", 39, "timeout not reached"],
  timeoutElapsed: ["channel", 40, "timeout elapsed"],
  routeNotFound: ["port", 5, "route not found"],
  attestors: ["10-attestation", 2, "invalid attestors"],
  attestation: ["10-attestation", 3, "invalid attestation"],
  attestationSignature: ["10-attestation", 4, "attestation is not signed by its attestors"],
  attestationTime: ["10-attestation", 5, "attestation is too old or from the future"],
} as const satisfies Record<string, readonly [codespace: string, code: number, text: string]>;

/** A refusal whose message is `detail: <text of the code>`, as the ecosystem prints it. */
export function ibcRefusal(name: keyof typeof IBC_ERRORS, detail: string): CodedError {
  const [codespace, code, text] = IBC_ERRORS[name];
  return { codespace, code, message: `${detail}: ${text}` };
}

/** {@linkcode ibcRefusal} as a `Result`. */
export function refuse(name: keyof typeof IBC_ERRORS, detail: string): Result<never, CodedError> {
  return err(ibcRefusal(name, detail));
}

/** The same refusal with what was attempted in front, as Go's `errorsmod.Wrap` puts it: codespace and code stay. */
export const wrapRefusal = (error: CodedError, attempt: string): CodedError => ({
  ...error,
  message: `${attempt}: ${error.message}`,
});
