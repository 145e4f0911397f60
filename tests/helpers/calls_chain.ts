/** A chain of `fake_ibc_chain.ts` with the application `calls`, and clients that believe what the test tells them. @module */
import type { ClientStatus, Context, CounterpartyProof, IbcClients } from "../../node/app/ports.ts";
import type { Address } from "../../node/core/address.ts";
import { encode, type MessageOf } from "../../node/core/codec/mod.ts";
import { formatHeight, type IbcHeight } from "../../node/core/ibc/mod.ts";
import { err, ok, type Result } from "../../node/core/result.ts";
import { bankModule } from "../../node/modules/bank/mod.ts";
import {
  callsApplication,
  CallsKeeper,
  callsModule,
  type CallTarget,
  messageTarget,
  queryTarget,
} from "../../node/modules/calls/mod.ts";
import { MsgCallCodec, MsgCallResponseCodec } from "../../node/modules/calls/types.ts";
import { FakeIbcChain } from "./fake_ibc_chain.ts";

/** Proofs are the text `<client> <height> <path in hexadecimal> <value in hexadecimal, or nothing>`. */
export class FakeClients implements IbcClients {
  readonly known = new Map<string, ClientStatus>([["07-tendermint-0", "Active"]]);
  height: IbcHeight = { revisionNumber: 1n, revisionHeight: 100n };

  status(_context: Context, clientId: string): ClientStatus {
    return this.known.get(clientId) ?? "Unknown";
  }

  latestHeight(): IbcHeight {
    return this.height;
  }

  timestampAt(): Result<bigint> {
    return ok(0n);
  }

  static proof(clientId: string, height: IbcHeight, path: readonly Uint8Array[], value?: Uint8Array): Uint8Array {
    const parts = [clientId, formatHeight(height), ...path.map((part) => part.toHex()), value?.toHex() ?? "nothing"];
    return new TextEncoder().encode(parts.join(" "));
  }

  verifyMembership(
    _context: Context,
    clientId: string,
    { height, proof }: CounterpartyProof,
    path: readonly Uint8Array[],
    value: Uint8Array,
  ): Result<undefined> {
    return this.#verify(proof, FakeClients.proof(clientId, height, path, value));
  }

  verifyNonMembership(
    _context: Context,
    clientId: string,
    { height, proof }: CounterpartyProof,
    path: readonly Uint8Array[],
  ): Result<undefined> {
    return this.#verify(proof, FakeClients.proof(clientId, height, path));
  }

  #verify(proof: Uint8Array, expected: Uint8Array): Result<undefined> {
    return proof.toHex() === expected.toHex() ? ok(undefined) : err({ codespace: "client", code: 99, message: "no" });
  }
}

export class CallsChain extends FakeIbcChain {
  readonly clients = new FakeClients();
  readonly calls: CallsKeeper;
  readonly module: ReturnType<typeof callsModule>;

  constructor(name: string, targets: Readonly<Record<string, CallTarget>> = {}) {
    super(name);
    const bank = bankModule(this.bank);
    const send = bank.messages.find(({ typeUrl }) => typeUrl === "/cosmos.bank.v1beta1.MsgSend")!;
    const balance = bank.queries.find(({ path }) => path === "/cosmos.bank.v1beta1.Query/Balance")!;
    this.calls = new CallsKeeper(this.codec, this.channels, this.clients, {
      "bank.send": messageTarget(send),
      "query": queryTarget([balance]),
      ...targets,
    });
    this.module = callsModule(this.calls);
    const made = this.module.initGenesis(Object.assign(this.context, { validators: [] }), undefined);
    if (!made.ok) throw new Error(made.error.message);
    this.applications.set("calls", callsApplication(this.calls));
  }

  /** Moves the clock and the height. */
  pass(nanos: bigint, blocks = 1n): void {
    const { block } = this.context;
    Object.assign(block, { height: block.height + blocks, time: block.time + nanos });
  }

  /** Runs an encoded message as a transaction would. */
  deliver(typeUrl: string, bytes: Uint8Array): Result<Uint8Array> {
    const handler = this.module.messages.find((one) => one.typeUrl === typeUrl)!;
    const message = handler.decode(bytes);
    if (!message.ok) return message;
    return this.context.attempt((context) => handler.execute(context, message.value)).result;
  }

  /** Sends a call; answers its packet. */
  send(sender: Address, channel: string, call: Partial<MessageOf<typeof MsgCallCodec>>) {
    const message = {
      sender: sender.text,
      sourceChannel: channel,
      target: "query",
      payload: new Uint8Array(),
      gasLimit: 100_000n,
      timeoutHeight: undefined,
      timeoutTimestamp: 1n << 62n,
      ...call,
    };
    const response = this.deliver(MsgCallCodec.typeUrl, encode(MsgCallCodec, message));
    if (!response.ok) throw new Error(`${response.error.codespace}/${response.error.code}: ${response.error.message}`);
    const { sequence } = MsgCallResponseCodec.decode(response.value);
    return this.channels.sent(this.view).find((packet) =>
      packet.sourceChannel === channel && packet.sourcePort === "calls" && packet.sequence === sequence
    )!;
  }

  ask(method: string, data: Uint8Array): Result<Uint8Array> {
    const { block, view } = this.context;
    const query = this.module.queries.find(({ path }) => path === `/catenary.calls.v1.Query/${method}`)!;
    return query.handle({ view, height: block.height, chainId: block.chainId, time: block.time }, data);
  }
}
