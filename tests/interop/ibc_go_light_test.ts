/**
 * ibc-go's own `07-tendermint` light client follows a running node by its RPC: it is created with the states our codecs
 * wrote, updated to the next header, over skipped ones and over a change of validators, shown proofs of what the node's IBC
 * store holds and does not hold, and frozen by a second header of a height. Its codecs and functions repeat ours. Needs Go
 * and its modules; where they cannot be had the test says so and ends.
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ConsensusState, Header as TendermintHeader } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import { Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import {
  MsgAcknowledgement,
  MsgChannelOpenAck,
  MsgChannelOpenConfirm,
  MsgChannelOpenInit,
  MsgChannelOpenTry,
  MsgRecvPacket,
} from "cosmjs-types/ibc/core/channel/v1/tx";
import { MsgTransfer } from "cosmjs-types/ibc/applications/transfer/v1/tx";
import { MsgCreateClient, MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { MsgConnectionOpenInit } from "cosmjs-types/ibc/core/connection/v1/tx";
import { readHome } from "../../node/config/mod.ts";
import {
  acknowledgementCommitment,
  channelPath,
  ClientStateCodec,
  clientStatePath,
  connectionPath,
  consensusStatePath,
  denomHash,
  encodeAcknowledgement,
  encodeClientState,
  escrowAddress,
  failure,
  LOCALHOST_CONNECTION_ID,
  nextSequenceRecvPath,
  packetAcknowledgementPath,
  packetCommitment,
  packetCommitmentPath,
  packetReceiptPath,
  transferSuccess,
} from "../../node/core/ibc/mod.ts";
import { ICS23_SPECS } from "../../node/core/merkle/mod.ts";
import { nanosToTimestamp, rfc3339ToNanos } from "../../node/core/time.ts";
import { deriveAccounts, DEVELOPMENT_MNEMONIC } from "../../node/development.ts";
import { MsgUpdateValidatorCodec } from "../../node/modules/validators/types.ts";
import type { CatenaryNode } from "../../node/node.ts";
import { codec, makeTx, type Signer } from "../bad_input/harness.ts";
import { secp256k1AccountOf } from "../helpers/accounts.ts";
import {
  anyOf,
  clientStateOf,
  CONNECTION_VERSION,
  encodeTyped,
  type Message,
  TestChain,
  TestClock,
  type Typed,
} from "../helpers/ibc/mod.ts";
import { withNode } from "../helpers/local_node.ts";
import { rpc } from "../helpers/rpc_client.ts";
import { withJudge } from "./ibc_go/build.ts";

const SENTINEL = Uint8Array.of(1);
const CHAIN_ID = "catenary-judged-7";
const REVISION = 7n;

/** Somebody with coins on a development chain, who sends transactions and waits for their block. */
class Sender {
  #sequence = 0n;
  readonly #account = secp256k1AccountOf(deriveAccounts(DEVELOPMENT_MNEMONIC, 1)[0]!.privateKey);
  readonly address = this.#account.address;

  constructor(private readonly node: CatenaryNode) {}

