/**
 * A group that decides together. Members have weights; anybody among them proposes messages for the chain (payments, calls
 * of contracts, changes of the group itself); when enough weight says yes, anybody can have them carried out.
 */
import {
  ensure,
  Expiration,
  fail,
  Item,
  Json,
  Message,
  PairMap,
  Response,
  StorageMap,
  toJson,
  validAddress,
} from "catenary";

const MEMBERS_MAX = 100;
const MESSAGES_MAX = 20;
const TITLE_LENGTH_MAX = 140;
const TEXT_LENGTH_MAX = 5000;
/** Per mille. */
const ALL: u64 = 1000;

@json
class Config {
  constructor(
    /** Share of the votes that must be yes, in per mille (abstentions left out): 501 is more than half. */
    public threshold: u64,
    /** Share of all weight that must vote at all, in per mille. */
    public quorum: u64,
    /** Seconds for voting. */
    public votingPeriod: u64,
  ) {}
}

@json
class Member {
  constructor(public address: string, public weight: u64) {}
}

@json
class Proposal {
  constructor(
    public id: u64,
    public title: string,
    public description: string,
    public proposer: string,
    /** Messages as the chain takes them, such as `{"bank": {"send": …}}`: kept as the JSON they came in. */
    public messages: Json[],
    public expires: Expiration,
    /** Weight of the whole group, and the rules, when it was proposed. */
    public totalWeight: u64,
    public config: Config,
    /** Number of changes of the group up to then: who votes is who was a member then. */
    public epoch: u64,
    public yes: u64,
    public no: u64,
    public abstain: u64,
    public executed: bool,
  ) {}
}

const CONFIG = new Item<Config>("config");
const TOTAL = new Item<u64>("total");
const EPOCH = new Item<u64>("epoch");
const NEXT_ID = new Item<u64>("next_id");
/** By epoch, then member: old groups stay, for the proposals that were made in them. */
const MEMBERS = new PairMap<u64, string, u64>("members");
const PROPOSALS = new StorageMap<u64, Proposal>("proposals");
/** By proposal, then member. */
const VOTES = new PairMap<u64, string, string>("votes");

function saveConfig(config: Config): void {
  ensure(config.threshold > 0 && config.threshold <= ALL, "The threshold is 1 to 1000 per mille");
  ensure(config.quorum <= ALL, "The quorum is 0 to 1000 per mille");
  ensure(config.votingPeriod > 0, "The voting period cannot be zero");
  CONFIG.save(config);
}

function saveMembers(epoch: u64, members: Member[]): void {
  ensure(members.length > 0 && members.length <= MEMBERS_MAX, "A group has 1 to 100 members");
  const map = MEMBERS.of(epoch);
  let total: u64 = 0;
  for (let i = 0; i < members.length; i++) {
    const member = members[i];
    ensure(member.weight > 0 && member.weight <= u32.MAX_VALUE, "A weight is 1 to 4294967295");
    ensure(!map.has(validAddress(member.address)), "A member is there twice");
    map.save(member.address, member.weight);
    total += member.weight;
  }
  TOTAL.save(total);
  EPOCH.save(epoch);
}

@instantiate
function setup(members: Member[], threshold: u64, quorum: u64, votingPeriod: u64): Response {
  saveConfig(new Config(threshold, quorum, votingPeriod));
  saveMembers(0, members);
  NEXT_ID.save(1);
  return new Response();
}

function weightOf(epoch: u64, address: string): u64 {
  return MEMBERS.of(epoch).loadOr(address, 0);
}

/** Proposes messages. The proposer's own vote is not counted before it is cast. */
@execute
function propose(env: Env, info: MessageInfo, title: string, description: string, messages: Json[]): Response {
  const epoch = EPOCH.load();
  ensure(weightOf(epoch, info.sender) > 0, "Only members can propose");
  ensure(title.length > 0 && title.length <= TITLE_LENGTH_MAX, "A title has 1 to 140 characters");
  ensure(description.length <= TEXT_LENGTH_MAX, "A description has up to 5000 characters");
  ensure(messages.length <= MESSAGES_MAX, "A proposal has up to 20 messages");

  const id = NEXT_ID.load();
  NEXT_ID.save(id + 1);
  const config = CONFIG.load();
  const expires = Expiration.atTime(env.time + config.votingPeriod);
  const total = TOTAL.load();
  PROPOSALS.save(
    id,
    new Proposal(id, title, description, info.sender, messages, expires, total, config, epoch, 0, 0, 0, false),
  );
  return new Response().attribute("action", "propose").attribute("id", id.toString());
}

