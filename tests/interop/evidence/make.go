package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/crypto/tmhash"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/light/provider"
	lightdb "github.com/cometbft/cometbft/light/store/db"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
	"github.com/cometbft/cometbft/version"
)

const chainID = "evidence-1"

var birth = time.Unix(1_700_000_000, 123_456_789).UTC()

func timeAt(height int64) time.Time { return birth.Add(time.Duration(height) * time.Second) }

func keyOf(index int) crypto.PrivKey {
	return ed25519.GenPrivKeyFromSecret([]byte(fmt.Sprint("evidence key ", index)))
}

// setOf is a set of the keys with these numbers; the power of key i is 10 * (i + 1).
func setOf(indexes ...int) *types.ValidatorSet {
	var validators []*types.Validator
	for _, i := range indexes {
		validators = append(validators, types.NewValidator(keyOf(i).PubKey(), int64(10*(i+1))))
	}
	return types.NewValidatorSet(validators)
}

func nameHash(text string) []byte { return tmhash.Sum([]byte(text)) }

// membersAt says who validates at a height: at 7 number 1 goes and number 5 comes; at 15 everybody but number 5.
func membersAt(height int64) []int {
	switch {
	case height < 7:
		return []int{0, 1, 2, 3, 4}
	case height < 15:
		return []int{0, 2, 3, 4, 5}
	default:
		return []int{5, 6, 7, 8}
	}
}

type blockParts struct {
	height  int64
	time    time.Time
	set     *types.ValidatorSet
	next    *types.ValidatorSet
	app     string
	data    string
	round   int32
	signers []int
}

func honest(height int64) blockParts {
	members := membersAt(height)
	return blockParts{
		height:  height,
		time:    timeAt(height),
		set:     setOf(members...),
		next:    setOf(membersAt(height + 1)...),
		app:     fmt.Sprint("app ", height),
		data:    "data",
		round:   1,
		signers: members[1:],
	}
}

func (p blockParts) make() *types.LightBlock {
	header := &types.Header{
		Version:            cmtversion.Consensus{Block: version.BlockProtocol, App: 1},
		ChainID:            chainID,
		Height:             p.height,
		Time:               p.time,
		LastBlockID:        types.BlockID{Hash: nameHash("last"), PartSetHeader: types.PartSetHeader{Total: 1, Hash: nameHash("part")}},
		LastCommitHash:     nameHash("commit"),
		DataHash:           nameHash(p.data),
		ValidatorsHash:     p.set.Hash(),
		NextValidatorsHash: p.next.Hash(),
		ConsensusHash:      nameHash("consensus"),
		AppHash:            nameHash(p.app),
		LastResultsHash:    nameHash("results"),
		EvidenceHash:       nameHash("evidence"),
		ProposerAddress:    p.set.Validators[0].Address,
	}
	id := types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: nameHash("parts")}}
	commit := &types.Commit{Height: p.height, Round: p.round, BlockID: id}
	for index, validator := range p.set.Validators {
		signature := types.NewCommitSigAbsent()
		for _, signer := range p.signers {
			if keyOf(signer).PubKey().Equals(validator.PubKey) {
				signature = sign(keyOf(signer), p, id, int32(index), cmtproto.PrecommitType).CommitSig()
			}
		}
		commit.Signatures = append(commit.Signatures, signature)
	}
	return &types.LightBlock{SignedHeader: &types.SignedHeader{Header: header, Commit: commit}, ValidatorSet: p.set}
}

func sign(key crypto.PrivKey, p blockParts, id types.BlockID, index int32, kind cmtproto.SignedMsgType) *types.Vote {
	vote := &types.Vote{
		Type:             kind,
		Height:           p.height,
		Round:            p.round,
		BlockID:          id,
		Timestamp:        p.time.Add(time.Duration(index) * time.Millisecond),
		ValidatorAddress: key.PubKey().Address(),
		ValidatorIndex:   index,
	}
	vote.Signature = must(key.Sign(types.VoteSignBytes(chainID, vote.ToProto())))
	return vote
}

func chainOf(length int64) (blocks []*types.LightBlock) {
	for height := int64(1); height <= length; height++ {
		blocks = append(blocks, honest(height).make())
	}
	return blocks
}

func lightHex(block *types.LightBlock) string {
	return hex.EncodeToString(must(must(block.ToProto()).Marshal()))
}

