import type { Nanos } from "../time.ts";

export type Operator = "=" | "<" | "<=" | ">" | ">=" | "CONTAINS" | "EXISTS";

/** What an attribute is compared with. `text` of a number is its decimal form, of unlimited size. */
export type Operand =
  | { readonly type: "string"; readonly text: string }
  | { readonly type: "number"; readonly text: string }
  | { readonly type: "date" | "time"; readonly text: string; readonly nanos: Nanos };

/** One comparison. `key` is an event type and an attribute with a dot between (`tx.height`), or with EXISTS a type alone. */
export interface Condition {
  readonly key: string;
  readonly operator: Operator;
  /** Absent with EXISTS only. */
  readonly operand?: Operand;
}

/** All conditions must hold, each for some event. */
export interface Query {
  readonly text: string;
  readonly conditions: readonly Condition[];
}
