package targets

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"fob/internal/token"
)

// object writes a JSON object. Seeds go into it as bytes, never as strings of Go,
// which nobody could overwrite.
type object struct {
	b     []byte
	begun bool
}

func newObject(b []byte) *object { return &object{b: append(b, '{')} }

func (o *object) name(name string) *object {
	if o.begun {
		o.b = append(o.b, ", "...)
	}
	o.begun = true
	o.b = append(append(append(o.b, '"'), name...), `": `...)
	return o
}

func (o *object) text(name, value string) *object {
	o.b = appendJSON(o.name(name).b, value)
	return o
}

func (o *object) number(name string, n int64) *object {
	o.b = appendInt(o.name(name).b, n)
	return o
}

// secret writes a seed as the encoder has it, which needs no escapes.
func (o *object) secret(name string, s token.Seed, encode func([]byte, token.Seed) []byte) *object {
	o.b = append(encode(append(o.name(name).b, '"'), s), '"')
	return o
}

func (o *object) object(name string, fill func(*object)) *object {
	inner := newObject(o.name(name).b)
	fill(inner)
	o.b = inner.end()
	return o
}

func (o *object) end() []byte { return append(o.b, '}') }

// appendJSON writes a text as a string of JSON.
func appendJSON(b []byte, text string) []byte {
	b = append(b, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c < ' ':
			b = hex.AppendEncode(append(b, `\u00`...), []byte{byte(c)})
		default:
			b = append(b, string(c)...)
		}
	}
	return append(b, '"')
}

// lines makes a form of one JSON object a line.
func lines(fill func(out *object, i *Item, o *Options)) func(io.Writer, *Options) (Form, error) {
	return rows("", func(b []byte, i *Item, o *Options) []byte {
		out := newObject(b)
		fill(out, i, o)
		return append(out.end(), '\n')
	})
}

// graphForm is the body of one request that creates many devices.
func graphForm(w io.Writer, o *Options) (Form, error) {
	row := func(b []byte, i *Item) []byte {
		out := newObject(b).text("@contentId", strconv.Itoa(i.N)).text("serialNumber", string(i.Serial)).
			text("manufacturer", i.Manufacturer).text("model", i.Model).secret("secretKey", i.Seed, appendBase32).
			number("timeIntervalInSeconds", int64(i.Period)).text("hashFunction", "hmac"+string(i.Hash))
		if i.Object != "" {
			out.object("assignTo", func(a *object) { a.text("id", i.Object) })
		}
		return out.end()
	}
	return &rowForm{w: w, row: row, between: ",\n", end: "\n]}\n"}, write(w, "{\"@context\": \"#$delta\", \"value\": [\n")
}

// graphFits: the reference says that both are required.
func graphFits(i *Item, _ *Options) string {
	if i.Manufacturer == "" || i.Model == "" {
		return "its manufacturer or model is not known; entra-graph needs both"
	}
	return ""
}

func oktaLine(out *object, i *Item, o *Options) {
	out.text("serial", string(i.Serial)).text("user", i.Account).object("body", func(b *object) {
		b.text("factorType", "token:hotp").text("provider", "CUSTOM").text("factorProfileId", o.Set["profile"]).
			object("profile", func(p *object) { p.secret("sharedSecret", i.Seed, appendBase32) })
	})
}

func pingoneLine(out *object, i *Item, _ *Options) {
	out.text("serialNumber", string(i.Serial)).secret("secret", i.Seed, appendHex).text("tokenType", strings.ToUpper(string(i.Type))).
		number("otpLength", int64(i.Digits)).text("hashAlgorithm", hmacName(i.Hash))
	if i.Type == token.HOTP {
		out.object("hotp", func(h *object) { h.number("counter", i.Next) })
		return
	}
	out.object("totp", func(t *object) { t.number("timeStep", int64(i.Period)) })
}

func pingoneFits(i *Item, _ *Options) string {
	if i.Type == token.HOTP && i.Hash != token.SHA1 {
		return fmt.Sprintf("it is hotp with %s; pingone takes hotp with sha1 only", i.Hash)
	}
	return ""
}

func hmacName(h token.Hash) string { return "HmacSHA" + strings.TrimPrefix(string(h), "sha") }

// keycloakLine is what is sent to the page of one user. The two inner values are
// strings that hold JSON.
func keycloakLine(out *object, i *Item, o *Options) {
	counter, period := int64(0), int64(30)
	if i.Type == token.HOTP {
		counter = i.Next
	} else {
		period = int64(i.Period)
	}
	data := newObject(nil).text("subType", string(i.Type)).number("digits", int64(i.Digits)).number("counter", counter).
		number("period", period).text("algorithm", hmacName(i.Hash)).text("secretEncoding", "BASE32").end()
	out.text("username", login(i, o))
	b := append(out.name("credentials").b, `[`...)
	c := newObject(b).text("type", "otp").text("userLabel", "Token "+string(i.Serial))
	c.b = append(c.name("secretData").b, `"{\"value\":\"`...)
	c.b = append(appendBase32(c.b, i.Seed), `\"}"`...)
	out.b = append(c.text("credentialData", string(data)).end(), ']')
}

// vaultLine is a path and what is written to it.
func vaultLine(out *object, i *Item, o *Options) {
	account := i.Account
	if account == "" {
		account = string(i.Serial)
	}
	out.text("path", o.Set["mount"]+"/keys/"+string(i.Serial)).object("data", func(d *object) {
		d.secret("key", i.Seed, appendBase32).number("digits", int64(i.Digits)).number("period", int64(i.Period)).
			text("algorithm", strings.ToUpper(string(i.Hash))).text("issuer", o.Set["issuer"]).text("account_name", account).number("skew", 1)
	})
}

// vaultSerial: names of keys end in a letter or digit.
func vaultSerial(serial string) string {
	if why := serialOf(token.MaxSerialLen, "_.-")(serial); why != "" {
		return why
	}
	if strings.ContainsAny(serial[len(serial)-1:], ".-") {
		return "ends in a sign, which is not possible there"
	}
	return ""
}
