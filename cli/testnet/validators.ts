/** The processes of a testnet: starts them, watches them, tells of them, ends them. @module */
import { nodeIdOf, readHome } from "../../node/config/mod.ts";
import { CommandError, commandName } from "../output.ts";
import type { Report } from "../up/report.ts";
import { type ChildEnd, type ChildStart, type NodeChild, startChild } from "./child.ts";
import { type BlockReport, HeightBoard, type HeightEvent } from "./heights.ts";
import type { TestnetNode } from "./homes.ts";
import { followOutsider } from "./outsider.ts";

/** How often it is looked who is late. */
const TICK_MS = 250;
const ANSWER_WAIT_MS = 2000;

export interface ValidatorsOptions {
  readonly nodes: readonly TestnetNode[];
  readonly report: Report;
  /** For each `node start`. */
  readonly args: readonly string[];
  readonly logFile: (name: string) => string;
  /** There is no use in going on. */
  readonly onFailure: (error: CommandError) => void;
}

export class Validators {
  readonly #options: ValidatorsOptions;
  readonly #board: HeightBoard;
  readonly #children: NodeChild[] = [];
  readonly #outsiders = new Map<string, () => Promise<void>>();
  readonly #rpc = new Map<string, string>();
  /** Lines wait for what is asked about their height, and keep their order. */
  #telling: Promise<void> = Promise.resolve();
  #ticker: ReturnType<typeof setInterval> | undefined;
  #stopping = false;
  #heights = 0;
  #inAll = 0;
  #wanted: { readonly count: number; readonly resolve: () => void } | undefined;

  constructor(options: ValidatorsOptions) {
    this.#options = options;
    this.#board = new HeightBoard(options.nodes.map(({ name }) => name));
  }

  /** Heights that were told. */
  get heights(): number {
    return this.#heights;
  }
  rpcAddress(index: number): string {
    return this.#rpc.get(this.#options.nodes[index]!.name) ?? "";
  }

  /** Resolves when all run; rejects when one cannot. */
  async start(): Promise<void> {
    const { nodes, args, logFile } = this.#options;
    this.#ticker = setInterval(() => this.#tell(this.#board.tick(performance.now())), TICK_MS);
    await Promise.all(nodes.map(async (node) => {
      const { name, home } = node;
      const onBlock = (block: BlockReport) => this.#tell(this.#board.block(name, block, performance.now()));
      const onStarted = (start: ChildStart, pid: number) => this.#onStarted(node, start, pid);
      const child = startChild({ name, home, logFile: logFile(name), args, onStarted, onBlock });
      this.#children.push(child);
      await child.started;
      // Not before: one that never ran is told by the rejection.
      child.ended.then((end) => this.#onEnded(node, child, end));
    }));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#ticker);
    await Promise.all([
      ...this.#children.map((child) => child.stop()),
      ...[...this.#outsiders.values()].map((end) => end()),
    ]);
    await this.#telling;
  }

  /** Resolves after `count` heights from now on that all validators had. */
  untilFinalInAll(count: number): Promise<void> {
    return new Promise((resolve) => this.#wanted = { count: this.#inAll + count, resolve });
  }

  #onStarted(node: TestnetNode, { rpcAddress, height }: ChildStart, pid: number): void {
    const { name, validator, peerAddress, metricsListen } = node;
    this.#rpc.set(name, rpcAddress);
    const metrics = metricsListen === "" ? null : `http://${metricsListen}/metrics`;
    this.#options.report.say(
      "node",
      { name, pid, validator, rpcAddress, peerAddress, metrics, height },
      `${name}  pid ${pid}  rpc ${rpcAddress}  metrics ${metrics ?? "off"}  height ${height}\n       ${peerAddress}`,
    );
    this.#tell(this.#board.up(name, height, performance.now()));
  }

  async #onEnded(node: TestnetNode, { pid }: NodeChild, { how, log }: ChildEnd): Promise<void> {
    if (this.#stopping) return;
    const { name, home } = node;
    const again = `${commandName()} node start --home ${home}`;
    const last = log === "" ? "" : `\n${log}`;
    this.#sayDown(name, `(pid ${pid}) ended ${how}`, { pid, how, log }, `; start it again with: ${again}${last}`);
    const { nodeKey } = await readHome(home);
    if (this.#stopping) return;
    // Somebody may start it again: then it is followed by its RPC.
    this.#outsiders.set(
      name,
      followOutsider({
        rpcAddress: this.#rpc.get(name)!,
        nodeId: nodeIdOf(nodeKey),
        onUp: (height) => {
          this.#queue(() =>
            this.#options.report.say("node_up", { name, height }, `${name} is back at height ${height}`)
          );
          this.#tell(this.#board.up(name, height, performance.now()));
        },
        onBlock: (block) => this.#tell(this.#board.block(name, block, performance.now())),
        onDown: () => this.#sayDown(name, "answers no more", {}, ""),
      }),
    );
  }

