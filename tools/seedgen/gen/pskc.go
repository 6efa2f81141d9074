package gen

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"fob/internal/pskc"
	"fob/internal/token"
)

// WritePSKC writes the plan as an RFC 6030 container with plain values, one
// KeyPackage a line.
func WritePSKC(w io.Writer, p Plan) error {
	header := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<KeyContainer Version="1.0" xmlns="` + pskc.Namespace + `">`
	if err := p.writeRows(w, header, func(out io.Writer, t Token) {
		uri := pskc.AlgorithmTOTP
		moving := fmt.Sprintf("<Time><PlainValue>0</PlainValue></Time><TimeInterval><PlainValue>%d</PlainValue></TimeInterval>", t.Params.Period)
		if t.Params.Type == token.HOTP {
			uri, moving = pskc.AlgorithmHOTP, "<Counter><PlainValue>0</PlainValue></Counter>"
		}
		suite := ""
		if len(p.Hashes) > 0 {
			suite = "<Suite>HMAC-" + strings.ToUpper(string(t.Params.Hash)) + "</Suite>"
		}
		fmt.Fprintf(out, `<KeyPackage><DeviceInfo><Manufacturer>oath.EXAMPLE</Manufacturer><SerialNo>%[1]s</SerialNo><Model>OTP-1</Model></DeviceInfo>`+
			`<Key Id="%[1]s" Algorithm="%[2]s"><AlgorithmParameters>%[3]s<ResponseFormat Encoding="DECIMAL" Length="%[4]d"/></AlgorithmParameters>`+
			`<Data><Secret><PlainValue>%[5]s</PlainValue></Secret>%[6]s</Data></Key></KeyPackage>`,
			t.Serial, uri, suite, t.Params.Digits, base64.StdEncoding.EncodeToString(t.Seed), moving)
	}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "</KeyContainer>\n")
	return err
}
