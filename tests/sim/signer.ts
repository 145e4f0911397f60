/**
 * The key of a simulated home, under the production guard. A home that was wiped goes by the production rule for those, and one
 * that was not knows that. The production node does not: what it does for new homes, too, is the plant `holds-back-new`.
 * @module
 */
import { BlockIDFlag } from "cosmjs-types/tendermint/types/validator";
import { guardSigner, type SeenPrecommit, type Signable, type SignerPort } from "../../node/consensus/mod.ts";
import { equalBytes } from "../../node/core/bytes.ts";
import { proposalSignBytes, voteSignBytes } from "../../node/core/types/mod.ts";
import { type HeldKey, heldKey } from "../../node/held_key.ts";
import type { NodeParts } from "./engines.ts";
import type { Host, Later } from "./process.ts";
import type { SimKey } from "./signatures.ts";

/** As in `node/runtime/last_precommit.ts`. */
const BLOCKS_LOOKED_AT = 16;

/** What the rule for lost homes is to be told when consensus begins; undefined: it does not apply. */
export const beginningOf: NodeParts["beginning"] = (height, wasWiped) =>
  wasWiped ? { height, initialHeight: 0n } : undefined;

export class HomeSigner implements SignerPort {
  readonly #host: Host;
  readonly #beginning: NodeParts["beginning"];
  readonly #plain: SignerPort;
  readonly #held: HeldKey;
  #isHeld = false;

  constructor(host: Host, { signerStorage: storage, beginning }: NodeParts, later: Later) {
    const key = host.setup.key!;
    this.#host = host;
    this.#beginning = beginning;
    const guard = () =>
      host.honest ? guardSigner({ sign: (bytes) => key.sign(bytes), storage }) : unguarded(key, later);
    this.#plain = guard();
    this.#held = heldKey(storage, guard);
  }

  /** Consensus begins at `height`. */
  async begin(height: bigint): Promise<void> {
    const beginning = this.#host.honest ? this.#beginning(height, this.#host.wasWiped) : undefined;
    this.#isHeld = beginning !== undefined;
    const seen = () => Promise.resolve(this.#lastPrecommit());
    if (beginning !== undefined) await this.#held.begin({ ...beginning, seen });
  }

  async sign(chainId: string, message: Signable): ReturnType<SignerPort["sign"]> {
    const signer = this.#isHeld ? this.#held.signer : this.#plain;
    const answer = await signer.sign(chainId, message);
    if (answer.ok) {
      const { setup, world, honest } = this.#host;
      setup.lies?.learn(answer.message);
      world.checkers.onSigned(setup.validator!, honest, setup.key!.address, answer.message);
    }
    return answer;
  }

  /** What the last blocks show of this key. */
  #lastPrecommit(): SeenPrecommit | undefined {
    const { disk: { decisions }, setup } = this.#host;
    for (const { height, commit } of decisions.slice(-BLOCKS_LOOKED_AT).reverse()) {
      const hasSigned = commit.signatures.some(({ blockIdFlag, validatorAddress }) =>
        blockIdFlag !== BlockIDFlag.BLOCK_ID_FLAG_ABSENT && equalBytes(validatorAddress, setup.key!.address)
      );
      if (hasSigned) return { height, round: commit.round };
    }
    return undefined;
  }
}

const unguarded = (key: SimKey, later: Later): SignerPort => ({
  sign: (chainId, message) => later(0, () => ({ ok: true, message: signUnguarded(key, chainId, message) })),
});

function signUnguarded(key: SimKey, chainId: string, message: Signable): Signable {
  if (message.type === "vote") {
    return { type: "vote", vote: { ...message.vote, signature: key.sign(voteSignBytes(chainId, message.vote)) } };
  }
  const signature = key.sign(proposalSignBytes(chainId, message.proposal));
  return { type: "proposal", proposal: { ...message.proposal, signature } };
}
