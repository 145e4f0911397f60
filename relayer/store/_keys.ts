/** The one key that the store itself knows. @module */
import type { StoreKey } from "./ports.ts";

export const LEASE_KEY: StoreKey = ["lease"];