  #sayDown(name: string, what: string, fields: object, hint: string): void {
    this.#tell(this.#board.down(name, performance.now()));
    const all = this.#options.nodes.length;
    const running = this.#board.running.length;
    // All have the same power.
    const goesOn = running * 3 > all * 2;
    const state = `${running} of ${all} run, ${goesOn ? "blocks go on" : "too few for blocks until another is back"}`;
    this.#queue(() =>
      this.#options.report.say("node_down", { name, ...fields, running, goesOn }, `${name} ${what}: ${state}${hint}`)
    );
    if (running === 0) {
      this.#queue(() =>
        this.#options.onFailure(new CommandError("run the testnet: no validator is left", "all_ended"))
      );
    }
  }

  #tell(events: readonly HeightEvent[]): void {
    for (const event of events) {
      this.#queue(() => this.#say(event));
    }
  }

  #queue(say: () => void | Promise<void>): void {
    this.#telling = this.#telling.then(say).catch((error) => this.#options.onFailure(error));
  }

  async #say(event: HeightEvent): Promise<void> {
    const { report } = this.#options;
    switch (event.type) {
      case "final":
        return await this.#sayFinal(event);
      case "behind":
        return report.say("node_behind", event, `${event.node} is behind: it has ${event.height} of ${event.newest}`);
      case "in_step":
        return report.say("node_in_step", event, `${event.node} has caught up: height ${event.height}`);
      case "conflict":
        return this.#options.onFailure(conflictOf(event));
    }
  }

  async #sayFinal({ block, nodes, spreadMs, intervalMs }: Extract<HeightEvent, { type: "final" }>): Promise<void> {
    const all = this.#options.nodes.length;
    const { height, hash, appHash, txs } = block;
    const round = await this.#roundOf(nodes, height);
    const [spread, interval] = [Math.round(spreadMs), intervalMs === undefined ? null : Math.round(intervalMs)];
    this.#options.report.say(
      "height",
      { height, round, txs, hash, appHash, finalIn: nodes, of: all, spreadMs: spread, intervalMs: interval },
      [
        `height ${height}`,
        `round ${round ?? "?"}`,
        `txs ${txs}`,
        `app hash ${appHash.slice(0, 16)}`,
        `final in ${nodes.length === all ? `all ${all}` : `${nodes.length} of ${all}`} within ${spread} ms`,
        ...(interval === null ? [] : [`after ${interval} ms`]),
      ].join("  "),
    );
    this.#heights++;
    if (nodes.length === all) this.#inAll++;
    if (this.#wanted !== undefined && this.#inAll >= this.#wanted.count) this.#wanted.resolve();
  }

  /** The round in which the height was decided, as one of those that have it tells; null when none does in time. */
  async #roundOf(nodes: readonly string[], height: bigint): Promise<number | null> {
    const rpcAddress = nodes.map((name) => this.#rpc.get(name)).find((address) => address !== undefined);
    if (rpcAddress === undefined || this.#stopping) return null;
    try {
      const signal = AbortSignal.timeout(ANSWER_WAIT_MS);
      const { result } = await (await fetch(`${rpcAddress}/commit?height=${height}`, { signal })).json();
      return result.signed_header.commit.round;
    } catch {
      return null;
    }
  }
}

function conflictOf({ node, block, known }: Extract<HeightEvent, { type: "conflict" }>): CommandError {
  const words = ({ hash, appHash }: BlockReport) => `block ${hash}, app hash ${appHash}`;
  return new CommandError(
    `compare the validators at height ${block.height}: ${node} has ${words(block)}; others have ${words(known)}`,
    "validators_disagree",
  );
}
