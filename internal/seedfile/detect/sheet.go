package detect

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/seedfile/xlsx"
)

// detectSheet finds the family by whose rules the sheet of a workbook is read: the
// one that would take its rows in a text. The directory of a workbook stands at its
// end, so all of it is read for this.
func detectSheet(s seedfile.Source, o seedfile.Options) (f seedfile.Format, why string, err error) {
	in, err := seedfile.OpenPass(s)
	if err != nil {
		return f, "", err
	}
	defer in.Close()
	sheet := table.NewRows(in, o)
	sample, err := sheetSample(sheet, o)
	switch {
	case errors.Is(err, rows.ErrNoWorkbook):
		return f, "", match(s.Name(), binaryKinds, []byte("PK\x03\x04"))
	case err != nil:
		err = seedfile.ReadError(err)
		if fault.KindOf(err) == fault.Refused { // it names a place in the file, and not the file
			err = fault.Wrap(fault.Refused, err, "%q", s.Name()).WithAdvice(fault.AdviceOf(err))
		}
		return f, "", err
	}
	fits, nearly, err := contenders(s.Name(), sample, sheets(), o.SkipRows > 0)
	if err == nil && len(fits) == 1 {
		rules := fits[0]
		return xlsx.Of(rules.format), fmt.Sprintf("a sheet read as %s: %s", rules.format.Name, rules.match.Why), nil
	}
	if err == nil {
		err = noSeeds(s.Name(), sample)
	}
	if err == nil {
		unknown := fault.Errorf(fault.Refused, "%q is a workbook with no table that fob knows", s.Name())
		if nearly != nil {
			unknown = fault.Errorf(fault.Refused, "%q is a workbook whose sheet fits no format (%s)", s.Name(), reasons(nearly))
		}
		advice := fault.Textf("%s takes any table, %s passes over rows in front of it", anyTable, fault.SkipRows)
		if suggested := suggest(sample, o.SkipRows > 0); suggested != nil {
			advice = suggested.Hint()
		}
		err = unknown.WithAdvice(advice)
	}
	if hidden := sheet.HiddenSheets(); hidden != "" { // the tokens may be there
		advice := fault.Textf("if they are in a hidden sheet, name it with %s; this one has: %s", fault.Sheet, hidden)
		if said := fault.AdviceOf(err); !said.IsZero() {
			advice = fault.Textf("%s; or, %s", said, advice)
		}
		err = fault.Errorf(fault.KindOf(err), "%v; hidden sheets were not looked into: %s", err, hidden).WithAdvice(advice)
	}
	return f, "", err
}

// sheetSample writes the first rows of a sheet as the text that they would be in
// a CSV, for the families to judge; the lines of the text count as the rows do.
func sheetSample(in *rows.Reader, o seedfile.Options) (seedfile.Sample, error) {
	var text bytes.Buffer
	out, line := csv.NewWriter(&text), 1
	o.Delimiter, o.SkipRows, o.Sheet = ',', 0, ""
	s := seedfile.Sample{Whole: true, Options: o}
	for text.Len() <= seedfile.SampleSize {
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
	}
	s.Whole = text.Len() <= seedfile.SampleSize
	s.Data = text.Bytes()[:min(text.Len(), seedfile.SampleSize)]
	return s, nil
}
