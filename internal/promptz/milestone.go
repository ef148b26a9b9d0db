package promptz

// Milestones are the counts of stars of which an item's owner is told, in order.
var Milestones = []int64{10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000}

// MilestoneOf gives the highest of [Milestones] that so many stars reach, 0 for
// none.
func MilestoneOf(stars int64) int64 {
	var reached int64
	for _, m := range Milestones {
		if stars >= m {
			reached = m
		}
	}
	return reached
}
