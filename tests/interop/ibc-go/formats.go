package main

import (
	"bytes"
	"reflect"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/gogoproto/proto"

	transfertypes "github.com/cosmos/ibc-go/v10/modules/apps/transfer/types"
	channeltypes "github.com/cosmos/ibc-go/v10/modules/core/04-channel/types"
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
