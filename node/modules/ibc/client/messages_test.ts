import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { Any } from "cosmjs-types/google/protobuf/any";
import {
  MsgCreateClient,
  MsgCreateClientResponse,
  MsgRecoverClient,
  MsgSubmitMisbehaviour,
  MsgUpdateClient,
  MsgUpdateParams,
  MsgUpgradeClient,
} from "cosmjs-types/ibc/core/client/v1/tx";
import { ConsensusState, Header, Misbehaviour } from "cosmjs-types/ibc/lightclients/tendermint/v1/tendermint";
import * as solo from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import {
  anyOf,
  block,
  Clients,
  codeOf,
  consensusOf,
  createTendermint,
  evidenceAny,
  headerAny,
  headerOf,
  SECOND,
  stateOf,
  T0,
} from "../../../../tests/helpers/ibc_clients.ts";
import type { MessageHandler } from "../../../app/ports.ts";
import { encode, type MessageCodec } from "../../../core/codec/mod.ts";
import {
  AttestationClientStateCodec,
  AttestationConsensusStateCodec,
  AttestationHeaderCodec,
  AttestationMisbehaviourCodec,
  ClientStateCodec,
  encodeClientState,
} from "../../../core/ibc/mod.ts";
import { clientMessages } from "./mod.ts";

const NOW = T0 + 60n * SECOND;

/** A chain whose only authority is the creator of its clients. */
function setUp() {
  const clients = new Clients();
  const authority = { isAuthority: (_: unknown, { text }: { text: string }) => text === clients.creator.text };
  const handlers = clientMessages(clients.keeper, authority);
  const handlerOf = (typeUrl: string): MessageHandler => handlers.find((handler) => handler.typeUrl === typeUrl)!;
  const send = <M>(codec: MessageCodec<M>, message: M, now = NOW) => {
    const handler = handlerOf(codec.typeUrl);
    const decoded = handler.decode(encode(codec, message));
    if (!decoded.ok) return decoded;
    assertEquals(handler.signers(decoded.value).map(({ text }) => text), [clients.creator.text]);
    handler.touch(decoded.value, () => {});
    const context = clients.at(now);
    return context.attempt(() => handler.execute(context, decoded.value)).result;
  };
  return { clients, handlers, handlerOf, send, signer: clients.creator.text };
}

const CREATE = {
  clientState: anyOf(ClientStateCodec, stateOf()),
  consensusState: anyOf(ConsensusState, consensusOf(block(1n))),
};

Deno.test("the messages are those of ibc-go, some of them only with an authority", () => {
  const { clients, handlers } = setUp();
  const urls = (all: readonly MessageHandler[]) =>
    all.map(({ typeUrl }) => typeUrl.replace("/ibc.core.client.v1.", ""));
  const free = ["MsgCreateClient", "MsgUpdateClient", "MsgUpgradeClient", "MsgSubmitMisbehaviour"];
  assertEquals(urls(clientMessages(clients.keeper)), free);
  assertEquals(urls(handlers), [...free, "MsgRecoverClient", "MsgUpdateParams"]);
  for (const { typeUrl, responseTypeUrl } of handlers) assertEquals(responseTypeUrl, `${typeUrl}Response`);
});

Deno.test("creating a client answers its identifier and remembers who did", () => {
  const { clients, send, signer } = setUp();
  const created = send(MsgCreateClient, { ...CREATE, signer });
  assert(created.ok);
  assertEquals(MsgCreateClientResponse.decode(created.value).clientId, "07-tendermint-0");
  assertEquals(clients.keeper.creator(clients.journal, "07-tendermint-0")?.text, signer);
  assertEquals(clients.keeper.nextSequence(clients.journal), 1n);
});

Deno.test("a message to create that does not fit together is refused before it runs", () => {
  const { send, signer } = setUp();
  const { consensusState: _, ...half } = CREATE;
  assertEquals(codeOf(send(MsgCreateClient, { ...half, signer })), "ibc/14");
  assertEquals(
    codeOf(send(MsgCreateClient, { ...CREATE, clientState: { typeUrl: "/x", value: new Uint8Array() }, signer })),
    "ibc/14",
  );
  const other = { typeUrl: solo.ConsensusState.typeUrl, value: CREATE.consensusState.value };
  assertEquals(codeOf(send(MsgCreateClient, { ...CREATE, consensusState: other, signer })), "client/10");
  assertEquals(codeOf(send(MsgCreateClient, { ...CREATE, signer: "nobody" })), "ibc/5");
  const zero = anyOf(ClientStateCodec, stateOf({ proofSpecs: [] }));
  assertEquals(codeOf(send(MsgCreateClient, { ...CREATE, clientState: zero, signer })), "07-tendermint/13");
});

