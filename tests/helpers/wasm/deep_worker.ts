/** The deep modules in a worker; see `deep_run.ts`. @module */
import { playAll } from "./deep_run.ts";

const worker = self as unknown as {
  onmessage: (event: MessageEvent<[number, number, number]>) => void;
  postMessage(outcomes: unknown): void;
};
worker.onmessage = ({ data }) => worker.postMessage(playAll(...data));
