/** The key of a simulated home, under the production guard, and what it does when the home has lost its memory. @module */
import { guardSigner, type Signable, type SignerPort, type SignerStorage } from "../../node/consensus/mod.ts";
import { proposalSignBytes, voteSignBytes } from "../../node/core/types/mod.ts";
import type { NodeParts } from "./engines.ts";
import type { Host, Later } from "./process.ts";
import type { SimKey } from "./signatures.ts";

/**
 * Below which height a home that has lost everything signs nothing. Stands for a rule that is right: past the last height it
 * signed. What `node/validator_key.ts` does is not always that; it is the plant `holds-back-two`.
 */
export const rightHold: NodeParts["heldUntil"] = (_height, { lastSigned }) => lastSigned + 1n;

export class HomeSigner implements SignerPort {
  readonly #host: Host;
  readonly #storage: SignerStorage;
  readonly #rule: NodeParts["heldUntil"];
  readonly #inner: SignerPort;
  #heldUntil = 0n;
  #begun: Promise<void> | undefined;

  constructor(host: Host, { signerStorage: storage, heldUntil }: NodeParts, later: Later) {
    const { setup, honest } = host;
    const key = setup.key!;
    this.#host = host;
    this.#storage = storage;
    this.#rule = heldUntil;
    this.#inner = honest ? guardSigner({ sign: (bytes) => key.sign(bytes), storage }) : {
      sign: (chainId, message) => later(0, () => ({ ok: true, message: signUnguarded(key, chainId, message) })),
    };
  }

  /** Consensus begins at `height`. Only the first call counts. */
  begin(height: bigint): Promise<void> {
    return this.#begun ??= this.#decide(height);
  }

  async sign(chainId: string, message: Signable): ReturnType<SignerPort["sign"]> {
    const { height } = message.type === "vote" ? message.vote : message.proposal;
    if (height < this.#heldUntil) return { ok: false, reason: `nothing below ${this.#heldUntil} is signed` };
    const answer = await this.#inner.sign(chainId, message);
    if (answer.ok) {
      const { setup, world, honest } = this.#host;
      setup.lies?.learn(answer.message);
      this.#host.signed(height);
      world.checkers.onSigned(setup.validator!, honest, setup.key!.address, answer.message);
    }
    return answer;
  }

  async #decide(height: bigint): Promise<void> {
    if (!this.#host.honest || await this.#storage.load() !== undefined) return;
    this.#heldUntil = this.#rule(height, this.#host);
  }
}

function signUnguarded(key: SimKey, chainId: string, message: Signable): Signable {
  if (message.type === "vote") {
    return { type: "vote", vote: { ...message.vote, signature: key.sign(voteSignBytes(chainId, message.vote)) } };
  }
  const signature = key.sign(proposalSignBytes(chainId, message.proposal));
  return { type: "proposal", proposal: { ...message.proposal, signature } };
}
