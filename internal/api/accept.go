package api

import (
	"mime"
	"strconv"
	"strings"
)

// negotiate gives the one of offers that accept, an Accept header, prefers (RFC
// 9110, section 12.5.1); the first of equals, "" when it wants none of them.
// What can't be read in it counts for nothing.
func negotiate(accept string, offers ...string) string {
	ranges := parseAccept(accept)
	if len(ranges) == 0 {
		return offers[0]
	}
	best, bestQuality := "", 0.0
	for _, offer := range offers {
		if q := quality(ranges, offer); q > bestQuality {
			best, bestQuality = offer, q
		}
	}
	return best
}

type mediaRange struct {
	value   string // "text/markdown", "text/*", "*/*"
	quality float64
}

func parseAccept(accept string) []mediaRange {
	var ranges []mediaRange
	for part := range strings.SplitSeq(accept, ",") {
		value, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, ok := params["q"]; ok {
			if quality, err = strconv.ParseFloat(q, 64); err != nil || !(quality >= 0 && quality <= 1) {
				continue
			}
		}
		ranges = append(ranges, mediaRange{value, quality})
	}
	return ranges
}

// quality is that of the most specific range that offer is in.
func quality(ranges []mediaRange, offer string) float64 {
	major, _, _ := strings.Cut(offer, "/")
	for _, value := range []string{offer, major + "/*", "*/*"} {
		for _, r := range ranges {
			if r.value == value {
				return r.quality
			}
		}
	}
	return 0
}
