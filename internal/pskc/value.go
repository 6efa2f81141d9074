package pskc

import (
	"encoding/base64"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"fob/internal/token"
)

// secret reads the PlainValue of a Secret, xs:base64Binary: white space may
// stand anywhere, padding must be there. The text is overwritten, and errors
// never repeat it.
func secret(text []byte) (token.Seed, error) {
	defer clear(text)
	text = squeeze(text)
	n := len(text)
	switch {
	case n == 0:
		return token.Seed{}, errors.New("is empty")
	case base64.StdEncoding.DecodedLen(n) > token.MaxParsedSeed+2:
		return token.Seed{}, errTooLong
	}
	seed := make([]byte, base64.StdEncoding.DecodedLen(n))
	size, err := base64.StdEncoding.Strict().Decode(seed, text)
	if err == nil && size <= token.MaxParsedSeed {
		return token.NewSeed(seed[:size:size]), nil
	}
	clear(seed)
	if err == nil {
		return token.Seed{}, errTooLong
	}
	return token.Seed{}, errors.New("is not base64: a character or the padding (=) is damaged, missing or too many")
}

// openedSecret takes over a secret that was decrypted.
func openedSecret(seed []byte) (token.Seed, error) {
	switch n := len(seed); {
	case n == 0:
		return token.Seed{}, errors.New("is empty")
	case n > token.MaxParsedSeed:
		return token.Seed{}, errTooLong
	}
	return token.NewSeed(seed[:len(seed):len(seed)]), nil
}

// openedWhole reads a number that was decrypted. Both ways to write one are met:
// as text, and as up to eight bytes, the highest first. Text goes first; bytes
// that all happen to be digits are a number beyond 10^16 or of few bytes.
func openedWhole(b []byte) (int64, error) {
	defer clear(b)
	if n, ok := integer(b); ok {
		return n, nil
	}
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	if len(b) == 0 || len(b) > 8 || n > math.MaxInt64 || digits(b) {
		return 0, errors.New("is not a whole number of at most 63 bits")
	}
	return int64(n), nil
}

var errTooLong = errors.New("has more than " + strconv.Itoa(token.MaxParsedSeed) + " bytes")

// whole reads the PlainValue of a number, xs:int or xs:long. Some tools write
// the bytes of a number in base64 instead.
func (d *Decoder) whole(text []byte) (int64, error) {
	n, ok := integer(text)
	if !ok {
		if b, err := base64.StdEncoding.Strict().DecodeString(string(text)); err == nil && len(b) > 0 && d.weaken(weakNumber) == nil {
			return openedWhole(b)
		}
	}
	if !ok {
		return 0, errors.New("is not a whole number of at most 64 bits")
	}
	return n, nil
}

func integer(text []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(trim(text)), 10, 64)
	return n, err == nil
}

func digits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// boolean reads an xs:boolean.
func boolean(text string) (yes, ok bool) {
	switch text {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

// moment reads the xs:dateTime of the element just begun.
func (d *Decoder) moment(in string, to *Moment) error {
	b, err := d.textOf(in)
	if err != nil {
		return err
	}
	m, ok := parseMoment(string(b))
	switch {
	case !ok:
		d.complain("<%s> is no date and time such as 2026-01-31T00:00:00Z", in)
	case m.Year() < minYear || m.Year() > maxYear:
		d.complain("<%s> is in the year %d; %d to %d are plausible", in, m.Year(), minYear, maxYear)
	}
	*to = m
	return nil
}

// parseMoment reads an xs:dateTime. 24:00:00, which the type allows, is the
// midnight behind the day.
func parseMoment(text string) (Moment, bool) {
	day, clock, _ := strings.Cut(text, "T")
	midnight := strings.HasPrefix(clock, "24:00:00")
	if midnight {
		clock = "00:00:00" + clock[len("24:00:00"):]
	}
	m := Moment{}
	var err error
	if m.Time, err = time.Parse(time.RFC3339, day+"T"+clock); err != nil {
		m.Time, err = time.Parse("2006-01-02T15:04:05", day+"T"+clock)
		m.Unzoned = true
	}
	if err != nil {
		return Moment{}, false
	}
	if m.Time = m.UTC(); midnight {
		m.Time = m.AddDate(0, 0, 1)
	}
	return m, true
}
