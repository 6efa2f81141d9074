package intake

import (
	"context"
	"errors"
	"slices"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// needing is an error that a field of the operator would mend.
type needing interface {
	error
	Needs() fault.Field
}

// inspectBlind tells what can be told of a file that needs a key, a certificate,
// leave to read what is not verified, or to be told how its seeds are written: its records without their seeds, and
// all flags that an import would demand.
func inspectBlind(ctx context.Context, req Import, why string, need needing) (Inspected, error) {
	res := Inspected{File: req.Source.Name(), Wrapped: []string{}, Format: req.Format.Name, Why: why,
		Encodings: slices.DeleteFunc([]seedfile.Encoding{req.Format.Encoding}, func(e seedfile.Encoding) bool { return e == seedfile.Unknown }), First: []Shown{}, Inferred: []string{}, Rejects: []Reject{}}
	p := passes{source: req.Source, format: req.Format, options: req.Options}
	p.options.Blind = true
	c := &completer{format: req.Format, fill: req.Fill}
	out, err := p.read(ctx, func(rec *seedfile.Record) error {
		if req.Format.Encoding == seedfile.Unknown {
			c.ask(rec) // where only the encoding is in doubt; what is encrypted may say all of it
		}
		rec.Secret.Text.Clear()
		res.Records++
		res.addBlind(rec, c.lacks)
		return nil
	})
	if err != nil {
		return Inspected{}, err
	}
	res.SHA256 = out.sha256
	for _, f := range append(out.needs, need.Needs()) {
		res.Needs = append(res.Needs, "--"+string(f))
	}
	slices.Sort(res.Needs)
	res.Needs = append(slices.Compact(res.Needs), c.opened.needs()...)
	res.Warnings = append([]fault.Text{fault.Textf("%v", need)}, out.notes...)
	res.Warnings = append(res.Warnings, seedfile.Notes(c.opened.remarks(res.Records)...)...)
	return res, nil
}

func (res *Inspected) addBlind(rec *seedfile.Record, lacks seedfile.FieldSet) {
	switch {
	case rec.Problem != nil:
		res.Refused++
		rec.Withhold()
		if len(res.Rejects) < MaxRejects {
			res.Rejects = append(res.Rejects, Reject{Place: rec.Place, Line: rec.Place.N, Serial: rec.Serial, Verdict: token.Invalid, Reason: fault.Textf("%v", rec.Problem)})
		}
	case len(res.First) < shownRecords:
		serial, err := token.ParseSerial(rec.Serial)
		if err != nil || seedfile.SerialLooksLikeSeed(rec.Serial) {
			return
		}
		res.First = append(res.First, shownBlind(serial, rec, lacks))
	}
}

// shownBlind shows a record of which the seed, and perhaps more, is encrypted.
func shownBlind(serial token.Serial, rec *seedfile.Record, lacks seedfile.FieldSet) Shown {
	p := rec.Params
	s := Shown{Place: rec.Place, Line: rec.Place.N, Serial: serial, Type: p.Type, Hash: p.Hash, Digits: p.Digits,
		Encrypted: []string{}, Manufacturer: rec.Manufacturer, Model: rec.Model}
	for _, f := range seedfile.Fields() {
		if rec.Closed.Has(f) {
			s.Encrypted = append(s.Encrypted, f.String())
		}
	}
	s.tell(p.Period, rec.Counter, rec.Closed|lacks)
	return s
}

// needOf finds what a file needs, if that is all that is wrong.
func needOf(err error) (need needing, ok bool) { return need, errors.As(err, &need) }