Deno.test("updates and evidence go the same way, evidence also under its old message", () => {
  for (const legacy of [false, true]) {
    const { clients, send, signer } = setUp();
    const clientId = createTendermint(clients);
    assertEquals(codeOf(send(MsgUpdateClient, { clientId, clientMessage: headerAny(block(2n), 1n), signer })), "ok");
    const evidence = evidenceAny(headerOf(block(9n), 1n), headerOf(block(9n, { app: "fork" }), 1n));
    const sent = legacy
      ? send(MsgSubmitMisbehaviour, { clientId, misbehaviour: evidence, signer })
      : send(MsgUpdateClient, { clientId, clientMessage: evidence, signer });
    assertEquals(codeOf(sent), "ok");
    assertEquals(clients.status(clientId, NOW), "Frozen");
  }
});

Deno.test("an update that is malformed is refused before it runs", () => {
  const { clients, send, signer } = setUp();
  const clientId = createTendermint(clients);
  const clientMessage = headerAny(block(2n), 1n);
  assertEquals(codeOf(send(MsgUpdateClient, { clientId, signer })), "ibc/14");
  assertEquals(codeOf(send(MsgUpdateClient, { clientId: "", clientMessage, signer })), "host/2");
  assertEquals(codeOf(send(MsgUpdateClient, { clientId: "a/b-0", clientMessage, signer })), "host/2");
  assertEquals(codeOf(send(MsgUpdateClient, { clientId, clientMessage, signer: "" })), "ibc/5");
  assertEquals(
    codeOf(send(MsgUpdateClient, { clientId, clientMessage: { ...clientMessage, typeUrl: "/x" }, signer })),
    "ibc/14",
  );
});

Deno.test("an upgrade needs both states and both proofs", () => {
  const { clients, send, signer } = setUp();
  const clientId = createTendermint(clients);
  const proof = Uint8Array.of(1);
  const whole: MsgUpgradeClient = {
    clientId,
    ...CREATE,
    clientState: anyOf(
      ClientStateCodec,
      stateOf({ chainId: "src-2", latestHeight: { revisionNumber: 2n, revisionHeight: 9n } }),
    ),
    proofUpgradeClient: proof,
    proofUpgradeConsensusState: proof,
    signer,
  };
  const result = send(MsgUpgradeClient, whole);
  assertEquals(codeOf(result), "commitment/2");
  assert(!result.ok && result.error.message.startsWith("cannot upgrade client with ID 07-tendermint-0: "));
  assertEquals(codeOf(send(MsgUpgradeClient, { ...whole, proofUpgradeClient: new Uint8Array() })), "client/25");
  assertEquals(codeOf(send(MsgUpgradeClient, { ...whole, proofUpgradeConsensusState: new Uint8Array() })), "client/25");
  const other = { typeUrl: solo.ConsensusState.typeUrl, value: new Uint8Array() };
  assertEquals(codeOf(send(MsgUpgradeClient, { ...whole, consensusState: other })), "client/25");
  assertEquals(codeOf(send(MsgUpgradeClient, { ...whole, clientId: "x" })), "host/2");
});

Deno.test("only an authority recovers clients and changes parameters", () => {
  const { clients, handlerOf, send, signer } = setUp();
  const [subjectClientId, substituteClientId] = [createTendermint(clients), createTendermint(clients)];
  const recover = send(MsgRecoverClient, { subjectClientId, substituteClientId, signer });
  assertEquals(codeOf(recover), "client/24");
  assert(!recover.ok && recover.error.message.startsWith("client recovery failed: "));
  assertEquals(
    codeOf(send(MsgRecoverClient, { subjectClientId, substituteClientId: subjectClientId, signer })),
    "client/27",
  );
  assertEquals(codeOf(send(MsgUpdateParams, { params: { allowedClients: ["06-solomachine"] }, signer })), "ok");
  assertEquals(clients.status(subjectClientId, NOW), "Unauthorized");
  assertEquals(codeOf(send(MsgCreateClient, { ...CREATE, signer })), "client/10");
  for (const allowedClients of [["*", "x"], [" "], ["x", "x"], Array.from({ length: 201 }, (_, i) => `t${i}`)]) {
    assertEquals(codeOf(send(MsgUpdateParams, { params: { allowedClients }, signer })), "ibc/8");
  }
  const stranger = clients.codec.of(new Uint8Array(20).fill(1)).text;
  for (
    const [codec, message] of [
      [MsgRecoverClient, { subjectClientId, substituteClientId, signer: stranger }],
      [MsgUpdateParams, { params: { allowedClients: ["*"] }, signer: stranger }],
    ] as [MessageCodec<unknown>, unknown][]
  ) {
    const handler = handlerOf(codec.typeUrl);
    const decoded = handler.decode(encode(codec, message));
    assert(decoded.ok);
    assertEquals(codeOf(handler.execute(clients.at(NOW), decoded.value)), "ibc/2");
  }
});

