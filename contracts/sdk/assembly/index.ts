/** Everything a contract imports: `import { … } from "catenary"`. */
export { canonicalAddress, humanAddress, isAddress, validAddress } from "./address";
export { equalBytes, fromBase64, fromHex, text, toBase64, toHex, utf8 } from "./bytes";
export { fromJson, toJson } from "./codec";
export { recoverSecp256k1, sha256, verifyEd25519, verifySecp256k1 } from "./crypto";
export { debug } from "./debug";
export { ensure, fail, failed } from "./failure";
export {
  IbcAcknowledgement,
  IbcChannel,
  IbcChannelCloseMsg,
  IbcChannelConnectMsg,
  IbcChannelOpenMsg,
  IbcDestinationCallbackMsg,
  IbcEndpoint,
  IbcOrder,
  IbcPacket,
  IbcPacketAckMsg,
  IbcPacketReceiveMsg,
  IbcPacketTimeoutMsg,
  IbcSourceCallbackMsg,
  IbcTimeout,
  IbcTransferCallback,
} from "./ibc";
export { IbcMsg } from "./ibc_messages";
export { Json } from "./json";
export { queryBalance, queryChainJson, queryContract, queryRaw, tryQueryContract } from "./querier";
export { Event, IbcReceiveResponse, Message, ReplyOn, Response } from "./response";
export { Item, PairMap, Range, readRaw, StorageMap } from "./storage";
export { Coin, Env, Expiration, MessageInfo, Reply } from "./types";
export { Uint128, Uint64 } from "./uint128";
export { JsonWriter } from "./writer";