func chainText(blocks []*types.LightBlock) chainJSON {
	chain := chainJSON{ChainID: chainID}
	for _, block := range blocks {
		chain.Blocks = append(chain.Blocks, blockJSON{
			Header:     hex.EncodeToString(must(block.Header.ToProto().Marshal())),
			Commit:     hex.EncodeToString(must(block.Commit.ToProto().Marshal())),
			Validators: hex.EncodeToString(must(must(block.ValidatorSet.ToProto()).Marshal())),
		})
	}
	return chain
}

type caseJSON struct {
	Name string `json:"name"`
	verdict
	JSON json.RawMessage `json:"json"`
}

// attack fills in what an honest accuser does.
func attack(conflicting, trusted, common *types.LightBlock) *types.LightClientAttackEvidence {
	ev := &types.LightClientAttackEvidence{ConflictingBlock: conflicting}
	from := trusted
	if ev.ConflictingHeaderIsInvalid(trusted.Header) {
		from = common
	}
	ev.CommonHeight, ev.Timestamp, ev.TotalVotingPower = from.Height, from.Time, from.ValidatorSet.TotalVotingPower()
	ev.ByzantineValidators = ev.GetByzantineValidators(common.ValidatorSet, trusted.SignedHeader)
	return ev
}

type product struct {
	Chain  chainJSON  `json:"chain"`
	Cases  []caseJSON `json:"cases"`
	Forks  []forkJSON `json:"forks"`
	Origin string     `json:"origin"`
}

func makeAll() product {
	blocks := chainOf(12)
	at := func(height int64) *types.LightBlock { return blocks[height-1] }
	with := func(height int64, change func(*blockParts)) *types.LightBlock {
		parts := honest(height)
		change(&parts)
		return parts.make()
	}
	own := setOf(3, 4, 9)
	list := map[string]types.Evidence{
		"lunatic with validators of its own": attack(with(9, func(p *blockParts) {
			p.set, p.next, p.signers = own, own, []int{3, 4, 9}
		}), at(9), at(3)),
		"lunatic application": attack(with(10, func(p *blockParts) {
			p.app, p.signers = "lie", []int{2, 3, 4, 5}
		}), at(10), at(5)),
		"equivocation": attack(with(8, func(p *blockParts) {
			p.data, p.signers = "other", []int{0, 3, 4, 5}
		}), at(8), at(8)),
		"amnesia": attack(with(8, func(p *blockParts) {
			p.data, p.round = "other", 3
		}), at(8), at(8)),
		"forward lunatic": attack(with(20, func(p *blockParts) {
			p.time, p.set, p.next, p.signers = timeAt(11), own, own, []int{3, 4, 9}
		}), at(12), at(2)),
		"duplicate prevotes":   duplicate(honest(4), 2, cmtproto.PrevoteType, "one", "two"),
		"duplicate precommits": duplicate(honest(11), 5, cmtproto.PrecommitType, "one", ""),
	}
	names := make([]string, 0, len(list))
	for name := range list {
		names = append(names, name)
	}
	sort.Strings(names)
	out := product{Chain: chainText(blocks), Origin: "made by tests/interop/evidence with cometbft v0.38.17 (Apache-2.0)"}
	judge := newWorld(out.Chain)
	for _, name := range names {
		ev := list[name]
		text := must(cmtjson.Marshal(ev))
		described := describe(ev)
		judged := judge.judge(question{Evidence: described.Bytes})
		if !judged.OK {
			check(fmt.Errorf("%s: %s", name, judged.Reason))
		}
		out.Cases = append(out.Cases, caseJSON{Name: name, verdict: judged, JSON: text})
	}
	out.Forks = forks()
	return out
}

func duplicate(p blockParts, signer int, kind cmtproto.SignedMsgType, one, other string) types.Evidence {
	key := keyOf(signer)
	index, _ := p.set.GetByAddress(key.PubKey().Address())
	vote := func(name string) *types.Vote {
		id := types.BlockID{}
		if name != "" {
			id = types.BlockID{Hash: nameHash(name), PartSetHeader: types.PartSetHeader{Total: 2, Hash: nameHash(name + " parts")}}
		}
		return sign(key, p, id, index, kind)
	}
	return must(types.NewDuplicateVoteEvidence(vote(one), vote(other), p.time, p.set))
}

