/**
 * Nodes and relayers of this user that run now: each leaves a note in the folder for temporary files and takes it away
 * when it ends, so that `catenary relayer` finds them on whatever ports they listen. A note may be stale: whoever reads
 * one asks there.
 * @module
 */
import { join } from "node:path";

/** What is said of a process. Addresses are URLs on this machine. */
export interface RunningNote {
  readonly kind: "node" | "relayer";
  readonly pid: number;
  /** RPC of a node, API of a relayer. */
  readonly url: string;
  readonly chainId?: string;
}

/** Notes that are looked at; more would be a heap that nobody took away. */
const NOTES_MAX = 200;
const NOTE_BYTES_MAX = 4096;

function folder(): string {
  const temporary = Deno.env.get("TMPDIR") ?? Deno.env.get("TEMP") ?? "/tmp";
  return join(temporary, `catenary-running-${Deno.uid() ?? "user"}`);
}

/** The folder may lie where others can write: what is not this user's own is not read. */
function isOurs(path: string): boolean {
  const { uid } = Deno.lstatSync(path);
  return uid === null || uid === Deno.uid();
}

/** Leaves a note; answers how to take it away. Where no note can be left, nothing depends on it. */
export function announce(note: Omit<RunningNote, "pid">): () => void {
  const path = join(folder(), `${Deno.pid}-${crypto.randomUUID().slice(0, 8)}.json`);
  try {
    Deno.mkdirSync(folder(), { recursive: true, mode: 0o700 });
    if (!isOurs(folder())) return () => {};
    Deno.writeTextFileSync(path, JSON.stringify({ ...note, pid: Deno.pid }), { createNew: true, mode: 0o600 });
  } catch {
    return () => {};
  }
  return () => {
    try {
      Deno.removeSync(path);
    } catch {
      // Somebody tidied up.
    }
  };
}

/** The notes that are there, newest first. */
export function runningNotes(): RunningNote[] {
  try {
    if (!isOurs(folder())) return [];
    const names = [...Deno.readDirSync(folder())].filter(({ name }) => name.endsWith(".json")).slice(0, NOTES_MAX);
    return names.map(({ name }) => join(folder(), name))
      .map((path) => ({ path, at: Deno.statSync(path).mtime?.getTime() ?? 0 }))
      .sort((a, b) => b.at - a.at)
      .flatMap(({ path }) => readNote(path) ?? []);
  } catch {
    return [];
  }
}

function readNote(path: string): RunningNote | undefined {
  try {
    if (Deno.statSync(path).size > NOTE_BYTES_MAX) return undefined;
    const note = JSON.parse(Deno.readTextFileSync(path));
    const valid = (note.kind === "node" || note.kind === "relayer") && Number.isSafeInteger(note.pid) &&
      typeof note.url === "string" && /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost):\d{1,5}$/.test(note.url);
    if (valid && isAlive(note.pid)) return note;
    // Its process was killed before it could take the note away.
    Deno.removeSync(path);
  } catch {
    // Gone meanwhile, or not ours to judge.
  }
  return undefined;
}

/** Where the system does not tell, everybody is alive. */
function isAlive(pid: number): boolean {
  if (Deno.build.os !== "linux") return true;
  try {
    Deno.lstatSync(`/proc/${pid}`);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}
