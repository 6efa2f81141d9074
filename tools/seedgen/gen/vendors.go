package gen

import (
	"encoding/hex"
	"fmt"
	"io"
)

// writeWrapped writes a plan that a format can hold, with something behind its rows.
func (p Plan) writeWrapped(w io.Writer, err error, header, footer string, row func(io.Writer, Token)) error {
	if err := p.writeTable(w, err, header, row); err != nil {
		return err
	}
	_, err = io.WriteString(w, footer)
	return err
}

// WriteEToken writes the plan as the XML of eToken PASS, one Token a line.
func WriteEToken(w io.Writer, p Plan) error {
	return p.writeWrapped(w, p.hotpOnly("etoken-xml"), `<?xml version="1.0" encoding="UTF-8"?>`+"\n<Tokens>", "</Tokens>\n", func(out io.Writer, t Token) {
		fmt.Fprintf(out, `<Token serial="%s"><CaseModel>5</CaseModel><Model>101</Model><ProductionDate>02/19/2009</ProductionDate>`+
			`<ProductName>eTPass 6.10</ProductName><Applications><Application ConnectorID="{a61c4073-2fc8-4170-99d1-9f5b70a2cec6}">`+
			`<Seed>%s</Seed><MovingFactor>0</MovingFactor></Application></Applications></Token>`, t.Serial, hex.EncodeToString(t.Seed))
	})
}

// WriteDeepnet writes the plan for DualShield, one token a line.
func WriteDeepnet(w io.Writer, p Plan) error {
	const header = `<?xml version="1.0"?>` + "\n<data><header><manufacturerCode>DN</manufacturerCode><productCode>ST</productCode>" +
		"<encode>HEX</encode><encrypt>NONE</encrypt></header>\n<tokens>"
	return p.writeWrapped(w, p.oneType("deepnet"), header, "</tokens>\n</data>\n", func(out io.Writer, t Token) {
		fmt.Fprintf(out, "<token><serial>%s</serial><seed>%s</seed></token>", t.Serial, hex.EncodeToString(t.Seed))
	})
}
