/**
 * A chain of ibc-go's own `testing` package as a chain of our helpers: it runs in the Go judge, which is asked line by line
 * through two named pipes, so that answers can be waited for without promises.
 * @module
 */
import { ConsensusState, Header } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { utf8ToBytes } from "../../../node/core/bytes.ts";
import { type IbcHeight, revisionOfChainId } from "../../../node/core/ibc/mod.ts";
import { ICS23_SPECS } from "../../../node/core/merkle/mod.ts";
import type { Nanos } from "../../../node/core/time.ts";
import { type Delivered, type IbcChain, type Message, type Proof, SECOND, TestClock } from "../../helpers/ibc/mod.ts";

interface Answer {
  readonly error?: string;
  readonly chain_id: string;
  readonly sender: string;
  readonly height: string;
  readonly time: string;
  readonly value: string;
  readonly proof: string;
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly gas_used: string;
  readonly events: readonly { type: string; attributes: readonly { key: string; value: string }[] | null }[] | null;
}

const BLOCK_TIME = 5n * SECOND;

export class GoChain implements IbcChain {
  readonly proofSpecs = [ICS23_SPECS.iavl, ICS23_SPECS.tendermint];
  readonly history: Delivered[] = [];
  readonly #in: Deno.FsFile;
  readonly #out: Deno.FsFile;
  #rest = "";
  #last!: Answer;

  private constructor(
    private readonly process: Deno.ChildProcess,
    private readonly folder: string,
    readonly clock: TestClock,
  ) {
    this.#in = Deno.openSync(`${folder}/in`, { write: true });
    this.#out = Deno.openSync(`${folder}/out`, { read: true });
    this.ask({ do: "info" });
  }

  /** Starts a chain of the judge at `path`; its clock starts at that chain's time. */
  static async start(path: string, clock = new TestClock()): Promise<GoChain> {
    const folder = await Deno.makeTempDir({ prefix: "catenary-go-chain-" });
    const made = await new Deno.Command("mkfifo", { args: [`${folder}/in`, `${folder}/out`] }).output();
    if (!made.success) throw new Error("mkfifo failed");
    const args = ["chain", `${folder}/in`, `${folder}/out`];
    const process = new Deno.Command(path, { args, stdin: "null", stdout: "inherit", stderr: "inherit" }).spawn();
    return new GoChain(process, folder, clock);
  }

  async stop(): Promise<void> {
    this.#in.close();
    this.#out.close();
    await this.process.status;
    await Deno.remove(this.folder, { recursive: true });
  }

  get chainId(): string {
    return this.#last.chain_id;
  }

  get relayer(): string {
    return this.#last.sender;
  }

  get height(): bigint {
    return BigInt(this.#last.height);
  }

  get time(): Nanos {
    return BigInt(this.#last.time);
  }

  ibcHeight(height: bigint = this.height): IbcHeight {
    return { revisionNumber: revisionOfChainId(this.chainId), revisionHeight: height };
  }

  nextBlock(): void {
    this.ask({ do: "block", time: this.#nextTime() });
  }

  relay(messages: readonly Message[]): Delivered {
    const answer = this.ask({
      do: "deliver",
      time: this.#nextTime(),
      messages: messages.map(({ typeUrl, value }) => ({ type_url: typeUrl, value: value.toHex() })),
    });
    const { code, codespace, log, events } = answer;
    const delivered: Delivered = {
      hash: "",
      height: this.height,
      code,
      codespace,
      log,
      data: new Uint8Array(),
      gasUsed: BigInt(answer.gas_used),
      events: (events ?? []).map(({ type, attributes }) => ({
        type,
        attributes: (attributes ?? []).map((attribute) => ({ ...attribute, index: true })),
      })),
    };
    this.history.push(delivered);
    return delivered;
  }

  /** Lets ibc-go's mock application send a packet. */
  sendByMock(port: string, channel: string, data: Uint8Array, timeoutHeight: IbcHeight): void {
    this.ask({
      do: "send",
      time: this.#nextTime(),
      port,
      channel,
      data: data.toHex(),
      timeout_revision: timeoutHeight.revisionNumber.toString(),
      timeout_height: timeoutHeight.revisionHeight.toString(),
    });
  }

  query(path: string, data: Uint8Array): Uint8Array {
    return Uint8Array.fromHex(this.ask({ do: "query", path, data: data.toHex() }).value);
  }

  prove(store: string, key: Uint8Array, height: bigint = this.height): Proof {
    const { value, proof } = this.ask({ do: "prove", store, key: key.toHex(), height: height.toString() });
    return {
      value: value === "" ? undefined : Uint8Array.fromHex(value),
      proof: Uint8Array.fromHex(proof),
      height: this.ibcHeight(height + 1n),
    };
  }

  header(height: bigint, trustedHeight: bigint): Header {
    const { value } = this.ask({ do: "header", height: height.toString(), trusted: trustedHeight.toString() });
    return Header.decode(Uint8Array.fromHex(value));
  }

  /** Another header of a height, sealed by the same validators. */
  secondHeader(height: bigint, trustedHeight: bigint): Header {
    const { value } = this.ask({ do: "second", height: height.toString(), trusted: trustedHeight.toString() });
    return Header.decode(Uint8Array.fromHex(value));
  }

  consensusState(height: bigint): ConsensusState {
    const { time: timestamp, appHash, nextValidatorsHash } = this.header(height, height).signedHeader!.header!;
    return ConsensusState.fromPartial({ timestamp, root: { hash: appHash }, nextValidatorsHash });
  }

  #nextTime(): string {
    this.clock.advance(BLOCK_TIME);
    return this.clock.now.toString();
  }

  /** One line there, one line back. Throws what the Go side could not do. */
  ask(asked: Readonly<Record<string, unknown>>): Answer {
    const bytes = utf8ToBytes(JSON.stringify(asked) + "\n");
    for (let at = 0; at < bytes.length;) at += this.#in.writeSync(bytes.subarray(at));
    const answer = JSON.parse(this.#line()) as Answer;
    if (answer.error !== undefined) throw new Error(`the Go chain: ${answer.error}`);
    return this.#last = answer;
  }

  #line(): string {
    const buffer = new Uint8Array(65_536);
    const decoder = new TextDecoder();
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        return line;
      }
      const read = this.#out.readSync(buffer);
      if (read === null) throw new Error("the Go chain ended");
      this.#rest += decoder.decode(buffer.subarray(0, read), { stream: true });
    }
  }
}
