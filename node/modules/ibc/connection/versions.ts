/** Versions of a connection and how two chains agree on one (ICS-03; ibc-go `03-connection/types/version.go`). @module */
import type { Order } from "cosmjs-types/ibc/core/channel/v1/channel";
import type { Version } from "cosmjs-types/ibc/core/connection/v1/connection";
import { refuse } from "../../../core/ibc/mod.ts";
import { ok, type Result } from "../../../core/result.ts";

/** Most features of a version, and most versions a counterparty may offer. */
const FEATURES_MAX = 100;
const VERSIONS_MAX = 100;

/** The orders of channels by their numbers, as events and features spell them. */
export const ORDER_NAMES: Readonly<Record<number, string>> = {
  0: "ORDER_NONE_UNSPECIFIED",
  1: "ORDER_UNORDERED",
  2: "ORDER_ORDERED",
};

/** The versions of this chain, the preferred first. There is one, and it needs at least one feature. */
export const VERSIONS: readonly Version[] = [
  { identifier: "1", features: ["ORDER_ORDERED", "ORDER_UNORDERED"] },
];

const isBlank = (text: string) => text.trim() === "";

/** Refuses a version without a name, or with blank or too many features. */
export function checkVersion(version: Version | undefined): Result<undefined> {
  if (version === undefined) return refuse("invalidConnectionVersion", "check version: there is none");
  const { identifier, features } = version;
  if (isBlank(identifier)) return refuse("invalidConnectionVersion", "check version: its identifier is blank");
  if (features.length > FEATURES_MAX) {
    return refuse("invalidConnectionVersion", `check version: ${features.length} features, limit ${FEATURES_MAX}`);
  }
  if (features.some(isBlank)) return refuse("invalidConnectionVersion", "check version: a feature is blank");
  return ok(undefined);
}

/** Refuses a list of offered versions that is empty, too long, or has a bad one. */
export function checkVersions(versions: readonly Version[]): Result<undefined> {
  if (versions.length === 0) return refuse("invalidVersion", "check versions: there are none");
  if (versions.length > VERSIONS_MAX) {
    return refuse("invalidVersion", `check versions: ${versions.length}, limit ${VERSIONS_MAX}`);
  }
  for (const version of versions) {
    const checked = checkVersion(version);
    if (!checked.ok) return checked;
  }
  return ok(undefined);
}

/** Whether `proposed` is one of `supported`, with some of its features and none beyond. */
export function isSupported(supported: readonly Version[], proposed: Version): boolean {
  const own = supported.find(({ identifier }) => identifier === proposed.identifier);
  return own !== undefined && proposed.features.length > 0 &&
    proposed.features.every((feature) => own.features.includes(feature));
}

/** The first own version that the counterparty offers too, with the features of both; undefined when there is none. */
export function pickVersion(offered: readonly Version[]): Version | undefined {
  for (const { identifier, features } of VERSIONS) {
    const theirs = offered.find((version) => version.identifier === identifier);
    const common = features.filter((feature) => theirs?.features.includes(feature));
    if (common.length > 0) return { identifier, features: common };
  }
  return undefined;
}

/** Refuses unless one version was agreed on and allows channels of that order. */
export function checkOrder(versions: readonly Version[], order: Order): Result<undefined> {
  const [agreed] = versions;
  if (versions.length !== 1 || agreed === undefined) {
    return refuse("invalidConnectionVersion", `read connection: ${versions.length} versions, must be one for channels`);
  }
  const name = ORDER_NAMES[order] ?? `${order}`;
  return agreed.features.includes(name)
    ? ok(undefined)
    : refuse("invalidConnectionVersion", `read connection: version ${agreed.identifier} does not allow ${name}`);
}
