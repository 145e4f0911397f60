import type { CodedError } from "../errors.ts";
import { err, type Result } from "../result.ts";

/**
 * Codespace, code and text of the refusals made here, with the numbers of ibc-go v10 (`24-host`, `core/errors`,
 * `04-channel`, `apps/transfer`, `packet-forward-middleware`). Append-only.
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
