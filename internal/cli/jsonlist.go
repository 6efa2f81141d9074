package cli

import (
	"encoding/json"
	"io"
)

// jsonList prints an array element by element.
type jsonList struct {
	r     *root
	begun bool
}

func (r *root) newJSONList() *jsonList { return &jsonList{r: r} }

func (l *jsonList) add(v any) error {
	before := ",\n"
	if !l.begun {
		before, l.begun = "[\n", true
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = visible(l.r.streams.Out).Write(append([]byte(before), text...))
	return outputError(err)
}

func (l *jsonList) end() error {
	closing := "\n]\n"
	if !l.begun {
		closing = "[]\n"
	}
	_, err := io.WriteString(l.r.streams.Out, closing)
	return outputError(err)
}
