package pskc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/xmlstream"
)

// sealedValue is an encrypted value with its MAC.
type sealedValue struct {
	encrypted
	mac    []byte
	hasMAC bool
}

// value reads what one child of Data holds: it is the same for a secret and for
// a number, but for what the text and the decrypted bytes mean.
func value[T any](d *Decoder, in string, v *Value[T], parse func(*Decoder, []byte) (T, error), opened func([]byte) (T, error)) error {
	v.Given = true
	var met struct {
		sealedValue
		plain bool
		old   []byte // of drafts: plain or encrypted, which is known only at the end
	}
	read := func(name string) error {
		switch name {
		case "EncryptedValue":
			v.Encrypted = true
			return d.encryptedData(name, &met.encrypted)
		case "ValueMAC":
			met.hasMAC = true
			return d.read(name, &met.mac)
		case "Value":
			if err := d.draft(); err != nil {
				return err
			}
		}
		b, err := d.textOf(name)
		switch {
		case err != nil:
			return err
		case name == "Value":
			met.old = append([]byte{}, b...)
			return nil
		}
		met.plain = true
		v.Plain = parsed(d, in, b, parse)
		return nil
	}
	err := d.children(in, fields{{"PlainValue", read}, {"EncryptedValue", read}, {"ValueMAC", read}, {"Value", read}})
	switch h := d.header; {
	case err != nil:
		return err
	case met.old != nil && !met.plain && !v.Encrypted:
		if v.Encrypted = d.draftValue(in, met.old, &met.sealedValue); !v.Encrypted && d.problem == nil {
			v.Plain = parsed(d, in, met.old, parse)
		}
	case met.plain == v.Encrypted:
		d.complain("<%s> must have a PlainValue or an EncryptedValue", in)
	case met.plain && in == "Secret" && (h.Encryption != nil || h.MAC != nil):
		d.complain("the <Secret> is plain, in a container whose secrets are encrypted: it may have been put there")
	case met.plain && met.hasMAC: // put in the place of an encrypted value, perhaps
		d.complain("<%s> has a PlainValue with a ValueMAC; RFC 6030 has MACs of encrypted values", in)
	}
	if !v.Encrypted || d.problem != nil {
		return nil
	}
	b, err := d.open(in, &met.sealedValue)
	if b == nil || err != nil {
		v.Closed = true
		return err
	}
	if v.Plain, err = opened(b); err != nil {
		clear(b)
		d.complain("<%s> %v", in, err)
	}
	return nil
}

func parsed[T any](d *Decoder, in string, text []byte, parse func(*Decoder, []byte) (T, error)) T {
	v, err := parse(d, text)
	if err != nil {
		d.complain("<%s> %v", in, err)
	}
	return v
}

// Why a text is not the number or secret that it should be.
var (
	errEmpty    = errors.New("is empty")
	errNoNumber = errors.New("is no whole number")
	errTooLarge = errors.New("is beyond 9223372036854775807 (2^63-1), the largest number of 64 bits")
	errTooLong  = errors.New("has more than " + strconv.Itoa(token.MaxParsedSeed) + " bytes")
)

// secret reads the PlainValue of a Secret, xs:base64Binary. The text is
// overwritten, and errors never repeat it.
func (*Decoder) secret(text []byte) (token.Seed, error) {
	defer clear(text)
	text = squeeze(text)
	size := base64.StdEncoding.DecodedLen(len(text))
	if size > token.MaxParsedSeed+2 {
		return token.Seed{}, errTooLong
	}
	seed := make([]byte, size)
	n, err := base64.StdEncoding.Strict().Decode(seed, text)
	if err != nil {
		clear(seed)
		return token.Seed{}, errors.New(notBase64)
	}
	return openedSecret(seed[:n])
}

// openedSecret takes over a secret.
func openedSecret(seed []byte) (token.Seed, error) {
	switch n := len(seed); {
	case n == 0:
		return token.Seed{}, errEmpty
	case n > token.MaxParsedSeed:
		clear(seed)
		return token.Seed{}, errTooLong
	}
	return token.NewSeed(seed[:len(seed):len(seed)]), nil
}

// whole reads the PlainValue of a number, xs:int or xs:long. Some tools write
// the bytes of a number in base64 instead.
func (d *Decoder) whole(text []byte) (int64, error) {
	n, err := integer(text)
	if err != errNoNumber {
		return n, err
	}
	b, err := base64.StdEncoding.Strict().DecodeString(string(text))
	if err != nil {
		return 0, errNoNumber
	}
	if n, err = openedWhole(b); err != nil {
		return 0, errNoNumber
	}
	if d.weaken(weakNumber) != nil {
		return 0, fault.Errorf(fault.Refused, "is no whole number; it may be one in base64, which only %s reads", fault.Compat)
	}
	return n, nil
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

// integer reads an xs:long.
func integer(text []byte) (int64, error) {
	text = bytes.Trim(text, xmlstream.Spaces)
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

// boolean reads an xs:boolean.
func boolean(text string) (yes, ok bool) {
	yes = text == "true" || text == "1"
	return yes, yes || text == "false" || text == "0"
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
func parseMoment(text string) (m Moment, ok bool) {
	day, clock, _ := strings.Cut(text, "T")
	after, midnight := strings.CutPrefix(clock, "24:00:00")
	if midnight {
		clock = "00:00:00" + after
	}
	var err error
	if m.Time, err = time.Parse(time.RFC3339, day+"T"+clock); err != nil {
		m.Unzoned = true
		if m.Time, err = time.Parse("2006-01-02T15:04:05", day+"T"+clock); err != nil {
			return Moment{}, false
		}
	}
	if m.Time = m.UTC(); midnight {
		m.Time = m.AddDate(0, 0, 1)
	}
	return m, true
}
