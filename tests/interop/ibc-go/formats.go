package main

import (
	"bytes"
	"context"
	"reflect"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/gogoproto/proto"

	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
	ibctesting "github.com/cosmos/ibc-go/v10/testing"
)

func newMessage(kind reflect.Type) (codec.ProtoMarshaler, bool) {
	if kind == nil || kind.Kind() != reflect.Ptr {
		return nil, false
	}
	value, ok := reflect.New(kind.Elem()).Interface().(codec.ProtoMarshaler)
	return value, ok
}

// formats lets ibc-go's own codecs and functions repeat what ours made.
func (j *judge) formats() {
	for _, e := range j.Encoded {
		kind := proto.MessageType(e.Type)
		check("type "+e.Type, kind != nil)
		value, ok := newMessage(kind)
		check("message "+e.Type, ok)
		accept(e.Type+" decodes", j.codec.Unmarshal(e.Value, value))
		again, err := j.codec.Marshal(value)
		accept(e.Type+" encodes", err)
		check(e.Type+" encodes to the same bytes", bytes.Equal(again, e.Value))
		if valid, ok := value.(interface{ ValidateBasic() error }); ok {
			accept(e.Type+" is valid", valid.ValidateBasic())
		}
	}
	for _, p := range j.Packets {
		var packet channeltypes.Packet
		accept("packet decodes", j.codec.Unmarshal(p.Packet, &packet))
		accept("packet is valid", packet.ValidateBasic())
		check("packet commitment", bytes.Equal(channeltypes.CommitPacket(packet), p.Commitment))
	}
	j.events()
	for _, a := range j.Acks {
		check("acknowledgement commitment", bytes.Equal(channeltypes.CommitAcknowledgement(a.Ack), a.Commitment))
		var ack channeltypes.Acknowledgement
		accept("acknowledgement decodes", channeltypes.SubModuleCdc.UnmarshalJSON(a.Ack, &ack))
		check("acknowledgement encodes to the same bytes", bytes.Equal(ack.Acknowledgement(), a.Ack))
	}
	for _, e := range j.Escrows {
		check("escrow address", bytes.Equal(transfertypes.GetEscrowAddress(e.Port, e.Channel), e.Address))
	}
	for _, d := range j.Denoms {
		check("denom of "+d.Path, transfertypes.ExtractDenomFromPath(d.Path).IBCDenom() == d.Denom)
	}
}

// events lets ibc-go's testing package read packets, acknowledgements and identifiers out of what the node says happened.
func (j *judge) events() {
	for _, kind := range []string{"send_packet", "recv_packet"} {
		packets, err := ibctesting.ParseIBCV1Packets(kind, j.eventsOf(kind+".packet_sequence EXISTS"))
		accept(kind+" is read", err)
		for i, packet := range packets {
			value, err := packet.Marshal()
			accept("packet encodes", err)
			check("packet of "+kind, bytes.Equal(value, j.Packets[i].Packet))
		}
	}
	ack, err := ibctesting.ParseAckFromEvents(j.eventsOf("write_acknowledgement.packet_sequence EXISTS"))
	accept("acknowledgement is read", err)
	check("acknowledgement of the event", bytes.Equal(ack, j.Acks[0].Ack))
	client, err := ibctesting.ParseClientIDFromEvents(j.eventsOf("create_client.client_id EXISTS"))
	check("client of the event", err == nil && client == "07-tendermint-0")
	connection, err := ibctesting.ParseConnectionIDFromEvents(j.eventsOf("connection_open_init.connection_id EXISTS"))
	check("connection of the event", err == nil && connection == "connection-0")
	channel, err := ibctesting.ParseChannelIDFromEvents(j.eventsOf("channel_open_init.channel_id EXISTS"))
	check("channel of the event", err == nil && channel == "channel-0")
}

// eventsOf are the events of all transactions that a search finds, oldest first.
func (j *judge) eventsOf(query string) []abci.Event {
	found, err := j.rpc.TxSearch(context.Background(), query, false, nil, nil, "asc")
	if err != nil {
		fail("tx_search "+query, err)
	}
	var events []abci.Event
	for _, tx := range found.Txs {
		events = append(events, tx.TxResult.Events...)
	}
	return events
}
