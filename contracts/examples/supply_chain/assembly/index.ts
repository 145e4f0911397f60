/**
 * The way of products from maker to buyer. Makers register products; custody goes from one company to the next only when
 * both agree; certifiers attach certificates; the maker can recall a product. Everything that happened stays readable.
 */
import { ensure, fail, Item, PairMap, Response, StorageMap, validAddress } from "catenary";

const TEXT_LENGTH_MAX = 256;

/** What a company may do here. */
@json
class Company {
  constructor(public name: string, public maker: bool, public certifier: bool) {}
}

@json
class Product {
  constructor(
    public id: string,
    public maker: string,
    public description: string,
    /** Products that went into this one. */
    public parts: string[],
    /** Who has it. */
    public custodian: string,
    /** Who is to take it over, and has not said yes yet. */
    public offeredTo: string | null,
    /** Why it was recalled; null when it was not. */
    public recalled: string | null,
    /** Number of entries in its history. */
    public entries: u32,
  ) {}
}

@json
class Entry {
  constructor(
    /** Seconds since 1970. */
    public time: u64,
    public by: string,
    public action: string,
    public note: string,
  ) {}
}

@json
class Certificate {
  constructor(
    public certifier: string,
    public standard: string,
    /** SHA-256 of the document, in hexadecimal: the document itself is kept elsewhere. */
    public document: string,
    /** Seconds since 1970. */
    public validUntil: u64,
    public revoked: bool,
  ) {}
}

const OPERATOR = new Item<string>("operator");
const COMPANIES = new StorageMap<string, Company>("companies");
const PRODUCTS = new StorageMap<string, Product>("products");
/** By product, then number. */
const HISTORY = new PairMap<string, u32, Entry>("history");
/** By product, then hash of the document. */
const CERTIFICATES = new PairMap<string, string, Certificate>("certificates");

@instantiate
function setup(info: MessageInfo): Response {
  OPERATOR.save(info.sender);
  return new Response();
}

/** Adds a line to the history of a product, and saves the product. */
function record(env: Env, info: MessageInfo, product: Product, action: string, note: string): Response {
  ensure(note.length <= TEXT_LENGTH_MAX, "The note is too long");
  HISTORY.of(product.id).save(product.entries, new Entry(env.time, info.sender, action, note));
  product.entries++;
  PRODUCTS.save(product.id, product);
  return new Response().attribute("action", action).attribute("product", product.id).attribute("by", info.sender);
}

/** The operator says who takes part and as what. */
@execute
function setCompany(info: MessageInfo, address: string, name: string, maker: bool, certifier: bool): Response {
  if (info.sender != OPERATOR.load()) return fail<Response>("Only the operator can do that");
  ensure(name.length > 0 && name.length <= TEXT_LENGTH_MAX, "A company wants a name");
  COMPANIES.save(validAddress(address), new Company(name, maker, certifier));
  return new Response().attribute("action", "set_company").attribute("company", address);
}

function company(address: string): Company {
  return COMPANIES.loadOr(address, new Company("", false, false));
}

/** Registers a product. Its parts must be in the maker's hands, and not recalled. */
@execute
function make(env: Env, info: MessageInfo, id: string, description: string, parts: string[] = []): Response {
  ensure(company(info.sender).maker, "Only makers can do that");
  ensure(id.length > 0 && id.length <= 64 && description.length <= TEXT_LENGTH_MAX, "An id has 1 to 64 characters");
  ensure(!PRODUCTS.has(id), id + " is there already");
  for (let i = 0; i < parts.length; i++) {
    const part = PRODUCTS.load(parts[i]);
    ensure(part.custodian == info.sender, "The maker does not have " + parts[i]);
    ensure(part.recalled === null, parts[i] + " is recalled");
    // What went into something else cannot go into another thing.
    part.custodian = env.contract;
    part.offeredTo = null;
    record(env, info, part, "built_in", id);
  }
  return record(env, info, new Product(id, info.sender, description, parts, info.sender, null, null, 0), "make", "");
}

/** The product, if the caller has it; otherwise the call is refused. */
function held(info: MessageInfo, id: string): Product {
  const product = PRODUCTS.load(id);
  ensure(product.custodian == info.sender, "Only who has " + id + " can do that");
  return product;
}

