package term

import (
	"encoding/json"
	"io"
)

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
