package gen

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"fob/internal/token"
)

// Formats are the writers, by the names of --format.
var Formats = map[string]func(io.Writer, Plan) error{
	"oath-csv": WriteOATHCSV, "entra": WriteEntra, "pskc": WritePSKC, "pskc-aes": WritePSKCEncrypted,
	"hex-csv": WriteHexCSV, "netiq": WriteNetIQ, "multiotp": WriteMultiOTP, "nexus": WriteNexus, "serial-seed": WriteSerialSeed,
	"yubikey": WriteYubiKey, "yubico": WriteYubico, "columns": WriteColumns, "xlsx": WriteWorkbook,
	"etoken-xml": WriteEToken, "deepnet": WriteDeepnet, "safeword": WriteSafeWord, "authenex": WriteAuthenex,
	"otpauth": WriteOTPAuth, "graph-json": WriteGraphJSON,
}

// sha1Only refuses a plan that a format without a hash cannot hold.
func (p Plan) sha1Only(format string) error {
	if len(p.Hashes) > 1 || len(p.Hashes) == 1 && p.Hashes[0] != token.SHA1 {
		return fmt.Errorf("%s has tokens with SHA-1 only", format)
	}
	return nil
}

// oneType refuses a plan whose tokens a format cannot tell apart.
func (p Plan) oneType(format string) error {
	if p.HOTP != 0 && p.HOTP != 1 {
		return fmt.Errorf("%s has tokens of one type: -hotp 0 or 1", format)
	}
	return p.sha1Only(format)
}

// hotpOnly is for what can be in a YubiKey.
func (p Plan) hotpOnly(format string) error {
	if p.HOTP != 1 {
		return fmt.Errorf("%s has HOTP tokens only: -hotp 1", format)
	}
	return p.sha1Only(format)
}

// writeTable writes a plan that a format can hold.
func (p Plan) writeTable(w io.Writer, err error, header string, row func(io.Writer, Token)) error {
	if err != nil {
		return err
	}
	return p.writeRows(w, header, row)
}

// WriteHexCSV writes the plan as Duo and PingID take it: with the counter of HOTP
// tokens, or the step of TOTP tokens.
func WriteHexCSV(w io.Writer, p Plan) error {
	return p.writeTable(w, p.oneType("hex-csv"), "", func(out io.Writer, t Token) {
		fmt.Fprintf(out, "%s,%s,%d", t.Serial, hex.EncodeToString(t.Seed), t.Params.Period)
	})
}

// WriteNetIQ writes the plan for NetIQ, whose step means nothing for HOTP tokens.
func WriteNetIQ(w io.Writer, p Plan) error {
	return p.writeTable(w, p.sha1Only("netiq"), "", func(out io.Writer, t Token) {
		fmt.Fprintf(out, "%s,%s,%s,%d,30", t.Serial, hex.EncodeToString(t.Seed), t.Params.Type, t.Params.Digits)
	})
}

// WriteMultiOTP writes the plan for multiOTP.
func WriteMultiOTP(w io.Writer, p Plan) error {
	header := ""
	if p.Header {
		header = "serial_number;manufacturer;algorithm;seed;digits;interval_or_event"
	}
	return p.writeTable(w, p.sha1Only("multiotp"), header, func(out io.Writer, t Token) {
		fmt.Fprintf(out, "%s;Example;%s;%s;%d;%d", t.Serial, t.Params.Type, hex.EncodeToString(t.Seed), t.Params.Digits, t.Params.Period)
	})
}

// WriteNexus writes the plan for Nexus.
func WriteNexus(w io.Writer, p Plan) error {
	return p.writeTable(w, p.oneType("nexus"), "", func(out io.Writer, t Token) {
		fmt.Fprintf(out, "%s:%s:MA==", t.Serial, base64.StdEncoding.EncodeToString(t.Seed))
	})
}

// WriteSerialSeed writes the plan as Feitian does: base32 for TOTP, hex for HOTP.
func WriteSerialSeed(w io.Writer, p Plan) error {
	return p.writeTable(w, p.oneType("serial-seed"), "", func(out io.Writer, t Token) {
		seed := base32.StdEncoding.EncodeToString(t.Seed)
		if t.Params.Type == token.HOTP {
			seed = hex.EncodeToString(t.Seed)
		}
		fmt.Fprintf(out, "%s %s", t.Serial, seed)
	})
}

// WriteYubiKey writes the plan as the log of a start of the personalization tool.
// The public ids are the serials, which are in digits but for their beginning.
func WriteYubiKey(w io.Writer, p Plan) error {
	return p.writeTable(w, p.hotpOnly("yubikey"), "LOGGING START,24.11.26 09:30", func(out io.Writer, t Token) {
		fmt.Fprintf(out, "OATH-HOTP,24.11.26 09:31,1,%s,,%s,,,1,1,0,%d,0,0,0,0,0,0", t.Serial, hex.EncodeToString(t.Seed), t.Params.Digits)
	})
}

// WriteYubico writes the plan as the other log of the personalization tool.
func WriteYubico(w io.Writer, p Plan) error {
	return p.writeTable(w, p.hotpOnly("yubico"), "", func(out io.Writer, t Token) {
		fmt.Fprintf(out, "%s,ubnu%s,0,%s,,2026-11-24T09:31:00,", t.Serial, t.Serial[len(t.Serial)-8:], hex.EncodeToString(t.Seed))
	})
}

// WriteColumns writes the plan in an order of nobody's, with a header in German.
func WriteColumns(w io.Writer, p Plan) error {
	const header = "Pos;Geheimnis;Seriennummer;Art;Stellen;Takt;Verfahren"
	return p.writeTable(w, nil, header, func(out io.Writer, t Token) {
		fmt.Fprintf(out, "x;%s;%s;%s;%d;%d;%s", base64.StdEncoding.EncodeToString(t.Seed), t.Serial,
			strings.ToUpper(string(t.Params.Type)), t.Params.Digits, t.Params.Period, t.Params.Hash)
	})
}
