/** A relayer for one command: made from its configuration, asked as one that runs, and closed again. @module */
import { IoError } from "../node/core/errors.ts";
import type { RelayerConfig } from "../relayer/config/mod.ts";
import { type OpenRelayer, openRelayer } from "../relayer/relayer.ts";

/** Its HTTP interface without a socket. */
export interface InProcessRelayer {
  carry(request: Request): Promise<Response>;
  close(): Promise<void>;
}

/**
 * Opens the relayer of `config`. It begins to work with the first request that changes something: a path does not open
 * by itself. Throws an IoError when the store is another relayer's, or a wallet cannot be read.
 */
export async function openInProcess(config: RelayerConfig): Promise<InProcessRelayer> {
  const relayer = await openRelayer({ ...config, log: { ...config.log, level: "error" } });
  let working: Promise<void> | undefined;
  let isClosing = false;
  const work = async () => {
    while (!isClosing) {
      const report = await relayer.slice({ budgetMs: config.work.sliceMs, alone: false });
      // Another relayer has the lease and will do it.
      if (report.tag !== "worked") await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  };
  return {
    async carry(request) {
      if (request.method !== "GET") working ??= work();
      return await (working === undefined ? relayer.api.fetch(request, HERE) : orFailed(relayer, request, working));
    },
    async close() {
      isClosing = true;
      relayer.worker.stop();
      await working?.catch(() => {});
      await relayer.close();
    },
  };
}

const HERE = "127.0.0.1";
const WAIT_MS = 100;

/** The answer, or what the work failed with: without it some answers would never come. */
async function orFailed(relayer: OpenRelayer, request: Request, working: Promise<void>): Promise<Response> {
  const failed = working.then(() => {
    throw new IoError("relayer_ended", "ask the relayer: it has ended");
  });
  failed.catch(() => {});
  return await Promise.race([relayer.api.fetch(request, HERE), failed]);
}
