/**
 * Identity: who may say what about whom. Issuers (a university, a bank, a state) state facts about holders; holders show
 * them to whom they like; anybody can ask whether they hold. A credential is either issued on the chain, or signed outside
 * and never seen here until its holder shows it; both can be revoked.
 */
import {
  ensure,
  fail,
  Item,
  PairMap,
  Response,
  sha256,
  StorageMap,
  toHex,
  utf8,
  validAddress,
  verifyEd25519,
  verifySecp256k1,
} from "catenary";

const TEXT_LENGTH_MAX = 256;

@json
class Issuer {
  constructor(
    public name: string,
    /** `ed25519` (32 bytes) or `secp256k1` (33 bytes): the key of its signatures outside. */
    public keyType: string,
    public key: Uint8Array,
    public active: bool,
  ) {}
}

@json
class Credential {
  constructor(
    public id: u64,
    public issuer: string,
    public holder: string,
    /** What it is, for example `over_18` or `driving_licence`. */
    public kind: string,
    /** Hash of the details, in hexadecimal: they are nobody's business but the holder's. */
    public claim: string,
    /** Seconds since 1970; 0: for ever. */
    public expires: u64,
    public revoked: bool,
  ) {}
}

const ADMIN = new Item<string>("admin");
const NEXT_ID = new Item<u64>("next_id");
const ISSUERS = new StorageMap<string, Issuer>("issuers");
const CREDENTIALS = new StorageMap<u64, Credential>("credentials");
/** By holder, then number. */
const BY_HOLDER = new PairMap<string, u64, bool>("by_holder");
/** By issuer, then hash of a statement that was signed outside. */
const REVOKED = new PairMap<string, string, bool>("revoked");

@instantiate
function setup(info: MessageInfo): Response {
  ADMIN.save(info.sender);
  NEXT_ID.save(1);
  return new Response();
}

/** The administrator lets an issuer in, gives it another key, or stops it: then nothing it ever said holds. */
@execute
function setIssuer(
  info: MessageInfo,
  address: string,
  name: string,
  keyType: string,
  key: Uint8Array,
  active: bool = true,
): Response {
  if (info.sender != ADMIN.load()) return fail<Response>("Only the administrator can do that");
  const length = keyType == "ed25519" ? 32 : keyType == "secp256k1" ? 33 : -1;
  ensure(key.length == length, "A key is ed25519 with 32 bytes or secp256k1 with 33");
  ensure(name.length > 0 && name.length <= TEXT_LENGTH_MAX, "An issuer wants a name");
  ISSUERS.save(validAddress(address), new Issuer(name, keyType, key, active));
  return new Response().attribute("action", "set_issuer").attribute("issuer", address);
}

/** Makes another account the administrator. */
@execute
function setAdmin(info: MessageInfo, admin: string): Response {
  if (info.sender != ADMIN.load()) return fail<Response>("Only the administrator can do that");
  ADMIN.save(validAddress(admin));
  return new Response().attribute("action", "set_admin").attribute("admin", admin);
}

function isActive(issuer: string): bool {
  return ISSUERS.has(issuer) && ISSUERS.load(issuer).active;
}

/** States a fact about a holder. */
@execute
function issue(env: Env, info: MessageInfo, holder: string, kind: string, claim: string, expires: u64 = 0): Response {
  ensure(isActive(info.sender), "Only issuers can do that");
  ensure(kind.length > 0 && kind.length <= TEXT_LENGTH_MAX, "A credential wants a kind");
  ensure(claim.length == 64, "A claim is told by its SHA-256, 64 hexadecimal digits");
  ensure(expires == 0 || expires > env.time, "The credential is over already");
  const id = NEXT_ID.load();
  NEXT_ID.save(id + 1);
  CREDENTIALS.save(id, new Credential(id, info.sender, validAddress(holder), kind, claim, expires, false));
  BY_HOLDER.of(holder).save(id, true);
  return new Response().attribute("action", "issue").attribute("id", id.toString()).attribute("holder", holder);
}

