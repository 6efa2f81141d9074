package targets

import (
	"archive/tar"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"fob/internal/token"
)

// autheliaRow is one entry of a YAML file. Its strings are in the quotes of JSON,
// which YAML reads as well. The secret is base64 of the text in base32.
func autheliaRow(b []byte, i *Item, o *Options) []byte {
	b = fmt.Appendf(b, "  - created_at: %s\n    username: ", o.At.UTC().Format(time.RFC3339))
	b = append(appendJSON(b, login(i, o)), "\n    issuer: "...)
	b = append(appendJSON(b, o.Set["issuer"]), "\n"...)
	b = fmt.Appendf(b, "    algorithm: %s\n    digits: %d\n    period: %d\n    secret: ", strings.ToUpper(string(i.Hash)), i.Digits, i.Period)
	text := appendBase32(nil, i.Seed)
	defer clear(text)
	return append(base64.StdEncoding.AppendEncode(b, text), '\n')
}

// oathRow of pam_oath: the type says period and digits, and a counter follows for
// HOTP tokens alone.
func usersRow(b []byte, i *Item, o *Options) []byte {
	kind := "HOTP/E"
	if i.Type == token.TOTP {
		kind = fmt.Sprintf("HOTP/T%d", i.Period)
	}
	b = fmt.Appendf(b, "%s/%d\t%s\t-\t", kind, i.Digits, login(i, o))
	b = appendHex(b, i.Seed)
	if i.Type == token.HOTP {
		b = appendInt(append(b, '\t'), i.Next)
	}
	return append(b, '\n')
}

// usersFits: the fields of the file are parted by blanks.
func usersFits(i *Item, o *Options) string {
	if strings.ContainsAny(login(i, o), " \t#") {
		return "its account has a blank or a # in its name, which pam-oath cannot read"
	}
	return ""
}

// googleForm writes an archive of one file a user, as the module wants them: of the
// user alone and read-only.
type googleForm struct {
	tar *tar.Writer
	o   *Options
}

func newGoogle(w io.Writer, o *Options) (Form, error) {
	return &googleForm{tar: tar.NewWriter(w), o: o}, nil
}

// Render makes the file of one user.
func (f *googleForm) Render(b []byte, i *Item) ([]byte, error) {
	b = append(appendBase32(b, i.Seed), "\n\" RATE_LIMIT 3 30\n\" DISALLOW_REUSE\n"...)
	b = fmt.Appendf(b, "\" WINDOW_SIZE %s\n", f.o.Set["window"])
	if i.Type == token.HOTP {
		b = fmt.Appendf(b, "\" HOTP_COUNTER %d\n", max(1, i.Next)) // 0 would be read as no HOTP at all
	} else {
		b = fmt.Appendf(b, "\" STEP_SIZE %d\n\" TOTP_AUTH\n", i.Period)
		if steps := i.Steps(); steps != 0 && !f.o.NoDrift {
			b = fmt.Appendf(b, "\" TIME_SKEW %d\n", steps)
		}
	}
	return b, nil
}

// Write adds it to the archive.
func (f *googleForm) Write(i *Item, text []byte) error {
	err := f.tar.WriteHeader(&tar.Header{Name: login(i, f.o), Mode: 0o600, Size: int64(len(text)), ModTime: f.o.At.UTC().Truncate(time.Second), Format: tar.FormatPAX})
	if err == nil {
		_, err = f.tar.Write(text)
	}
	return err
}

// Close ends the archive.
func (f *googleForm) Close() error { return f.tar.Close() }

// googleFits: the account is the name of a file.
func googleFits(i *Item, o *Options) string {
	switch name := login(i, o); {
	case strings.Contains(name, "/") || name == "." || name == "..":
		return "its account cannot be the name of a file"
	case i.Type == token.HOTP && i.Next > 1<<31-1:
		return fmt.Sprintf("its counter is at %d, which google-pam cannot read", i.Next)
	}
	return ""
}

// ldapForm writes entries of LDIF: the parameters of each profile once, then the
// token, then who has it. The overlay takes all that fob knows.
type ldapForm struct {
	w        io.Writer
	o        *Options
	profiles map[token.Params]bool // whose parameters are written
}

func newLDAP(w io.Writer, o *Options) (Form, error) {
	return &ldapForm{w: w, o: o, profiles: map[token.Params]bool{}}, nil
}

// The hashes as object ids (RFC 8018 section B.1.2).
var hmacOIDs = map[token.Hash]string{
	token.SHA1: "1.2.840.113549.2.7", token.SHA256: "1.2.840.113549.2.9", token.SHA512: "1.2.840.113549.2.11",
}

