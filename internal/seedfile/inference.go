package seedfile

import (
	"fmt"
	"math"

	"fob/internal/fault"
)

// Inference finds the encoding of a file whose format does not fix it, from all
// of its seeds: Add each, then Decide, then let the Decision judge each again.
// The zero Inference is ready.
//
// A seed's class is the narrowest alphabet that its text fits: hex in one letter
// case, base32 in one letter case, else base64. Nothing is said of a seed by
// itself, for the alphabets nest: text of A to F and 2 to 7 is all three, and
// all hex is base64. What settles the file are the odds.
//
// Suppose that the file really is written in a wider encoding, of W characters,
// that its seeds are random, and that m of its n records still use only the N
// characters of the narrower alphabet, in one letter case. Each character of a
// random seed is drawn evenly from W; only the last of a seed may be bound by
// the bits that fill it up, so it is not counted. A record with d characters
// before its last thus looks narrow with a probability of c·(N/W)^d, where c is
// the number of letter cases it may choose (2 in base64, which has both; 1 in
// base32, whose writer chose one). That m of n records do has at most the odds
//
//	C(n,m) · c^m · (N/W)^D, with D the sum of d over the m records,
//
// C(n,m) being the ways to choose them. The numbers N/W:
//
//	hex in base32     12/32   A–F and 2–7, the digits that both have
//	hex in base64     16/64   0–9 and A–F, or 0–9 and a–f
//	base32 in base64  32/64   A–Z and 2–7, or a–z and 2–7
//
// The narrower encoding is believed when each wider one has odds below
// oneInAMillion. A single hex seed of 16 bytes has 6e-14, a single base32 seed
// of 16 bytes 6e-8; one of 10 bytes 6e-5, which is not enough.
//
// Base64 is the widest and no odds can speak against a wider one, but its class
// also catches what is no base64: hex or base32 with letters in both cases. It
// is believed when at least half of its records show what those cannot have:
// both letter cases, a digit or sign that base32 lacks, and a letter that hex
// lacks. Of random base64 seeds of 16 bytes, seven in eight do.
type Inference struct {
	records int
	numbers int // of no class, that a spreadsheet made
	classes [classCount]tally
}

// class is the narrowest alphabet in a single letter case that a text fits.
type class int

const (
	noClass class = iota // characters of no alphabet
	hexClass
	base32Class
	base64Class
	classCount
)

func (c class) alphabet() *alphabet {
	return [classCount]*alphabet{nil, hexDigits, base32Digits, base64Digits}[c]
}

// class: hex has no padding.
func (f features) class() class {
	mixed := f.upper && f.lower
	switch {
	case f.illegal:
		return noClass
	case !mixed && !f.beyondHex && !f.padded:
		return hexClass
	case !mixed && !f.beyondBase32:
		return base32Class
	}
	return base64Class
}

// tooShort reports whether no seed has so few characters, whatever it is written in.
func (f features) tooShort() bool { return !f.illegal && f.chars > 0 && f.chars < shortBase64 }

func (c class) String() string {
	return [classCount]string{
		"no encoding that fob knows", "hex in one letter case", "base32 in one letter case", "base64, or hex or base32 in mixed case",
	}[c]
}

// tally counts the records of a class.
type tally struct {
	records int
	whole   int // of them, those that decode to whole bytes
	chars   int // that tell of the encoding: all but the last of each record
	sure    int // of base64: that can be nothing narrower, whatever the case
}

const (
	oneInAMillion = 1e-6
	// damagedShare is how many records may be of another class and still count
	// as damage: one in ten, so that a box of ten with one mistyped seed loads.
	damagedShare = 10
)

// Add takes one seed as the file writes it. An empty one tells nothing, nor does one
// that is too short for any seed.
func (i *Inference) Add(text []byte) {
	f := look(text)
	c := f.class()
	if f.chars == 0 || f.tooShort() {
		return
	}
	i.records++
	t := &i.classes[c]
	t.records++
	t.chars += f.chars - 1
	if !f.illegal && f.upper && f.lower && f.beyondHex && f.beyondBase32 {
		t.sure++
	}
	if c == noClass && scientific(text) {
		i.numbers++
	}
	if a := c.alphabet(); a != nil {
		if seed, err := a.decode(text); err == nil {
			t.whole++
			clear(seed)
		}
	}
}

// Decision is the encoding of a file, and what it rests on.
type Decision struct {
	Encoding Encoding
	Records  int    // of the class that decided
	Evidence string // in words, for the summary
	class    class
}

