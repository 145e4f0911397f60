package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v10/modules/core/02-client/types"
	commitmenttypes "github.com/cosmos/ibc-go/v10/modules/core/23-commitment/types"
	ibctm "github.com/cosmos/ibc-go/v10/modules/light-clients/07-tendermint"
	ibctesting "github.com/cosmos/ibc-go/v10/testing"
)

// request is one line on the way in.
type request struct {
	Do string `json:"do"`
	// Unix nanoseconds: the time of the next block.
	Time     int64     `json:"time,string"`
	Messages []message `json:"messages"`
	Height   int64     `json:"height,string"`
	Trusted  uint64    `json:"trusted,string"`
	Store    string    `json:"store"`
	Key      hexBytes  `json:"key"`
	Path     string    `json:"path"`
	Data     hexBytes  `json:"data"`
	// Of a packet that the mock application sends.
	Port             string `json:"port"`
	Channel          string `json:"channel"`
	TimeoutRevision  uint64 `json:"timeout_revision,string"`
	TimeoutHeight    uint64 `json:"timeout_height,string"`
	TimeoutTimestamp uint64 `json:"timeout_timestamp,string"`
}

type message struct {
	TypeURL string   `json:"type_url"`
	Value   hexBytes `json:"value"`
}

type event struct {
	Type       string              `json:"type"`
	Attributes []map[string]string `json:"attributes"`
}

// response is one line on the way out.
type response struct {
	Error     string   `json:"error,omitempty"`
	ChainID   string   `json:"chain_id"`
	Sender    string   `json:"sender"`
	Height    int64    `json:"height,string"`
	Time      int64    `json:"time,string"`
	Value     hexBytes `json:"value"`
	Proof     hexBytes `json:"proof"`
	Code      uint32   `json:"code"`
	Codespace string   `json:"codespace"`
	Log       string   `json:"log"`
	GasUsed   int64    `json:"gas_used,string"`
	Events    []event  `json:"events"`
}

// chainServer is one chain of ibctesting whose headers are all kept.
type chainServer struct {
	coordinator *ibctesting.Coordinator
	chain       *ibctesting.TestChain
	headers     map[int64]*ibctm.Header
}

func serveChain(in, out string) {
	requests, err := os.Open(in)
	if err != nil {
		fail("open", err)
	}
	responses, err := os.OpenFile(out, os.O_WRONLY, 0)
	if err != nil {
		fail("open", err)
	}
	coordinator := ibctesting.NewCoordinator(&testing.T{}, 1)
	chain := coordinator.GetChain(ibctesting.GetChainID(1))
	s := &chainServer{coordinator, chain, map[int64]*ibctm.Header{}}
	s.remember()
	lines := bufio.NewScanner(requests)
	lines.Buffer(nil, 16<<20)
	encoder := json.NewEncoder(responses)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fail("request", err)
		}
		answer := s.answer(&asked)
		answer.ChainID, answer.Sender = chain.ChainID, chain.SenderAccount.GetAddress().String()
		answer.Height = chain.App.LastBlockHeight()
		answer.Time = chain.LatestCommittedHeader.GetTime().UnixNano()
		if err := encoder.Encode(answer); err != nil {
			fail("response", err)
		}
	}
}

func (s *chainServer) remember() {
	s.headers[s.chain.App.LastBlockHeight()] = s.chain.LatestCommittedHeader
}

func (s *chainServer) answer(asked *request) *response {
	if asked.Time != 0 {
		s.coordinator.CurrentTime = time.Unix(0, asked.Time).UTC()
		s.coordinator.UpdateTime()
	}
	switch asked.Do {
	case "info":
		return &response{}
	case "block":
		s.chain.NextBlock()
		s.remember()
		return &response{}
	case "deliver":
		return s.deliver(asked.Messages)
	case "send":
		return s.send(asked)
	case "header":
		return s.header(asked.Height, asked.Trusted)
	case "second":
		return s.second(asked.Height, asked.Trusted)
	case "query":
		return s.query(&abci.RequestQuery{Path: asked.Path, Data: asked.Data})
	case "prove":
		path := fmt.Sprintf("store/%s/key", asked.Store)
		return s.query(&abci.RequestQuery{Path: path, Data: asked.Key, Height: asked.Height, Prove: true})
	default:
		return &response{Error: "unknown: " + asked.Do}
	}
}

