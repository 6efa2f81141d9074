package targets

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
)

// rowForm writes one row a token.
type rowForm struct {
	w       io.Writer
	row     func(b []byte, i *Item) []byte
	between string
	end     string
}

// Render makes the row.
func (f *rowForm) Render(b []byte, i *Item) ([]byte, error) { return f.row(b, i), nil }

// Write writes it.
func (f *rowForm) Write(i *Item, text []byte) error {
	if i.N > 1 && f.between != "" {
		if err := write(f.w, f.between); err != nil {
			return err
		}
	}
	_, err := f.w.Write(text)
	return err
}

// Close writes the end.
func (f *rowForm) Close() error { return write(f.w, f.end) }

func write(w io.Writer, text string) error {
	if text == "" {
		return nil
	}
	_, err := io.WriteString(w, text)
	return err
}

// rows makes a form of a head and of rows.
func rows(head string, row func(b []byte, i *Item, o *Options) []byte) func(io.Writer, *Options) (Form, error) {
	return func(w io.Writer, o *Options) (Form, error) {
		return &rowForm{w: w, row: func(b []byte, i *Item) []byte { return row(b, i, o) }}, write(w, head)
	}
}

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

func appendHex(b []byte, s token.Seed) []byte    { return hex.AppendEncode(b, s.Bytes()) }
func appendBase32(b []byte, s token.Seed) []byte { return base32Plain.AppendEncode(b, s.Bytes()) }
func appendBase64(b []byte, s token.Seed) []byte {
	return base64.StdEncoding.AppendEncode(b, s.Bytes())
}
func appendInt[N int | int64](b []byte, n N) []byte {
	return strconv.AppendInt(b, int64(n), 10)
}

// moving is what moves a token's codes: the counter, or the period.
func moving(i *Item) int64 {
	if i.Type == token.HOTP {
		return i.Next
	}
	return int64(i.Period)
}

