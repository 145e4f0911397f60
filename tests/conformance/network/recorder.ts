/** What a node was told, and waiting for it to be told. @module */
import type { GossipVerdict } from "../../../node/core/peer.ts";
import type { NetworkHandlers, PeerView } from "../../../node/network/ports.ts";

/** Long enough that only what never comes fails; nothing here passes by waiting. */
const PATIENCE_MS = 30_000;

/** Handlers that keep all they are told. Parts can be replaced by a test. */
export class Recorder implements NetworkHandlers {
  readonly joined: PeerView[] = [];
  readonly left: string[] = [];
  readonly messages: { channel: string; from: string; bytes: Uint8Array }[] = [];
  readonly published: { topic: string; from: string; bytes: Uint8Array }[] = [];
  judge: (bytes: Uint8Array) => GossipVerdict | Promise<GossipVerdict> = () => "accept";
  handle: (bytes: Uint8Array) => void | Promise<void> = () => {};
  answer: (body: Uint8Array) => AsyncIterable<Uint8Array> = async function* (body) {
    yield await Promise.resolve(body);
  };
  readonly #waiters = new Set<() => void>();

  onTopic(topic: string, from: string, bytes: Uint8Array): GossipVerdict | Promise<GossipVerdict> {
    this.published.push({ topic, from, bytes });
    this.changed();
    return this.judge(bytes);
  }
  onMessage(channel: string, from: string, bytes: Uint8Array): void | Promise<void> {
    this.messages.push({ channel, from, bytes });
    this.changed();
    return this.handle(bytes);
  }
  onRequest(_protocol: string, _from: string, body: Uint8Array): AsyncIterable<Uint8Array> {
    return this.answer(body);
  }
  onPeerJoined(peer: PeerView): void {
    this.joined.push(peer);
    this.changed();
  }
  onPeerLeft(peer: string): void {
    this.left.push(peer);
    this.changed();
  }

  /** Looks again at what is waited for. */
  changed(): void {
    for (const look of [...this.#waiters]) look();
  }

  /** Resolves once `condition` holds, looked at whenever something was told; throws `what` when it never does. */
  until(what: string, condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiters.delete(look);
      };
      const look = () => {
        if (!condition()) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`never came: ${what}`));
      }, PATIENCE_MS);
      this.#waiters.add(look);
    });
  }
}
