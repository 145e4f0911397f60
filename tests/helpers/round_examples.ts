/** A running height with votes of several validators, and peers of a network, for tests of their JSON. @module */
import { SignedMsgType, type Vote } from "cosmjs-types/tendermint/types/types";
import type { RoundView } from "../../node/core/round_view.ts";
import { nanosToTimestamp } from "../../node/core/time.ts";
import type { NetInfo, NodeStatus } from "../../node/rpc/ports.ts";

const fill = (byte: number, length: number) => new Uint8Array(length).fill(byte);
const NO_BYTES = new Uint8Array();
const TIME = 1_700_000_000_123_456_000n;

const blockId = (byte: number) => ({ hash: fill(byte, 32), partSetHeader: { total: 2, hash: fill(byte + 1, 32) } });
const NIL = { hash: NO_BYTES, partSetHeader: { total: 0, hash: NO_BYTES } };

const vote = (index: number, type: SignedMsgType, block: number | undefined, round = 1): Vote => ({
  type,
  height: 12n,
  round,
  blockId: block === undefined ? NIL : blockId(block),
  timestamp: nanosToTimestamp(TIME + BigInt(index)),
  validatorAddress: fill(0xa0 + index, 20),
  validatorIndex: index,
  signature: fill(0x30 + index, 64),
  extension: NO_BYTES,
  extensionSignature: NO_BYTES,
});

const PREVOTE = SignedMsgType.SIGNED_MSG_TYPE_PREVOTE;
const PRECOMMIT = SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT;

/** For a block and for nil; with a round of two digits; prevotes and precommits. */
export const EXAMPLE_VOTES: readonly Vote[] = [
  vote(0, PREVOTE, 0x11),
  vote(1, PREVOTE, undefined),
  vote(2, PRECOMMIT, 0x11, 12),
];

const validators = [10n, 20n, 30n, 40n].map((votingPower, i) => ({
  address: fill(0xa0 + i, 20),
  pubKey: { ed25519: fill(i + 1, 32) },
  votingPower,
  proposerPriority: BigInt(i) - 2n,
}));
const set = { validators, proposer: validators[2]!, totalVotingPower: 100n };

/** Round 1 of height 12: a proposal, a lock of round 0, two prevotes. */
export const EXAMPLE_ROUND: RoundView = {
  height: 12n,
  round: 1,
  step: "prevote",
  startTime: TIME,
  validators: set,
  lastValidators: set,
  proposer: fill(0xa2, 20),
  proposal: {
    type: SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL,
    height: 12n,
    round: 1,
    polRound: 0,
    blockId: blockId(0x11),
    timestamp: nanosToTimestamp(TIME),
    signature: fill(7, 64),
  },
  hasProposedBlock: true,
  lockedRound: 0,
  lockedBlockId: blockId(0x11),
  validRound: 0,
  validBlockId: blockId(0x11),
  commitRound: -1,
  votes: [
    { round: 0, prevotes: [undefined, undefined, undefined, undefined], precommits: Array(4).fill(undefined) },
    {
      round: 1,
      prevotes: [EXAMPLE_VOTES[0], EXAMPLE_VOTES[1], undefined, undefined],
      precommits: Array(4).fill(undefined),
    },
  ],
  lastCommit: {
    height: 11n,
    round: 0,
    blockId: blockId(0x11),
    signatures: [
      { blockIdFlag: 1, validatorAddress: NO_BYTES, timestamp: nanosToTimestamp(0n), signature: NO_BYTES },
      ...[1, 2, 3].map((i) => ({
        blockIdFlag: i === 3 ? 3 : 2,
        validatorAddress: fill(0xa0 + i, 20),
        timestamp: nanosToTimestamp(TIME + BigInt(i)),
        signature: fill(0x30 + i, 64),
      })),
    ],
  },
};

export const EXAMPLE_PEERS: NetInfo = {
  listeners: ["/ip4/127.0.0.1/tcp/26656/p2p/12D3KooWself"],
  peers: [{
    nodeId: "ab".repeat(20),
    moniker: "far",
    version: "0.1.0",
    outbound: true,
    address: "/ip4/10.0.0.9/tcp/26656/p2p/12D3KooWfar",
    remoteIp: "10.0.0.9",
    connectedMs: 60_000,
    bytesSent: 600_000,
    bytesReceived: 1_200_000,
  }],
};

export const EXAMPLE_STATUS: NodeStatus = {
  chainId: "example-1",
  moniker: "self",
  nodeId: "cd".repeat(20),
  listenAddress: "/ip4/127.0.0.1/tcp/26656",
  rpcAddress: "http://127.0.0.1:26657",
  earliestHeight: 1n,
  latestHeight: 11n,
  catchingUp: false,
  validatorPubKey: undefined,
  validatorPower: 0n,
  ready: true,
  indexing: true,
};
