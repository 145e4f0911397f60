/** `catenary contract new`: a folder with a small contract and its test, to begin with. @module */
import { basename, dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../node/version.ts";
import { CommandError, commandName, print, standardOutput } from "../output.ts";
import { jsonOption } from "./_options.ts";

/** Adds `contract new`. */
export function addContractNew(contract: Command): void {
  contract.command("new").description("write a small contract with its test into a new folder")
    .argument("<folder>", "the folder, which must not be there")
    .addOption(jsonOption())
    .action(create);
}

async function create(folder: string, { json }: { readonly json: boolean }): Promise<void> {
  const target = resolve(folder);
  const name = basename(target);
  if (!/^[a-z][a-z0-9_-]*$/.test(name)) {
    throw new CommandError(`create ${folder}: a name has small letters, digits, _ and -`, "name");
  }
  const { newContract } = await import("../../contracts/sdk/mod.ts");
  const checkout = Deno.build.standalone ? undefined : fileURLToPath(new URL("../..", import.meta.url));
  const files = await newContract(name, { checkout, version: VERSION });
  await Deno.mkdir(dirname(target), { recursive: true });
  await Deno.mkdir(target).catch((error) => {
    throw error instanceof Deno.errors.AlreadyExists
      ? new CommandError(`create ${folder}: it is there already; give another name`)
      : error;
  });
  for (const [path, text] of files) {
    await Deno.mkdir(dirname(join(target, path)), { recursive: true });
    await Deno.writeTextFile(join(target, path), text);
  }
  const paths = [...files.keys()];
  const text = [
    ...paths.map((path) => join(folder, path)),
    "",
    `build:  ${commandFrom(checkout)} contract build ${folder}`,
    `test:   cd ${folder} && deno test -A`,
  ].join("\n");
  print(standardOutput(json), { folder: target, files: paths }, text);
}

/** What runs this program from where the user is: the task is only there in the checkout. */
function commandFrom(checkout: string | undefined): string {
  if (checkout === undefined || join(Deno.cwd(), "/").startsWith(checkout)) return commandName();
  return `deno run -A ${JSON.stringify(join(checkout, "cli/main.ts"))}`;
}
