/** The RPC and block protocol this node speaks: what clients look at to choose their decoder. */
export const COMETBFT_VERSION = "0.38.17";
/** `node_info.protocol_version.p2p` of CometBFT v0.38. */
export const P2P_PROTOCOL = 8;
/** `version.block` of CometBFT v0.38 headers. */
export const BLOCK_PROTOCOL = 11;
/** This software. */
export const NODE_VERSION = "0.1.0";
/** CometBFT's channel bytes; clients only require the field. */
export const CHANNELS = "40202122233038606100";