/** Valid encodings of every kind of message inside a message. */
function samples(): Any[] {
  const height = { revisionNumber: 1n, revisionHeight: 1n };
  const key = { typeUrl: "/cosmos.crypto.ed25519.PubKey", value: Uint8Array.of(10, 32, ...new Uint8Array(32).fill(3)) };
  const attested = {
    height: 1n,
    timestamp: 1n,
    root: Uint8Array.of(1),
    signatures: [{ index: 0, signature: new Uint8Array(64) }],
  };
  const signature = { signature: Uint8Array.of(1), path: Uint8Array.of(1), data: Uint8Array.of(1), timestamp: 1n };
  return [
    anyOf(Header, headerOf(block(2n), 1n)),
    anyOf(Misbehaviour, {
      clientId: "07-tendermint-0",
      header1: headerOf(block(3n), 1n),
      header2: headerOf(block(2n), 1n),
    }),
    anyOf(solo.Header, { timestamp: 1n, signature: Uint8Array.of(1), newPublicKey: key, newDiversifier: "x" }),
    anyOf(solo.Misbehaviour, {
      sequence: 1n,
      signatureOne: signature,
      signatureTwo: { ...signature, signature: Uint8Array.of(2), data: Uint8Array.of(2) },
    }),
    anyOf(AttestationHeaderCodec, attested),
    anyOf(AttestationMisbehaviourCodec, { header1: attested, header2: attested }),
    CREATE.clientState,
    CREATE.consensusState,
    anyOf(AttestationClientStateCodec, {
      chainId: "c-1",
      attestors: { keys: [new Uint8Array(32).fill(9)], threshold: 1 },
      latestHeight: height,
      proofSpecs: stateOf().proofSpecs,
      trustingPeriod: 1n,
      maxClockDrift: 1n,
    }),
    anyOf(AttestationConsensusStateCodec, { timestamp: 1n, root: Uint8Array.of(1) }),
    anyOf(solo.ClientState, {
      sequence: 1n,
      isFrozen: false,
      consensusState: { publicKey: key, diversifier: "", timestamp: 1n },
    }),
    anyOf(solo.ConsensusState, { publicKey: key, diversifier: "", timestamp: 1n }),
  ];
}

Deno.test("whatever bytes a message holds, it is refused or taken, and nothing throws", () => {
  const { clients, handlers, signer } = setUp();
  createTendermint(clients);
  const all = samples();
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    drop: fc.nat(4),
    put: fc.uint8Array({ maxLength: 4 }),
  });
  let taken = 0;
  fc.assert(
    fc.property(fc.nat(all.length - 1), fc.nat(all.length - 1), fc.array(edit, { maxLength: 3 }), (one, two, edits) => {
      const mangle = ({ typeUrl, value }: Any): Any => {
        let bytes = value;
        for (const { at, drop, put } of edits) {
          const start = Math.floor(at * bytes.length);
          bytes = Uint8Array.of(...bytes.subarray(0, start), ...put, ...bytes.subarray(start + drop));
        }
        return { typeUrl, value: bytes };
      };
      const [a, b] = [mangle(all[one]!), mangle(all[two]!)];
      const clientId = ["07-tendermint-0", "06-solomachine-0", "10-attestation-0"][one % 3]!;
      const messages: [MessageCodec<never>, unknown][] = [
        [MsgUpdateClient as never, { clientId, clientMessage: a, signer }],
        [MsgSubmitMisbehaviour as never, { clientId, misbehaviour: a, signer }],
        [MsgCreateClient as never, { clientState: a, consensusState: b, signer }],
        [MsgUpgradeClient as never, {
          clientId,
          clientState: a,
          consensusState: b,
          proofUpgradeClient: b.value,
          proofUpgradeConsensusState: a.value,
          signer,
        }],
      ];
      for (const [codec, message] of messages) {
        const handler = handlers.find(({ typeUrl }) => typeUrl === codec.typeUrl)!;
        const decoded = handler.decode(encode(codec, message as never));
        if (!decoded.ok) continue;
        taken++;
        const context = clients.at(NOW);
        const checkpoint = clients.journal.checkpoint();
        handler.execute(context, decoded.value);
        clients.journal.revert(checkpoint);
      }
    }),
    { numRuns: 400 },
  );
  assert(taken > 20, `${taken} were decoded`);
});

Deno.test("random bytes are no message", () => {
  const { handlers, clients } = setUp();
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    for (const handler of handlers) assert(!handler.decode(bytes).ok);
    for (const type of clients.keeper.types()) {
      type.validateClientState(bytes);
      type.validateConsensusState(bytes);
      for (const typeUrl of type.messageTypeUrls) type.decodeMessage({ typeUrl, value: bytes });
    }
  }));
  assert(Any.typeUrl !== "" && encodeClientState(stateOf()).length > 0);
});
