package storetest

import (
	"slices"
	"testing"

	"fob/internal/fault"
	"fob/internal/token"
)

var serialTests = map[string]func(*testing.T, Open){
	"serials as people say them": testSerialsAsPeopleSayThem,
	"near serials":               testNearSerials,
}

func testSerialsAsPeopleSayThem(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "2600412300001", "AB-12-34", "FT-9", "F-T9", "x1", "X-1")
	AddLoading(t, s, NewBatch("b"), "L-7")
	for typed, want := range map[token.Serial]string{
		"2600412300001":          "2600412300001",
		"26 0041 23 00001":       "2600412300001",
		"26-0041-2300001":        "2600412300001",
		"26–0041—23\u00a00 0001": "2600412300001",
		"ab-12-34":               "AB-12-34",
		"ab1234":                 "AB-12-34",
		"AB 12 34":               "AB-12-34",
		"a-b1234":                "AB-12-34",
		"ft-9":                   "FT-9", // as typed, it is here
		"f-t9":                   "F-T9",
		"X1":                     "x1", // as typed, though without its dash it is another one too
		"x-1":                    "X-1",
	} {
		Read(t, s, func(q Reader) error {
			got, err := q.Token(typed)
			if err != nil || string(got.Serial) != want {
				t.Errorf("%q: %s, %v", typed, got.Serial, err)
			}
			found, err := q.Find(typed)
			if err != nil || string(found.Serial) != want {
				t.Errorf("find %q: %s, %v", typed, found.Serial, err)
			}
			return nil
		})
	}
	Read(t, s, func(q Reader) error {
		_, err := q.Token("FT9")
		KindIs(t, err, fault.NotFound, "FT9 may be token FT-9 or F-T9", "with its dashes")
		_, err = q.Token("X--1")
		KindIs(t, err, fault.NotFound, "may be token x1 or X-1")
		_, err = q.Token("L7")
		KindIs(t, err, fault.NotFound, "there is no token L7")
		for _, none := range []token.Serial{"", " ", "-", "26004123-0000", "\x00", "é"} {
			_, err = q.Token(none)
			KindIs(t, err, fault.NotFound)
		}
		return nil
	})
}

// The likeliest typing errors come first, and nothing is chosen.
func testNearSerials(t *testing.T, open Open) {
	s := open(t)
	AddBatch(t, s, NewBatch("a"), "2600412300001", "2600412300010", "2600412300007", "2600412309001", "KB0055", "KD0055", "KX0055", "KB0505", "00071", "2600415500001", "1l1l", "ab1")
	for typed, want := range map[token.Serial][]token.Serial{
		"2600412300O01":  {"2600412300001"},                  // a letter for a zero
		"26OO4123OOOO1":  {"2600412300001"},                  // all of them
		"2600412300100":  {"2600412300010", "2600412300001"}, // two neighbours swapped
		"2600412300008":  {"2600412300007", "2600412300001"}, // a key beside it, then any key
		"2600410023001":  {"2600412300001"},                  // 23 00 said as 00 23
		"2600230041001":  nil,
		"260041-230001":  {"2600412300001", "2600412309001", "2600412300010"}, // one left out, with a dash
		"26004123000011": {"2600412300001"},
		"KP0055":         {"KB0055", "KD0055", "KX0055"}, // P sounds like B and D
		"KB5500":         {"KB0055"},                     // 00 55 said as 55 00
		"KB0550":         {"KB0505"},
		"71":             {"00071"}, // a spreadsheet took the zeros
		"0000000000071":  {"00071"},
		"0071":           {"00071"},
		"9999":           nil,
		"1I1I":           {"1l1l"}, // strokes in two places
		"ａｂ１":            {"ab1"},  // wide letters
	} {
		Read(t, s, func(q Reader) error {
			got, err := q.NearSerials(typed, 5)
			if !slices.Equal(got, want) || err != nil {
				t.Errorf("%s: %s, %v; want %s", typed, got, err, want)
			}
			return nil
		})
	}
	Read(t, s, func(q Reader) error {
		_, err := q.Token("KP0055")
		KindIs(t, err, fault.NotFound, "there is no token KP0055", "near it: KB0055, KD0055, KX0055")
		got, err := q.NearSerials("26004123", 2)
		if !slices.Equal(got, []token.Serial{"2600412300001", "2600412300007"}) {
			t.Errorf("what begins so: %s", got)
		}
		return err
	})
}
