package seedfile

import (
	"encoding/base32"
	"encoding/base64"
	"math"
	"slices"

	"fob/internal/fault"
)

// Written judges how the seeds of a file are written whose format, or whose operator,
// says it: the one who made the file may have done otherwise, and no code of its tokens
// would ever fit. Add each seed as it was decoded, then Judge. The zero Written is
// ready. It looks for two things.
//
// The seeds may be written in a narrower encoding than is said: hex is base64 too,
// and some of it base32. A seed is written anew in the encoding that is said, and an
// Inference does the rest: see there for the odds, which stay below one in a million
// for a file of any length.
//
// The seeds may be encoded twice: what was decoded is text again. Of random bytes an
// alphabet of 22 hex digits, 32 of base32 or 64 of base64 has all the bytes of a seed
// with the odds (22/256)^20, (32/256)^16 and (64/256)^22 at most, for the lengths that
// the text of a usual seed has: 1 in 10^13 and less. So a single such seed settles it
// in a file of ten million records. Test files have seeds of digits alone, which
// people can read (RFC 4226 appendix D, RFC 6030 figure 6), or nearly so: letters must
// be among them, one in eight at least, as random text has them.
type Written struct {
	plain   Inference
	records int
	inner   map[Encoding]int
}

// Add takes a seed and how it is said to be written in the file.
func (w *Written) Add(seed []byte, e Encoding) {
	w.records++
	if inner := textOfSeed(seed); inner != Unknown {
		if w.inner == nil {
			w.inner = map[Encoding]int{}
		}
		w.inner[inner]++
		return
	}
	var room [512]byte
	var text []byte
	switch e {
	case Base64:
		text = base64.StdEncoding.AppendEncode(room[:0], seed)
	case Base32:
		text = base32.StdEncoding.WithPadding(base32.NoPadding).AppendEncode(room[:0], seed)
	default:
		return // nothing is narrower than hex
	}
	if varied(text) {
		w.plain.Add(text)
	}
	clear(text)
}

// varied reports whether a text has enough different characters to tell an alphabet
// by: test seeds of one byte have not.
func varied(text []byte) bool {
	seen := [256]bool{}
	n := 0
	for _, c := range text {
		if !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n > 6
}

// usualSizes are the bytes of seeds that tokens have.
var usualSizes = []int{10, 16, 20, 24, 32, 64}

// textOfSeed is the encoding of the text that a seed's bytes are; Unknown: of none.
func textOfSeed(seed []byte) Encoding {
	for _, c := range seed {
		if base64Digits.value[c] >= blank && c != '=' {
			return Unknown // as nearly all do at once
		}
	}
	f := look(seed)
	digits := 0
	for _, c := range seed {
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	a := f.class().alphabet()
	if a == nil || digits == 0 || 8*(f.chars-digits) < f.chars || a == base64Digits && !(f.upper && f.lower) {
		return Unknown
	}
	inner, err := a.decode(seed)
	n := len(inner)
	clear(inner)
	if err != nil || !slices.Contains(usualSizes, n) {
		return Unknown
	}
	return a.encoding
}

// Judge tells what is wrong with the whole file; nil: nothing.
func (w *Written) Judge(said Encoding, by any) error {
	for _, inner := range Encodings() {
		if n := w.inner[inner]; n > 0 {
			return fault.Errorf(fault.Refused, "%d of %d seeds are %s of %s: the one who made the file encoded them twice, and no code of the devices would fit", n, w.records, said, inner).
				WithHint("decode them once in a copy of the file, or have it made again")
		}
	}
	for _, c := range []class{hexClass, base32Class} {
		t, narrow := w.plain.classes[c], c.alphabet()
		if t.records == 0 || narrow.encoding == said || narrow.bits >= alphabets[said].bits {
			continue
		}
		if odds := w.plain.odds(c); odds < math.Log(oneInAMillion) {
			return Mistaken{fault.Errorf(fault.Refused, "%d of %d seeds look like %s, and %s writes them in %s; the odds that %[5]s looks like this are 1 in 10^%[6]d",
				t.records, w.records, narrow.encoding, by, said, int(-odds/math.Ln10)).
				WithHint("have the file made again, or have its seeds written in %s in a copy", said)}
		}
	}
	return nil
}

// Mistaken is the error for seeds that are written otherwise than is said.
type Mistaken struct{ error }

// Unwrap returns the error with its kind and hint.
func (m Mistaken) Unwrap() error { return m.error }
