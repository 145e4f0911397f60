/** What `catenary signer` does. @module */
import { base64 } from "@scure/base";
import { SYSTEM_CLOCK } from "../../node/clock.ts";
import { createGuardedSigner, readLastSigned } from "../../node/consensus/mod.ts";
import { type KeyPair, readKeyFile } from "../../node/config/mod.ts";
import { bytesToHex } from "../../node/core/bytes.ts";
import { ed25519KeyFromSeed } from "../../node/core/crypto/mod.ts";
import {
  createAnswerer,
  parseSignerAddress,
  serveSigner,
  signerAddressText,
  SignerStateFile,
} from "../../node/signer/mod.ts";
import { createLogger } from "../../node/telemetry/mod.ts";
import { CommandError, type Output, print, table } from "../output.ts";
import { untilSignal } from "../signals.ts";
import {
  connectionKey,
  exists,
  filesOfHome,
  filesOfKey,
  freshStart,
  importedStart,
  openSigner,
  type SignerFiles,
  startOfHome,
  writeSigner,
} from "../signer_home.ts";
import type { InitSignerOptions, ShowSignerOptions, StartSignerOptions } from "./_signer_options.ts";

/** Keys as the ecosystem's files and commands show them. */
function describe(key: KeyPair, connection: KeyPair) {
  return {
    address: bytesToHex(key.address).toUpperCase(),
    pub_key: { type: "tendermint/PubKeyEd25519", value: base64.encode(key.publicKey) },
    connection_key: bytesToHex(connection.publicKey),
  };
}

type Described = ReturnType<typeof describe>;

const rows = ({ address, pub_key, connection_key }: Described) => [
  ["address", address],
  ["public key", JSON.stringify(pub_key)],
  ["connection key", connection_key],
];

export async function initSigner(
  options: InitSignerOptions,
): Promise<Described & { files: SignerFiles; text: string }> {
  const { home, import: keyFile, state, fromHome, neverSigned } = options;
  if (keyFile !== undefined && fromHome !== undefined) {
    throw new CommandError("make a signer: take the key from --import or from --from-home, not from both", "usage");
  }
  if (keyFile === undefined && (state !== undefined || (neverSigned && fromHome === undefined))) {
    throw new CommandError(
      "make a signer: --state and --never-signed are said of a key that comes from elsewhere",
      "usage",
    );
  }
  const start = fromHome !== undefined
    ? await startOfHome(fromHome, neverSigned)
    : keyFile !== undefined
    ? await importedStart(keyFile, state, neverSigned)
    : freshStart();
  const files = filesOfHome(home);
  const described = describe(start.key, await writeSigner(files, start));
  const warning = fromHome ?? keyFile;
  const lines = [
    table([["wrote", home], ...rows(described)]),
    ...(warning === undefined
      ? []
      : [`the key is still in ${warning}, too: let nothing sign with it there, ever again`]),
    `start it with: catenary signer start --home ${home} --connect unix:///PATH`,
  ];
  return { ...described, files, text: lines.join("\n") };
}

const filesOf = ({ home, key, state }: ShowSignerOptions): SignerFiles => {
  if (key !== undefined) return filesOfKey(key, state);
  if (state === undefined) return filesOfHome(home);
  throw new CommandError("open the signer: --state goes with --key", "usage");
};

export async function showSigner(
  options: ShowSignerOptions,
): Promise<Described & { last_signed: unknown; text: string }> {
  const files = filesOf(options);
  if (!await exists(files.key)) {
    throw new CommandError(
      `show the signer: there is no ${files.key}; make one with: catenary signer init`,
      "signer_missing",
    );
  }
  // Without the lock, so that a signer at work can be shown: its state is only ever replaced as a whole.
  const described = describe(await readKeyFile(files.key), await connectionKey(files));
  const last = readLastSigned(await new SignerStateFile(files.state).load());
  const last_signed = last === undefined || last.height === 0n
    ? null
    : { height: last.height.toString(), round: last.round, step: last.step };
  const signed = last_signed === null
    ? "nothing"
    : `height ${last_signed.height}, round ${last_signed.round}, ${
      STEPS[last_signed.step] ?? `step ${last_signed.step}`
    }`;
  return { ...described, last_signed, text: table([...rows(described), ["last signed", signed]]) };
}

const STEPS: Readonly<Record<number, string>> = { 1: "proposal", 2: "prevote", 3: "precommit" };

/** Resolves after a signal. */
export async function startSigner(options: StartSignerOptions, output: Output): Promise<void> {
  const { chainId } = options;
  const parsed = parseSignerAddress(options.connect);
  if (!parsed.ok) throw new CommandError(parsed.error.message, "usage");
  const connect = parsed.value;
  const { key, connection, state, lock } = await openSigner(filesOf(options));
  const ending = untilSignal();
  try {
    const log = createLogger({ level: "info", format: options.json ? "json" : "text" });
    if (chainId === undefined) log.warn("signs for any chain that its node names: name one with --chain-id");
    if (connect.transport === "tcp" && connect.nodeId === undefined) {
      log.warn("signs for any node at this address: name one with tcp://NODE_ID@HOST:PORT");
    }
    const answer = createAnswerer({
      key: ed25519KeyFromSeed(key.seed),
      guarded: createGuardedSigner({ key: key.seed, storage: state }),
      chainId,
      log,
    });
    const described = describe(key, connection);
    const node = signerAddressText(connect);
    print(output, { event: "started", node, chainId, ...described }, table([["node", node], ...rows(described)]));
    const service = serveSigner({
      address: connect,
      connectionKey: ed25519KeyFromSeed(connection.seed),
      answer,
      clock: SYSTEM_CLOCK,
      log,
    });
    await ending.over;
    await service.stop();
  } finally {
    ending.release();
    lock.release();
  }
}
