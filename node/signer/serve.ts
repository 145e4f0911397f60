/**
 * The signer's side: dials a node, answers what it asks, and dials again when the node is gone. One node at a time; a key
 * that serves two nodes would have to refuse one of them everything.
 * @module
 */
import type { ClockPort } from "../consensus/ports.ts";
import { sha256 } from "../core/crypto/mod.ts";
import type { Ed25519Key } from "../core/crypto/mod.ts";
import { IoError } from "../core/errors.ts";
import { type SignerAddress, signerAddressText } from "./address.ts";
import type { Answerer } from "./answers.ts";
import { delimited, type Link, LinkReader, plainLink, type Socket, within } from "./link.ts";
import type { SignerLog } from "./log.ts";
import { secretConnection } from "./secret_connection.ts";
import { dialSocket } from "./_sockets.ts";
import { decodeSignerMessage, encodeSignerMessage, SIGNER_MESSAGE_BYTES_MAX } from "./wire.ts";

/** A node says something every 3 to 4 s; after this long it is taken for gone. */
export const IDLE_MS = 15_000;
/** From dialing to a link that can be used, and for one answer to be taken. */
export const CONNECT_MS = 5_000;
const RETRY_MS_MIN = 100;
/** A node waits a few seconds for its signer before it goes on without. */
const RETRY_MS_MAX = 2_000;

export interface ServeOptions {
  /** The node's. */
  readonly address: SignerAddress;
  /** This signer's own key for secret connections; not the validator's. */
  readonly connectionKey: Ed25519Key;
  readonly answer: Answerer;
  readonly clock: ClockPort;
  readonly log: SignerLog;
  /** In [0, 1). */
  readonly random?: () => number;
  /** For tests. */
  readonly dial?: (address: SignerAddress) => Promise<Socket>;
}

/** A signer at work. */
export interface SignerService {
  /** Ends after the answer in progress. */
  stop(): Promise<void>;
}

/** Begins at once, and goes on until it is stopped. */
export function serveSigner(options: ServeOptions): SignerService {
  const { clock, log, random = Math.random, dial = dialSocket } = options;
  let isStopping = false;
  /** Ends what is waited for. Not a promise that all waits race with: it would remember each of them. */
  let interrupt = () => {};
  let current: Link | undefined;
  const name = signerAddressText(options.address);
  const pause = (ms: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.schedule(ms, resolve);
    interrupt = () => {
      cancel();
      resolve();
    };
    return promise;
  };
  const run = async () => {
    let wait = RETRY_MS_MIN;
    let told: string | undefined;
    while (!isStopping) {
      let reason = "the node hung up";
      try {
        const socket = await dialWithin(clock, () => dial(options.address), (stop) => interrupt = stop);
        current = plainLink(socket);
        if (isStopping) current.close();
        const link = await connect(options, current);
        log.info("connected to the node", { node: name });
        told = undefined;
        if (await serveLink(link, options, () => isStopping)) wait = RETRY_MS_MIN;
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      current?.close();
      current = undefined;
      if (isStopping) return;
      // The same trouble is told once, not at each attempt.
      if (reason !== told) log.warn("no node", { node: name, reason });
      told = reason;
      await pause(wait * (0.5 + random()));
      wait = Math.min(wait * 2, RETRY_MS_MAX);
    }
  };
  const done = run();
  return {
    async stop() {
      isStopping = true;
      interrupt();
      current?.close();
      await done;
    },
  };
}

async function connect({ address, connectionKey, clock }: ServeOptions, raw: Link): Promise<Link> {
  if (address.transport === "unix") return raw;
  const link = await within(clock, CONNECT_MS, raw, "shake hands", () => secretConnection(raw, connectionKey));
  const nodeId = sha256(link.peerKey).subarray(0, 20).toHex();
  if (address.nodeId === undefined || address.nodeId === nodeId) return link;
  throw new IoError("signer_other_node", `connect to the node ${address.nodeId}: the node there is ${nodeId}`);
}

/** A dial cannot be called back; what it brings too late is closed. */
async function dialWithin(
  clock: ClockPort,
  dial: () => Promise<Socket>,
  interruptible: (interrupt: () => void) => void,
): Promise<Socket> {
  let isOver = false;
  const failed = Promise.withResolvers<never>();
  const fail = (state: string) => {
    isOver = true;
    failed.reject(new IoError("signer_timeout", `dial the node: ${state}`));
  };
  const cancel = clock.schedule(CONNECT_MS, () => fail(`not done within ${CONNECT_MS} ms`));
  interruptible(() => fail("the signer is stopping"));
  const dialed = dial().then((socket) => {
    if (isOver) socket.close();
    return socket;
  });
  // Whichever loses the race is nobody's business.
  dialed.catch(() => {});
  failed.promise.catch(() => {});
  try {
    return await Promise.race([dialed, failed.promise]);
  } finally {
    cancel();
  }
}

/** Answers until the link ends; whether the node took this signer: it asks for the key of whoever comes. */
async function serveLink(
  link: Link,
  { answer, clock }: ServeOptions,
  isStopping: () => boolean,
): Promise<boolean> {
  const reader = new LinkReader(link);
  let wasTaken = false;
  while (!isStopping()) {
    const bytes = await within(
      clock,
      IDLE_MS,
      link,
      "wait for the node",
      () => reader.message(SIGNER_MESSAGE_BYTES_MAX),
    );
    if (bytes === undefined) return wasTaken;
    const question = decodeSignerMessage(bytes);
    if (!question.ok) throw new IoError("signer_bad_question", question.error.message);
    const answered = await answer(question.value);
    if (answered === undefined) {
      throw new IoError("signer_bad_question", `answer the node: ${question.value.type} is no question`);
    }
    wasTaken ||= question.value.type !== "pubKeyRequest";
    const reply = delimited(encodeSignerMessage(answered));
    await within(clock, CONNECT_MS, link, "answer the node", () => link.write(reply));
  }
  return wasTaken;
}
