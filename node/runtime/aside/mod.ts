/** Transactions that compute long between reads run in a thread that stands still for them: the node's side, and the thread's. @module */
export { type AsidePort, AsideThread, type AsideThreadOptions } from "./node.ts";
export { asideThread } from "./thread.ts";
export type { FromAside, ToAside } from "./messages.ts";
