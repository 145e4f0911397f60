/**
 * Protobuf from others: bounded, strict and without a throw. Bytes that are hashed or signed have one form only.
 * @module
 */
export { CODEC_CODE, decodeStrict, encode, type MessageCodec } from "./strict.ts";
export { type Field, messageCodec, type MessageOf } from "./fields.ts";
export * as fields from "./fields.ts";
