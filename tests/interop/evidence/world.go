package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	dbm "github.com/cometbft/cometbft-db"
	"github.com/cometbft/cometbft/evidence"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/types"
)

// blockJSON is a block as far as evidence needs it, in protobuf (hexadecimal).
type blockJSON struct {
	Header     string `json:"header"`
	Commit     string `json:"commit"`
	Validators string `json:"validators"`
}

// chainJSON is a chain from height 1 on; its last block is the last one that was committed.
type chainJSON struct {
	ChainID string      `json:"chain_id"`
	Blocks  []blockJSON `json:"blocks"`
}

// world is what CometBFT's pool asks: a block store and a state store.
type world struct {
	sm.Store
	chainID string
	blocks  []*types.LightBlock
}

func unhex(text string) []byte { return must(hex.DecodeString(text)) }

func newWorld(chain chainJSON) *world {
	w := &world{chainID: chain.ChainID}
	for _, block := range chain.Blocks {
		var header cmtproto.Header
		var commit cmtproto.Commit
		var validators cmtproto.ValidatorSet
		check(header.Unmarshal(unhex(block.Header)))
		check(commit.Unmarshal(unhex(block.Commit)))
		check(validators.Unmarshal(unhex(block.Validators)))
		h := must(types.HeaderFromProto(&header))
		w.blocks = append(w.blocks, &types.LightBlock{
			SignedHeader: &types.SignedHeader{Header: &h, Commit: must(types.CommitFromProto(&commit))},
			ValidatorSet: must(types.ValidatorSetFromProto(&validators)),
		})
	}
	return w
}

func (w *world) at(height int64) *types.LightBlock {
	if height < 1 || height > int64(len(w.blocks)) {
		return nil
	}
	return w.blocks[height-1]
}

func (w *world) Height() int64 { return int64(len(w.blocks)) }

func (w *world) LoadBlockMeta(height int64) *types.BlockMeta {
	if block := w.at(height); block != nil {
		return &types.BlockMeta{Header: *block.Header}
	}
	return nil
}

func (w *world) LoadBlockCommit(height int64) *types.Commit {
	if block := w.at(height); block != nil {
		return block.Commit
	}
	return nil
}

func (w *world) LoadValidators(height int64) (*types.ValidatorSet, error) {
	if block := w.at(height); block != nil {
		return block.ValidatorSet, nil
	}
	return nil, errors.New("no validators")
}

func (w *world) Load() (sm.State, error) {
	last := w.at(w.Height())
	params := types.DefaultConsensusParams()
	params.Evidence.MaxAgeDuration = 48 * time.Hour
	return sm.State{
		ChainID:         w.chainID,
		LastBlockHeight: last.Height,
		LastBlockTime:   last.Time,
		ConsensusParams: *params,
	}, nil
}

type misbehavior struct {
	Type    int32  `json:"type"`
	Address string `json:"address"`
	Power   int64  `json:"power"`
	Height  int64  `json:"height"`
	Time    string `json:"time"`
	Total   int64  `json:"total"`
}

type verdict struct {
	OK          bool          `json:"ok"`
	Reason      string        `json:"reason,omitempty"`
	Hash        string        `json:"hash,omitempty"`
	ListHash    string        `json:"list_hash,omitempty"`
	Bytes       string        `json:"bytes,omitempty"`
	Misbehavior []misbehavior `json:"misbehavior,omitempty"`
}

func decode(q question) (types.Evidence, error) {
	if q.EvidenceJSON != nil {
		var ev types.Evidence
		if err := cmtjson.Unmarshal(q.EvidenceJSON, &ev); err != nil {
			return nil, err
		}
		return ev, ev.ValidateBasic()
	}
	var pb cmtproto.Evidence
	if err := pb.Unmarshal(unhex(q.Evidence)); err != nil {
		return nil, err
	}
	ev, err := types.EvidenceFromProto(&pb)
	if err != nil {
		return nil, err
	}
	return ev, ev.ValidateBasic()
}

// judge asks the pool. An attack that accuses nobody (amnesia) comes out of protobuf with an empty list where the verifier
// wants nil: the pool refuses its own, so the list is made nil first.
func (w *world) judge(q question) (v verdict) {
	defer func() {
		if failure := recover(); failure != nil {
			v = verdict{Reason: fmt.Sprint("panic: ", failure)}
		}
	}()
	ev, err := decode(q)
	if err != nil {
		return verdict{Reason: err.Error()}
	}
	if attack, ok := ev.(*types.LightClientAttackEvidence); ok && len(attack.ByzantineValidators) == 0 {
		attack.ByzantineValidators = nil
	}
	pool := must(evidence.NewPool(dbm.NewMemDB(), w, w))
	if err := pool.AddEvidence(ev); err != nil {
		return verdict{Reason: err.Error()}
	}
	return describe(ev)
}

func describe(ev types.Evidence) verdict {
	pb := must(types.EvidenceToProto(ev))
	v := verdict{
		OK:       true,
		Hash:     hex.EncodeToString(ev.Hash()),
		ListHash: hex.EncodeToString(types.EvidenceList{ev}.Hash()),
		Bytes:    hex.EncodeToString(must(pb.Marshal())),
	}
	for _, one := range (types.EvidenceList{ev}).ToABCI() {
		v.Misbehavior = append(v.Misbehavior, misbehavior{
			Type:    int32(one.Type),
			Address: hex.EncodeToString(one.Validator.Address),
			Power:   one.Validator.Power,
			Height:  one.Height,
			Time:    one.Time.UTC().Format(time.RFC3339Nano),
			Total:   one.TotalVotingPower,
		})
	}
	return v
}
