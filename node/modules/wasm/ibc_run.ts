/** Calls of the IBC entry points (wasmd `keeper/relay.go`). @module */
import type { Address, Context } from "../../app/ports.ts";
import type { EntryPoint } from "../../../contracts/engine.ts";
import { utf8ToBytes } from "../../core/bytes.ts";
import type { CodedError } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { handleResponse } from "./dispatch.ts";
import { envJson } from "./env.ts";
import { executeFailed, panicked, plainly } from "./errors.ts";
import { Fields } from "./fields.ts";
import { ROOT } from "./frame.ts";
import type { Json } from "./json.ts";
import type { WasmKeeper } from "./keeper.ts";
import { type ContractAnswer, readAnswer, readBasicResponse, type Response } from "./response.ts";
import { chargeInstance, instanceOf, runBytes } from "./run_contract.ts";
import type { Steps } from "./steps.ts";

/** The entry points, by what their instances are charged as. */
const CHARGED_AS = {
  ibc_channel_open: "ibc-open-channel",
  ibc_channel_connect: "ibc-connect-channel",
  ibc_channel_close: "ibc-close-channel",
  ibc_packet_receive: "ibc-recv-packet",
  ibc_packet_ack: "ibc-ack-packet",
  ibc_packet_timeout: "ibc-timeout-packet",
  ibc_source_callback: "ibc-source-chain-callback",
  ibc_destination_callback: "ibc-destination-chain-callback",
} as const satisfies Partial<Record<EntryPoint, string>>;

export type IbcEntryPoint = keyof typeof CHARGED_AS;

/** One call. `message`: JSON. */
export interface IbcCall {
  readonly contract: Address;
  readonly entry: IbcEntryPoint;
  readonly message: string;
}

/** Why there is no answer: `stopped` by the engine, with its sentence, or `refused` before it ran. */
type NoAnswer = { readonly stopped: string } | { readonly refused: CodedError };

interface Answered<T> {
  readonly portId: string;
  readonly answer: ContractAnswer<T>;
}

function callEntry<T>(
  keeper: WasmKeeper,
  context: Context,
  { contract, entry, message }: IbcCall,
  read: (json: Json) => T,
  nothing?: { readonly ok: T },
): Result<Answered<T>, NoAnswer> {
  const instance = instanceOf(keeper, context, contract);
  if (!instance.ok) return err({ refused: instance.error });
  const { info: { codeId, ibcPortId: portId }, code: { codeHash: checksum } } = instance.value;
  chargeInstance(keeper, context, { codeId, checksum }, CHARGED_AS[entry]);
  const args = [envJson(context, contract), utf8ToBytes(message)];
  const ran = runBytes(keeper, context, { contract, checksum, entry, args });
  if (!ran.ok) return err({ stopped: ran.error });
  const answer = readAnswer(ran.value, read, nothing);
  return answer.ok ? ok({ portId, answer: answer.value }) : err({ stopped: answer.error });
}

/** For everything but packets that arrive, where it is the message that fails. */
function answerOf<T>(called: Result<Answered<T>, NoAnswer>): Result<{ readonly portId: string; readonly value: T }> {
  if (!called.ok) {
    return err("stopped" in called.error ? executeFailed(called.error.stopped) : called.error.refused);
  }
  const { portId, answer } = called.value;
  return "error" in answer ? err(plainly(executeFailed(answer.error))) : ok({ portId, value: answer.ok });
}

/** Asks whether a channel may open; the version that the contract wants, empty when it says none. */
export function askToOpen(keeper: WasmKeeper, context: Context, contract: Address, message: string): Result<string> {
  const refused = keeper.frames.refusal(context);
  if (refused !== undefined) return err(refused);
  const call: IbcCall = { contract, entry: "ibc_channel_open", message };
  const read = (json: Json) => new Fields(json, "IBC3ChannelOpenResponse").text("version");
  const answer = answerOf(callEntry(keeper, context, call, read, { ok: "" }));
  return answer.ok ? ok(answer.value.value) : answer;
}

/** Tells a contract something, and does what it says to that. */
export function tellContract(keeper: WasmKeeper, context: Context, call: IbcCall): Result<undefined> {
  return keeper.frames.run(context, function* (): Steps<Result<undefined>> {
    const answer = answerOf(callEntry(keeper, context, call, readBasicResponse));
    if (!answer.ok) return answer;
    const { portId, value: response } = answer.value;
    const handled = yield* handleResponse(keeper, context, ROOT, { contract: call.contract, portId, response });
    return handled.ok ? ok(undefined) : handled;
  });
}

/** `IbcReceiveResponse`. */
const readReceived = (json: Json): Response => ({
  ...readBasicResponse(json),
  data: new Fields(json, "IBCReceiveResponse").bytes("acknowledgement"),
});

/** What became of a packet that a contract got. */
export type Received =
  /** Its acknowledgement; undefined: it comes later. */
  | { readonly acknowledgement: Uint8Array | undefined }
  /** The contract's own words of refusal. */
  | { readonly said: string }
  /** What it wanted done was refused. */
  | { readonly refused: CodedError }
  /** The contract did not come to an end, as when it panics: the message fails. */
  | { readonly aborted: CodedError };

/** Gives a packet to a contract. What it wrote stays whatever comes of it: the caller takes that back. */
export function givePacket(keeper: WasmKeeper, context: Context, contract: Address, message: string): Received {
  const given = keeper.frames.run(context, function* (): Steps<Result<Received>> {
    const call: IbcCall = { contract, entry: "ibc_packet_receive", message };
    const called = callEntry(keeper, context, call, readReceived);
    if (!called.ok) return ok("stopped" in called.error ? { aborted: panicked(called.error.stopped) } : called.error);
    const { portId, answer } = called.value;
    if ("error" in answer) return ok({ said: answer.error });
    const handled = yield* handleResponse(keeper, context, ROOT, { contract, portId, response: answer.ok });
    return ok(handled.ok ? { acknowledgement: handled.value } : { refused: handled.error });
  });
  return given.ok ? given.value : { aborted: given.error };
}
