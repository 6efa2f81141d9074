package targets

import (
	"io"

	"fob/internal/pskc"
	"fob/internal/token"
)

// dialect is what targets that read RFC 6030 do differently.
type dialect struct {
	intervals bool // TimeDrift in intervals, as the RFC has it
	seconds   bool // TimeDrift in seconds
	used      bool // a Counter of a TOTP token is the last step that was used
	offset    bool // a T0 goes into TimeDrift
}

// containerForm writes RFC 6030 in the one way that all known readers understand:
// no policy, the hash as SHA1 and the like, numbers in the clear.
type containerForm struct {
	w *pskc.Writer
	o *Options
	d dialect
}

func container(d dialect) func(io.Writer, *Options) (Form, error) {
	return func(w io.Writer, o *Options) (Form, error) {
		out, err := pskc.NewWriter(w, o.Random, pskc.WriterOptions{Protect: o.Protect})
		return &containerForm{out, o, d}, err
	}
}

// suites are the hashes as all readers know them.
var suites = map[token.Hash]*string{token.SHA1: new("SHA1"), token.SHA256: new("SHA256"), token.SHA512: new("SHA512")}

// packageSize is what a package mostly takes.
const packageSize = 1 << 10

// Render makes a package.
func (f *containerForm) Render(b []byte, i *Item) ([]byte, error) {
	k := &pskc.Key{ID: string(i.Serial), Algorithm: pskc.AlgorithmHOTP,
		Params: pskc.Parameters{Suite: suites[i.Hash], Response: &pskc.Format{Encoding: pskc.EncodingDecimal, Length: int64(i.Digits)}}}
	k.Secret = pskc.Value[token.Seed]{Given: true, Plain: i.Seed}
	number := func(to *pskc.Value[int64], n int64) { *to = pskc.Value[int64]{Given: true, Plain: n} }
	if i.Type == token.HOTP {
		number(&k.Counter, i.Next)
	} else {
		k.Algorithm = pskc.AlgorithmTOTP
		number(&k.Time, 0)
		number(&k.Interval, int64(i.Period))
		if f.d.used && i.Used.Known {
			number(&k.Counter, i.Used.Step)
		}
		if drift := f.drift(i); drift != 0 {
			number(&k.Drift, drift)
		}
	}
	p := &pskc.KeyPackage{Key: k, Device: pskc.DeviceInfo{Manufacturer: i.Manufacturer, SerialNo: string(i.Serial), Model: i.Model}}
	p.Device.Valid.Start.Time, p.Device.Valid.Expiry.Time = i.NotBefore, i.NotAfter
	if cap(b) < packageSize {
		b = make([]byte, 0, packageSize)
	}
	return f.w.Render(b, p)
}

// Write writes it.
func (f *containerForm) Write(_ *Item, text []byte) error { return f.w.Add(text) }

// drift is TimeDrift in the target's unit.
func (f *containerForm) drift(i *Item) (drift int64) {
	if !f.o.NoDrift && i.Drift != nil {
		switch {
		case f.d.intervals:
			drift = i.Steps()
		case f.d.seconds:
			drift = int64(*i.Drift)
		}
	}
	if f.d.offset {
		drift -= i.T0 / int64(i.Period)
	}
	return drift
}

// Close ends the container.
func (f *containerForm) Close() error { return f.w.Close() }
