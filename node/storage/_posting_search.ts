import type { CodedError } from "../core/errors.ts";
import { sdkError } from "../core/errors.ts";
import { bytesToU64 } from "../core/bytes.ts";
import { err, ok, type Result } from "../core/result.ts";
import { joinPostings, type Place } from "./_posting_join.ts";
import type { Posting } from "./_postings.ts";
import {
  type HeightBounds,
  KnownPostings,
  postingsOfValue,
  type PostingStream,
  ReadBudget,
  scanPostings,
  StoredPostings,
  TooBroad,
} from "./_posting_streams.ts";
import type { SearchPlan } from "./_search_plan.ts";
import type { StorePart } from "./store.ts";

/** How much one search may read: about half a second's worth. */
const SEARCH_ENTRIES_MAX = 100_000;
/** Items of a page; CometBFT's limit. */
const PER_PAGE_MAX = 100;

export interface SearchOptions {
  /** From 1. */
  readonly page: number;
  /** From 1 to 100. */
  readonly perPage: number;
  readonly order: "asc" | "desc";
  /** Entries this search may read; a server may allow fewer than the default. */
  readonly entriesMax?: number;
}

/** One kind of thing that is searched for. */
export interface SearchSource {
  readonly store: StorePart;
  readonly space: Uint8Array;
  /** The prefix of the entries that every block has. */
  readonly counts: Uint8Array;
  /** The indexes of a block that every search without conditions finds, from its count entry. */
  indexesOf(count: Uint8Array): number[];
  findTx(hash: Uint8Array): Promise<Place | undefined>;
}

/** Finds what satisfies all of `plan`. */
export async function searchPostings(
  source: SearchSource,
  plan: SearchPlan,
  options: SearchOptions,
): Promise<Result<{ total: number; items: Place[] }, CodedError>> {
  const perPage = Math.min(PER_PAGE_MAX, Math.max(1, options.perPage));
  const page = Math.max(1, options.page);
  if (plan.bounds.low > plan.bounds.high) return ok({ total: 0, items: [] });
  const budget = new ReadBudget(options.entriesMax ?? SEARCH_ENTRIES_MAX);
  const descending = options.order === "desc";
  try {
    const streams = await openStreams(source, plan, budget, descending);
    const found = await joinPostings(streams, descending, { skip: (page - 1) * perPage, take: perPage });
    return ok({ total: found.total, items: found.places });
  } catch (error) {
    if (!(error instanceof TooBroad)) throw error;
    return err(sdkError("invalidRequest", "search the index: the query reads too many entries, bound it by height"));
  }
}

async function openStreams(
  source: SearchSource,
  plan: SearchPlan,
  budget: ReadBudget,
  descending: boolean,
): Promise<PostingStream[]> {
  const { store, space } = source;
  const streams: PostingStream[] = [];
  let { bounds } = plan;
  for (const hash of plan.hashes) {
    const place = await source.findTx(hash);
    const isInside = place && place.height >= bounds.low && place.height <= bounds.high;
    const postings: Posting[] = isInside ? [{ height: place.height, indexes: [place.index] }] : [];
    streams.push(new KnownPostings(postings, descending));
    // Nothing else can match: the other conditions need not be read at any other height.
    bounds = isInside ? { low: place.height, high: place.height } : { low: 1n, high: 0n };
  }
  for (const { key, equals } of plan.terms) {
    if (equals !== undefined) streams.push(postingsOfValue(store, space, key, equals, budget, descending, bounds));
  }
  // A scan holds what it found, so it comes last and only where the query asks for more than equality.
  for (const { key, equals, matches } of plan.terms) {
    if (equals === undefined) streams.push(await scanPostings(store, space, key, matches, budget, descending, bounds));
  }
  if (streams.length === 0 || plan.heightFilters.length > 0) {
    const isWanted = (height: bigint) => plan.heightFilters.every((filter) => filter(height));
    streams.push(everything(source, isWanted, budget, descending, bounds));
  }
  return streams;
}

/** All heights within the bounds; with nothing in those that are not wanted. */
function everything(
  { store, counts, indexesOf }: SearchSource,
  isWanted: (height: bigint) => boolean,
  budget: ReadBudget,
  descending: boolean,
  bounds: HeightBounds,
): PostingStream {
  return new StoredPostings(store, counts, budget, descending, bounds, ([key, count]) => {
    const height = bytesToU64(key, key.length - 8);
    return { height, indexes: isWanted(height) ? indexesOf(count) : [] };
  });
}
