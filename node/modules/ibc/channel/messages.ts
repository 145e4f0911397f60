/** All messages of channels. @module */
import type { AddressCodec, MessageHandler } from "../../../app/ports.ts";
import { messageHandler } from "../message.ts";
import {
  type ChannelParts,
  closeConfirmSteps,
  closeInitSteps,
  openAckSteps,
  openConfirmSteps,
  openInitSteps,
  openTrySteps,
} from "./messages_open.ts";
import { acknowledgeSteps, receiveSteps, timeoutOnCloseSteps, timeoutSteps } from "./messages_packet.ts";

// The handlers differ in their message type.
// deno-lint-ignore no-explicit-any
export const channelMessages = (addresses: AddressCodec, parts: ChannelParts): MessageHandler<any>[] => [
  messageHandler(addresses, openInitSteps(parts)),
  messageHandler(addresses, openTrySteps(parts)),
  messageHandler(addresses, openAckSteps(parts)),
  messageHandler(addresses, openConfirmSteps(parts)),
  messageHandler(addresses, closeInitSteps(parts)),
  messageHandler(addresses, closeConfirmSteps(parts)),
  messageHandler(addresses, receiveSteps(parts)),
  messageHandler(addresses, acknowledgeSteps(parts)),
  messageHandler(addresses, timeoutSteps(parts)),
  messageHandler(addresses, timeoutOnCloseSteps(parts)),
];
