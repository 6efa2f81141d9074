package inventory

import (
	"context"
	"errors"
	"slices"

	"fob/internal/seedfile"
	"fob/internal/token"
)

// needing is an error that a flag of the operator would mend.
type needing interface {
	error
	Needs() string
}

// inspectBlind tells what can be told of a file that needs a key, a certificate
// or leave to read what is not verified: its records without their seeds, and
// all flags that an import would demand.
func inspectBlind(ctx context.Context, req Import, why string, need needing) (Inspected, error) {
	res := Inspected{File: req.Source.Name(), Wrapped: []string{}, Format: req.Format.Name, Why: why,
		Encodings: []seedfile.Encoding{req.Format.Encoding}, First: []Shown{}, Inferred: []string{}, Rejects: []Reject{}}
	p := passes{source: req.Source, format: req.Format, options: req.Options}
	p.options.Blind = true
	out, err := p.read(ctx, func(rec *seedfile.Record) error {
		rec.Secret.Text.Clear()
		res.Records++
		res.addBlind(rec)
		return nil
	})
	if err != nil {
		return Inspected{}, err
	}
	res.SHA256 = out.sha256
	res.Needs = append([]string{need.Needs()}, out.needs...)
	slices.Sort(res.Needs)
	res.Needs = slices.Compact(res.Needs)
	res.Warnings = append([]string{need.Error()}, out.notes...)
	return res, nil
}

func (res *Inspected) addBlind(rec *seedfile.Record) {
	switch {
	case rec.Problem != nil:
		res.Refused++
		rec.Withhold()
		if len(res.Rejects) < MaxRejects {
			res.Rejects = append(res.Rejects, Reject{Place: rec.Place, Line: rec.Place.N, Serial: rec.Serial, Verdict: token.Invalid, Reason: rec.Problem.Error()})
		}
	case len(res.First) < shownRecords:
		serial, err := token.ParseSerial(rec.Serial)
		if err != nil || seedfile.SerialLooksLikeSeed(rec.Serial) {
			return
		}
		p := rec.Params
		res.First = append(res.First, Shown{Place: rec.Place, Line: rec.Place.N, Serial: serial, Type: p.Type, Hash: p.Hash,
			Digits: p.Digits, Period: p.Period, Counter: rec.Counter, Manufacturer: rec.Manufacturer, Model: rec.Model})
	}
}

// needOf finds what a file needs, if that is all that is wrong.
func needOf(err error) (need needing, ok bool) { return need, errors.As(err, &need) }
