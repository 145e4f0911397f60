package main

import (
	"bytes"
	"context"
	stded25519 "crypto/ed25519"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"cosmossdk.io/log"
	"cosmossdk.io/store/metrics"
	"cosmossdk.io/store/rootmulti"
	storetypes "cosmossdk.io/store/types"
	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	sdk "github.com/cosmos/cosmos-sdk/types"

	clienttypes "github.com/cosmos/ibc-go/v10/modules/core/02-client/types"
	connectiontypes "github.com/cosmos/ibc-go/v10/modules/core/03-connection/types"
	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
	commitmenttypes "github.com/cosmos/ibc-go/v10/modules/core/23-commitment/types"
	commitmenttypesv2 "github.com/cosmos/ibc-go/v10/modules/core/23-commitment/types/v2"
	"github.com/cosmos/ibc-go/v10/modules/core/exported"
	ibctm "github.com/cosmos/ibc-go/v10/modules/light-clients/07-tendermint"
)

// task is what the file tells the judge.
type task struct {
	RPC string `json:"rpc"`
	// The client state that our chain would be followed with, as our own codec wrote it; its latest height is where to start.
	ClientState hexBytes `json:"client_state"`
	// A consensus state at that height, as our own codec wrote it.
	ConsensusState hexBytes `json:"consensus_state"`
	// The first height with other validators than at the start.
	ChangedHeight int64 `json:"changed_height,string"`
	// Paths of the IBC store where something is.
	Present []string `json:"present"`
	// Paths of the IBC store where nothing is.
	Absent []string `json:"absent"`
	// The validator's ed25519 seed.
	ValidatorSeed hexBytes `json:"validator_seed"`
	// Messages and stored values of ours, by the name of their type.
	Encoded []encoded `json:"encoded"`
	Packets []struct {
		Packet     hexBytes `json:"packet"`
		Commitment hexBytes `json:"commitment"`
	} `json:"packets"`
	Acks []struct {
		Ack        hexBytes `json:"ack"`
		Commitment hexBytes `json:"commitment"`
	} `json:"acks"`
	Escrows []struct {
		Port, Channel string
		Address       hexBytes `json:"address"`
	} `json:"escrows"`
	Denoms []struct{ Path, Denom string } `json:"denoms"`
}

type encoded struct {
	Type  string   `json:"type"`
	Value hexBytes `json:"value"`
}

const clientID = "07-tendermint-0"

// judge follows one node with ibc-go's light client over a store in memory.
type judge struct {
	task
	rpc      *rpchttp.HTTP
	codec    *codec.ProtoCodec
	client   ibctm.LightClientModule
	store    storetypes.CommitMultiStore
	revision uint64
}

func newCodec() *codec.ProtoCodec {
	registry := codectypes.NewInterfaceRegistry()
	clienttypes.RegisterInterfaces(registry)
	connectiontypes.RegisterInterfaces(registry)
	channeltypes.RegisterInterfaces(registry)
	ibctm.RegisterInterfaces(registry)
	return codec.NewProtoCodec(registry)
}

func judgeNode(file string) {
	var given task
	text, err := os.ReadFile(file)
	if err != nil {
		fail("read", err)
	}
	if err := json.Unmarshal(text, &given); err != nil {
		fail("read", err)
	}
	rpc, err := rpchttp.New(given.RPC, "/websocket")
	if err != nil {
		fail("connect", err)
	}
	key := storetypes.NewKVStoreKey(exported.StoreKey)
	store := rootmulti.NewStore(dbm.NewMemDB(), log.NewNopLogger(), metrics.NewNoOpMetrics())
	store.MountStoreWithDB(key, storetypes.StoreTypeIAVL, nil)
	if err := store.LoadLatestVersion(); err != nil {
		fail("store", err)
	}
	cdc := newCodec()
	provider := clienttypes.NewStoreProvider(runtime.NewKVStoreService(key))
	j := &judge{given, rpc, cdc, ibctm.NewLightClientModule(cdc, provider), store, 0}
	j.follow()
	j.proofs()
	j.misbehave()
	j.formats()
	fmt.Println("all accepted")
}

func (j *judge) context() sdk.Context {
	return sdk.NewContext(j.store, cmtproto.Header{Time: time.Now().UTC()}, false, log.NewNopLogger())
}

