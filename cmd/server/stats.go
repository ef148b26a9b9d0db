package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	app "promptz"
	"promptz/internal/promptz"
)

func (s *shell) statsCommand() *cobra.Command {
	stats := &cobra.Command{Use: "stats", Short: "Counts of items"}
	stats.AddCommand(&cobra.Command{
		Use:   "rebuild",
		Short: "Count everything anew and correct what is wrong, beside running servers",
		Args:  cobra.NoArgs,
		RunE: s.withTools(func(c *cobra.Command, tools *app.Tools, _ []string) error {
			rebuilt, err := tools.RebuildStats(c.Context())
			if err != nil {
				return err
			}
			view := rebuiltView{Items: rebuilt.Items, Corrected: []correctionView{}, Deviations: []deviationView{}}
			for _, r := range rebuilt.Corrected {
				view.Corrected = append(view.Corrected, correctionView{r.ItemID, viewCounts(r.Was), viewCounts(r.Is)})
			}
			for _, d := range rebuilt.Deviations {
				view.Deviations = append(view.Deviations, deviationView{d.ItemID, d.Day.Format(time.DateOnly), viewCounts(d.Counted), viewCounts(d.Logged)})
			}
			for _, v := range view.Corrected {
				fmt.Fprintf(c.ErrOrStderr(), "corrected %s: %+v, was %+v\n", v.Item, v.Is, v.Was)
			}
			for _, v := range view.Deviations {
				fmt.Fprintf(c.ErrOrStderr(), "not as the log has it, left as it is: %s on %s: counted %+v, logged %+v\n", v.Item, v.Day, v.Counted, v.Logged)
			}
			return s.print(c, view, "%d items counted, %d corrected", view.Items, len(view.Corrected))
		}),
	})
	return stats
}

// rebuiltView is what a rebuild found, as --json prints it.
type rebuiltView struct {
	Items      int              `json:"items"`
	Corrected  []correctionView `json:"corrected"`
	Deviations []deviationView  `json:"deviations"`
}

type correctionView struct {
	Item string     `json:"item"`
	Was  countsView `json:"was"`
	Is   countsView `json:"is"`
}

type deviationView struct {
	Item    string     `json:"item"`
	Day     string     `json:"day"`
	Counted countsView `json:"counted"`
	Logged  countsView `json:"logged"`
}

type countsView struct {
	Stars     int64 `json:"stars"`
	Copies    int64 `json:"copies"`
	Downloads int64 `json:"downloads"`
	Views     int64 `json:"views"`
}

func viewCounts(s promptz.Stats) countsView {
	return countsView{s.Stars, s.Copies, s.Downloads, s.Views}
}
