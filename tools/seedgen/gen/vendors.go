package gen

import (
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"fob/internal/seedfile"
	"fob/internal/token"
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

// WriteSafeWord writes the plan as SafeWord's records, whose clocks begin in 2000.
func WriteSafeWord(w io.Writer, p Plan) error {
	var err error
	if p.HOTP < 1 && p.T0 != seedfile.Epoch2000 {
		err = errors.New("safeword has clocks that count from 2000-01-01: -t0 946684800")
	}
	return p.writeTable(w, err, "# ===== SafeWord Authenticator Records $Version: 100$ =====", func(out io.Writer, t Token) {
		kind, moving := "ES", "sccMode=E;sccSeq=0000"
		if t.Params.Type == token.TOTP {
			kind, moving = "TS", fmt.Sprintf("sccMode=T;sccTick=%d;sccPrTime=2011/05/03 02:46:54", t.Params.Period)
		}
		if t.Params.Hash != token.SHA1 {
			moving += ";crypto=Hmac" + strings.ToUpper(string(t.Params.Hash))
		}
		fmt.Fprintf(out, "dn: sccAuthenticatorId=%[1]s\nobjectclass: sccCompatibleToken\nsccAuthenticatorId: %[1]s\nsccTokenType: eToken-PASS-%[2]s\n"+
			"sccTokenData: sccKey=%[3]s;%[4]s;sccPwLen=%[5]d;sccVer=6.20;\nsccSignature: MC0CFQ==\n",
			t.Serial, kind, hex.EncodeToString(t.Seed), moving, t.Params.Digits)
	})
}

// WriteAuthenex writes the plan as the dump that comes with A-Key tokens.
func WriteAuthenex(w io.Writer, p Plan) error {
	return p.writeTable(w, p.hotpOnly("authenex"), "-- AUTHENEXDB", func(out io.Writer, t Token) {
		fmt.Fprintf(out, "INSERT INTO OTP (ESN, SEED, COUNTER) VALUES ('%s', '%s', 0);", t.Serial, hex.EncodeToString(t.Seed))
	})
}

// WriteOTPAuth writes the plan as links for authenticator apps.
func WriteOTPAuth(w io.Writer, p Plan) error {
	return p.writeTable(w, nil, "", func(out io.Writer, t Token) {
		moving := fmt.Sprintf("period=%d", t.Params.Period)
		if t.Params.Type == token.HOTP {
			moving = "counter=0"
		}
		fmt.Fprintf(out, "otpauth://%s/Example:%s?secret=%s&issuer=Example&algorithm=%s&digits=%d&%s", t.Params.Type, t.Serial,
			base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(t.Seed), strings.ToUpper(string(t.Params.Hash)), t.Params.Digits, moving)
	})
}

// WriteGraphJSON writes the plan as Entra's Graph API takes it, one device a line.
func WriteGraphJSON(w io.Writer, p Plan) error {
	if p.HOTP > 0 || slices.Contains(p.Hashes, token.SHA512) {
		return errors.New("graph-json has TOTP tokens with SHA-1 and SHA-256 only")
	}
	comma := ""
	return p.writeWrapped(w, nil, `{"@context":"#$delta","value":[`, "]}\n", func(out io.Writer, t Token) {
		fmt.Fprintf(out, `%s{"@contentId":"%[2]s","serialNumber":"%[2]s","manufacturer":"Example","model":"OTP-1","secretKey":"%[3]s",`+
			`"timeIntervalInSeconds":%[4]d,"hashFunction":"hmac%[5]s"}`, comma, t.Serial, base32.StdEncoding.EncodeToString(t.Seed), t.Params.Period, t.Params.Hash)
		comma = ","
	})
}