func (j *judge) latest() int64 {
	status, err := j.rpc.Status(context.Background())
	if err != nil {
		fail("status", err)
	}
	return status.SyncInfo.LatestBlockHeight
}

func (j *judge) validators(height int64) *cmttypes.ValidatorSet {
	answer, err := j.rpc.Validators(context.Background(), &height, nil, nil)
	if err != nil {
		fail("validators", err)
	}
	set := cmttypes.NewValidatorSet(answer.Validators)
	return set
}

func protoSet(set *cmttypes.ValidatorSet) *cmtproto.ValidatorSet {
	value, err := set.ToProto()
	if err != nil {
		fail("validator set", err)
	}
	return value
}

// header is what a relayer would submit to bring the client from one height to another.
func (j *judge) header(height, trusted int64) *ibctm.Header {
	commit, err := j.rpc.Commit(context.Background(), &height)
	if err != nil {
		fail("commit", err)
	}
	return &ibctm.Header{
		SignedHeader:      commit.SignedHeader.ToProto(),
		ValidatorSet:      protoSet(j.validators(height)),
		TrustedHeight:     clienttypes.NewHeight(j.revision, uint64(trusted)),
		TrustedValidators: protoSet(j.validators(trusted + 1)),
	}
}

func (j *judge) update(what string, height, trusted int64) {
	ctx, header := j.context(), j.header(height, trusted)
	accept(what+": header verifies", j.client.VerifyClientMessage(ctx, clientID, header))
	check(what+": no misbehaviour", !j.client.CheckForMisbehaviour(ctx, clientID, header))
	j.client.UpdateState(ctx, clientID, header)
	check(what+": client is at the height", j.client.LatestHeight(ctx, clientID).GetRevisionHeight() == uint64(height))
}

// follow creates the client and updates it: to the next header, over skipped ones, over a change of validators.
func (j *judge) follow() {
	var state ibctm.ClientState
	accept("client state decodes", state.Unmarshal(j.ClientState))
	again, _ := state.Marshal()
	check("client state encodes to the same bytes", bytes.Equal(again, j.ClientState))
	var consensus ibctm.ConsensusState
	accept("consensus state decodes", consensus.Unmarshal(j.ConsensusState))
	again, _ = consensus.Marshal()
	check("consensus state encodes to the same bytes", bytes.Equal(again, j.ConsensusState))
	accept("client state is valid", state.Validate())
	accept("client is created", j.client.Initialize(j.context(), clientID, j.ClientState, j.ConsensusState))
	check("client is active", j.client.Status(j.context(), clientID) == exported.Active)
	j.revision = state.LatestHeight.RevisionNumber
	start := int64(state.LatestHeight.RevisionHeight)
	j.update("adjacent update", start+1, start)
	for _, trusted := range []int64{start, start + 1} {
		j.update(fmt.Sprintf("skipping update from %d", trusted), j.ChangedHeight+trusted-start, trusted)
	}
	ctx := j.context()
	forged := j.header(j.ChangedHeight+2, start)
	forged.SignedHeader.Header.AppHash = bytes.Repeat([]byte{7}, 32)
	refuse("a forged header", j.client.VerifyClientMessage(ctx, clientID, forged))
	unsealed := j.header(j.ChangedHeight+2, start)
	unsealed.SignedHeader.Commit.Signatures[0].Signature[0] ^= 1
	refuse("a header with a forged signature", j.client.VerifyClientMessage(ctx, clientID, unsealed))
	stranger := j.header(j.ChangedHeight+2, start)
	stranger.TrustedValidators = protoSet(j.validators(j.ChangedHeight))
	refuse("a header with other trusted validators", j.client.VerifyClientMessage(ctx, clientID, stranger))
	j.update("update to the newest", j.latest(), start)
}

// prove reads a path of the IBC store at the newest height the client knows.
func (j *judge) prove(path string) (value, proof []byte, height exported.Height) {
	height = j.client.LatestHeight(j.context(), clientID)
	options := rpcclient.ABCIQueryOptions{Height: int64(height.GetRevisionHeight()) - 1, Prove: true}
	answer, err := j.rpc.ABCIQueryWithOptions(context.Background(), "store/ibc/key", []byte(path), options)
	if err != nil || answer.Response.Code != 0 {
		fail("abci_query "+path, fmt.Errorf("%v %s", err, answer.Response.Log))
	}
	merkle, err := commitmenttypes.ConvertProofs(answer.Response.ProofOps)
	if err != nil {
		fail("proof of "+path, err)
	}
	if proof, err = merkle.Marshal(); err != nil {
		fail("proof of "+path, err)
	}
	return answer.Response.Value, proof, height
}

