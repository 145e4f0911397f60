/** Counterparts of other kinds: a machine with a key, and a chain that attestors vouch for. @module */
import { assertEquals } from "@std/assert";
import { MsgCreateClient, MsgUpdateClient } from "cosmjs-types/ibc/core/client/v1/tx";
import { Channel, Order, type Packet, State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { ConnectionEnd, State as ConnectionState } from "cosmjs-types/ibc/core/connection/v1/connection";
import { Header as SoloHeader } from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import { compareBytes, utf8ToBytes } from "../../node/core/bytes.ts";
import { encode } from "../../node/core/codec/mod.ts";
import { ed25519KeyFromSeed } from "../../node/core/crypto/mod.ts";
import {
  acknowledgementCommitment,
  type Attestation,
  type AttestationClientState,
  AttestationClientStateCodec,
  AttestationConsensusStateCodec,
  AttestationHeaderCodec,
  encodeAcknowledgement,
  packetCommitment,
  signAttestation,
  transferSuccess,
  ZERO_HEIGHT,
} from "../../node/core/ibc/mod.ts";
import { timestampToNanos } from "../../node/core/time.ts";
import { DENOM } from "../bad_input/harness.ts";
import {
  acknowledge,
  anyOf,
  assertRefused,
  changed,
  chanOpenAck,
  chanOpenInit,
  CONNECTION_VERSION,
  connOpenAck,
  connOpenInit,
  createClient,
  encodeTyped,
  type End,
  escrowOf,
  eventValue,
  Path,
  recvPacket,
  relayAll,
  SECOND,
  sentPackets,
  supply,
  TestChain,
  TestClock,
  timeout,
  transfer,
  type Typed,
  voucher,
} from "../helpers/ibc/mod.ts";
import { SoloMachine } from "./solo_machine.ts";

const user = (chain: TestChain, index = 1) => chain.accounts[index]!.address.text;

/** A chain with an open channel to a machine. */
function withMachine() {
  const clock = new TestClock();
  const chain = new TestChain({ clock });
  const machine = new SoloMachine(clock);
  // The other end is never a chain; its names are the machine's own.
  const { a } = new Path(chain, chain);
  a.clientId = eventValue(a.do(changed(createClient(a), machine.states())), "create_client", "client_id");
  Object.assign(a.other, { clientId: "machine-client", connectionId: "connection-7", channelId: "channel-9" });
  a.connectionId = eventValue(a.do(connOpenInit(a)), "connection_open_init", "connection_id");
  a.prover = (path) => machine.prove(path, encode(ConnectionEnd, machineConnection(a)));
  a.do(connOpenAck(a));
  a.channelId = eventValue(a.do(chanOpenInit(a)), "channel_open_init", "channel_id");
  a.prover = (path) => machine.prove(path, encode(Channel, machineChannel(a)));
  a.do(chanOpenAck(a));
  return { clock, chain, machine, a };
}

/** What the machine holds of the connection when it has answered. */
const machineConnection = (end: End): ConnectionEnd => ({
  clientId: "machine-client",
  versions: [CONNECTION_VERSION],
  state: ConnectionState.STATE_TRYOPEN,
  counterparty: { clientId: end.clientId, connectionId: end.connectionId, prefix: { keyPrefix: utf8ToBytes("ibc") } },
  delayPeriod: 0n,
});

const machineChannel = (end: End, state = State.STATE_TRYOPEN): Channel => ({
  state,
  ordering: Order.ORDER_UNORDERED,
  counterparty: { portId: end.portId, channelId: end.channelId },
  connectionHops: ["connection-7"],
  version: "ics20-1",
});

/** The machine signs for another key with the one it has. */
const rotate = ({ clientId, chain }: End, machine: SoloMachine): Typed<MsgUpdateClient> => ({
  codec: MsgUpdateClient,
  value: { clientId, clientMessage: anyOf(SoloHeader, machine.rotate()), signer: chain.relayer },
});

Deno.test("a machine with a key opens a channel, sends and receives tokens, and is timed out", () => {
  const { clock, chain, machine, a } = withMachine();
  assertEquals([a.clientId, a.channel().state], ["06-solomachine-0", State.STATE_OPEN]);
  const inAnHour = () => clock.now + 3600n * SECOND;
  // It sends of its own, which is a voucher here.
  const incoming: Packet = {
    sequence: 1n,
    sourcePort: "transfer",
    sourceChannel: "channel-9",
    destinationPort: "transfer",
    destinationChannel: a.channelId,
    data: utf8ToBytes(JSON.stringify({ amount: "500", denom: "solo", receiver: user(chain), sender: "the machine" })),
    timeoutHeight: ZERO_HEIGHT,
    timeoutTimestamp: inAnHour(),
  };
  a.prover = (path) => machine.prove(path, packetCommitment(incoming));
  a.do(recvPacket(a, incoming));
  const minted = voucher("solo", a.other);
  assertEquals([chain.balance(1, minted), supply(chain, minted)], [500n, 500n]);
  a.do(rotate(a, machine));
  // Tokens go back, and it says under its new key that it got them.
  const sends = (amount: bigint, options: Parameters<typeof transfer>[4]) =>
    sentPackets(
      chain.deliverOk([encodeTyped(transfer(a, user(chain), "the machine", amount, options))], { signer: 1 }),
    )[0]!;
  const burnt = sends(200n, { denom: minted, timeoutTimestamp: inAnHour() });
  const ack = encodeAcknowledgement(transferSuccess());
  const used = machine.sequence;
  a.prover = (path) => machine.prove(path, acknowledgementCommitment(ack));
  a.do(acknowledge(a, burnt, ack));
  assertEquals(supply(chain, minted), 300n);
  const other = sends(10n, { timeoutTimestamp: inAnHour() });
  // A sequence is used once.
  a.prover = (path) => machine.prove(path, acknowledgementCommitment(ack), used);
  assertRefused(chain, "solomachineSignature", () => a.try(acknowledge(a, other, ack)));
  // Its time is that of its last signature: it must speak after the timeout before it can say that it got nothing.
  const late = sends(30n, { timeoutTimestamp: clock.now + 20n * SECOND });
  clock.advance(100n * SECOND);
  chain.nextBlock();
  a.prover = (path) => machine.prove(path, undefined, machine.sequence);
  assertRefused(chain, "timeoutNotReached", () => a.try(timeout(a, late)));
  a.do(rotate(a, machine));
  assertEquals(chain.balance(escrowOf(a)), 40n);
  a.do(timeout(a, late));
  assertEquals(chain.balance(escrowOf(a)), 10n);
});

const KEYS = [1, 2, 3, 4].map((fill) => ed25519KeyFromSeed(new Uint8Array(32).fill(fill)))
  .sort((a, b) => compareBytes(a.publicKey, b.publicKey));

/** What attestors say of a block of a chain: its time, and the root that it shows. */
function attest(chain: TestChain, height: bigint, by: readonly number[] = [0, 1, 3]) {
  const { time, appHash } = chain.blocks.light(height).signedHeader.header;
  const attestation: Attestation = { height, timestamp: timestampToNanos(time), root: appHash };
  const signatures = by.map((index) => ({
    index,
    signature: signAttestation(chain.chainId, attestation, KEYS[index]!),
  }));
  return { ...attestation, signatures };
}

/** Lets the client at `end` be one of attestations. */
function byAttestors(end: End): void {
  const source = end.other.chain as TestChain;
  const { relayer: signer } = end.chain;
  const update = (height: bigint, by?: readonly number[]): Typed<MsgUpdateClient> => ({
    codec: MsgUpdateClient,
    value: { clientId: end.clientId, clientMessage: anyOf(AttestationHeaderCodec, attest(source, height, by)), signer },
  });
  end.createClient = () => {
    source.nextBlock();
    const { height } = source;
    const { timestamp, root } = attest(source, height);
    const state: AttestationClientState = {
      chainId: source.chainId,
      attestors: { keys: KEYS.map(({ publicKey }) => publicKey), threshold: 3 },
      latestHeight: source.ibcHeight(height),
      proofSpecs: source.proofSpecs,
      trustingPeriod: 3600n * SECOND,
      maxClockDrift: 10n * SECOND,
    };
    const message: Typed<MsgCreateClient> = {
      codec: MsgCreateClient,
      value: {
        clientState: anyOf(AttestationClientStateCodec, state),
        consensusState: anyOf(AttestationConsensusStateCodec, { timestamp, root }),
        signer,
      },
    };
    end.clientId = eventValue(end.do(message), "create_client", "client_id");
    end.clientHeight = height;
  };
  end.updateClient = () => {
    source.nextBlock();
    assertRefused(end.chain as TestChain, "attestationSignature", () => end.try(update(source.height, [1, 2])));
    const delivered = end.do(update(source.height));
    end.clientHeight = source.height;
    return delivered;
  };
}

Deno.test("a chain that only attestors vouch for opens a channel, and tokens go there and back", () => {
  const clock = new TestClock();
  const [a, b] = [
    new TestChain({ chainId: "catenary-a-1", clock }),
    new TestChain({ chainId: "catenary-b-1", clock }),
  ];
  const path = new Path(a, b);
  byAttestors(path.a);
  path.open();
  assertEquals([path.a.clientId, path.b.clientId], ["10-attestation-0", "07-tendermint-0"]);
  a.deliverOk([encodeTyped(transfer(path.a, user(a), user(b), 50n))], { signer: 1 });
  relayAll(path);
  const onB = voucher(DENOM, path.a);
  b.deliverOk([encodeTyped(transfer(path.b, user(b), user(a), 20n, { denom: onB }))], { signer: 1 });
  relayAll(path);
  assertEquals([a.balance(escrowOf(path.a)), supply(b, onB)], [30n, 30n]);
});