/** Offers the product to another company (with `null` takes the offer back). */
@execute
function offer(env: Env, info: MessageInfo, id: string, to: string | null, note: string = ""): Response {
  const product = held(info, id);
  if (to) ensure(COMPANIES.has(validAddress(to)), "The company is not known");
  product.offeredTo = to;
  return record(env, info, product, to ? "offer" : "withdraw", to ? to + " " + note : note);
}

/** Takes over a product that was offered to the caller. */
@execute
function accept(env: Env, info: MessageInfo, id: string, note: string = ""): Response {
  const product = PRODUCTS.load(id);
  const to = product.offeredTo;
  ensure(to !== null && to == info.sender, id + " was not offered to the caller");
  product.custodian = info.sender;
  product.offeredTo = null;
  return record(env, info, product, "accept", note);
}

/** Attaches a certificate to a product. */
@execute
function certify(
  env: Env,
  info: MessageInfo,
  id: string,
  standard: string,
  document: string,
  validUntil: u64,
): Response {
  ensure(company(info.sender).certifier, "Only certifiers can do that");
  ensure(document.length == 64, "A document is told by its SHA-256, 64 hexadecimal digits");
  ensure(standard.length <= TEXT_LENGTH_MAX, "The name of the standard is too long");
  ensure(validUntil > env.time, "The certificate is over already");
  ensure(!CERTIFICATES.of(id).has(document), "The document is attached already");
  CERTIFICATES.of(id).save(document, new Certificate(info.sender, standard, document, validUntil, false));
  return record(env, info, PRODUCTS.load(id), "certify", standard);
}

/** Takes a certificate back, as its certifier. */
@execute
function revoke(env: Env, info: MessageInfo, id: string, document: string, note: string): Response {
  const certificate = CERTIFICATES.of(id).load(document);
  ensure(certificate.certifier == info.sender, "Only its certifier can do that");
  certificate.revoked = true;
  CERTIFICATES.of(id).save(document, certificate);
  return record(env, info, PRODUCTS.load(id), "revoke", note);
}

/** Recalls a product, as its maker. It can still be handed back, but goes into nothing any more. */
@execute
function recall(env: Env, info: MessageInfo, id: string, reason: string): Response {
  const product = PRODUCTS.load(id);
  ensure(product.maker == info.sender, "Only its maker can recall a product");
  ensure(reason.length > 0, "A recall wants a reason");
  product.recalled = reason;
  return record(env, info, product, "recall", reason);
}

@json
class ProductAnswer {
  constructor(
    public product: Product,
    /** Whether it, or any of its parts, is recalled. */
    public unsafe: bool,
    public certificates: Certificate[],
  ) {}
}

/** Levels of parts within parts that are looked at. */
const PART_LEVELS_MAX = 8;

function isUnsafe(product: Product, level: i32): bool {
  if (product.recalled !== null) return true;
  if (level == PART_LEVELS_MAX) return false;
  for (let i = 0; i < product.parts.length; i++) {
    if (isUnsafe(PRODUCTS.load(product.parts[i]), level + 1)) return true;
  }
  return false;
}

@query
function product(id: string): ProductAnswer {
  const found = PRODUCTS.load(id);
  const answer = new ProductAnswer(found, isUnsafe(found, 0), []);
  const rows = CERTIFICATES.of(id).range().take(30);
  while (rows.next()) answer.certificates.push(rows.value);
  return answer;
}

@json
class HistoryAnswer {
  constructor(public entries: Entry[]) {}
}

/** What happened to a product, from entry number `from` on. */
@query
function history(id: string, from: u32 = 0, limit: u32 = 30): HistoryAnswer {
  const answer = new HistoryAnswer([]);
  const rows = HISTORY.of(id).range().from(from).take(min(limit, 100));
  while (rows.next()) answer.entries.push(rows.value);
  return answer;
}

@query
function certified(env: Env, id: string, standard: string): bool {
  const rows = CERTIFICATES.of(id).range();
  while (rows.next()) {
    const one = rows.value;
    if (one.standard == standard && !one.revoked && one.validUntil > env.time) return true;
  }
  return false;
}
