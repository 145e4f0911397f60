/** Handlers that do not throw, whatever ours do: one broken handler must not take a connection down with it. @module */
import type { NetworkHandlers } from "./ports.ts";

/** The same handlers; what they throw goes to `onFault`, and the message counts as ignored. */
export function guarded(handlers: NetworkHandlers, onFault: (error: unknown) => void): NetworkHandlers {
  const attempt = <T>(call: () => T | Promise<T>, otherwise: T): T | Promise<T> => {
    try {
      const answer = call();
      if (!(answer instanceof Promise)) return answer;
      return answer.catch((error) => {
        onFault(error);
        return otherwise;
      });
    } catch (error) {
      onFault(error);
      return otherwise;
    }
  };
  return {
    onTopic: (topic, from, bytes) => attempt(() => handlers.onTopic(topic, from, bytes), "ignore"),
    onMessage: (channel, from, bytes) => attempt<void>(() => handlers.onMessage(channel, from, bytes), undefined),
    // Throwing ends the answer, which is part of the contract.
    onRequest: (protocol, from, body) => handlers.onRequest(protocol, from, body),
    onPeerJoined: (peer) => void attempt(() => handlers.onPeerJoined(peer), undefined),
    onPeerLeft: (peer) => void attempt(() => handlers.onPeerLeft(peer), undefined),
  };
}
