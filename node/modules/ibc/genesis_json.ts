/** Parts of the genesis JSON of ibc-go: protobuf's JSON with the names of the fields as they are written in the schema. @module */
import { z } from "zod";
import { checkIdentifier, type IdentifierKind } from "../../core/ibc/mod.ts";

const UINT64_MAX = (1n << 64n) - 1n;

/** A `uint64`, which JSON has as text. */
export const uint64 = z.string().regex(/^(0|[1-9][0-9]{0,19})$/).transform(BigInt)
  .refine((value) => value <= UINT64_MAX, "a uint64");

/** A sequence of a packet, which is never 0. */
export const sequence = uint64.refine((value) => value > 0n, "more than 0");

/** Bytes, which JSON has in base64. */
export const bytes = z.base64().transform((text) => Uint8Array.fromBase64(text));

/** An identifier of ICS-24. */
export const identifier = (kind: IdentifierKind) =>
  z.string().superRefine((id, refinement) => {
    const checked = checkIdentifier(kind, id);
    if (!checked.ok) refinement.addIssue({ code: "custom", message: checked.error.message });
  });

/** An identifier, or nothing yet. */
export const optionalIdentifier = (kind: IdentifierKind) => z.union([z.literal(""), identifier(kind)]);

/** A list, which Go may write as null. */
export const list = <T extends z.ZodType>(item: T) => z.array(item).nullish().transform((items) => items ?? []);

/** An enumeration by its names. */
export const named = <T extends number>(names: Readonly<Record<string, T>>) =>
  z.string().refine((name) => Object.hasOwn(names, name), "a known name").transform((name) => names[name]!);