  /** Answers the height. */
  // deno-lint-ignore no-explicit-any
  async send(...messages: readonly Typed<any>[]): Promise<bigint> {
    const { publicKey, sign } = this.#account;
    const signer: Signer = { address: codec.parse(this.address)!, pubKey: { type: "secp256k1", key: publicKey }, sign };
    const tx = makeTx({
      messages: messages.map((message): Message => encodeTyped(message)),
      signers: [{ signer, accountNumber: 0n, sequence: this.#sequence++ }],
      gas: 10_000_000n,
      chainId: this.node.chainId,
    });
    const answer = await rpc(this.node.rpcAddress, "broadcast_tx_commit", { tx: tx.toBase64() });
    assertEquals([answer.check_tx.code, answer.tx_result.code], [0, 0], answer.check_tx.log + answer.tx_result.log);
    return BigInt(answer.height);
  }
}

const typed = <T>(codec: Typed<T>["codec"], value: T): Typed<T> => ({ codec, value });

/** Transfers over a channel of the chain to itself: one is acknowledged, one is on its way. */
async function transferToItself(sender: Sender): Promise<{ packets: Packet[]; ack: Uint8Array }> {
  const { address: signer } = sender;
  const proofHeight = { revisionNumber: REVISION, revisionHeight: 1n };
  const channel = (state: State, channelId: string) => ({
    state,
    ordering: 1,
    counterparty: { portId: "transfer", channelId },
    connectionHops: [LOCALHOST_CONNECTION_ID],
    version: "ics20-1",
  });
  const end = (channelId: string) => ({ portId: "transfer", channelId });
  const version = { counterpartyVersion: "ics20-1" };
  await sender.send(
    typed(MsgChannelOpenInit, { portId: "transfer", channel: channel(State.STATE_INIT, ""), signer }),
    typed(MsgChannelOpenTry, {
      portId: "transfer",
      previousChannelId: "",
      channel: channel(State.STATE_TRYOPEN, "channel-0"),
      ...version,
      proofInit: SENTINEL,
      proofHeight,
      signer,
    }),
    typed(MsgChannelOpenAck, {
      ...end("channel-0"),
      counterpartyChannelId: "channel-1",
      ...version,
      proofTry: SENTINEL,
      proofHeight,
      signer,
    }),
    typed(MsgChannelOpenConfirm, { ...end("channel-1"), proofAck: SENTINEL, proofHeight, signer }),
  );
  const timeoutTimestamp = BigInt(Date.now() + 3_600_000) * 1_000_000n;
  const transfer = typed(MsgTransfer, {
    sourcePort: "transfer",
    sourceChannel: "channel-0",
    token: { denom: "ucat", amount: "77" },
    sender: signer,
    receiver: signer,
    timeoutHeight: { revisionNumber: 0n, revisionHeight: 0n },
    timeoutTimestamp,
    memo: "a note",
    encoding: "",
  });
  await sender.send(transfer, transfer, transfer);
  const data = { denom: "ucat", amount: "77", sender: signer, receiver: signer, memo: "a note" };
  const packets = [1n, 2n, 3n].map((sequence): Packet => ({
    sequence,
    sourcePort: "transfer",
    sourceChannel: "channel-0",
    destinationPort: "transfer",
    destinationChannel: "channel-1",
    data: new TextEncoder().encode(JSON.stringify(data)),
    timeoutHeight: { revisionNumber: 0n, revisionHeight: 0n },
    timeoutTimestamp,
  }));
  const recv = (packet: Packet) => typed(MsgRecvPacket, { packet, proofCommitment: SENTINEL, proofHeight, signer });
  const ack = encodeAcknowledgement(transferSuccess());
  await sender.send(recv(packets[0]!), recv(packets[1]!));
  const settled = { packet: packets[0]!, acknowledgement: ack, proofAcked: SENTINEL, proofHeight, signer };
  await sender.send(typed(MsgAcknowledgement, settled));
  return { packets, ack };
}

/** A client of another chain, at two heights, and a connection that has begun. */
async function knowAnotherChain(sender: Sender): Promise<TestChain> {
  const other = new TestChain({ chainId: "catenary-b-1", clock: new TestClock(BigInt(Date.now()) * 1_000_000n) });
  const { address: signer } = sender;
  const first = other.height;
  other.nextBlock();
  await sender.send(
    typed(MsgCreateClient, {
      clientState: anyOf(ClientStateCodec, clientStateOf(other, first)),
      consensusState: anyOf(ConsensusState, other.consensusState(first)),
      signer,
    }),
    typed(MsgUpdateClient, {
      clientId: "07-tendermint-0",
      clientMessage: { typeUrl: "/ibc.lightclients.tendermint.v1.Header", value: encodeHeader(other, first) },
      signer,
    }),
    typed(MsgConnectionOpenInit, {
      clientId: "07-tendermint-0",
      counterparty: {
        clientId: "07-tendermint-3",
        connectionId: "",
        prefix: { keyPrefix: new TextEncoder().encode("ibc") },
      },
      version: CONNECTION_VERSION,
      delayPeriod: 0n,
      signer,
    }),
  );
  return other;
}

const encodeHeader = (chain: TestChain, trusted: bigint) =>
  TendermintHeader.encode(chain.header(trusted + 1n, trusted)).finish();

/** The states with which a client of the node is begun at `height`. */
async function statesAt(node: CatenaryNode, height: bigint) {
  const { header } = (await rpc(node.rpcAddress, "commit", { height: height.toString() })).signed_header;
  const like = { chainId: CHAIN_ID, ibcHeight: () => ({ revisionNumber: REVISION, revisionHeight: height }) };
  const proofSpecs = [ICS23_SPECS.jmt, ICS23_SPECS.tendermint];
  const clientState = clientStateOf({ ...like, proofSpecs } as unknown as TestChain, height);
  const consensusState = ConsensusState.fromPartial({
    timestamp: nanosToTimestamp(rfc3339ToNanos(header.time)!),
    root: { hash: Uint8Array.fromHex(header.app_hash) },
    nextValidatorsHash: Uint8Array.fromHex(header.next_validators_hash),
  });
  return {
    client_state: encodeClientState(clientState).toHex(),
    consensus_state: ConsensusState.encode(consensusState).finish().toHex(),
  };
}

async function reach(node: CatenaryNode, height: bigint): Promise<void> {
  while (node.height < height) {
    await new Promise((resolve) => node.events.addEventListener("block", resolve, { once: true }));
  }
}

Deno.test("ibc-go's light client follows a running node, believes its proofs and freezes on a second header", async () => {
  await withJudge(async (judge) => {
    const home = await Deno.makeTempDir({ prefix: "catenary-judged-" });
    try {
      await withNode({ home, chainId: CHAIN_ID, blockTimeMs: 50 }, async (node) => {
        const key = (await readHome(home)).validatorKey!;
        const sender = new Sender(node);
        const start = await sender.send(changePower(sender.address, key.publicKey, 11n));
        await reach(node, start + 4n);
        const { packets, ack } = await transferToItself(sender);
        const other = await knowAnotherChain(sender);
        const changed = await sender.send(changePower(sender.address, key.publicKey, 12n)) + 2n;
        await reach(node, changed + 6n);
        const seed = key.seed;
        const at = (sequence: bigint) => ["transfer", "channel-1", sequence] as const;
        const task = {
          rpc: node.rpcAddress,
          ...await statesAt(node, start + 3n),
          changed_height: changed.toString(),
          present: [
            clientStatePath("07-tendermint-0"),
            consensusStatePath("07-tendermint-0", other.ibcHeight(other.height - 1n)),
            consensusStatePath("07-tendermint-0", other.ibcHeight()),
            connectionPath("connection-0"),
            channelPath("transfer", "channel-0"),
            packetCommitmentPath("transfer", "channel-0", 2n),
            packetCommitmentPath("transfer", "channel-0", 3n),
            packetAcknowledgementPath(...at(1n)),
            packetReceiptPath(...at(2n)),
            nextSequenceRecvPath("transfer", "channel-1"),
          ],
          absent: [
            packetReceiptPath(...at(3n)),
            packetCommitmentPath("transfer", "channel-0", 1n),
            packetAcknowledgementPath(...at(3n)),
            clientStatePath("07-tendermint-1"),
          ],
          validator_seed: seed.toHex(),
          encoded: [
            ["ibc.lightclients.tendermint.v1.Header", encodeHeader(other, other.height - 1n)],
            ["ibc.core.channel.v1.Packet", Packet.encode(packets[0]!).finish()],
          ].map(([type, value]) => ({ type, value: (value as Uint8Array).toHex() })),
          packets: packets.map((packet) => ({
            packet: Packet.encode(packet).finish().toHex(),
            commitment: packetCommitment(packet).toHex(),
          })),
          acks: [ack, encodeAcknowledgement(failure(5))].map((bytes) => ({
            ack: bytes.toHex(),
            commitment: acknowledgementCommitment(bytes).toHex(),
          })),
          escrows: [["transfer", "channel-0"], ["transfer", "channel-141"]].map(([port, channel]) => ({
            port,
            channel,
            address: escrowAddress(port!, channel!).toHex(),
          })),
          denoms: ["transfer/channel-1/ucat", "transfer/channel-7/transfer/channel-0/gamm/pool/1"].map((path) => ({
            path,
            denom: denomHash(path),
          })),
        };
        const file = `${home}/task.json`;
        await Deno.writeTextFile(file, JSON.stringify(task));
        const output = await new Deno.Command(judge, { args: ["light", file] }).output();
        const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
        assert(output.success, text);
        assertStringIncludes(text, "all accepted");
        console.log(`${text.split("\n").filter((line) => line.startsWith("ok ")).length} judgements of ibc-go's`);
      });
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
});

const changePower = (authority: string, pubKey: Uint8Array, power: bigint) =>
  typed(MsgUpdateValidatorCodec, { authority, pubKey, power });
