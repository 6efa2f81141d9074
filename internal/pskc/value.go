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
		return token.Seed{}, errEmpty
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
	return token.Seed{}, errors.New(notBase64)
}

// openedSecret takes over a secret that was decrypted.
func openedSecret(seed []byte) (token.Seed, error) {
	switch n := len(seed); {
	case n == 0:
		return token.Seed{}, errEmpty
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
	if n, err := integer(b); err == nil || err == errTooLarge {
		return n, err
	}
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	switch {
	case len(b) == 0:
		return 0, errEmpty
	case len(b) > 8:
		return 0, errNoNumber
	case n > math.MaxInt64:
		return 0, errTooLarge
	}
	return int64(n), nil
}

// notBase64 says what of a value is no xs:base64Binary.
const notBase64 = "is not base64: a character or the padding (=) is damaged, missing or too many"

var errTooLong = errors.New("has more than " + strconv.Itoa(token.MaxParsedSeed) + " bytes")

// whole reads the PlainValue of a number, xs:int or xs:long. Some tools write
// the bytes of a number in base64 instead.
func (d *Decoder) whole(text []byte) (int64, error) {
	n, err := integer(text)
	if err != errNoNumber {
		return n, err
	}
	b, no := base64.StdEncoding.Strict().DecodeString(string(text))
	if n, no2 := openedWhole(b); no == nil && no2 == nil {
		if d.weaken(weakNumber) == nil {
			return n, nil
		}
		return 0, errors.New("is no whole number; it may be one in base64, which only --compat reads")
	}
	return 0, errNoNumber
}

// Why a text is not the number that it should be.
var (
	errEmpty    = errors.New("is empty")
	errNoNumber = errors.New("is no whole number")
	errTooLarge = errors.New("is beyond 9223372036854775807 (2^63-1), the largest number of 64 bits")
)

// integer reads an xs:long.
func integer(text []byte) (int64, error) {
	text = trim(text)
	n, err := strconv.ParseInt(string(text), 10, 64)
	switch {
	case len(text) == 0:
		return 0, errEmpty
	case errors.Is(err, strconv.ErrRange):
		return 0, errTooLarge
	case err != nil:
		return 0, errNoNumber
	}
	return n, nil
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