// Render makes the entries of a token and of who has it.
func (f *ldapForm) Render(b []byte, i *Item) ([]byte, error) {
	dn := fmt.Sprintf("cn=%s,%s", i.Serial, f.o.Set["base"])
	kind := "TOTP"
	if i.Type == token.HOTP {
		kind = "HOTP"
	}
	b = fmt.Appendf(b, "dn: %s\nchangetype: add\nobjectClass: device\nobjectClass: oath%sToken\ncn: %s\nserialNumber: %s\noath%sParams: %s\noathSecret:: ",
		dn, kind, i.Serial, i.Serial, kind, f.paramsOf(i))
	b = append(appendBase64(b, i.Seed), '\n')
	switch {
	case i.Type == token.HOTP && i.Next > 0:
		b = fmt.Appendf(b, "oathHOTPCounter: %d\n", i.Next-1) // the last one that was used
	case i.Type == token.TOTP && i.Used.Known:
		b = fmt.Appendf(b, "oathTOTPLastTimeStep: %d\n", i.Used.Step)
	}
	if steps := i.Steps(); i.Type == token.TOTP && steps != 0 && !f.o.NoDrift {
		b = fmt.Appendf(b, "oathTOTPTimeStepDrift: %d\n", steps)
	}
	b = fmt.Appendf(b, "\ndn:: %s\nchangetype: modify\nadd: objectClass\nobjectClass: oath%sUser\n-\nreplace: oath%sToken\noath%sToken: %s\n-\n\n",
		base64.StdEncoding.EncodeToString([]byte(f.person(i))), kind, kind, kind, dn)
	return b, nil
}

// Write writes them, behind the parameters of the first token of a profile.
func (f *ldapForm) Write(i *Item, text []byte) error {
	if !f.profiles[i.Params] {
		f.profiles[i.Params] = true
		if _, err := f.w.Write(f.params(i)); err != nil {
			return err
		}
	}
	_, err := f.w.Write(text)
	return err
}

func (f *ldapForm) paramsOf(i *Item) string {
	return fmt.Sprintf("cn=%s-%s-%d-%d,%s", i.Type, i.Hash, i.Digits, i.Period, f.o.Set["base"])
}

// params is the entry of a profile.
func (f *ldapForm) params(i *Item) []byte {
	b := fmt.Appendf(nil, "dn: %s\nchangetype: add\nobjectClass: device\ncn: %s-%s-%d-%d\noathOTPLength: %d\noathHMACAlgorithm: %s\n",
		f.paramsOf(i), i.Type, i.Hash, i.Digits, i.Period, i.Digits, hmacOIDs[i.Hash])
	if i.Type == token.HOTP {
		return fmt.Appendf(b, "objectClass: oathHOTPParams\noathHOTPLookAhead: %s\n\n", f.o.Set["window"])
	}
	return fmt.Appendf(b, "objectClass: oathTOTPParams\noathTOTPTimeStepPeriod: %d\noathTOTPTimeStepWindow: %s\n\n", i.Period, f.o.Set["window"])
}

// person is the entry of who has the token.
func (f *ldapForm) person(i *Item) string {
	return strings.ReplaceAll(f.o.Set["person"], "%s", escapedDN(login(i, f.o)))
}

// Close has nothing to do.
func (f *ldapForm) Close() error { return nil }

// escapedDN writes a value into a distinguished name (RFC 4514 section 2.4).
func escapedDN(text string) string {
	var b strings.Builder
	for n, c := range text {
		if strings.ContainsRune(`,+"\<>;=`, c) || n == 0 && (c == ' ' || c == '#') || n == len(text)-1 && c == ' ' {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// radiusRow is an entry of the server's users file.
func radiusRow(b []byte, i *Item, o *Options) []byte {
	b = append(appendJSON(b, login(i, o)), " TOTP-Secret := \""...)
	return append(appendBase32(b, i.Seed), "\"\n"...)
}

func newOwners(w io.Writer, _ *Options) Form { return &rowForm{w: w, row: ownerRow} }

// ownerRow is the command that gives an imported token to its owner. There is no seed
// in it.
func ownerRow(b []byte, i *Item) []byte {
	if i.Account == "" {
		return b
	}
	return fmt.Appendf(b, "ipa otptoken-mod %s --owner=%s\n", shellWord(string(i.Serial)), shellWord(local(i.Account)))
}

func shellWord(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// newChecklist lists what has to be activated, by whom, and how soon.
func newChecklist(w io.Writer, _ *Options) Form {
	return &rowForm{w: w, row: func(b []byte, i *Item) []byte {
		b = append(append(b, i.Serial...), ',')
		b = append(appendCell(b, i.Account), ',')
		if i.Drift == nil {
			b = append(b, "unknown,"...)
		} else {
			b = append(appendInt(b, i.Steps()), ',')
		}
		return append(appendInt(b, i.Period/30), " min\n"...)
	}}
}
