/** `/ibc.core.client.v1.MsgRecoverClient`: an authority gives a frozen or expired client the state of another. @module */
import { MsgRecoverClient } from "cosmjs-types/ibc/core/client/v1/tx";
import type { MessageHandler } from "../../../app/ports.ts";
import { checkIdentifier, refuse, wrapRefusal } from "../../../core/ibc/mod.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import { messageHandler, type Signed } from "../message.ts";
import type { ExpectedAuthority } from "./expected.ts";
import type { ClientKeeper } from "./keeper.ts";
import { clientStateKey, PARAMS_KEY, STORE } from "./keys.ts";

/** Longest message, in bytes. */
const BYTES_MAX = 1_024;
const EMPTY = new Uint8Array();

export const msgRecoverClient = (
  keeper: ClientKeeper,
  authority: ExpectedAuthority,
): MessageHandler<Signed<MsgRecoverClient>> =>
  messageHandler(keeper.codec, {
    codec: MsgRecoverClient,
    bytesMax: BYTES_MAX,
    validate,
    touch({ subjectClientId, substituteClientId }, key) {
      key(STORE, PARAMS_KEY);
      key(STORE, clientStateKey(subjectClientId));
      key(STORE, clientStateKey(substituteClientId));
    },
    execute(context, { subjectClientId, substituteClientId }, signer) {
      if (!authority.isAuthority(context.view, signer)) {
        return refuse("unauthorized", `recover client: ${signer.text} is no authority`);
      }
      const recovered = keeper.recover(context, subjectClientId, substituteClientId);
      return recovered.ok ? ok(EMPTY) : err(wrapRefusal(recovered.error, "client recovery failed"));
    },
  });

function validate({ subjectClientId, substituteClientId }: MsgRecoverClient): Result<unknown> {
  const subject = checkIdentifier("client", subjectClientId);
  if (!subject.ok) return subject;
  const substitute = checkIdentifier("client", substituteClientId);
  if (!substitute.ok || subjectClientId !== substituteClientId) return substitute;
  return refuse("invalidSubstitute", "subject and substitute clients must be different");
}
