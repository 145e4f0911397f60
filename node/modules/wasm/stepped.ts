/** Handlers of messages that run contracts: also without the native stack, for contracts that send such messages. @module */
import type { Context, MessageHandler } from "../../app/ports.ts";
import type { Result } from "../../core/result.ts";
import type { Frame } from "./frame.ts";
import type { WasmKeeper } from "./keeper.ts";
import type { Steps } from "./steps.ts";

export interface SteppedHandler<M> extends MessageHandler<M> {
  /** As `execute`, within the frame of the contract that sent the message. */
  steps(context: Context, frame: Frame, message: M): Steps<Result<Uint8Array>>;
}

/** The whole handler of what runs in steps. */
export const stepped = <M>(keeper: WasmKeeper, parts: Omit<SteppedHandler<M>, "execute">): SteppedHandler<M> => ({
  ...parts,
  execute: (context, message) => keeper.frames.run(context, (frame) => parts.steps(context, frame, message)),
});

export const isStepped = <M>(handler: MessageHandler<M>): handler is SteppedHandler<M> => "steps" in handler;
