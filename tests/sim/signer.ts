/** The key of a simulated home, under the production guard and the rule of `node/validator_key.ts` for homes without memory. @module */
import { guardSigner, type Signable, type SignerPort, type SignerStorage } from "../../node/consensus/mod.ts";
import { proposalSignBytes, voteSignBytes } from "../../node/core/types/mod.ts";
import type { Host, Later } from "./process.ts";
import type { SimKey } from "./signatures.ts";

/**
 * As in `node/validator_key.ts`. Only for homes that come late or are wiped: whoever signs nothing counts as faulty, and the
 * others of a world are needed.
 */
const HELD_BACK_HEIGHTS = 2n;

export class HomeSigner implements SignerPort {
  readonly #host: Host;
  readonly #storage: SignerStorage;
  readonly #inner: SignerPort;
  /** Below it nothing is signed. */
  #heldUntil = 0n;
  #begun: Promise<void> | undefined;

  constructor(host: Host, storage: SignerStorage, later: Later) {
    const { setup, honest } = host;
    const key = setup.key!;
    this.#host = host;
    this.#storage = storage;
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
      world.checkers.onSigned(setup.validator!, honest, setup.key!.address, answer.message);
    }
    return answer;
  }

  async #decide(height: bigint): Promise<void> {
    if (!this.#host.setup.isForgotten || height <= 1n) return;
    if (await this.#storage.load() === undefined) this.#heldUntil = height + HELD_BACK_HEIGHTS;
  }
}

function signUnguarded(key: SimKey, chainId: string, message: Signable): Signable {
  if (message.type === "vote") {
    return { type: "vote", vote: { ...message.vote, signature: key.sign(voteSignBytes(chainId, message.vote)) } };
  }
  const signature = key.sign(proposalSignBytes(chainId, message.proposal));
  return { type: "proposal", proposal: { ...message.proposal, signature } };
}