// forkJSON is what a light client makes of a primary and a witness that disagree.
type forkJSON struct {
	Name           string            `json:"name"`
	Target         int64             `json:"target"`
	Now            string            `json:"now"`
	Primary        map[string]string `json:"primary"`
	Witness        map[string]string `json:"witness"`
	AgainstPrimary *verdict          `json:"against_primary"`
	AgainstWitness *verdict          `json:"against_witness"`
	Error          string            `json:"error"`
}

// source is a provider that keeps what it is asked for and told.
type source struct {
	blocks   map[int64]*types.LightBlock
	latest   int64
	asked    map[string]string
	reported *verdict
}

func (s *source) ChainID() string { return chainID }

func (s *source) LightBlock(_ context.Context, height int64) (*types.LightBlock, error) {
	if height > s.latest {
		return nil, provider.ErrHeightTooHigh
	}
	if height == 0 {
		height = s.latest
	}
	s.asked[fmt.Sprint(height)] = lightHex(s.blocks[height])
	return s.blocks[height], nil
}

func (s *source) ReportEvidence(_ context.Context, ev types.Evidence) error {
	described := describe(ev)
	s.reported = &described
	return nil
}

func sourceOf(latest int64, change func(height int64, parts *blockParts)) *source {
	s := &source{blocks: map[int64]*types.LightBlock{}, latest: latest, asked: map[string]string{}}
	for height := int64(1); height <= latest; height++ {
		parts := honest(height)
		change(height, &parts)
		s.blocks[height] = parts.make()
	}
	// Other light clients go in other steps: where there are many, they find what they ask for.
	for height := int64(10); latest > 16 && height <= latest; height++ {
		s.asked[fmt.Sprint(height)] = lightHex(s.blocks[height])
	}
	return s
}

func forks() (out []forkJSON) {
	same := func(int64, *blockParts) {}
	from := func(first int64, change func(*blockParts)) func(int64, *blockParts) {
		return func(height int64, parts *blockParts) {
			if height >= first {
				change(parts)
			}
		}
	}
	own := setOf(3, 4, 9)
	lunatic := from(9, func(p *blockParts) { p.set, p.next, p.signers = own, own, []int{3, 4, 9} })
	lunatic2 := func(height int64, parts *blockParts) {
		lunatic(height, parts)
		if height == 8 {
			parts.next, parts.app = own, "lie"
		}
	}
	equivocation := from(18, func(p *blockParts) { p.data = "other" })
	amnesia := from(10, func(p *blockParts) { p.data, p.round = "other", 2 })
	forward := from(13, func(p *blockParts) {
		p.time = timeAt(11).Add(time.Duration(p.height) * time.Millisecond)
		p.set, p.next, p.signers = own, own, []int{3, 4, 9}
	})
	forward2 := func(height int64, parts *blockParts) {
		forward(height, parts)
		if height == 12 {
			parts.next, parts.app, parts.time = own, "lie", timeAt(11).Add(time.Millisecond)
		}
	}
	out = append(out,
		fork("lunatic primary", 14, sourceOf(14, lunatic2), sourceOf(14, same)),
		fork("lunatic witness", 14, sourceOf(14, same), sourceOf(14, lunatic2)),
		fork("equivocation", 19, sourceOf(19, equivocation), sourceOf(19, same)),
		fork("amnesia", 12, sourceOf(12, amnesia), sourceOf(12, same)),
		fork("forward lunatic primary", 16, sourceOf(16, forward2), sourceOf(12, same)),
		fork("no fork", 12, sourceOf(12, same), sourceOf(12, same)),
	)
	return out
}

func fork(name string, target int64, primary, witness *source) forkJSON {
	ctx := context.Background()
	now := timeAt(60)
	options := light.TrustOptions{Period: 4 * time.Hour, Height: 1, Hash: primary.blocks[1].Hash()}
	client := must(light.NewClient(ctx, chainID, options, primary, []provider.Provider{witness},
		lightdb.New(dbm.NewMemDB(), chainID), light.MaxClockDrift(0), light.MaxBlockLag(0)))
	_, err := client.VerifyLightBlockAtHeight(ctx, target, now)
	result := forkJSON{
		Name: name, Target: target, Now: now.Format(time.RFC3339Nano),
		Primary: primary.asked, Witness: witness.asked,
		AgainstPrimary: witness.reported, AgainstWitness: primary.reported,
	}
	if err != nil {
		result.Error = err.Error()
	}
	return result
}
