/** WebAssembly modules, as somebody uploads them. @module */
import { checkContract, loadModule, reportOf } from "../../../contracts/wasm/mod.ts";
import type { CodedError } from "../../../node/core/errors.ts";
import { invariant } from "../../../node/core/invariant.ts";
import { err, type Result } from "../../../node/core/result.ts";
import { specModule, specScripts } from "../../helpers/wasm_spec_vectors.ts";
import { decoderTarget, type Target } from "../target.ts";

/** wasmd's `MaxWasmSize`. */
const CODE_BYTES = 819_200;

/** Modules of the specification's suite that have something of everything between them. */
const SEEDS: Readonly<Record<string, readonly string[]>> = {
  "memory_init": ["memory_init.0.wasm"],
  "table_init": ["table_init.0.wasm"],
  "table_copy": ["table_copy.1.wasm"],
  bulk: ["bulk.2.wasm", "bulk.8.wasm"],
  elem: ["elem.0.wasm"],
  exports: ["exports.0.wasm"],
  imports: ["imports.1.wasm"],
  "ref_func": ["ref_func.1.wasm"],
  "unreached-valid": ["unreached-valid.0.wasm"],
  start: ["start.5.wasm"],
  switch: ["switch.0.wasm"],
};

function seeds(): Uint8Array[] {
  const scripts = specScripts("v2");
  return Object.entries(SEEDS).flatMap(([name, files]) => {
    const script = scripts.find((each) => each.name === name);
    invariant(script !== undefined, `no script ${name}`);
    return files.map((file) => specModule(script, file));
  });
}

export const WASM_TARGETS: readonly Target[] = [
  decoderTarget({
    name: "wasm_module",
    bytesMax: CODE_BYTES,
    seeds,
    decode(bytes): Result<ReturnType<typeof reportOf>, CodedError> {
      const verdicts = checkContract(bytes);
      const result = loadModule(bytes);
      invariant(!result.ok || WebAssembly.validate(bytes.slice()), "V8 refuses what we accept");
      invariant(result.ok || verdicts.length > 0, "a contract, but not a module");
      if (result.ok) return { ok: true, value: reportOf(result.value.module) };
      const [{ kind, code, message }] = result.error as [typeof result.error[number]];
      return err({ codespace: "wasm", code: 1, message: `${kind} ${code}: ${message}` });
    },
  }),
];