// appendCell writes a cell of a CSV file, in quotes where it needs them.
func appendCell(b []byte, text string) []byte {
	if !strings.ContainsAny(text, "\",;\r\n") {
		return append(b, text...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(text, `"`, `""`)...)
	return append(b, '"')
}

func entraRow(b []byte, i *Item, _ *Options) []byte {
	b = append(appendCell(b, i.Account), ',')
	b = append(append(b, i.Serial...), ',')
	b = append(appendBase32(b, i.Seed), ',')
	b = append(appendInt(b, i.Period), ',')
	b = append(appendCell(b, i.Manufacturer), ',')
	return append(appendCell(b, i.Model), '\n')
}

// hexRow is serial, seed, and what moves.
func hexRow(b []byte, i *Item, _ *Options) []byte {
	b = append(append(b, i.Serial...), ',')
	b = append(appendHex(b, i.Seed), ',')
	return append(appendInt(b, moving(i)), '\n')
}

// oathRow is the beginning that the CSV of several have in common.
func oathRow(b []byte, i *Item) []byte {
	b = append(append(b, i.Serial...), ',')
	b = append(appendHex(b, i.Seed), ',')
	b = append(append(b, i.Type...), ',')
	return append(appendInt(b, i.Digits), ',')
}

func privacyideaRow(b []byte, i *Item, _ *Options) []byte {
	return append(appendInt(oathRow(b, i), moving(i)), '\n')
}

// netiqRow has a period for HOTP tokens as well, for whom it means nothing.
func netiqRow(b []byte, i *Item, _ *Options) []byte {
	return append(appendInt(oathRow(b, i), max(i.Period, 30*boolInt(i.Type == token.HOTP))), '\n')
}

func boolInt(is bool) int {
	if is {
		return 1
	}
	return 0
}

func linotpRow(b []byte, i *Item, _ *Options) []byte {
	b = oathRow(b, i)
	if i.Type == token.TOTP {
		b = appendInt(b, i.Period)
	}
	return append(append(append(b, ','), i.Hash...), '\n')
}

func pingidRow(b []byte, i *Item, _ *Options) []byte {
	b = append(append(b, i.Serial...), ',')
	b = appendHex(b, i.Seed)
	if i.Type == token.HOTP {
		b = appendInt(append(b, ','), i.Next)
	}
	return append(b, '\n')
}

func multiotpRow(b []byte, i *Item, _ *Options) []byte {
	b = append(append(b, i.Serial...), ';')
	b = append(append(b, strings.Map(noSemicolon, i.Manufacturer)...), ';')
	b = append(append(b, i.Type...), ';')
	b = append(appendHex(b, i.Seed), ';')
	b = append(appendInt(b, i.Digits), ';')
	return append(appendInt(b, moving(i)), '\n')
}

func noSemicolon(r rune) rune {
	if r == ';' || r == '"' {
		return ' '
	}
	return r
}

// otpauthRow is a link of the Key URI format, the serial as the account of its label.
func otpauthRow(b []byte, i *Item, o *Options) []byte {
	b = appendLink(b, i, o.Set["issuer"], string(i.Serial))
	return append(b, '\n')
}

func appendLink(b []byte, i *Item, issuer, account string) []byte {
	b = append(append(append(b, "otpauth://"...), i.Type...), '/')
	if issuer != "" && issuer != none {
		b = append(append(b, escaped(issuer)...), ':')
	}
	b = append(append(b, escaped(account)...), "?secret="...)
	b = appendBase32(b, i.Seed)
	if issuer != "" && issuer != none {
		b = append(append(b, "&issuer="...), escaped(issuer)...)
	}
	b = append(append(b, "&algorithm="...), strings.ToUpper(string(i.Hash))...)
	b = appendInt(append(b, "&digits="...), i.Digits)
	if i.Type == token.HOTP {
		return appendInt(append(b, "&counter="...), i.Next)
	}
	return appendInt(append(b, "&period="...), i.Period)
}

// none is the value of a setting that is to be left out.
const none = "-"

// escaped writes all but plain letters and digits as links do, blanks as %20.
func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("-._~@", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	return b.String()
}

// Column is one of the target columns: its name, and what stands in it.
type Column struct {
	Name string
	cell func(b []byte, i *Item) []byte
}

var columnKinds = map[string]func(b []byte, i *Item) []byte{
	"serial":      func(b []byte, i *Item) []byte { return append(b, i.Serial...) },
	"seed":        func(b []byte, i *Item) []byte { return appendHex(b, i.Seed) },
	"seed:hex":    func(b []byte, i *Item) []byte { return appendHex(b, i.Seed) },
	"seed:base32": func(b []byte, i *Item) []byte { return appendBase32(b, i.Seed) },
	"seed:base64": func(b []byte, i *Item) []byte { return appendBase64(b, i.Seed) },
	"account":     func(b []byte, i *Item) []byte { return appendCell(b, i.Account) },
	"upn":         func(b []byte, i *Item) []byte { return appendCell(b, i.Account) },
	"login":       func(b []byte, i *Item) []byte { return appendCell(b, local(i.Account)) },
	"object_id":   func(b []byte, i *Item) []byte { return appendCell(b, i.Object) },
	"type":        func(b []byte, i *Item) []byte { return append(b, i.Type...) },
	"hash":        func(b []byte, i *Item) []byte { return append(b, i.Hash...) },
	"digits":      func(b []byte, i *Item) []byte { return appendInt(b, i.Digits) },
	"period": func(b []byte, i *Item) []byte {
		if i.Type == token.HOTP {
			return b
		}
		return appendInt(b, i.Period)
	},
	"counter": func(b []byte, i *Item) []byte {
		if i.Type == token.TOTP {
			return b
		}
		return appendInt(b, i.Next)
	},
	"t0": func(b []byte, i *Item) []byte { return appendInt(b, i.T0) },
	"drift": func(b []byte, i *Item) []byte {
		if i.Drift == nil {
			return b
		}
		return strconv.AppendFloat(b, *i.Drift, 'f', 0, 64)
	},
	"drift_steps":  func(b []byte, i *Item) []byte { return appendInt(b, i.Steps()) },
	"last_used":    func(b []byte, i *Item) []byte { return appendMark(b, i.Used) },
	"manufacturer": func(b []byte, i *Item) []byte { return appendCell(b, i.Manufacturer) },
	"model":        func(b []byte, i *Item) []byte { return appendCell(b, i.Model) },
}

// columnNames are what may stand in a choice of columns, in the order of help.
var columnNames = []string{"serial", "seed:hex", "seed:base32", "seed:base64", "account", "upn", "login", "object_id", "type", "hash", "digits",
	"period", "counter", "t0", "drift", "drift_steps", "last_used", "manufacturer", "model"}

func appendMark(b []byte, m token.Mark) []byte {
	if !m.Known {
		return b
	}
	return appendInt(b, m.Step)
}

// ParseColumns reads a choice of columns.
func ParseColumns(text string) (all []Column, err error) {
	seed := false
	for name := range strings.SplitSeq(text, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		cell, known := columnKinds[name]
		if !known {
			return nil, fault.Errorf(fault.Usage, "%s: there is no column %q", fault.Columns, name).WithHint("there are %s", strings.Join(columnNames, ", "))
		}
		kind, _, _ := strings.Cut(name, ":")
		seed = seed || kind == "seed"
		all = append(all, Column{name, cell})
	}
	if !seed {
		return nil, fault.Errorf(fault.Usage, "%s names no seed: nothing would be handed over", fault.Columns).WithHint("add seed:hex, seed:base32 or seed:base64")
	}
	return all, nil
}

// columnsForm writes what the operator chose, under a row of names.
func columnsForm(w io.Writer, o *Options) (Form, error) {
	names := make([]string, len(o.Columns))
	for n, c := range o.Columns {
		names[n], _, _ = strings.Cut(c.Name, ":")
	}
	row := func(b []byte, i *Item) []byte {
		for n, c := range o.Columns {
			if n > 0 {
				b = append(b, ',')
			}
			b = c.cell(b, i)
		}
		return append(b, '\n')
	}
	return &rowForm{w: w, row: row}, write(w, strings.Join(names, ",")+"\n")
}

// local is what stands before the @ of an account.
func local(account string) string {
	name, _, _ := strings.Cut(account, "@")
	return name
}

// login is the account as a target calls it that knows people by their logins.
func login(i *Item, o *Options) string {
	if o.Set["login"] == "local" {
		return local(i.Account)
	}
	return i.Account
}
