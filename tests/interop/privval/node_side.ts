/**
 * The node's side of a remote signer in a process of its own, since a unix socket needs a permission that tests do not have:
 * listens at `ADDRESS`, asks whoever comes, and prints what came of it. Usage: node_side.ts ADDRESS CHAIN_ID
 * @module
 */
import { SYSTEM_CLOCK } from "../../../node/clock.ts";
import { verifyEd25519 } from "../../../node/core/crypto/mod.ts";
import { proposalSignBytes, voteSignBytes } from "../../../node/core/types/mod.ts";
import { openRemoteSigner } from "../../../node/signer/mod.ts";
import { signable, type Spec } from "../../../node/signer/_testing.ts";

const [listen = "", chainId = ""] = Deno.args;
const say = (line: Record<string, unknown>) => console.log(JSON.stringify(line));
const quiet = () => {};

const remote = await openRemoteSigner({
  listen,
  chainId,
  nodeKey: new Uint8Array(32).fill(5),
  peerKeys: [],
  timeoutMs: 5000,
  startTimeoutMs: 20_000,
  clock: SYSTEM_CLOCK,
  log: {
    debug: quiet,
    info: (message, fields) => message.startsWith("waiting") && say({ listening: fields?.listen }),
    warn: quiet,
    error: quiet,
  },
});
say({ key: remote.publicKey.toHex() });
const cases: Spec[] = [
  { kind: "proposal" },
  { kind: "proposal", seconds: 99 },
  { kind: "proposal", block: 2 },
  { kind: "prevote" },
  { kind: "prevote", block: 0 },
  { kind: "precommit" },
  { kind: "precommit", seconds: 99 },
  { kind: "precommit", block: 2 },
  { kind: "prevote" },
  { height: 2, kind: "prevote", block: 0 },
  { height: 2, kind: "precommit", block: 0 },
];
for (const spec of cases) {
  const answer = await remote.signer.sign(chainId, signable(spec));
  if (!answer.ok) {
    say({ spec, refused: answer.reason });
    continue;
  }
  const { message } = answer;
  const [bytes, inner] = message.type === "vote"
    ? [voteSignBytes(chainId, message.vote), message.vote] as const
    : [proposalSignBytes(chainId, message.proposal), message.proposal] as const;
  const holds = verifyEd25519(remote.publicKey, bytes, inner.signature);
  say({ spec, signed: holds, seconds: Number(inner.timestamp.seconds) });
}
await remote.close();
say({ done: true });
