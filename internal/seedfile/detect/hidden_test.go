package detect

import (
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/testkit"
)

// cover makes a workbook of a sheet that people see and one that they do not.
func cover(t *testing.T, seen, unseen [][]any) held {
	t.Helper()
	book := excelize.NewFile()
	defer book.Close()
	_, err := book.NewSheet("Tokens")
	for sheet, rows := range map[string][][]any{"Sheet1": seen, "Tokens": unseen} {
		for i, row := range rows {
			cell, _ := excelize.CoordinatesToCellName(1, i+1) // the first column
			if err == nil {
				err = book.SetSheetRow(sheet, cell, &row)
			}
		}
	}
	if err == nil {
		err = book.SetSheetVisible("Tokens", false)
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return held(out.String())
}

// Tokens in a hidden sheet are neither read without a word nor passed over without
// one.
func TestHiddenTokens(t *testing.T) {
	tokens := [][]any{{"serial", "hexkey", "type", "digits", "step"}, {"00123", hex1, "totp", "6", "30"}}
	letter := [][]any{{"Dear customer,"}, {"your tokens are on their way"}}
	file := cover(t, letter, tokens)
	_, _, err := detectIn(file, seedfile.Options{})
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), `hidden sheets were not looked into: "Tokens"`) ||
		!strings.Contains(fault.AdviceOf(err).In(testkit.Flags), `name it with --sheet; this one has: "Tokens"`) {
		t.Errorf("%v (%s)", err, fault.HintOf(err))
	}
	f, why, err := detectIn(file, seedfile.Options{Sheet: "tokens"})
	if err != nil || f.Rules() != "oath-csv" {
		t.Error(f.Name, why, err)
	}
	if _, _, err := detectIn(cover(t, letter, nil), seedfile.Options{}); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("an empty sheet is nothing to speak of: %v", err)
	}
	if f, _, err := detectIn(cover(t, tokens, tokens), seedfile.Options{}); err != nil || f.Rules() != "oath-csv" {
		t.Error(f.Name, err) // and the reader notes the other
	}
}