/** `vote`: yes, no or abstain. A member votes once, and cannot change it. */
@execute
function vote(env: Env, info: MessageInfo, id: u64, vote: string): Response {
  const proposal = PROPOSALS.load(id);
  const weight = weightOf(proposal.epoch, info.sender);
  ensure(weight > 0, "Only those who were members when it was proposed can vote");
  ensure(!proposal.expires.isExpired(env) && !proposal.executed, "Voting is over");
  ensure(!VOTES.of(id).has(info.sender), "Already voted");

  if (vote == "yes") proposal.yes += weight;
  else if (vote == "no") proposal.no += weight;
  else if (vote == "abstain") proposal.abstain += weight;
  else return fail<Response>("A vote is yes, no or abstain");
  VOTES.of(id).save(info.sender, vote);
  PROPOSALS.save(id, proposal);
  return new Response().attribute("action", "vote").attribute("id", id.toString()).attribute("vote", vote);
}

/** `open`, `passed`, `rejected` or `executed`. A proposal passes early when no vote that is still to come can change it. */
function status(env: Env, proposal: Proposal): string {
  if (proposal.executed) return "executed";
  const yes = proposal.yes;
  const voted = yes + proposal.no + proposal.abstain;
  const over = proposal.expires.isExpired(env);
  // Those who have not voted yet count against it while voting goes on.
  const against = over ? proposal.no : proposal.totalWeight - yes - proposal.abstain;
  const quorum = voted * ALL >= proposal.config.quorum * proposal.totalWeight;
  if (yes > 0 && quorum && yes * ALL >= proposal.config.threshold * (yes + against)) return "passed";
  return over ? "rejected" : "open";
}

/** Carries out a proposal that has passed. If one of its messages fails, none is carried out, and it can be tried again. */
@execute
function execute(env: Env, id: u64): Response {
  const proposal = PROPOSALS.load(id);
  const now = status(env, proposal);
  if (now != "passed") return fail<Response>("The proposal is not passed: " + now);
  proposal.executed = true;
  PROPOSALS.save(id, proposal);
  const response = new Response().attribute("action", "execute").attribute("id", id.toString());
  for (let i = 0; i < proposal.messages.length; i++) response.message(new Message(toJson(proposal.messages[i])));
  return response;
}

/** Gives the group other members: only the group itself can, by a proposal that calls this contract. */
@execute
function updateMembers(env: Env, info: MessageInfo, members: Member[]): Response {
  if (info.sender != env.contract) return fail<Response>("Only the group itself can do that");
  saveMembers(EPOCH.load() + 1, members);
  return new Response().attribute("action", "update_members");
}

/** Changes the rules for proposals to come, as above. */
@execute
function updateConfig(env: Env, info: MessageInfo, threshold: u64, quorum: u64, votingPeriod: u64): Response {
  if (info.sender != env.contract) return fail<Response>("Only the group itself can do that");
  saveConfig(new Config(threshold, quorum, votingPeriod));
  return new Response().attribute("action", "update_config");
}

@json
class ProposalAnswer {
  constructor(public proposal: Proposal, public status: string) {}
}

@query
function proposal(env: Env, id: u64): ProposalAnswer {
  const found = PROPOSALS.load(id);
  return new ProposalAnswer(found, status(env, found));
}

@json
class ProposalsAnswer {
  constructor(public proposals: ProposalAnswer[]) {}
}

/** The newest first. */
@query
function proposals(env: Env, startBefore: u64 = u64.MAX_VALUE, limit: u32 = 10): ProposalsAnswer {
  const answer = new ProposalsAnswer([]);
  const rows = PROPOSALS.range().before(startBefore).descending().take(min(limit, 30));
  while (rows.next()) {
    const found = rows.value;
    answer.proposals.push(new ProposalAnswer(found, status(env, found)));
  }
  return answer;
}

@json
class VoteRow {
  constructor(public voter: string, public vote: string) {}
}

@json
class VotesAnswer {
  constructor(public votes: VoteRow[]) {}
}

@query
function votes(id: u64, startAfter: string = "", limit: u32 = 30): VotesAnswer {
  const answer = new VotesAnswer([]);
  const rows = VOTES.of(id).range().after(startAfter).take(min(limit, 100));
  while (rows.next()) answer.votes.push(new VoteRow(rows.key, rows.value));
  return answer;
}

@json
class MembersAnswer {
  constructor(public members: Member[], public totalWeight: u64) {}
}

@query
function members(startAfter: string = "", limit: u32 = 100): MembersAnswer {
  const answer = new MembersAnswer([], TOTAL.load());
  const rows = MEMBERS.of(EPOCH.load()).range().after(startAfter).take(min(limit, 100));
  while (rows.next()) answer.members.push(new Member(rows.key, rows.value));
  return answer;
}

@query
function config(): Config {
  return CONFIG.load();
}
