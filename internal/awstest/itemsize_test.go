package awstest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestItemSize(t *testing.T) {
	t.Parallel()
	number := func(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }
	str := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	for _, c := range []struct {
		name  string
		value types.AttributeValue
		want  int // with a name of one byte
	}{
		{"text counts bytes", str("né"), 1 + 3},
		{"empty text", str(""), 1},
		{"one digit", number("7"), 1 + 2},
		{"three digits", number("123"), 1 + 3},
		{"outer zeros", number("-0.0012300e7"), 1 + 3},
		{"zero", number("0"), 1 + 1},
		{"milliseconds", number("1795453564940"), 1 + 7},
		{"bytes", &types.AttributeValueMemberB{Value: make([]byte, 5)}, 1 + 5},
		{"bool", &types.AttributeValueMemberBOOL{}, 1 + 1},
		{"null", &types.AttributeValueMemberNULL{}, 1 + 1},
		{"strings", &types.AttributeValueMemberSS{Value: []string{"ab", "c"}}, 1 + 3},
		{"numbers", &types.AttributeValueMemberNS{Value: []string{"1", "123"}}, 1 + 5},
		{"byte strings", &types.AttributeValueMemberBS{Value: [][]byte{{1}, {2, 3}}}, 1 + 3},
		{"empty list", &types.AttributeValueMemberL{}, 1 + 3},
		{"list", &types.AttributeValueMemberL{Value: []types.AttributeValue{str("ab"), number("1")}}, 1 + 3 + 2 + 4},
		{"map", &types.AttributeValueMemberM{Value: item{"k": str("ab")}}, 1 + 3 + 1 + 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := itemSize(item{"a": c.value}); got != c.want {
				t.Errorf("%d bytes, want %d", got, c.want)
			}
		})
	}
}
