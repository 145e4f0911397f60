/** `catenary keys`: account keys. @module */
import type { Command } from "commander";
import { print, standardOutput } from "../output.ts";
import { homeOption, jsonOption } from "./_options.ts";

interface KeyOptions {
  home: string;
  json: boolean;
  recover?: boolean;
}

/** Adds `keys gen` and `keys show` to the program. */
export function addKeysCommands(program: Command): void {
  const keys = program.command("keys").description("account keys, kept in the home's keyring");
  keys.command("gen <name>")
    .description("make a key and print its address and mnemonic; CATENARY_KEYRING_PASSPHRASE seals the file")
    .option("--recover", "read the mnemonic from standard input instead of making one")
    .addOption(homeOption()).addOption(jsonOption())
    .action(gen);
  keys.command("show <name>")
    .description("print the address of a key (dev0 … dev9: the development accounts)")
    .addOption(homeOption()).addOption(jsonOption())
    .action(show);
}

async function gen(name: string, options: KeyOptions): Promise<void> {
  const { generateKey } = await import("../keyring.ts");
  const mnemonic = options.recover ? (await new Response(Deno.stdin.readable).text()).trim() : undefined;
  const key = await generateKey(options.home, name, mnemonic);
  const seal = key.sealed
    ? "sealed with the passphrase"
    : "not sealed: set CATENARY_KEYRING_PASSPHRASE to seal new keys";
  print(
    standardOutput(options.json),
    { name, ...key },
    `${name}  ${key.address}\n${options.recover ? "" : `mnemonic (write it down): ${key.mnemonic}\n`}file: ${seal}`,
  );
}

async function show(name: string, options: KeyOptions): Promise<void> {
  const { showKey } = await import("../keyring.ts");
  const key = await showKey(options.home, name);
  print(standardOutput(options.json), key, `${key.name}  ${key.address}`);
}
