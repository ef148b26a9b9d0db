package awstest

import (
	"reflect"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// tableWrite is the write units of turning before into after in a table: those
// of the larger of the two, and at least one.
func tableWrite(before, after item) float64 {
	return float64(max(writeUnits(itemSize(before)), writeUnits(itemSize(after)), 1))
}

// indexWrite is the write units that follow in an index: Amazon DynamoDB
// Developer Guide, "Write capacity units" of global secondary indexes. An entry
// whose key changes is deleted and put, which is two writes.
func indexWrite(index Index, before, after item) float64 {
	before, after = index.entry(before), index.entry(after)
	removed, added := writeUnits(itemSize(before)), writeUnits(itemSize(after))
	switch {
	case reflect.DeepEqual(before, after):
		return 0
	case before == nil || after == nil || index.sameKey(before, after):
		return float64(max(removed, added))
	default:
		return float64(removed + added)
	}
}

// writeUnits is the number of KiB that size bytes begin.
func writeUnits(size int) int { return (size + 1023) / 1024 }

// entry is what the index holds of an item; nil when the item is not on it.
func (i Index) entry(of item) item {
	if of[i.Partition] == nil || of[i.Sort] == nil {
		return nil
	}
	if !i.KeysOnly {
		return of
	}
	keys := item{}
	for _, name := range []string{keyAttribute, i.Partition, i.Sort} {
		keys[name] = of[name]
	}
	return keys
}

func (i Index) sameKey(a, b item) bool {
	return text(a[i.Partition]) == text(b[i.Partition]) && text(a[i.Sort]) == text(b[i.Sort])
}

// text is the content of a key attribute, which is always a string.
func text(value types.AttributeValue) string {
	s, _ := value.(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}