func pathOf(key string) exported.Path {
	return commitmenttypesv2.NewMerklePath([]byte(exported.StoreKey), []byte(key))
}

func (j *judge) proofs() {
	ctx := j.context()
	member := func(height exported.Height, proof []byte, path string, value []byte) error {
		return j.client.VerifyMembership(ctx, clientID, height, 0, 0, proof, pathOf(path), value)
	}
	absent := func(height exported.Height, proof []byte, path string) error {
		return j.client.VerifyNonMembership(ctx, clientID, height, 0, 0, proof, pathOf(path))
	}
	for _, path := range j.Present {
		value, proof, height := j.prove(path)
		accept("membership of "+path, member(height, proof, path, value))
		refuse(path+" with another value", member(height, proof, path, append([]byte{1}, value...)))
		refuse(path+" under another path", member(height, proof, path+"0", value))
		refuse("absence of "+path, absent(height, proof, path))
		before, _ := height.Decrement()
		refuse(path+" at another height", member(before, proof, path, value))
		proof[len(proof)-1] ^= 1
		refuse(path+" with a tampered proof", member(height, proof, path, value))
	}
	for _, path := range j.Absent {
		_, proof, height := j.prove(path)
		accept("absence of "+path, absent(height, proof, path))
		refuse(path+" with a value", member(height, proof, path, []byte{1}))
		_, other, _ := j.prove(j.Present[0])
		refuse("absence of "+path+" by a proof of something else", absent(height, other, path))
	}
}

// misbehave signs a second header of a height with the validator's own key, which the test owns.
func (j *judge) misbehave() {
	ctx := j.context()
	top := int64(j.client.LatestHeight(ctx, clientID).GetRevisionHeight())
	first, second := j.header(top, top-1), j.header(top, top-1)
	start := int64(j.ChangedHeight)
	first.TrustedHeight = clienttypes.NewHeight(j.revision, uint64(start))
	first.TrustedValidators = protoSet(j.validators(start + 1))
	second.TrustedHeight, second.TrustedValidators = first.TrustedHeight, first.TrustedValidators
	same := &ibctm.Misbehaviour{ClientId: clientID, Header1: first, Header2: j.header(top, top-1)}
	same.Header2.TrustedHeight, same.Header2.TrustedValidators = first.TrustedHeight, first.TrustedValidators
	check("one header twice is no misbehaviour", !j.client.CheckForMisbehaviour(ctx, clientID, same))

	header, err := cmttypes.HeaderFromProto(second.SignedHeader.Header)
	if err != nil {
		fail("header", err)
	}
	header.AppHash = bytes.Repeat([]byte{9}, 32)
	second.SignedHeader.Header = header.ToProto()
	commit, err := cmttypes.CommitFromProto(second.SignedHeader.Commit)
	if err != nil {
		fail("commit", err)
	}
	commit.BlockID.Hash = header.Hash()
	key := ed25519.PrivKey(stded25519.NewKeyFromSeed(j.ValidatorSeed))
	for i := range commit.Signatures {
		signature, err := key.Sign(commit.VoteSignBytes(header.ChainID, int32(i)))
		if err != nil {
			fail("sign", err)
		}
		commit.Signatures[i].Signature = signature
	}
	second.SignedHeader.Commit = commit.ToProto()

	conflict := &ibctm.Misbehaviour{ClientId: clientID, Header1: first, Header2: second}
	accept("misbehaviour is well formed", conflict.ValidateBasic())
	accept("misbehaviour verifies", j.client.VerifyClientMessage(ctx, clientID, conflict))
	check("two headers of one height are misbehaviour", j.client.CheckForMisbehaviour(ctx, clientID, conflict))
	check("a second header of a known height is misbehaviour", j.client.CheckForMisbehaviour(ctx, clientID, second))
	j.client.UpdateStateOnMisbehaviour(ctx, clientID, conflict)
	check("client is frozen", j.client.Status(ctx, clientID) == exported.Frozen)
}
