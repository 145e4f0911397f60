import { type Instruments, ROUND_SECONDS } from "./instruments.ts";

/** What a committed block says about those who were to sign the one before. */
export interface SignerFigures {
  readonly validators: number;
  readonly power: bigint;
  readonly missing: number;
  readonly missingPower: bigint;
  /** Named by evidence in the block. */
  readonly byzantine: number;
  readonly byzantinePower: bigint;
}

/** This node's validator in a committed block. */
export interface OwnFigures {
  /** Upper-case hexadecimal. */
  readonly address: string;
  readonly power: bigint;
  /** The height whose precommit is in the block; undefined: it is missing. */
  readonly signed: boolean;
}

/** Committed blocks in numbers, named as in CometBFT v0.38's `consensus/metrics.go`. Powers are exact to 2^53. */
export class BlockMetrics {
  readonly #interval;
  readonly #latest;
  readonly #txs;
  readonly #totalTxs;
  readonly #blockBytes;
  readonly #chainBytes;
  readonly #signers;
  readonly #own;

  constructor(make: Instruments) {
    const name = (rest: string) => `consensus_${rest}`;
    this.#interval = make.histogram(
      name("block_interval_seconds"),
      "Between the times of this block and the one before",
      {
        buckets: ROUND_SECONDS,
      },
    );
    this.#latest = make.gauge(name("latest_block_height"), "Height of the last committed block");
    this.#txs = make.gauge(name("num_txs"), "Transactions in it");
    this.#totalTxs = make.gauge(name("total_txs"), "Transactions committed since the process began");
    this.#blockBytes = make.gauge(name("block_size_bytes"), "Its encoded size");
    this.#chainBytes = make.counter(name("chain_size_bytes"), "Bytes of blocks committed since the process began");
    this.#signers = {
      validators: make.gauge(name("validators"), "Validators of the last committed height"),
      validatorsPower: make.gauge(name("validators_power"), "Their power"),
      missing: make.gauge(name("missing_validators"), "Validators whose precommit the last block lacks"),
      missingPower: make.gauge(name("missing_validators_power"), "Their power"),
      byzantine: make.gauge(name("byzantine_validators"), "Validators that evidence in the last block is about"),
      byzantinePower: make.gauge(name("byzantine_validators_power"), "Their power"),
    };
    const own = ["validator_address"] as const;
    this.#own = {
      power: make.gauge(name("validator_power"), "Power of this node's validator", own),
      lastSigned: make.gauge(name("validator_last_signed_height"), "Last block that carries its precommit", own),
      missed: make.gauge(name("validator_missed_blocks"), "Blocks that lack it, since the process began", own),
    };
  }

  /** `intervalSeconds` undefined: the first block this process saw. */
  blockCommitted(block: {
    readonly height: bigint;
    readonly txs: number;
    readonly bytes: number;
    readonly intervalSeconds: number | undefined;
  }): void {
    this.#latest.set(Number(block.height));
    this.#txs.set(block.txs);
    this.#totalTxs.inc(block.txs);
    this.#blockBytes.set(block.bytes);
    this.#chainBytes.inc(block.bytes);
    if (block.intervalSeconds !== undefined) this.#interval.observe(block.intervalSeconds);
  }
  signersCounted(figures: SignerFigures): void {
    this.#signers.validators.set(figures.validators);
    this.#signers.validatorsPower.set(Number(figures.power));
    this.#signers.missing.set(figures.missing);
    this.#signers.missingPower.set(Number(figures.missingPower));
    this.#signers.byzantine.set(figures.byzantine);
    this.#signers.byzantinePower.set(Number(figures.byzantinePower));
  }
  /** `height`: of the block that carries the precommit. */
  ownCounted({ address: validator_address, power, signed }: OwnFigures, height: bigint): void {
    this.#own.power.set({ validator_address }, Number(power));
    if (signed) this.#own.lastSigned.set({ validator_address }, Number(height));
    else this.#own.missed.inc({ validator_address });
  }
}
