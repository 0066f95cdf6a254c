// Package allviews makes all read models as the pipeline takes them, for what is
// measured with everything on.
package allviews

import (
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/marketview"
)

// New makes all views, as the exchange runs with.
func New() pipeline.Views { return views{marketview.New(marketview.Limits{})} }

type views struct{ *marketview.Views }

// Sections returns one section per view.
func (v views) Sections() []pipeline.Section { return pipeline.Sections(v.Views.Sections()) }
