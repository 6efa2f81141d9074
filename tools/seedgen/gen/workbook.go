package gen

import (
	"encoding/hex"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"fob/internal/token"
)

// WriteWorkbook writes the plan as an Excel workbook with one sheet, under a
// header of OATH CSV. Serials are texts, counters and steps numbers, as Excel
// keeps them when a list is made with care.
func WriteWorkbook(w io.Writer, p Plan) error {
	book := excelize.NewFile()
	defer book.Close()
	sheet, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	if err := sheet.SetRow("A1", []any{"serial", "hexkey", "type", "digits", "counter", "step", "hash"}); err != nil {
		return err
	}
	for i := range p.N {
		t := p.Token(p.First + uint64(i))
		row := []any{t.Serial, hex.EncodeToString(t.Seed), string(t.Params.Type), t.Params.Digits, nil, t.Params.Period, nil}
		if t.Params.Type == token.HOTP {
			row[4], row[5] = 0, nil
		}
		if len(p.Hashes) > 0 {
			row[6] = string(t.Params.Hash)
		}
		if err := sheet.SetRow(fmt.Sprintf("A%d", i+2), row); err != nil {
			return err
		}
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	_, err = book.WriteTo(w)
	return err
}
