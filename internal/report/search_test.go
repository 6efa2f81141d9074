package report

import (
	"iter"
	"testing"

	"fob/internal/token"
)

// manyReader has one token, of a serial that only its end finds, among as many as it says.
type manyReader struct {
	PageReader
	stored int
}

func (manyReader) LostBy(token.Account, int) ([]token.Serial, error)     { return nil, nil }
func (manyReader) Accounts(AccountFilter) iter.Seq2[Account, error]      { return none[Account] }
func (m manyReader) BatchFiles() ([]Batch, error)                        { return []Batch{{New: m.stored - 1}, {New: 1}}, nil }
func (manyReader) Named(string, int) ([]Account, error)                  { return nil, nil }
func (manyReader) NearSerials(token.Serial, int) ([]token.Serial, error) { return nil, nil }
func (manyReader) NearNames(string, int) ([]token.Account, error)        { return nil, nil }
func (manyReader) Tokens(f Filter) iter.Seq2[Token, error] {
	if f.Ending != "0012" {
		return none[Token]
	}
	return func(yield func(Token, error) bool) { yield(Token{Serial: "2600412300012"}, nil) }
}

func none[T any](func(T, error) bool) {}

// The end of a serial is looked for where that is quick, and a search says where it is not.
func TestSearchForTheEndOfASerial(t *testing.T) {
	for stored, cut := range map[int]bool{mostEnds: false, mostEnds + 1: true} {
		s, err := SearchFor(manyReader{stored: stored}, "0012", 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		if s.Cut != cut || len(s.Hits) == 1 == cut {
			t.Errorf("among %d: %+v", stored, s)
		}
	}
}
