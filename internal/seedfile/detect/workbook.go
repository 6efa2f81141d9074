package detect

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/columns"
	"fob/internal/seedfile/table"
	"fob/internal/seedfile/xlsx"
)

// Named gives the format that --format names, or that of --columns where there
// are such. Of a workbook it is the format that its sheet is read by.
func Named(p *seedfile.Pass, name string, o seedfile.Options) (f seedfile.Format, why string, err error) {
	why = "named with --format"
	if o.Columns != "" && (name == "" || name == xlsx.Name) {
		f, why = columns.Format(), "named with --columns"
	} else if f, err = ByName(name); err != nil {
		return f, "", err
	}
	s := p.Source
	sample, err := p.Sample(o)
	if err != nil {
		return f, "", err
	}
	switch book := rows.IsWorkbook(sample.Data); {
	case !book && name == xlsx.Name:
		return f, "", fault.Errorf(fault.Refused, "%q is no Excel workbook (.xlsx)", s.Name()).
			WithHint("leave --format out: fob finds out what it is")
	case !book:
		return f, why, checkTable(s.Name(), f, sample, o)
	case f.Name == xlsx.Name:
		return detectSheet(s, o)
	case !f.Sheets:
		return f, "", fault.Errorf(fault.Refused, "%q is an Excel workbook, and %s is no list that a sheet can hold", s.Name(), f.Name).
			WithHint("leave --format out, or say --columns serial=1,seed=2")
	}
	return xlsx.Of(f), why, nil
}

// checkTable refuses to read a document that has no columns as a table, where every
// line would be refused for itself.
func checkTable(file string, f seedfile.Format, sample seedfile.Sample, o seedfile.Options) error {
	if !f.Sheets || o.SkipRows > 0 {
		return nil
	}
	if fits, nearly := claims(sample, marked()); len(fits)+len(nearly) > 0 {
		whose := append(fits, nearly...)[0].format.Name
		return fault.Errorf(fault.Refused, "%q is no table of columns: by its content it is %s", file, whose).
			WithHint("leave --format and --columns out, or say --format %s", whose)
	}
	text, err := textOf(sample.Data)
	if err == nil && bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		err = fault.Errorf(fault.Refused, "%q is XML, which has no columns", file).WithHint("leave --format and --columns out: fob says what it is")
	}
	return err
}

// detectSheet finds the family by whose rules the sheet of a workbook is read:
// the one that would take its rows in a text.
func detectSheet(s seedfile.Source, o seedfile.Options) (seedfile.Format, string, error) {
	in, err := seedfile.OpenPass(s)
	if err != nil {
		return seedfile.Format{}, "", err
	}
	defer in.Close()
	sheet := table.NewRows(in, o)
	sample, err := sheetSample(sheet, o)
	if err != nil {
		if errors.Is(err, rows.ErrNoWorkbook) {
			return seedfile.Format{}, "", match(s.Name(), binaryKinds, []byte("PK\x03\x04"))
		}
		return seedfile.Format{}, "", inFile(s.Name(), seedfile.ReadError(err))
	}
	rules, err := sheetRules(s.Name(), sample, o)
	if err != nil {
		return seedfile.Format{}, "", withHidden(err, sheet.HiddenSheets())
	}
	return xlsx.Of(rules.format), fmt.Sprintf("a sheet read as %s: %s", rules.format.Name, rules.match.Why), nil
}

// sheetRules finds the family that would take the rows of a sheet in a text.
func sheetRules(file string, sample seedfile.Sample, o seedfile.Options) (claim, error) {
	if err := titled(file, sample); err != nil {
		return claim{}, err
	}
	fits, nearly := claims(sample, slices.DeleteFunc(Formats(), func(f seedfile.Format) bool { return !f.Sheets }))
	if err := strange(file, sample, fits, o); err != nil {
		return claim{}, err
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return claim{}, unknownSheet(file, sample, nearly, o)
	}
	return claim{}, ambiguous(file, fits)
}

// withHidden tells with a refusal of a sheet that others are hidden: the tokens may
// be there.
func withHidden(err error, hidden string) error {
	if hidden == "" {
		return err
	}
	hint := "if they are in a hidden sheet, name it with --sheet; this one has: " + hidden
	if said := fault.HintOf(err); said != "" {
		hint = said + "; or, " + hint
	}
	return fault.Errorf(fault.KindOf(err), "%v; hidden sheets were not looked into: %s", err, hidden).WithHint("%s", hint)
}

// inFile names the file in an error that names a place in it.
func inFile(name string, err error) error {
	var e *fault.Error
	if errors.As(err, &e) && e.Kind == fault.Refused {
		return fault.Wrap(fault.Refused, e, "%q", name).WithAdvice(fault.AdviceOf(e))
	}
	return err
}

func unknownSheet(file string, sample seedfile.Sample, nearly []claim, o seedfile.Options) error {
	err := fault.Errorf(fault.Refused, "%q is a workbook with no table that fob knows", file)
	if nearly != nil {
		err = fault.Errorf(fault.Refused, "%q is a workbook whose sheet fits no format (%s)", file, reasons(nearly))
	}
	if suggested := table.Suggest(sample, o.SkipRows > 0); suggested != nil {
		return err.WithHint("%s", suggested.Hint())
	}
	return err.WithHint("--columns serial=1,seed=2 takes any table, --skip-rows passes over rows in front of it")
}

// sheetSample writes the first rows of a sheet as the text that they would be in
// a CSV, for the families to judge; the lines of the text count as the rows do.
func sheetSample(in *rows.Reader, o seedfile.Options) (seedfile.Sample, error) {
	var text bytes.Buffer
	out, line := csv.NewWriter(&text), 1
	o.Delimiter, o.SkipRows, o.Sheet = ',', 0, ""
	s := seedfile.Sample{Whole: true, Options: o}
	for {
		row, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return s, err
		}
		if line == 1 && row.Line > 1 && in.Comment() != "" {
			text.WriteString(in.Comment() + "\n")
			line++
		}
		for ; line < row.Line && text.Len() <= seedfile.SampleSize; line++ {
			text.WriteByte('\n') // so that lines are rows
		}
		line++
		fields := make([]string, len(row.Fields))
		for i, f := range row.Fields {
			fields[i] = string(f)
		}
		_ = out.Write(fields) // a buffer takes everything
		out.Flush()
		if text.Len() > seedfile.SampleSize {
			s.Whole = false
			break
		}
	}
	s.Data = text.Bytes()[:min(text.Len(), seedfile.SampleSize)]
	return s, nil
}
