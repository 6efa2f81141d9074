package term

import (
	"encoding/json"
	"io"
)

// ReportFileJSON is what a report prints with --xlsx.
type ReportFileJSON struct {
	File    string  `json:"file"`
	Rows    int     `json:"rows"`
	Events  int64   `json:"events"`
	Head    string  `json:"head"`
	Removed *string `json:"removed"` // the sidecar of the file that was replaced, null where there was none
}

// jsonList prints an array element by element.
type jsonList struct {
	r     *Run
	begun bool
}

func (r *Run) NewJSONList() *jsonList { return &jsonList{r: r} }

func (l *jsonList) Add(v any) error {
	before := ",\n"
	if !l.begun {
		before, l.begun = "[\n", true
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = Visible(l.r.Streams.Out).Write(append([]byte(before), text...))
	return OutputError(err)
}

func (l *jsonList) End() error {
	closing := "\n]\n"
	if !l.begun {
		closing = "[]\n"
	}
	_, err := io.WriteString(l.r.Streams.Out, closing)
	return OutputError(err)
}
