/** The `catenary` command in this process. @module */
import process from "node:process";
import { main } from "../../cli/main.ts";

/** Runs `catenary ARGS` and returns what it printed. One at a time: it stands in for the process's own output. */
export async function catenary(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const decoder = new TextDecoder();
  const { stdout, stderr } = Deno;
  const [writeOut, writeErr, saysErr] = [stdout.writeSync, stderr.writeSync, process.stderr.write];
  stdout.writeSync = (bytes) => (out += decoder.decode(bytes), bytes.length);
  stderr.writeSync = (bytes) => (err += decoder.decode(bytes), bytes.length);
  // What commander says of a command that is wrong goes here.
  process.stderr.write = (text: string | Uint8Array) => (err += text, true);
  try {
    return { code: await main(args), out, err };
  } finally {
    stdout.writeSync = writeOut;
    stderr.writeSync = writeErr;
    process.stderr.write = saysErr;
  }
}
