import type { Script } from "../script.ts";

/** Every instruction on floats, with arguments the contract draws itself: NaN has one form. */
export async function floaty(script: Script): Promise<void> {
  const code = await script.store("alice", "floaty_2.0.wasm");
  const contract = await script.instantiate("alice", code, {}, { label: "floaty" });
  const instructions = await script.smart(contract, { instructions: {} }) as string[];
  const nan32 = { f32: 0x7fa00001 };
  const nan64 = `{"f64":9221120237041090561}`;
  for (const [i, instruction] of instructions.entries()) {
    const args = await script.smart(contract, { random_args_for: { instruction, seed: 1000 + i } });
    // u64 in these arguments are beyond a JavaScript number: the text goes through untouched.
    const text = script.answer;
    await script.smart(contract, `{"run":{"instruction":"${instruction}","args":${text}}}`);
    if (!Array.isArray(args)) continue;
    const nans = args.map((arg) => "f32" in arg ? JSON.stringify(nan32) : "f64" in arg ? nan64 : JSON.stringify(arg));
    if (nans.every((each) => each.includes("f"))) {
      await script.smart(contract, `{"run":{"instruction":"${instruction}","args":[${nans.join(",")}]}}`);
    }
  }
  await script.smart(contract, { run: { instruction: "nothing", args: [] } });
}