func (s *chainServer) deliver(messages []message) *response {
	var msgs []sdk.Msg
	for _, m := range messages {
		var msg sdk.Msg
		packed := &codectypes.Any{TypeUrl: m.TypeURL, Value: m.Value}
		if err := s.chain.Codec.InterfaceRegistry().UnpackAny(packed, &msg); err != nil {
			return &response{Error: err.Error()}
		}
		msgs = append(msgs, msg)
	}
	// The testing package counts also what was refused before it could count.
	sender := s.chain.SenderAccount
	known := s.chain.GetSimApp().AccountKeeper.GetAccount(s.chain.GetContext(), sender.GetAddress())
	if err := sender.SetSequence(known.GetSequence()); err != nil {
		return &response{Error: err.Error()}
	}
	result, err := s.chain.SendMsgs(msgs...)
	if result == nil {
		return &response{Error: fmt.Sprint(err)}
	}
	s.remember()
	answer := &response{Code: result.Code, Codespace: result.Codespace, Log: result.Log, GasUsed: result.GasUsed}
	for _, e := range result.Events {
		plain := event{Type: e.Type}
		for _, a := range e.Attributes {
			plain.Attributes = append(plain.Attributes, map[string]string{"key": a.Key, "value": a.Value})
		}
		answer.Events = append(answer.Events, plain)
	}
	return answer
}

// send lets the mock application send a packet and makes a block.
func (s *chainServer) send(asked *request) *response {
	timeout := clienttypes.NewHeight(asked.TimeoutRevision, asked.TimeoutHeight)
	keeper := s.chain.App.GetIBCKeeper().ChannelKeeper
	context := s.chain.GetContext()
	_, err := keeper.SendPacket(context, asked.Port, asked.Channel, timeout, asked.TimeoutTimestamp, asked.Data)
	if err != nil {
		return &response{Error: err.Error()}
	}
	s.chain.NextBlock()
	s.remember()
	return &response{}
}

func (s *chainServer) header(height int64, trusted uint64) *response {
	found, ok := s.headers[height]
	if !ok {
		return &response{Error: fmt.Sprintf("no header %d", height)}
	}
	header := *found
	revision := clienttypes.ParseChainID(s.chain.ChainID)
	filled, err := s.chain.IBCClientHeader(&header, clienttypes.NewHeight(revision, trusted))
	if err != nil {
		return &response{Error: err.Error()}
	}
	value, err := filled.Marshal()
	if err != nil {
		return &response{Error: err.Error()}
	}
	return &response{Value: value}
}

// second is another header of a height, sealed by the same validators.
func (s *chainServer) second(height int64, trusted uint64) *response {
	first := s.header(height, trusted)
	if first.Error != "" {
		return first
	}
	var header ibctm.Header
	if err := header.Unmarshal(first.Value); err != nil {
		return &response{Error: err.Error()}
	}
	plain, err := cmttypes.HeaderFromProto(header.SignedHeader.Header)
	if err != nil {
		return &response{Error: err.Error()}
	}
	plain.AppHash = bytes.Repeat([]byte{9}, 32)
	validators, err := cmttypes.ValidatorSetFromProto(header.ValidatorSet)
	if err != nil {
		return &response{Error: err.Error()}
	}
	if header.SignedHeader, err = ibctesting.CommitHeader(plain, validators, s.chain.Signers); err != nil {
		return &response{Error: err.Error()}
	}
	value, err := header.Marshal()
	if err != nil {
		return &response{Error: err.Error()}
	}
	return &response{Value: value}
}

func (s *chainServer) query(query *abci.RequestQuery) *response {
	result, err := s.chain.App.Query(context.Background(), query)
	if err != nil {
		return &response{Error: err.Error()}
	}
	if result.Code != 0 {
		return &response{Error: result.Log}
	}
	answer := &response{Value: result.Value}
	if query.Prove {
		merkle, err := commitmenttypes.ConvertProofs(result.ProofOps)
		if err != nil {
			return &response{Error: err.Error()}
		}
		if answer.Proof, err = merkle.Marshal(); err != nil {
			return &response{Error: err.Error()}
		}
	}
	return answer
}
