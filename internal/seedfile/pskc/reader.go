package pskc

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"

	"fob/internal/fault"
	"fob/internal/pskc"
	"fob/internal/seedfile"
)

// reader reads one file.
type reader struct {
	in      *pskc.Decoder
	options seedfile.Options
	records int
	tally   tally

	signer        string // whose signature was verified, in words; empty: nobody's
	weakSignature bool
	unverified    bool // a blind reader met a signature
}

// Next gives the next key that may be a token. PINs, which are keys of their own
// (RFC 6030 section 5, figure 5), are none.
func (r *reader) Next() (seedfile.Record, error) {
	for {
		p, err := r.in.Next()
		if err == io.EOF {
			err = r.end()
		}
		if err != nil {
			return seedfile.Record{}, seedfile.ReadError(err)
		}
		if p.Key != nil && pskc.ParseAlgorithm(p.Key.Algorithm) == pskc.PIN {
			r.tally.pins.add(p.N)
			p.Clear()
			continue
		}
		r.records++
		return r.record(p), nil
	}
}

// end judges the file as a whole.
func (r *reader) end() error {
	switch {
	case r.in.Signed() && r.options.Blind:
		r.unverified = true
	case r.in.Signed():
		return errSigned
	case r.records == 0:
		return fault.Errorf(fault.Refused, "the container holds PINs and no token").
			WithHint("the keys of the tokens are in another file: look for it in the delivery")
	}
	return io.EOF
}

// verify reads the whole file and gives what its signature is over. What may be
// read is bounded by package pskc; one byte more shows that there is more.
func (r *reader) verify(in io.Reader, cert *x509.Certificate) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, pskc.MaxSigned+1))
	if err != nil {
		return nil, err
	}
	defer clear(data)
	signed, err := pskc.VerifySigned(data, cert, r.options.Compat)
	if err != nil {
		return nil, err
	}
	r.signer = fmt.Sprintf("XML signature (%s, by %q, certificate %X)", signed.Method, cert.Subject, fingerprint(cert))
	r.weakSignature = signed.Weak
	return signed.Container, nil
}

// fingerprint is the beginning of a certificate's SHA-256.
func fingerprint(cert *x509.Certificate) []byte {
	sum := sha256.Sum256(cert.Raw)
	return sum[:8]
}

// errSigned is for a signed container where no certificate was named.
var errSigned = pskc.Need(fault.SignedBy, fault.Errorf(fault.Refused, "the container is signed, and nothing says whose signature to believe").
	WithHint("name the supplier's certificate, which has to come on another way, with --signed-by CERT"))

// Wrapped tells of a signature that was verified.
func (r *reader) Wrapped() []string {
	if r.signer == "" {
		return nil
	}
	return []string{r.signer}
}

// Needs tells a blind reader's caller what it would have asked for.
func (r *reader) Needs() []fault.Field {
	needs := r.in.Needs()
	if r.unverified {
		needs = append(needs, fault.SignedBy)
	}
	if r.tally.identifiers.n > 0 {
		needs = append(needs, fault.Compat)
	}
	return needs
}

func (r *reader) Notes() []fault.Text {
	notes := r.tally.notes()
	for _, w := range r.in.Weaknesses() {
		notes = append(notes, fault.Textf("not verified as RFC 6030 demands: %s", w))
	}
	if r.weakSignature {
		notes = append(notes, fault.Textf("the signature is of a kind that only %s takes: SHA-1, or another canonical form", fault.Compat))
	}
	if n := r.in.PublicKey(); n > 0 {
		notes = append(notes, fault.Textf("the values are encrypted to a certificate and have no MAC: whoever has the certificate can have made them; a signature would tell who did"))
	}
	if e := r.in.Header().Encryption; e != nil && e.Derivation != nil && e.Derivation.Iterations < pskc.FewIterations {
		notes = append(notes, fault.Textf("the passphrase is stretched by %d iterations only: whoever has the file can try many; keep both apart", e.Derivation.Iterations))
	}
	return notes
}

var (
	_ seedfile.Reader   = (*reader)(nil)
	_ seedfile.Needing  = (*reader)(nil)
	_ seedfile.Wrapping = (*reader)(nil)
)

// tally counts what the operator should know of.
type tally struct {
	pins, extended, users, challenges, drifts, noCounter, noInterval, unnamed, unzoned, identifiers count
}

// count is a number of packages and the first of them.
type count struct{ n, first int }

func (c *count) add(n int) {
	if c.n++; c.first == 0 {
		c.first = n
	}
}

// addIf counts a package for which something is so.
func (c *count) addIf(is bool, n int) {
	if is {
		c.add(n)
	}
}

func (t *tally) notes() []fault.Text {
	var notes []fault.Text
	for _, n := range []struct {
		c     count
		text  string
		field fault.Field // that the text names
	}{
		{t.noCounter, "HOTP keys without a Counter start at 0, unless %s says otherwise", fault.Counter},
		{t.noInterval, "TOTP keys without a TimeInterval have 30 s, unless %s says otherwise", fault.Period},
		{t.unnamed, "devices without a SerialNo go by the Id of their Key; compare with the devices", ""},
		{t.unzoned, "dates without a time zone are taken for UTC", ""},
		{t.identifiers, "the Length of a code counts the identifier that a YubiKey types in front; the rest is taken for the digits", ""},
		{t.drifts, "a TimeDrift is not taken over: bind measures it", ""},
		{t.challenges, "a ChallengeFormat is not used: the tokens make codes without a challenge", ""},
		{t.users, "a UserId is not taken over: bind says whose a token is", ""},
		{t.extended, "Extensions are not read", ""},
		{t.pins, "keys that are PINs are no tokens and were skipped", ""},
	} {
		text := fault.Textf("%s", n.text)
		if n.field != "" {
			text = fault.Textf(n.text, n.field)
		}
		switch {
		case n.c.n == 1:
			notes = append(notes, fault.Textf("%s (KeyPackage %d)", text, n.c.first))
		case n.c.n > 1:
			notes = append(notes, fault.Textf("%s (%d of them, the first is KeyPackage %d)", text, n.c.n, n.c.first))
		}
	}
	return notes
}
