/** `catenary contract upload`: stores code on a chain. @module */
import { type Command, InvalidArgumentError } from "commander";
import type { AccessConfig } from "cosmjs-types/cosmwasm/wasm/v1/types";
import { attributeOf, sendContract, type SigningOptions } from "../contract_client.ts";
import { readCode } from "../contract_input.ts";
import { CommandError, print, standardOutput } from "../output.ts";
import { withSigning } from "./_contract_options.ts";

/** Longest file that is read; what a chain takes is less, and its business. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** Code from this size on takes long enough for a word about what is going on. */
const LARGE_BYTES = 200 * 1024;

interface UploadOptions extends SigningOptions {
  readonly instantiateBy?: AccessConfig;
  readonly check: boolean;
}

/** Adds `contract upload`. */
export function addContractUpload(contract: Command): void {
  withSigning(
    contract.command("upload <file>")
      .description("store the code of a contract on the chain and print its id (- for standard input)")
      .option(
        "--instantiate-by <who>",
        "who may make contracts of it: everybody, nobody, or addresses with commas between; default: as the chain says",
        parseAccess,
      )
      .option("--no-check", "send it without looking at it first"),
  ).action(upload);
}

// Numbers of cosmwasm.wasm.v1.AccessType.
const NOBODY = 1;
const EVERYBODY = 3;
const ANY_OF_ADDRESSES = 4;

function parseAccess(text: string): AccessConfig {
  if (text === "everybody") return { permission: EVERYBODY, addresses: [] };
  if (text === "nobody") return { permission: NOBODY, addresses: [] };
  const addresses = text.split(",").map((one) => one.trim());
  if (addresses.some((one) => !/^[a-z]+1[a-z0-9]{6,}$/.test(one))) {
    throw new InvalidArgumentError("expected everybody, nobody, or addresses with commas between");
  }
  return { permission: ANY_OF_ADDRESSES, addresses };
}

async function upload(file: string, options: UploadOptions): Promise<void> {
  const code = await readCode(file, FILE_BYTES_MAX);
  if (options.check) await checkFirst(file, code);
  const packed = await gzip(code);
  const say = code.length < LARGE_BYTES || options.json ? undefined : narrator(code.length, packed.length);
  const sent = await sendContract("upload", options, (sender) => ({
    typeUrl: "MsgStoreCode",
    value: {
      sender,
      wasmByteCode: packed,
      ...(options.instantiateBy && { instantiatePermission: options.instantiateBy }),
    },
  }), say);
  const codeId = attributeOf(sent.result, "store_code", "code_id") ?? "";
  const checksum = attributeOf(sent.result, "store_code", "code_checksum") ?? "";
  print(
    standardOutput(options.json),
    { codeId, checksum, bytes: code.length, sentBytes: packed.length, ...sent.json },
    `code ${codeId}\nchecksum ${checksum}\n${sent.text}\n` +
      `make a contract of it with: catenary contract instantiate ${codeId} JSON --label NAME --from ${options.from}`,
  );
}

/** What the chain would refuse costs no fee when it is found here. */
async function checkFirst(file: string, code: Uint8Array): Promise<void> {
  const { refusalsOf } = await import("../contract_report.ts");
  const [first, ...more] = refusalsOf(code);
  if (first === undefined) return;
  const rest = more.length === 0 ? "" : `, and ${more.length} more`;
  throw new CommandError(
    `upload ${file}: the chain would refuse it: ${first}${rest}; all of it: catenary contract check ${file} ` +
      "(--no-check sends it all the same)",
    "refused",
  );
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** One line on a terminal that says how far it is, on standard error: what is printed stays for programs. */
function narrator(bytes: number, packed: number): ((step: string) => void) | undefined {
  if (!Deno.stderr.isTerminal()) return undefined;
  const size = `upload: ${bytes} bytes, ${packed} compressed`;
  return (step) => Deno.stderr.writeSync(new TextEncoder().encode(`${size}: ${step} …\n`));
}
