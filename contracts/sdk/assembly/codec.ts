/**
 * From JSON to values of AssemblyScript and back, by type: text, booleans, integers, arrays, bytes (base64), and classes
 * with `decodeJson` and `encodeJson` (which `@json` writes).
 */
import { Json } from "./json";
import { JsonWriter } from "./writer";

/** An empty value: 0, false, "", [], null where null is allowed, or an object whose fields are empty. */
export function blank<T>(): T {
  if (isNullable<T>()) return changetype<T>(0);
  return decode<T>(Json.absent());
}

/** Reads a `T`; refuses the call when the value is something else, and is then empty. */
export function decode<T>(json: Json): T {
  if (isVoid<T>()) return;
  if (isBoolean<T>()) return <T>json.bool();
  if (isInteger<T>()) {
    if (isSigned<T>()) return <T>json.signed((<i64>1 << (8 * <i64>sizeof<T>() - 1)) - 1);
    return <T>json.unsigned(sizeof<T>() == 8 ? u64.MAX_VALUE : (<u64>1 << (8 * <u64>sizeof<T>())) - 1);
  }
  return decodeReference<NonNullable<T>>(json);
}

function decodeReference<T>(json: Json): T {
  if (isString<T>()) return changetype<T>(json.text());
  if (idof<T>() == idof<Json>()) return changetype<T>(json);
  if (idof<T>() == idof<Uint8Array>()) return changetype<T>(json.bytes());
  if (isArray<T>()) {
    const list = instantiate<T>();
    const elements = json.isAbsent ? new Array<Json>() : json.elements();
    for (let i = 0; i < elements.length; i++) list.push(decode<valueof<T>>(elements[i]));
    return list;
  }
  // Without its constructor, which may want arguments: `decodeJson` sets every field.
  const value = changetype<T>(__new(offsetof<T>(), idof<T>()));
  value.decodeJson(json);
  return value;
}

/** Writes `value`; null where there is none. */
export function encode<T>(writer: JsonWriter, value: T): void {
  if (isBoolean<T>()) writer.raw(value ? "true" : "false");
  else if (isInteger<T>()) writer.raw(value.toString());
  else {
    if (isNullable<T>()) {
      if (changetype<usize>(value) == 0) return writer.raw("null");
    }
    encodeReference<NonNullable<T>>(writer, changetype<NonNullable<T>>(value));
  }
}

function encodeReference<T>(writer: JsonWriter, value: T): void {
  if (isString<T>()) writer.text(changetype<string>(value));
  else if (idof<T>() == idof<Uint8Array>()) writer.base64(changetype<Uint8Array>(value));
  else if (isArray<T>()) {
    writer.beginArray();
    for (let i = 0; i < value.length; i++) encode<valueof<T>>(writer, value[i]);
    writer.endArray();
  } else value.encodeJson(writer);
}

/** The JSON of `value` in UTF-8. */
export function toJson<T>(value: T): Uint8Array {
  const writer = new JsonWriter();
  writer.value<T>(value);
  return writer.bytes();
}

/** Reads a `T` from JSON in UTF-8. */
export function fromJson<T>(bytes: Uint8Array): T {
  return decode<T>(Json.parseBytes(bytes));
}
