/** `ibc.core.client.v1.Query/VerifyMembership`: whether a client would take a proof. @module */
import { QueryVerifyMembershipRequest, QueryVerifyMembershipResponse } from "cosmjs-types/ibc/core/client/v1/query";
import type { QueryContext, QueryHandler } from "../../../app/ports.ts";
import { decodeStrict, encode } from "../../../core/codec/mod.ts";
import {
  checkIdentifier,
  isZeroHeight,
  LOCALHOST_CLIENT_ID,
  MERKLE_PROOF_BYTES_MAX,
  parseClientIdentifier,
} from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";
import { invalid } from "../query.ts";
import type { ClientKeeper } from "./keeper.ts";
import { readOnly } from "./read_only.ts";

/** Longest request, in bytes: a proof, a path and a value. */
const REQUEST_BYTES_MAX = 2 * MERKLE_PROOF_BYTES_MAX;

/** Types whose proofs change the client, or are none. */
const WITHOUT_PROOFS = [LOCALHOST_CLIENT_ID, "06-solomachine"];

export const verifyMembershipQuery = (keeper: ClientKeeper): QueryHandler => ({
  path: "/ibc.core.client.v1.Query/VerifyMembership",
  handle(context, data) {
    const request = decodeStrict(QueryVerifyMembershipRequest, data, "request of VerifyMembership", REQUEST_BYTES_MAX);
    return request.ok ? verify(keeper, context, request.value) : request;
  },
});

function verify(keeper: ClientKeeper, query: QueryContext, request: QueryVerifyMembershipRequest): Result<Uint8Array> {
  const { clientId, proof, proofHeight: height, value, timeDelay, blockDelay, merklePath } = request;
  const id = checkIdentifier("client", clientId);
  if (!id.ok) return invalid(id.error);
  const parsed = parseClientIdentifier(clientId);
  if (parsed === undefined) return invalid({ message: `invalid client identifier ${clientId}` });
  if (WITHOUT_PROOFS.includes(parsed.clientType)) {
    return invalid({ message: `verify membership is disabled for client types ${WITHOUT_PROOFS.join(", ")}` });
  }
  if (proof.length === 0) return invalid({ message: "empty proof" });
  if (isZeroHeight(height)) return invalid({ message: "proof height must be non-zero" });
  if (merklePath.keyPath.length === 0) return invalid({ message: "empty merkle path" });
  if (value.length === 0) return invalid({ message: "empty value" });
  const context = readOnly(query);
  const status = keeper.status(context, clientId);
  if (status !== "Active") {
    return invalid({ message: `cannot verify membership using client (${clientId}) with status ${status}` });
  }
  const claim = { height, proof, delayTime: timeDelay, delayBlocks: blockDelay };
  const { ok: success } = keeper.verifyMembership(context, clientId, claim, merklePath.keyPath, value);
  return ok(encode(QueryVerifyMembershipResponse, { success }));
}
