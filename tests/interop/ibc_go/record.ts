/** What one of our chains was given, written down so that it can be given again without the other chain. @module */
import { TestChain, type TxOptions } from "../../helpers/ibc/mod.ts";
import type { Delivered, Message } from "../../helpers/ibc/mod.ts";
import type { RecordedStep } from "../../vectors/ibc-go/replay.ts";

export class RecordingChain extends TestChain {
  readonly steps: RecordedStep[] = [];

  override deliver(messages: readonly Message[], options: TxOptions = {}): Delivered {
    const delivered = super.deliver(messages, options);
    this.steps.push({
      time: this.time.toString(),
      signer: options.signer as number ?? 0,
      code: delivered.code,
      messages: messages.map(({ typeUrl, value }) => ({ typeUrl, value: value.toHex() })),
    });
    return delivered;
  }
}

/** Writes a vector when asked to by the environment. */
export async function writeRecord(name: string, chain: RecordingChain): Promise<void> {
  if (Deno.env.get("RECORD_IBC_GO") !== "1") return;
  const file = new URL(`../../vectors/ibc-go/${name}.json`, import.meta.url);
  await Deno.writeTextFile(file, JSON.stringify({ chainId: chain.chainId, steps: chain.steps }, undefined, 1) + "\n");
}
