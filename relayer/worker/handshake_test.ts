import { assert, assertEquals } from "@std/assert";
import { State } from "cosmjs-types/ibc/core/channel/v1/channel";
import { MsgConnectionOpenAck } from "cosmjs-types/ibc/core/connection/v1/tx";
import { TxBody, TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { sha256 } from "../../node/core/crypto/mod.ts";
import { clientStatePath, connectionPath, consensusStatePath } from "../../node/core/ibc/mod.ts";
import { IoError } from "../../node/core/errors.ts";
import type { LightBlock, LightValidator } from "../../node/core/light/mod.ts";
import type { Result } from "../../node/core/result.ts";
import {
  asEndpoint,
  connOpenInit,
  MOCK_PORT,
  MOCK_VERSION,
  modulesWithMock,
  Path,
  TestChain,
  TestClock,
  type TestEndpointOptions,
} from "../../tests/helpers/ibc/mod.ts";
import {
  ChainSubmitter,
  type Endpoint,
  parseGasPrice,
  type Submitter,
  systemClock,
  walletOfKey,
} from "../chain/mod.ts";
import { readClientState, verifyClaim } from "../light/mod.ts";
import type { PathChannel } from "../path/mod.ts";
import { closeChannel, openChannel, type OpenPath, openPath, type PathIds } from "./handshake.ts";
import { createClient } from "./handshake_client.ts";
import type { ChannelWish, HandshakeChain, HandshakeOptions, HandshakeStep } from "./handshake_ports.ts";
import { queryChannels } from "./handshake_queries.ts";

const TRANSFER: ChannelWish = { portA: "transfer", portB: "transfer", order: "unordered", version: "ics20-1" };
const NOTHING: PathIds = { a: {}, b: {} };

interface World {
  readonly chains: { readonly a: TestChain; readonly b: TestChain };
  readonly a: HandshakeChain;
  readonly b: HandshakeChain;
  readonly steps: HandshakeStep[];
  readonly options: HandshakeOptions;
}

type Tampering = (endpoint: Endpoint) => Endpoint;

/** Makes a block when somebody waits for one. */
const living = (chain: TestChain, endpoint: Endpoint): Endpoint => ({
  ...endpoint,
  onBlock(wake) {
    const unsubscribe = endpoint.onBlock(wake);
    const timer = setTimeout(() => chain.nextBlock(), 0);
    return () => {
      clearTimeout(timer);
      unsubscribe();
    };
  },
});

function chainOf(chain: TestChain, account: number, options: TestEndpointOptions, tamper: Tampering) {
  const endpoint = tamper(living(chain, asEndpoint(chain, { blocks: "automatic", ...options })));
  const wallet = walletOfKey(sha256(utf8ToBytes(`account ${account} of ${chain.chainId}`)), "cat");
  const quick = { retries: 3, firstMs: 0, factor: 1, maxMs: 0 };
  const backoff = { sequence: quick, mempool_full: quick, unreachable: quick, out_of_gas: quick };
  const policy = { lookMs: 5, backoff };
  const submitter = new ChainSubmitter({ endpoint, wallets: [wallet], gasPrice: parseGasPrice("0ucat")!, policy });
  return { name: chain.chainId.slice(9, 10), endpoint, submitter, storePrefix: "ibc" };
}

async function withWorld(
  use: (world: World) => Promise<void>,
  more: {
    readonly account?: number;
    readonly on?: TestEndpointOptions;
    readonly tamper?: Tampering;
    chains?: World["chains"];
  } = {},
): Promise<void> {
  const clock = new TestClock();
  const chains = more.chains ?? {
    a: new TestChain({ chainId: "catenary-a-1", clock }),
    b: new TestChain({ chainId: "catenary-b-2", clock, validators: [7n, 5n] }),
  };
  const { account = 0, on = {}, tamper = (endpoint) => endpoint } = more;
  const a = chainOf(chains.a, account, on, tamper);
  const b = chainOf(chains.b, account, {}, (endpoint) => endpoint);
  const steps: HandshakeStep[] = [];
  const options = { clock: systemClock, onStep: (step: HandshakeStep) => void steps.push(step), blockTimeoutMs: 2_000 };
  try {
    await use({ chains, a, b, steps, options });
  } finally {
    a.submitter.close();
    b.submitter.close();
  }
}

function valueOf<T, E extends { message: string }>(result: Result<T, E>): T {
  assert(result.ok, result.ok ? "" : result.error.message);
  return result.value;
}

const stepsOf = (steps: readonly HandshakeStep[]) => steps.map(({ step, chain }) => `${chain} ${step}`);

const ALL_STEPS = [
  "a create_client",
  "b create_client",
  "a connection_open_init",
  "b connection_open_try",
  "a connection_open_ack",
  "b connection_open_confirm",
  "a channel_open_init",
  "b channel_open_try",
  "a channel_open_ack",
  "b channel_open_confirm",
];

/** The channel's two ends, as the chains hold them. */
async function statesOf({ a, b, chains }: World, path: OpenPath, { a: endA, b: endB }: PathChannel) {
  const of = async (chain: HandshakeChain, connection: string, height: bigint, channelId: string) =>
    (await queryChannels(chain.endpoint, connection, height)).find((one) => one.channelId === channelId)?.state;
  return [
    await of(a, path.a.connectionId, chains.a.height, endA.channelId),
    await of(b, path.b.connectionId, chains.b.height, endB.channelId),
  ];
}

Deno.test("a path is opened from nothing, step by step, and is there when asked for again", async () => {
  await withWorld(async (world) => {
    const { a, b, steps, options } = world;
    const seen: PathIds[] = [];
    const opened = valueOf(
      await openPath(a, b, NOTHING, [TRANSFER], { ...options, onProgress: (ids) => void seen.push(ids) }),
    );
    assertEquals(stepsOf(steps), ALL_STEPS);
    assertEquals(await statesOf(world, opened, opened.channels[0]!), [State.STATE_OPEN, State.STATE_OPEN]);
    assertEquals(seen.length, 4);
    assertEquals(seen[0], { a: { clientId: opened.a.clientId }, b: {} });
    for (const { proofHeight, step } of steps) {
      assertEquals(proofHeight !== undefined, !/init|create/.test(step), step);
    }
    steps.length = 0;
    assertEquals(valueOf(await openPath(a, b, seen.at(-1)!, [TRANSFER], options)), opened);
    assertEquals(valueOf(await openPath(a, b, NOTHING, [TRANSFER], options)), opened, "found without being told");
    assertEquals(valueOf(await openPath(b, a, NOTHING, [TRANSFER], options)).a, opened.b, "and from the other side");
    assertEquals(steps, []);
  });
});

Deno.test("one more channel is one more, and a path wants each of its channels once", async () => {
  await withWorld(async (world) => {
    const { a, b, options } = world;
    const ordered: ChannelWish = { ...TRANSFER, version: "" };
    const opened = valueOf(await openPath(a, b, NOTHING, [TRANSFER, ordered], options));
    const ids = opened.channels.map((channel) => channel.a.channelId);
    assertEquals(new Set(ids).size, 2);
    assertEquals(opened.channels.map(({ version }) => version), ["ics20-1", "ics20-1"]);
    const more = valueOf(await openChannel(a, b, opened, TRANSFER, options));
    assert(!ids.includes(more.a.channelId));
    assertEquals(await statesOf(world, opened, more), [State.STATE_OPEN, State.STATE_OPEN]);
  });
});

Deno.test("a handshake that was stopped anywhere goes on from there", async (t) => {
  for (let stop = 1; stop <= ALL_STEPS.length; stop++) {
    await t.step(`after ${ALL_STEPS[stop - 1]}`, async () => {
      await withWorld(async ({ a, b, steps, options }) => {
        const abort = new AbortController();
        const onStep = (step: HandshakeStep) => {
          steps.push(step);
          if (steps.length === stop) abort.abort();
        };
        const stopped = await openPath(a, b, NOTHING, [TRANSFER], { ...options, onStep, signal: abort.signal });
        assertEquals(stopped.ok ? "open" : stopped.error.code, "aborted");
        valueOf(await openPath(a, b, NOTHING, [TRANSFER], options));
        assertEquals(stepsOf(steps), ALL_STEPS, "no step was done twice");
      });
    });
  }
});

Deno.test("two relayers at once, each from its own side, both end, and afterwards see the same path", async () => {
  await withWorld(async (one) => {
    await withWorld(async (two) => {
      const clients = valueOf(await openPath(one.a, one.b, NOTHING, [], one.options));
      const ends = { a: { clientId: clients.a.clientId }, b: { clientId: clients.b.clientId } };
      const turned = { a: ends.b, b: ends.a };
      const both = await Promise.all([
        openPath(one.a, one.b, ends, [TRANSFER], one.options),
        openPath(two.b, two.a, turned, [TRANSFER], two.options),
      ]);
      both.forEach((result) => valueOf(result));
      // Each may have opened its own; whoever looks now finds the same.
      const first = valueOf(await openPath(one.a, one.b, ends, [TRANSFER], one.options));
      const second = valueOf(await openPath(two.b, two.a, turned, [TRANSFER], two.options));
      assertEquals([second.b, second.a], [first.a, first.b]);
      assertEquals(second.channels.map(({ a, b }) => [b, a]), first.channels.map(({ a, b }) => [a, b]));
    }, { account: 1, chains: one.chains });
  });
});

Deno.test("what another relayer has begun is finished", async () => {
  await withWorld(async ({ chains, a, b, steps, options }) => {
    const path = new Path(chains.a, chains.b).openClients();
    path.b.do(connOpenInit(path.b));
    const ids = { a: { clientId: path.a.clientId }, b: { clientId: path.b.clientId } };
    const opened = valueOf(await openPath(a, b, ids, [], options));
    assertEquals(stepsOf(steps), ["a connection_open_try", "b connection_open_ack", "a connection_open_confirm"]);
    assertEquals(opened.b.connectionId, "connection-0");
  });
});

Deno.test("chains before ibc-go v9 get proofs of their own client and of what it believes", async () => {
  const messages: { typeUrl: string; value: Uint8Array }[] = [];
  const intercept = (method: keyof Endpoint, tx: unknown) => {
    if (method !== "broadcast") return;
    messages.push(...TxBody.decode(TxRaw.decode(tx as Uint8Array).bodyBytes).messages);
  };
  await withWorld(async ({ a, b, chains, options }) => {
    const { a: endA, b: endB } = valueOf(await openPath(a, b, NOTHING, [], options));
    const found = messages.find(({ typeUrl }) => typeUrl === MsgConnectionOpenAck.typeUrl)!;
    const ack = MsgConnectionOpenAck.decode(found.value);
    const client = readClientState(ack.clientState!);
    assert(client.ok);
    assertEquals([client.value.chainId, client.value.latestHeight], [chains.a.chainId, ack.consensusHeight]);
    const { header } = chains.b.blocks.light(ack.proofHeight.revisionHeight).signedHeader;
    const { proofHeight: { revisionHeight: height }, consensusHeight } = ack;
    const holds = (path: string, proof: Uint8Array) => {
      const key = utf8ToBytes(path);
      const { value } = chains.b.prove("ibc", key, height - 1n);
      assert(value !== undefined, path);
      assertEquals(
        verifyClaim(header.appHash, chains.b.proofSpecs, { store: "ibc", key, value, proof }).ok,
        true,
        path,
      );
    };
    holds(connectionPath(endB.connectionId), ack.proofTry);
    holds(clientStatePath(endB.clientId), ack.proofClient);
    holds(consensusStatePath(endB.clientId, consensusHeight), ack.proofConsensus);
    assertEquals(ack.connectionId, endA.connectionId);
  }, { on: { intercept } });
});

Deno.test("a chain that does not answer now and then does not stop it", async () => {
  let calls = 0;
  const intercept = (method: keyof Endpoint) => {
    if ((method === "simulate" || method === "broadcast") && calls++ % 3 === 0) {
      throw new IoError("chain_unreachable", "no answer");
    }
  };
  await withWorld(async ({ a, b, options }) => {
    valueOf(await openPath(a, b, NOTHING, [TRANSFER], options));
  }, { on: { intercept } });
});

Deno.test("a chain that lies is not believed", async (t) => {
  /** `lightBlock` answers something else from its `from`-th call on. */
  const otherBlocks = (from: number, change: (block: LightBlock) => LightBlock): Tampering => (endpoint) => {
    let calls = 0;
    return {
      ...endpoint,
      async lightBlock(height) {
        const block = await endpoint.lightBlock(height);
        return ++calls < from ? block : change(block);
      },
    };
  };
  /** `prove` answers another value under keys that begin so. */
  const otherValues = (start: string): Tampering => (endpoint) => ({
    ...endpoint,
    async prove(store, key, height) {
      const proven = await endpoint.prove(store, key, height);
      const value = proven.value?.slice();
      const isMeant = new TextDecoder().decode(key).startsWith(start);
      if (value !== undefined && isMeant) value[0]! ^= 0x20;
      return { ...proven, value };
    },
  });
  const strongValidators = (block: LightBlock): LightBlock => {
    const { validators } = block.validatorSet as { readonly validators: readonly LightValidator[] };
    return { ...block, validatorSet: validators.map((one) => ({ ...one, votingPower: 99n })) };
  };
  const forgedSeal = (block: LightBlock): LightBlock => {
    const { header, commit } = block.signedHeader!;
    const signatures = commit!.signatures.map((one) => ({ ...one, signature: one.signature.toReversed() }));
    return { ...block, signedHeader: { header, commit: { ...commit!, signatures } } };
  };
  const otherState = (block: LightBlock): LightBlock => {
    const { header, commit } = block.signedHeader!;
    return { ...block, signedHeader: { header: { ...header!, appHash: new Uint8Array(32) }, commit } };
  };
  const tampering: [string, Tampering][] = [
    ["about how its proofs are made", otherValues("next")],
    ["about a connection", otherValues("connections/")],
    ["about a channel", otherValues("channelEnds/")],
    ["about the validators of its first block", otherBlocks(1, strongValidators)],
    ["about who sealed its first block", otherBlocks(1, forgedSeal)],
    ["about the validators of a later block", otherBlocks(3, strongValidators)],
    ["about who sealed a later block", otherBlocks(3, forgedSeal)],
    ["about the state under a later block", otherBlocks(3, otherState)],
  ];
  for (const [name, tamper] of tampering) {
    await t.step(name, async () => {
      await withWorld(async ({ a, b, options }) => {
        const result = await openPath(a, b, NOTHING, [TRANSFER], options);
        assertEquals(result.ok ? "open" : result.error.code, "unbelievable");
      }, { tamper });
    });
  }
});

Deno.test("a channel is closed on both sides, whichever begins, and also when one side is closed already", async () => {
  const chains = () => {
    const clock = new TestClock();
    const modules = modulesWithMock;
    return {
      a: new TestChain({ chainId: "catenary-a-1", clock, modules }),
      b: new TestChain({ chainId: "catenary-b-2", clock, modules }),
    };
  };
  const wish: ChannelWish = { portA: MOCK_PORT, portB: MOCK_PORT, order: "ordered", version: MOCK_VERSION };
  await withWorld(async (world) => {
    const { a, b, steps, options } = world;
    const opened = valueOf(await openPath(a, b, NOTHING, [wish, { ...wish, order: "unordered" }], options));
    const [ordered, unordered] = opened.channels as [PathChannel, PathChannel];
    steps.length = 0;
    valueOf(await closeChannel(a, b, opened, ordered, options));
    valueOf(await closeChannel(a, b, opened, ordered, options));
    assertEquals(stepsOf(steps), ["a channel_close_init", "b channel_close_confirm"]);
    assertEquals(await statesOf(world, opened, ordered), [State.STATE_CLOSED, State.STATE_CLOSED]);
    steps.length = 0;
    const abort = new AbortController();
    const onStep = (step: HandshakeStep) => {
      steps.push(step);
      abort.abort();
    };
    const stopped = await closeChannel(a, b, opened, unordered, {
      ...options,
      onStep,
      signal: abort.signal,
      first: "b",
    });
    assertEquals(stopped.ok ? "closed" : stopped.error.code, "aborted");
    valueOf(await closeChannel(a, b, opened, unordered, options));
    assertEquals(stepsOf(steps), ["b channel_close_init", "a channel_close_confirm"]);
  }, { chains: chains() });
});

Deno.test("what cannot be is told with a code", async (t) => {
  const codeOf = async (result: Promise<Result<unknown, { code: string }>>) => {
    const settled = await result;
    return settled.ok ? "ok" : settled.error.code;
  };
  await withWorld(async ({ a, b, options }) => {
    const opened = valueOf(await openPath(a, b, NOTHING, [TRANSFER], options));
    await t.step("a connection that is not there", async () => {
      const ids = { ...opened, a: { ...opened.a, connectionId: "connection-77" } };
      assertEquals(await codeOf(openPath(a, b, ids, [], options)), "impossible");
    });
    await t.step("a client that is not there", async () => {
      const ids = { a: { clientId: "07-tendermint-77" }, b: {} };
      assertEquals(await codeOf(openPath(a, b, ids, [], options)), "chain_refused");
    });
    await t.step("a port that nobody has bound", async () => {
      const wish = { ...TRANSFER, portA: "nobody", portB: "nobody" };
      assertEquals(await codeOf(openChannel(a, b, opened, wish, options)), "chain_refused");
    });
    await t.step("a version that the application refuses", async () => {
      assertEquals(await codeOf(openChannel(a, b, opened, { ...TRANSFER, version: "no" }, options)), "chain_refused");
    });
    await t.step("a chain without a wallet", async () => {
      const mute: HandshakeChain = { ...a, submitter: undefined };
      assertEquals(await codeOf(createClient(mute, b, options)), "no_wallet");
    });
    await t.step("transactions that are lost", async () => {
      const lossy: Submitter = { addresses: ["x"], submit: () => Promise.resolve({ tag: "lost", hash: "AB" }) };
      assertEquals(await codeOf(createClient({ ...a, submitter: lossy }, b, options)), "transaction_lost");
    });
    await t.step("a channel that its application will not close", async () => {
      assertEquals(await codeOf(closeChannel(a, b, opened, opened.channels[0]!, options)), "chain_refused");
    });
    await t.step("a chain that stands still", async () => {
      const endpoint = { ...a.endpoint, latest: () => Promise.resolve({ height: 1n, timeNanos: 1n }) };
      const quick = { ...options, blockTimeoutMs: 1 };
      assertEquals(await codeOf(createClient(b, { ...a, endpoint }, quick)), "stalled");
    });
  });
});
