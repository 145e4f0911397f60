/** What a chain's refusal means for who sent the message. Codes are ibc-go's v8–v10 and the Cosmos SDK's. @module */

/**
 * `redundant`: somebody else's message was there before; `too_late`: the packet has timed out; `too_early`: no header
 * proves the timeout yet; `out_of_order`: packets before it are missing on an ordered channel; `channel`: the channel is
 * not what we think it is; `client`: the client does not work at all; `proof`: what was proven was not believed;
 * `wallet`: the account or the node would not take any message; `size`: too much for one transaction; `refused`: the rest.
 */
export type RefusalMeaning =
  | "redundant"
  | "too_late"
  | "too_early"
  | "out_of_order"
  | "channel"
  | "client"
  | "proof"
  | "wallet"
  | "size"
  | "refused";

const TABLE: Readonly<Record<string, Readonly<Record<number, RefusalMeaning>>>> = {
  channel: {
    3: "channel", // channel not found
    4: "channel", // invalid channel
    5: "channel", // invalid channel state
    14: "too_late", // packet timeout, before v8
    19: "redundant", // packet already received
    20: "redundant", // packet commitment not found
    21: "out_of_order",
    22: "redundant", // all packet messages are redundant
    23: "redundant", // no-op
    39: "too_early", // timeout not reached
    40: "too_late", // timeout elapsed
  },
  connection: {
    // Connection not found, or not open.
    3: "channel",
    7: "channel",
  },
  client: {
    4: "client", // not found
    5: "client", // frozen
    7: "proof", // consensus state not found
    12: "proof", // invalid header
    14: "proof",
    16: "proof",
    17: "proof",
    18: "proof",
    19: "proof",
    20: "proof",
    21: "proof",
    23: "proof", // update failed
    26: "proof", // invalid height
    29: "client", // not active
    30: "proof",
    31: "proof",
    33: "client", // type not supported
  },
  commitment: { 2: "proof", 3: "proof", 4: "proof" },
  "07-tendermint": {
    5: "proof",
    6: "proof",
    8: "proof", // processed time not found
    9: "proof",
    10: "too_early", // delay period
    11: "client", // expired
    12: "client",
  },
  // Of channels over several paths (`MULTIHOP_CODE`).
  multihop: {
    1: "channel",
    2: "proof",
    3: "proof",
    4: "proof",
    5: "proof",
    6: "client", // a connection on the way is not open
    7: "client",
    8: "client", // frozen
    9: "proof", // what was proven is too old: a newer root may do
    10: "proof",
    11: "proof",
  },
  sdk: {
    4: "wallet", // unauthorized: also a signature that does not fit
    5: "wallet", // insufficient funds
    9: "wallet", // unknown account
    11: "size", // out of gas
    13: "wallet", // insufficient fee
    19: "wallet", // in the mempool already
    20: "wallet", // mempool is full
    21: "size", // transaction too large
    30: "wallet", // timeout height of the transaction
    32: "wallet", // account sequence
  },
};

/** What a refusal with that codespace and code means for a relayer. */
export function meaningOf(codespace: string, code: number): RefusalMeaning {
  const codes = Object.hasOwn(TABLE, codespace) ? TABLE[codespace] : undefined;
  return codes?.[code] ?? "refused";
}
