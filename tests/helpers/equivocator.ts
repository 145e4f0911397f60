/**
 * A Byzantine validator as a process: it meets the others over libp2p with a home's own keys, passes on what it hears as an
 * honest one would, and in each round prevotes for two blocks that nobody made.
 *
 * Arguments: the home, and the RPC address of an honest node, which tells where consensus is. Ends with its standard input.
 * @module
 */
import { SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { untilInputEnds } from "../../cli/signals.ts";
import { readHome } from "../../node/config/mod.ts";
import { tendermintEngine } from "../../node/consensus/tendermint/mod.ts";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { ed25519KeyFromSeed, sha256, signEd25519 } from "../../node/core/crypto/mod.ts";
import { voteSignBytes } from "../../node/core/types/mod.ts";
import { encodeCarry } from "../../node/gossip/wire.ts";
import { createLibp2pNetwork, makeValidatorProof, peerIdOf } from "../../node/network/mod.ts";
import { VERSION } from "../../node/version.ts";
import { rpc } from "./rpc_client.ts";

/** How often it looks where consensus is. Rounds last longer, as blocks wait for each other longer. */
const LOOK_MS = 20;

const [root, rpcUrl] = Deno.args;
const home = await readHome(root!);
const { chain_id: chainId } = home.genesis as { chain_id: string };
const key = ed25519KeyFromSeed(home.validatorKey!.seed);
const network = createLibp2pNetwork({
  nodeKeySeed: home.nodeKey.seed,
  chainId,
  moniker: "equivocator",
  version: VERSION,
  p2p: home.config.p2p,
  validatorProof: makeValidatorProof(key, chainId, peerIdOf(home.nodeKey.publicKey)),
});
await network.start({
  onTopic: () => "accept",
  onMessage() {},
  async *onRequest() {},
  onPeerJoined() {},
  onPeerLeft() {},
});
let ending = false;
const looking = lie();
await untilInputEnds();
ending = true;
await looking;
await network.stop();
Deno.exit(0);

async function lie(): Promise<void> {
  let last = "";
  while (!ending) {
    const where = await position().catch(() => undefined);
    if (where !== undefined && where.index >= 0 && network.peers.length > 0) {
      const { height, round, index } = where;
      if (`${height}/${round}` !== last) {
        for (const lie of ["one thing", "another thing"]) {
          network.publish("consensus", prevote(height, round, index, lie));
        }
        last = `${height}/${round}`;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function position(): Promise<{ height: bigint; round: number; index: number }> {
  const { round_state } = await rpc(rpcUrl!, "consensus_state");
  const [height, round] = round_state["height/round/step"].split("/");
  const { validators } = await rpc(rpcUrl!, "validators", { height });
  const address = home.validatorKey!.address.toHex().toUpperCase();
  const index = validators.findIndex((validator: { address: string }) => validator.address === address);
  return { height: BigInt(height), round: Number(round), index };
}

function prevote(height: bigint, round: number, validatorIndex: number, lie: string): Uint8Array {
  const now = BigInt(Date.now());
  const vote = Vote.fromPartial({
    type: SignedMsgType.SIGNED_MSG_TYPE_PREVOTE,
    height,
    round,
    blockId: {
      hash: sha256(utf8ToBytes(`${lie} at ${height}`)),
      partSetHeader: { total: 1, hash: sha256(utf8ToBytes(lie)) },
    },
    timestamp: Timestamp.fromPartial({ seconds: now / 1000n, nanos: Number(now % 1000n) * 1_000_000 }),
    validatorAddress: home.validatorKey!.address,
    validatorIndex,
  });
  const signature = signEd25519(key, voteSignBytes(chainId, vote));
  return encodeCarry(tendermintEngine.codec.encodeMessage({ type: "vote", vote: { ...vote, signature } }));
}
