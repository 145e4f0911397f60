/** How states of clients stand in genesis files, from a schema and its inverse. @module */
import { z } from "zod";
import { encode, type MessageCodec } from "../../../core/codec/mod.ts";
import { sdkRefusal } from "../../../core/errors.ts";
import type { IbcHeight } from "../../../core/ibc/mod.ts";
import { err, ok } from "../../../core/result.ts";
import { uint64 } from "../genesis_json.ts";
import type { StateForm } from "./light_client.ts";

/** `write` is the inverse of `schema`. */
export const stateForm = <T>(
  codec: MessageCodec<T>,
  schema: z.ZodType<T>,
  write: (state: T) => Readonly<Record<string, unknown>>,
): StateForm => ({
  toJson: (bytes) => write(codec.decode(bytes)),
  fromJson(json) {
    const parsed = schema.safeParse(json);
    if (parsed.success) return ok(encode(codec, parsed.data));
    return err(sdkRefusal("invalidRequest", `read ${codec.typeUrl}: ${z.prettifyError(parsed.error)}`));
  },
});

/** `ibc.core.client.v1.Height`. */
export const heightSchema = z.strictObject({ revision_number: uint64, revision_height: uint64 })
  .transform((json): IbcHeight => ({ revisionNumber: json.revision_number, revisionHeight: json.revision_height }));

/** The inverse of {@linkcode heightSchema}. */
export const heightToJson = ({ revisionNumber, revisionHeight }: IbcHeight) => ({
  revision_number: revisionNumber.toString(),
  revision_height: revisionHeight.toString(),
});
