/**
 * Three kinds of failure, never mixed: someone else's input is wrong ({@linkcode CodedError} in a `Result`), the world
 * failed ({@linkcode IoError}, thrown in adapters), we are wrong (`invariant`, which halts).
 * @module
 */

/**
 * A refusal of someone else's input. `codespace` and `code` are what clients switch on (append-only); `message` reads
 * "action attempted: state found".
 */
export interface CodedError {
  readonly codespace: string;
  readonly code: number;
  readonly message: string;
}

/** Codes of the codespace `sdk`, with the numbers of cosmos-sdk `types/errors` (v0.50). Append-only. */
export const SDK_CODE = {
  txDecode: 2,
  invalidSequence: 3,
  unauthorized: 4,
  insufficientFunds: 5,
  unknownRequest: 6,
  invalidAddress: 7,
  invalidPubKey: 8,
  unknownAddress: 9,
  invalidCoins: 10,
  outOfGas: 11,
  memoTooLarge: 12,
  insufficientFee: 13,
  tooManySignatures: 14,
  noSignatures: 15,
  jsonMarshal: 16,
  jsonUnmarshal: 17,
  invalidRequest: 18,
  txInMempoolCache: 19,
  mempoolIsFull: 20,
  txTooLarge: 21,
  keyNotFound: 22,
  wrongPassword: 23,
  invalidSigner: 24,
  invalidGasAdjustment: 25,
  invalidHeight: 26,
  invalidVersion: 27,
  invalidChainId: 28,
  invalidType: 29,
  txTimeoutHeight: 30,
  unknownExtensionOptions: 31,
  wrongSequence: 32,
  packAny: 33,
  unpackAny: 34,
  logic: 35,
  conflict: 36,
  notSupported: 37,
  notFound: 38,
  io: 39,
  invalidGasLimit: 41,
} as const;

/** The texts that end the logs of these codes, which clients match; those of cosmos-sdk `types/errors` (v0.50). */
export const SDK_TEXT: Readonly<Record<keyof typeof SDK_CODE, string>> = {
  txDecode: "tx parse error",
  invalidSequence: "invalid sequence",
  unauthorized: "unauthorized",
  insufficientFunds: "insufficient funds",
  unknownRequest: "unknown request",
  invalidAddress: "invalid address",
  invalidPubKey: "invalid pubkey",
  unknownAddress: "unknown address",
  invalidCoins: "invalid coins",
  outOfGas: "out of gas",
  memoTooLarge: "memo too large",
  insufficientFee: "insufficient fee",
  tooManySignatures: "maximum number of signatures exceeded",
  noSignatures: "no signatures supplied",
  jsonMarshal: "failed to marshal JSON bytes",
  jsonUnmarshal: "failed to unmarshal JSON bytes",
  invalidRequest: "invalid request",
  txInMempoolCache: "tx already in mempool",
  mempoolIsFull: "mempool is full",
  txTooLarge: "tx too large",
  keyNotFound: "key not found",
  wrongPassword: "invalid account password",
  invalidSigner: "tx intended signer does not match the given signer",
  invalidGasAdjustment: "invalid gas adjustment",
  invalidHeight: "invalid height",
  invalidVersion: "invalid version",
  invalidChainId: "invalid chain-id",
  invalidType: "invalid type",
  txTimeoutHeight: "tx timeout height",
  unknownExtensionOptions: "unknown extension options",
  wrongSequence: "incorrect account sequence",
  packAny: "failed packing protobuf message to Any",
  unpackAny: "failed unpacking protobuf message from Any",
  logic: "internal logic error",
  conflict: "conflict",
  notSupported: "feature not supported",
  notFound: "not found",
  io: "Internal IO error",
  invalidGasLimit: "invalid gas limit",
};

/** A refusal in the codespace `sdk` whose message is `detail: <text of the code>`, as the ecosystem prints it. */
export const sdkRefusal = (code: keyof typeof SDK_CODE, detail: string): CodedError => ({
  codespace: "sdk",
  code: SDK_CODE[code],
  message: `${detail}: ${SDK_TEXT[code]}`,
});

/** A refusal in the codespace `sdk`. */
export const sdkError = (code: keyof typeof SDK_CODE, message: string): CodedError => ({
  codespace: "sdk",
  code: SDK_CODE[code],
  message,
});

/** The world failed: a disk, a socket, a lock. Adapters throw it and handle it by policy; pure code never sees it. */
export class IoError extends Error {
  override readonly name = "IoError";
  /** Stable, for programs: `home_locked`, `store_closed`, … Append-only. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
