/**
 * What the token remembers. The names and layouts are those of cw20-base, the token most Cosmos chains use, so that
 * explorers and indexers which read its storage read this one too.
 */
import { Expiration, fail, Item, PairMap, StorageMap, Uint128 } from "catenary";

/** Who may make new tokens, and up to which total supply (`null`: no limit). */
@json
export class Minter {
  constructor(public minter: string, public cap: Uint128 | null) {}
}

/** Under "token_info". */
@json
export class TokenInfo {
  constructor(
    public name: string,
    public symbol: string,
    public decimals: u8,
    public totalSupply: Uint128,
    public mint: Minter | null,
  ) {}
}

/** What a contract is sent when somebody sends it tokens: `{"receive": {…}}`. */
@json
export class Receive {
  constructor(public sender: string, public amount: Uint128, public msg: Uint8Array) {}
}

/** How much somebody may spend for an owner, and until when. */
@json
export class Allowance {
  constructor(public allowance: Uint128, public expires: Expiration) {}
}

/** What wallets show of the token. */
@json
export class Marketing {
  constructor(
    public project: string | null,
    public description: string | null,
    public marketing: string | null,
    public logo: Logo | null,
  ) {}
}

/** A picture somewhere in the web. */
@json
export class Logo {
  constructor(public url: string) {}
}

export const TOKEN_INFO = new Item<TokenInfo>("token_info");
export const MARKETING = new Item<Marketing>("marketing_info");
export const BALANCES = new StorageMap<string, Uint128>("balance");
/** By owner, then spender. */
export const ALLOWANCES = new PairMap<string, string, Allowance>("allowance");
/** The same by spender, then owner, to find them from either side. */
export const ALLOWANCES_BY_SPENDER = new PairMap<string, string, Allowance>("allowance_spender");

export function balanceOf(address: string): Uint128 {
  return BALANCES.loadOr(address, Uint128.zero);
}

/** Moves tokens. `-` refuses the whole call when the balance is too small: numbers never wrap around. */
export function move(from: string, to: string, amount: Uint128): void {
  BALANCES.save(from, balanceOf(from) - amount);
  BALANCES.save(to, balanceOf(to) + amount);
}

/** Destroys tokens. */
export function destroy(from: string, amount: Uint128): void {
  BALANCES.save(from, balanceOf(from) - amount);
  const info = TOKEN_INFO.load();
  info.totalSupply = info.totalSupply - amount;
  TOKEN_INFO.save(info);
}

/** The token's data, if the sender is its minter; otherwise the call is refused. */
export function asMinter(sender: string): TokenInfo {
  const info = TOKEN_INFO.load();
  const mint = info.mint;
  return mint && mint.minter == sender ? info : fail<TokenInfo>("Unauthorized");
}
