/** The genesis file: CometBFT v0.38's `genesis.json` (`types/genesis.go`). @module */
import { ed25519Address } from "../core/crypto/mod.ts";
import { bytesToHex, equalBytes } from "../core/bytes.ts";
import { ok, type Result } from "../core/result.ts";
import { type Nanos, nanosToDuration, nanosToRfc3339, rfc3339ToNanos } from "../core/time.ts";
import { CHAIN_ID_LENGTH_MAX } from "../core/types/mod.ts";
import {
  FieldError,
  type Json,
  readArray,
  readBase64,
  readHex,
  readInt64,
  readObject,
  readString,
} from "./_json_fields.ts";
import { refuse } from "./errors.ts";
import { DEFAULT_CONSENSUS_PARAMS, evidenceAgeNanosMax, validateConsensusParams } from "./params.ts";
import type { ChainParams, GenesisDoc, GenesisValidator } from "./types.ts";

const VALIDATORS_MAX = 10_000;
const NAME_LENGTH_MAX = 256;
const APP_HASH_BYTES_MAX = 64;
/** `MaxTotalVotingPower`: sums of priorities must not leave int64. */
const TOTAL_POWER_MAX = ((1n << 63n) - 1n) / 8n;
const KEY_TYPE = "tendermint/PubKeyEd25519";

/**
 * Reads a parsed genesis file. Left out may be: `initial_height` ("1"), `consensus_params` and each of its sections
 * (CometBFT's defaults), `validators` (the application must then name some), `app_hash`, `app_state`, and a validator's
 * `address` and `name`. Errors name the field. Fields that CometBFT does not know are passed over, as it does.
 */
export function parseGenesis(json: unknown): Result<GenesisDoc> {
  try {
    const doc = readDoc(readObject(json, "(the whole document)"));
    const params = validateConsensusParams(doc.consensusParams);
    return params.ok ? ok(doc) : params;
  } catch (error) {
    if (error instanceof FieldError) return refuse("genesis", error.message);
    throw error;
  }
}

function readDoc(json: Json): GenesisDoc {
  const chainId = readString(json.chain_id, "chain_id");
  if (chainId === "") throw new FieldError("chain_id", "must not be empty");
  if (chainId.length > CHAIN_ID_LENGTH_MAX) {
    throw new FieldError("chain_id", `longer than ${CHAIN_ID_LENGTH_MAX} characters`);
  }
  // CometBFT reads 0 as 1.
  const height = json.initial_height === undefined ? 1n : readInt64(json.initial_height, "initial_height");
  if (height < 0n) throw new FieldError("initial_height", "must not be negative");
  const appHash = json.app_hash === undefined ? new Uint8Array() : readHex(json.app_hash, "app_hash");
  if (appHash.length > APP_HASH_BYTES_MAX) throw new FieldError("app_hash", `longer than ${APP_HASH_BYTES_MAX} bytes`);
  return {
    chainId,
    genesisTime: readTime(json.genesis_time),
    initialHeight: height === 0n ? 1n : height,
    consensusParams: readParams(json.consensus_params),
    validators: readValidators(json.validators ?? []),
    appHash,
    appState: readObject(json.app_state ?? {}, "app_state"),
  };
}

function readTime(value: unknown): Nanos {
  const time = rfc3339ToNanos(readString(value, "genesis_time"));
  if (time === undefined) throw new FieldError("genesis_time", `expected an RFC 3339 instant, found "${value}"`);
  return time;
}

