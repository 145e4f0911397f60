/** Events of moving coins, with names and order of cosmos-sdk `x/bank` v0.50. @module */
import type { Event, EventAttribute } from "cosmjs-types/tendermint/abci/types";

const attribute = (key: string, value: string): EventAttribute => ({ key, value, index: true });

export const coinSpent = (spender: string, amount: string): Event => ({
  type: "coin_spent",
  attributes: [attribute("spender", spender), attribute("amount", amount)],
});
export const coinReceived = (receiver: string, amount: string): Event => ({
  type: "coin_received",
  attributes: [attribute("receiver", receiver), attribute("amount", amount)],
});
export const transfer = (recipient: string, sender: string, amount: string): Event => ({
  type: "transfer",
  attributes: [attribute("recipient", recipient), attribute("sender", sender), attribute("amount", amount)],
});
export const messageSender = (sender: string): Event => ({
  type: "message",
  attributes: [attribute("sender", sender)],
});
export const coinbase = (minter: string, amount: string): Event => ({
  type: "coinbase",
  attributes: [attribute("minter", minter), attribute("amount", amount)],
});
export const burn = (burner: string, amount: string): Event => ({
  type: "burn",
  attributes: [attribute("burner", burner), attribute("amount", amount)],
});