/** Takes a statement back, as its issuer. The holder may as well: nobody has to keep what others say. */
@execute
function revoke(info: MessageInfo, id: u64): Response {
  const credential = CREDENTIALS.load(id);
  const may = info.sender == credential.issuer || info.sender == credential.holder;
  ensure(may, "Only its issuer or its holder can revoke a credential");
  credential.revoked = true;
  CREDENTIALS.save(id, credential);
  return new Response().attribute("action", "revoke").attribute("id", id.toString());
}

/** Takes a statement back that was signed outside, told by the SHA-256 of its text. */
@execute
function revokeStatement(info: MessageInfo, hash: string): Response {
  ensure(ISSUERS.has(info.sender), "Only issuers can do that");
  ensure(hash.length == 64, "A statement is told by its SHA-256, 64 hexadecimal digits");
  REVOKED.of(info.sender).save(hash, true);
  return new Response().attribute("action", "revoke_statement").attribute("hash", hash);
}

function holds(env: Env, credential: Credential): bool {
  const over = credential.expires != 0 && credential.expires <= env.time;
  return !credential.revoked && !over && isActive(credential.issuer);
}

@json
class CredentialAnswer {
  constructor(public credential: Credential, public valid: bool) {}
}

@query
function credential(env: Env, id: u64): CredentialAnswer {
  const found = CREDENTIALS.load(id);
  return new CredentialAnswer(found, holds(env, found));
}

@json
class CredentialsAnswer {
  constructor(public credentials: CredentialAnswer[]) {}
}

/** What is said about a holder. */
@query
function credentials(env: Env, holder: string, startAfter: u64 = 0, limit: u32 = 10): CredentialsAnswer {
  const answer = new CredentialsAnswer([]);
  const rows = BY_HOLDER.of(holder).range().after(startAfter).take(min(limit, 30));
  while (rows.next()) {
    const found = CREDENTIALS.load(rows.key);
    answer.credentials.push(new CredentialAnswer(found, holds(env, found)));
  }
  return answer;
}

/** Whether somebody has a valid credential of a kind, from one issuer or (`null`) from any. */
@query
function hasCredential(env: Env, holder: string, kind: string, issuer: string | null): bool {
  const rows = BY_HOLDER.of(holder).range();
  while (rows.next()) {
    const found = CREDENTIALS.load(rows.key);
    if (found.kind != kind || !holds(env, found)) continue;
    if (issuer === null || found.issuer == issuer) return true;
  }
  return false;
}

/** What an issuer signs outside: the JSON text of this, byte by byte as it is sent here. */
@json
class Statement {
  /** Address of this contract, so that no other takes it. */
  contract: string;
  holder: string;
  kind: string;
  claim: string;
  expires: u64 = 0;
}

@json
class VerifyAnswer {
  constructor(
    public valid: bool,
    /** Why not. */
    public reason: string | null,
    public holder: string,
    public kind: string,
    public claim: string,
  ) {}
}

function invalid(reason: string): VerifyAnswer {
  return new VerifyAnswer(false, reason, "", "", "");
}

/**
 * Whether a statement that was signed outside holds. `statement` is the text that was signed; the signature is over it
 * (ed25519) or over its SHA-256 (secp256k1). Costs nothing and leaves no trace: it is a query.
 */
@query
function verify(env: Env, issuer: string, statement: string, signature: Uint8Array): VerifyAnswer {
  const text = utf8(statement);
  const said = Json.parseBytes(text).as<Statement>();
  if (!isActive(issuer)) return invalid("unknown issuer");
  const by = ISSUERS.load(issuer);
  const hash = sha256(text);
  const signed = by.keyType == "ed25519"
    ? verifyEd25519(text, signature, by.key)
    : verifySecp256k1(hash, signature, by.key);
  if (!signed) return invalid("wrong signature");
  if (said.contract != env.contract) return invalid("made for another contract");
  if (said.expires != 0 && said.expires <= env.time) return invalid("expired");
  if (REVOKED.of(issuer).has(toHex(hash))) return invalid("revoked");
  return new VerifyAnswer(true, null, said.holder, said.kind, said.claim);
}

@query
function issuer(address: string): Issuer {
  return ISSUERS.load(address);
}
