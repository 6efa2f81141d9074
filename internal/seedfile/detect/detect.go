// Package detect knows the families of seed-file formats, and finds the one
// that a file belongs to by its content, never by its name: vendors rename
// archives to .pdf so that mail gateways let them pass.
package detect

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/entra"
	"fob/internal/seedfile/oathcsv"
	"fob/internal/seedfile/pskc"
	"fob/internal/token"
)

// Formats lists the formats that fob reads, in the order of help.
func Formats() []seedfile.Format {
	return []seedfile.Format{oathcsv.Format(), entra.Format(), pskc.Format()}
}

// ByName finds the format that --format names.
func ByName(name string) (seedfile.Format, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, nil
		}
	}
	return seedfile.Format{}, token.Errorf(token.Usage, "no format %q; fob reads %s", name, strings.Join(names(Formats()), ", "))
}

func names(formats []seedfile.Format) []string {
	var list []string
	for _, f := range formats {
		list = append(list, f.Name)
	}
	return list
}

// Detect finds the format of a file and tells by what features. A file that is
// no format's, or that of several, is refused with what to do about it.
func Detect(s seedfile.Source) (seedfile.Format, string, error) {
	sample, err := read(s)
	if err != nil {
		return seedfile.Format{}, "", err
	}
	if err := recognise(s.Name(), sample); err != nil {
		return seedfile.Format{}, "", err
	}
	return choose(s.Name(), sample, Formats())
}

// read takes the beginning of a file, and one byte more to see whether it ends.
func read(s seedfile.Source) (seedfile.Sample, error) {
	in, err := seedfile.OpenPass(s)
	if err != nil {
		return seedfile.Sample{}, err
	}
	data := make([]byte, seedfile.SampleSize+1)
	n, err := io.ReadFull(in, data)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	if closed := in.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return seedfile.Sample{}, seedfile.ReadError(err)
	}
	return seedfile.Sample{Data: data[:min(n, seedfile.SampleSize)], Whole: n <= seedfile.SampleSize}, nil
}

// choose asks every family.
func choose(file string, sample seedfile.Sample, formats []seedfile.Format) (seedfile.Format, string, error) {
	var fits []seedfile.Format
	var why, nearly []string
	for _, f := range formats {
		m := f.Sniff(sample)
		switch {
		case m.Fits:
			fits, why = append(fits, f), append(why, m.Why)
		case m.Why != "":
			nearly = append(nearly, f.Name+": "+m.Why)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], why[0], nil
	case 0:
		if err := malformed(sample); err != nil {
			return seedfile.Format{}, "", token.Wrap(token.Refused, err, "%q", file).WithHint("%s", err.Hint())
		}
		return seedfile.Format{}, "", unknown(file, nearly)
	}
	return seedfile.Format{}, "", token.Errorf(token.Refused, "%q may be %s", file, strings.Join(names(fits), " or ")).
		WithHint("say which: --format %s", strings.Join(names(fits), ", or --format "))
}

// malformed is what is wrong with the beginning of a file as a text of rows, if
// that may be why no family knows it.
func malformed(sample seedfile.Sample) *rows.Error {
	data := sample.Data
	_, chars := rows.UTF8(bytes.NewReader(data))
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")):
		return nil // XML has no rows
	case sample.Whole:
	case chars.Name != "UTF-8":
		return nil
	default:
		data = data[:bytes.LastIndexByte(data, '\n')+1]
	}
	in := rows.New(bytes.NewReader(data))
	for {
		if _, err := in.Next(); err != nil {
			var text *rows.Error
			errors.As(err, &text)
			return text
		}
	}
}

func unknown(file string, nearly []string) error {
	err := token.Errorf(token.Refused, "%q is text in no format that fob knows", file)
	if nearly != nil {
		err = token.Errorf(token.Refused, "%q fits no format (%s)", file, strings.Join(nearly, "; "))
	}
	return err.WithHint("fob reads %s; --format reads the file as one of them and says what is wrong with it", strings.Join(names(Formats()), ", "))
}