function readParams(value: unknown): ChainParams {
  if (value === undefined || value === null) return DEFAULT_CONSENSUS_PARAMS;
  const json = readObject(value, "consensus_params");
  const defaults = DEFAULT_CONSENSUS_PARAMS;
  const section = <T>(name: string, fallback: T, read: (json: Json, path: string) => T): T => {
    const part = json[name];
    const path = `consensus_params.${name}`;
    return part === undefined || part === null ? fallback : read(readObject(part, path), path);
  };
  return {
    block: section("block", defaults.block, (part, path) => ({
      maxBytes: readInt64(part.max_bytes, `${path}.max_bytes`),
      maxGas: readInt64(part.max_gas, `${path}.max_gas`),
    })),
    evidence: section("evidence", defaults.evidence, (part, path) => {
      const age = readInt64(part.max_age_duration, `${path}.max_age_duration`);
      return {
        maxAgeNumBlocks: readInt64(part.max_age_num_blocks, `${path}.max_age_num_blocks`),
        maxAgeDuration: nanosToDuration(age),
        maxBytes: part.max_bytes === undefined ? 0n : readInt64(part.max_bytes, `${path}.max_bytes`),
      };
    }),
    validator: section("validator", defaults.validator, (part, path) => ({
      pubKeyTypes: readArray(part.pub_key_types, `${path}.pub_key_types`, 8).map((type, i) =>
        readString(type, `${path}.pub_key_types[${i}]`)
      ),
    })),
    version: section("version", defaults.version, (part, path) => {
      const app = part.app === undefined ? 0n : readInt64(part.app, `${path}.app`);
      if (app < 0n) throw new FieldError(`${path}.app`, "must not be negative");
      return { app };
    }),
    abci: section("abci", defaults.abci, (part, path) => {
      const field = part.vote_extensions_enable_height;
      const name = `${path}.vote_extensions_enable_height`;
      return { voteExtensionsEnableHeight: field === undefined ? 0n : readInt64(field, name) };
    }),
  };
}

function readValidators(value: unknown): GenesisValidator[] {
  const seen = new Set<string>();
  let total = 0n;
  return readArray(value, "validators", VALIDATORS_MAX).map((item, i) => {
    const path = `validators[${i}]`;
    const validator = readValidator(readObject(item, path), path);
    const key = bytesToHex(validator.address);
    if (seen.has(key)) throw new FieldError(`${path}.pub_key`, "the same key twice");
    seen.add(key);
    total += validator.power;
    if (total > TOTAL_POWER_MAX) throw new FieldError(`${path}.power`, `the total exceeds ${TOTAL_POWER_MAX}`);
    return validator;
  });
}

function readValidator(json: Json, path: string): GenesisValidator {
  const key = readObject(json.pub_key, `${path}.pub_key`);
  if (key.type !== KEY_TYPE) throw new FieldError(`${path}.pub_key.type`, `only "${KEY_TYPE}" is supported`);
  const publicKey = readBase64(key.value, `${path}.pub_key.value`);
  if (publicKey.length !== 32) {
    throw new FieldError(`${path}.pub_key.value`, `expected 32 bytes, found ${publicKey.length}`);
  }
  const power = readInt64(json.power, `${path}.power`);
  if (power <= 0n) throw new FieldError(`${path}.power`, "must be positive");
  const name = json.name === undefined ? "" : readString(json.name, `${path}.name`);
  if (name.length > NAME_LENGTH_MAX) throw new FieldError(`${path}.name`, `longer than ${NAME_LENGTH_MAX} characters`);
  const address = ed25519Address(publicKey);
  if (json.address !== undefined && json.address !== "") {
    const given = readHex(json.address, `${path}.address`);
    if (!equalBytes(given, address)) {
      throw new FieldError(`${path}.address`, `does not belong to the key: expected ${upperHex(address)}`);
    }
  }
  return { address, publicKey, power, name };
}

const upperHex = (bytes: Uint8Array): string => bytesToHex(bytes).toUpperCase();

/** The inverse of {@linkcode parseGenesis}: the document in CometBFT's own form, every field written out. */
export function genesisToJson(doc: GenesisDoc): Record<string, unknown> {
  return {
    genesis_time: nanosToRfc3339(doc.genesisTime),
    chain_id: doc.chainId,
    initial_height: doc.initialHeight.toString(),
    consensus_params: paramsToJson(doc.consensusParams),
    validators: doc.validators.map(({ address, publicKey, power, name }) => ({
      address: upperHex(address),
      pub_key: { type: KEY_TYPE, value: publicKey.toBase64() },
      power: power.toString(),
      name,
    })),
    app_hash: upperHex(doc.appHash),
    app_state: doc.appState,
  };
}

function paramsToJson(params: ChainParams): Record<string, unknown> {
  const { block, evidence, validator, version, abci } = params;
  return {
    block: { max_bytes: block.maxBytes.toString(), max_gas: block.maxGas.toString() },
    evidence: {
      max_age_num_blocks: evidence.maxAgeNumBlocks.toString(),
      max_age_duration: evidenceAgeNanosMax(params).toString(),
      max_bytes: evidence.maxBytes.toString(),
    },
    validator: { pub_key_types: validator.pubKeyTypes },
    version: { app: version.app.toString() },
    abci: { vote_extensions_enable_height: abci.voteExtensionsEnableHeight.toString() },
  };
}
