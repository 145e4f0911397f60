/**
 * A validator key in a process of its own, by CometBFT v0.38's protocol of remote signers (`privval`): the node's side, which
 * listens and asks, and the signer's side, which dials and answers under its own guard.
 * @module
 */
export { parseSignerAddress, type SignerAddress, signerAddressText } from "./address.ts";
export { openRemoteSigner, type RemoteSigner, type RemoteSignerOptions, START_TIMEOUT_MS } from "./remote_signer.ts";
export { type Answerer, type AnswerOptions, createAnswerer } from "./answers.ts";
export { type ServeOptions, serveSigner, type SignerService } from "./serve.ts";
export { FIRST_STATE, SignerStateFile, type StateFiles } from "./state_file.ts";
export type { SignerLog } from "./log.ts";
