package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	cstypes "github.com/cometbft/cometbft/consensus/types"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	"github.com/cometbft/cometbft/types"
)

// shapes are JSON that no single node shows at any time: of peers, of votes of a running height.
type shapes struct {
	NetInfo    json.RawMessage `json:"net_info"`
	RoundState json.RawMessage `json:"round_state"`
	Votes      []struct {
		Proto string `json:"proto"`
		Text  string `json:"text"`
	} `json:"votes"`
}

// plain gives empty lists the name that Go gives them once they were read.
func plain(value any) any {
	switch v := value.(type) {
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	}
	return value
}

// sameJSON: our JSON says what CometBFT's own would, field by field.
func sameJSON(what string, ours []byte, value any) {
	if err := cmtjson.Unmarshal(ours, value); err != nil {
		fail(what, err)
	}
	theirs, err := cmtjson.Marshal(value)
	if err != nil {
		fail(what, err)
	}
	var a, b any
	if json.Unmarshal(ours, &a) != nil || json.Unmarshal(theirs, &b) != nil || !reflect.DeepEqual(plain(a), plain(b)) {
		fail(what, fmt.Errorf("ours:\n%s\ntheirs:\n%s", ours, theirs))
	}
	fmt.Println("ok", what)
}

func judgeShapes(file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		fail("shapes", err)
	}
	var given shapes
	if err := json.Unmarshal(text, &given); err != nil {
		fail("shapes", err)
	}
	sameJSON("net_info with peers", given.NetInfo, &ctypes.ResultNetInfo{})
	sameJSON("round state", given.RoundState, &cstypes.RoundStateSimple{})
	for i, each := range given.Votes {
		var proto cmtproto.Vote
		if err := proto.Unmarshal(bytesOf(each.Proto)); err != nil {
			fail("vote", err)
		}
		vote, err := types.VoteFromProto(&proto)
		if err != nil {
			fail("vote", err)
		}
		if vote.String() != each.Text {
			fail("text of a vote", fmt.Errorf("ours %s, theirs %s", each.Text, vote.String()))
		}
		fmt.Println("ok text of vote", i)
	}
}

const patience = 20 * time.Second

// rounds follows what happens within heights.
func (j judge) rounds() {
	next := func(name string) any {
		events, err := j.client.Subscribe(j.ctx, "rounds", "tm.event='"+name+"'")
		if err != nil {
			fail("subscribe "+name, err)
		}
		select {
		case event := <-events:
			return event.Data
		case <-time.After(patience):
			fail("event "+name, fmt.Errorf("none came"))
			return nil
		}
	}
	height := int64(1)
	validators, err := j.client.Validators(j.ctx, &height, nil, nil)
	if err != nil {
		fail("validators", err)
	}
	genesis, err := j.client.Genesis(j.ctx)
	if err != nil {
		fail("genesis", err)
	}
	proposer := validators.Validators[0]
	round := next(types.EventNewRound).(types.EventDataNewRound)
	check("event NewRound", round.Step == "RoundStepNewRound" && round.Proposer.Address.String() == proposer.Address.String())
	complete := next(types.EventCompleteProposal).(types.EventDataCompleteProposal)
	check("event CompleteProposal", complete.BlockID.IsComplete())
	vote := next(types.EventVote).(types.EventDataVote).Vote
	check("event Vote", vote.Verify(genesis.Genesis.ChainID, proposer.PubKey) == nil)
	for _, name := range []string{types.EventNewRoundStep, types.EventPolka, types.EventValidBlock, types.EventLock} {
		state := next(name).(types.EventDataRoundState)
		check("event "+name, state.Height > 0 && strings.HasPrefix(state.Step, "RoundStep"))
	}
	if err := j.client.UnsubscribeAll(j.ctx, "rounds"); err != nil {
		fail("unsubscribe_all", err)
	}
	j.runningHeight(proposer)
}

// runningHeight reads what the node tells of the height it decides.
func (j judge) runningHeight(proposer *types.Validator) {
	short, err := j.client.ConsensusState(j.ctx)
	if err != nil {
		fail("consensus_state", err)
	}
	sameJSON("consensus_state", short.RoundState, &cstypes.RoundStateSimple{})
	full, err := j.client.DumpConsensusState(j.ctx)
	if err != nil {
		fail("dump_consensus_state", err)
	}
	var state struct {
		Height         int64                 `json:"height"`
		Round          int32                 `json:"round"`
		Step           cstypes.RoundStepType `json:"step"`
		StartTime      time.Time             `json:"start_time"`
		Validators     *types.ValidatorSet   `json:"validators"`
		Proposal       *types.Proposal       `json:"proposal"`
		LockedRound    int32                 `json:"locked_round"`
		ValidRound     int32                 `json:"valid_round"`
		Votes          json.RawMessage       `json:"votes"`
		CommitRound    int32                 `json:"commit_round"`
		LastCommit     types.VoteSetJSON     `json:"last_commit"`
		LastValidators *types.ValidatorSet   `json:"last_validators"`
	}
	if err := cmtjson.Unmarshal(full.RoundState, &state); err != nil {
		fail("dump_consensus_state", err)
	}
	check("height, step and time", state.Height > 0 && state.Step.IsValid() && time.Since(state.StartTime) < time.Minute)
	check("validators", state.Validators.HasAddress(proposer.Address) && state.LastValidators.HasAddress(proposer.Address))
	last := state.Height - 1
	commit, err := j.client.Commit(j.ctx, &last)
	if err != nil {
		fail("commit", err)
	}
	vote := commit.Commit.GetVote(0)
	check("text of the last precommit", len(state.LastCommit.Votes) == 1 && state.LastCommit.Votes[0] == vote.String())
	check("bits of the last commit", strings.HasPrefix(state.LastCommit.VotesBitArray, "BA{1:x} "))
}