// Decide settles the encoding, or asks for --encoding.
func (i *Inference) Decide() (Decision, error) {
	if i.records == 0 {
		return Decision{}, undecided("no record has a seed to tell the encoding from")
	}
	c := noClass
	for other := range classCount {
		if i.classes[other].records > i.classes[c].records {
			c = other
		}
	}
	t := i.classes[c]
	switch {
	case c == noClass && i.numbers > 0:
		return Decision{}, fault.Errorf(fault.Refused, "%d of %d seeds were turned into numbers by a spreadsheet", i.numbers, i.records).
			WithHint("import the original file")
	case c == noClass:
		return Decision{}, undecided("the seeds of %d in %d records are neither hex nor base32 nor base64", t.records, i.records)
	case (i.records-t.records)*damagedShare > i.records:
		return Decision{}, undecided("the seeds are written in different encodings: %s", i.census())
	case (t.records-t.whole)*damagedShare > t.records:
		return Decision{}, undecided("the seeds look like %s, but %d of %d do not make whole bytes", c, t.records-t.whole, t.records)
	case c == base64Class && 2*t.sure < t.records:
		return Decision{}, undecided("the seeds may be base64, or hex or base32 with letters in both cases")
	}
	odds := i.odds(c)
	if odds >= math.Log(oneInAMillion) {
		return Decision{}, undecided("the seeds look like %s, but %d are too few to rule out a wider encoding", c, t.records)
	}
	d := Decision{Encoding: c.alphabet().encoding, Records: t.records, class: c}
	how := fmt.Sprintf("are written in %s", c)
	if c == base64Class {
		how = fmt.Sprintf("use its alphabet, %d of them in a way that hex and base32 cannot", t.sure)
	}
	d.Evidence = fmt.Sprintf("%s: %d of %d seeds %s", d.Encoding, t.records, i.records, how)
	return d, nil
}

// Undecided is the error for seeds of which the file does not tell how they are
// written. It wraps a fault.Error.
type Undecided struct{ why *fault.Error }

func (u Undecided) Error() string { return u.why.Error() }

// Unwrap returns the error with its kind and hint.
func (u Undecided) Unwrap() error { return u.why }

// Needs is the field that tells it.
func (u Undecided) Needs() fault.Field { return fault.Encoding }

// And is the same with more advice.
func (u Undecided) And(advice fault.Text) Undecided {
	why := *u.why
	why.Advice = why.Advice.And(advice)
	return Undecided{&why}
}

func undecided(format string, args ...any) error {
	return Undecided{fault.Errorf(fault.Refused, format, args...).
		WithHint("ask the supplier how the seeds are written, then say %s hex, base32 or base64", fault.Encoding)}
}

func (i *Inference) census() string {
	text := ""
	for c := classCount - 1; c >= noClass; c-- {
		if n := i.classes[c].records; n > 0 {
			text += fmt.Sprintf(", %d %s", n, c)
		}
	}
	return text[2:]
}

// odds is the natural logarithm of the odds that a wider encoding would by
// chance look like the class: see Inference. Minus infinity where none is wider.
func (i *Inference) odds(c class) float64 {
	t := i.classes[c]
	m, chars := float64(t.records), float64(t.chars)
	choose := lnChoose(i.records, t.records)
	both := choose + m*math.Ln2
	switch c {
	case hexClass:
		return max(choose+chars*math.Log(12./32), both+chars*math.Log(16./64))
	case base32Class:
		return both + chars*math.Log(32./64)
	}
	return math.Inf(-1)
}

// lnChoose is the logarithm of the number of ways to choose m of n.
func lnChoose(n, m int) float64 {
	ln := func(k int) float64 { v, _ := math.Lgamma(float64(k) + 1); return v }
	return ln(n) - ln(m) - ln(n-m)
}

// Judge refuses a seed that is not of the class of the others. Damage of one
// character often leads into a wider alphabet, and must never be taken for a
// seed written differently. Among a million base64 seeds of 16 bytes one looks
// like base32 by chance; who knows the encoding says it, and nothing
// is judged.
func (d Decision) Judge(text []byte) error {
	f := look(text)
	c := f.class()
	if f.chars == 0 || c == d.class && !f.tooShort() {
		return nil // an empty seed is for Decode to refuse
	}
	if c == noClass || scientific(text) {
		if _, err := d.class.alphabet().decode(text); err != nil {
			return err // which names the character, or the spreadsheet
		}
	}
	if f.tooShort() {
		return refusef("the seed has only %d characters, and none is so short: it is damaged or cut off", f.chars)
	}
	return refusef("the seed is written in %s, those of %d other records in %s; if both are right, say %s", c, d.Records, d.class, fault.Encoding.Is(d.Encoding))
}
