import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { utf8ToBytes } from "../bytes.ts";
import {
  ACKNOWLEDGEMENT_BYTES_MAX,
  decodeAcknowledgement,
  encodeAcknowledgement,
  failure,
  transferSuccess,
  validateAcknowledgement,
} from "./mod.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("a received transfer is acknowledged with the byte 1, a failed one with its code alone", () => {
  assertEquals(text(encodeAcknowledgement(transferSuccess())), '{"result":"AQ=="}');
  assertEquals(
    text(encodeAcknowledgement(failure(4))),
    '{"error":"ABCI code: 4: error handling packet: see events for details"}',
  );
});

Deno.test("errors are escaped as Go writes JSON", () => {
  const error = 'a<b>&"\\\u2028\n\u0001\u007fé😀';
  assertEquals(
    text(encodeAcknowledgement({ success: false, error })),
    '{"error":"a\\u003cb\\u003e\\u0026\\"\\\\\\u2028\\n\\u0001\u007fé😀"}',
  );
});

Deno.test("an acknowledgement comes back from its bytes", () => {
  const acknowledgements = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((result) => ({ success: true as const, result })),
    fc.string({ unit: "grapheme", maxLength: 40 }).map((error) => ({ success: false as const, error })),
  );
  fc.assert(fc.property(acknowledgements, (value) => {
    assertEquals(decodeAcknowledgement(encodeAcknowledgement(value)), { ok: true, value });
  }));
});

Deno.test("an error is read as contracts write it too, with the signs that Go escapes, all or none of them", () => {
  const error = "Cannot Sub <5> & <7>";
  for (const json of [JSON.stringify({ error }), text(encodeAcknowledgement({ success: false, error }))]) {
    assertEquals(decodeAcknowledgement(utf8ToBytes(json)), { ok: true, value: { success: false, error } });
  }
  assert(!decodeAcknowledgement(utf8ToBytes('{"error":"Cannot Sub \\u003c5> & <7>"}')).ok);
});

Deno.test("decodeAcknowledgement() takes no other form", () => {
  const refused = [
    ...["", "{}", "[]", "null", '"result"', "success", '{"result":"AQ"}', '{"result":"AR=="}', '{"result":"_w=="}'],
    ...[
      '{"result": "AQ=="}',
      '{"result":"AQ=="} ',
      '{"result":1}',
      '{"result":null}',
      '{"error":null}',
      '{"error":{}}',
    ],
    ...['{"result":"AQ==","error":"x"}', '{"error":"x","error":"y"}', '{"error":"\\/"}', '{"error":"\\u0041"}'],
    ...['{"error":"\\ud800"}', '{"other":"x"}', '{"__proto__":"x"}', '\ufeff{"error":"x"}', "[".repeat(100_000)],
  ];
  for (const json of refused) {
    const result = decodeAcknowledgement(utf8ToBytes(json));
    assert(!result.ok, json.slice(0, 40));
    assertEquals([result.error.codespace, result.error.code], ["channel", 16]);
  }
  assert(!decodeAcknowledgement(Uint8Array.of(0x7b, 0xff, 0x7d)).ok);
});

Deno.test("an empty result or error is read, so that its packet can be settled, but never written", () => {
  for (const json of ['{"result":""}', '{"error":""}', '{"error":" \\n"}']) {
    const result = decodeAcknowledgement(utf8ToBytes(json));
    assert(result.ok, json);
    assert(!validateAcknowledgement(result.value).ok, json);
  }
});

Deno.test("decodeAcknowledgement() never throws and reads at most its limit", () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.json().map(utf8ToBytes)), (bytes) => {
    const result = decodeAcknowledgement(bytes);
    if (result.ok && !text(bytes).match(/[<>&\u2028\u2029]/)) assertEquals(encodeAcknowledgement(result.value), bytes);
  }));
  const long = { success: true as const, result: new Uint8Array(ACKNOWLEDGEMENT_BYTES_MAX) };
  assert(!decodeAcknowledgement(encodeAcknowledgement(long)).ok);
});
