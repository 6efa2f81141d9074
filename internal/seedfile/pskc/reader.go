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
	tally   [remarks]count

	signer        string // whose signature was verified, in words; empty: nobody's
	weakSignature bool
	unverified    bool // a blind reader met a signature
}

var (
	_ seedfile.Reader   = (*reader)(nil)
	_ seedfile.Needing  = (*reader)(nil)
	_ seedfile.Wrapping = (*reader)(nil)
)

// Next returns the next key that may be a token. PINs are keys of their own (RFC
// 6030 section 5, figure 5), and no tokens.
func (r *reader) Next() (seedfile.Record, error) {
	for {
		p, err := r.in.Next()
		if err == io.EOF {
			err = r.end()
		}
		if err != nil {
			return seedfile.Record{}, seedfile.ReadError(err)
		}
		if p.Key == nil || pskc.ParseAlgorithm(p.Key.Algorithm) != pskc.PIN {
			r.records++
			return r.record(p), nil
		}
		r.count(pins, true, p)
		p.Clear()
	}
}

// end judges the file as a whole.
func (r *reader) end() error {
	switch {
	case r.in.Signed() && r.options.Blind:
		r.unverified = true
	case r.in.Signed():
		return pskc.Need(fault.SignedBy, fault.Errorf(fault.Refused, "the container is signed, and nothing says whose signature to believe").
			WithHint("name the supplier's certificate, which has to come on another way, with %s", fault.SignedBy.Is("CERT")))
	case r.records == 0:
		return fault.Errorf(fault.Refused, "the container holds PINs and no token").
			WithHint("the keys of the tokens are in another file: look for it in the delivery")
	}
	return io.EOF
}

// verify reads the whole file and returns what its signature is over. What may be
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
	fingerprint := sha256.Sum256(cert.Raw)
	r.signer = fmt.Sprintf("XML signature (%s, by %q, certificate %X)", signed.Method, cert.Subject, fingerprint[:8])
	r.weakSignature = signed.Weak
	return signed.Container, nil
}

// Wrapped names a signature that was verified.
func (r *reader) Wrapped() []string {
	if r.signer == "" {
		return nil
	}
	return []string{r.signer}
}

// Cut reports whether the end of the container is missing.
func (r *reader) Cut() bool { return r.in.Cut() }

// Needs is what a blind reader would have asked for.
func (r *reader) Needs() []fault.Field {
	needs := r.in.Needs()
	if r.unverified {
		needs = append(needs, fault.SignedBy)
	}
	if r.tally[identifiers].n > 0 {
		needs = append(needs, fault.Compat)
	}
	return needs
}

// remark is something of some packages that the operator should know of.
type remark int

const (
	noCounter remark = iota
	noInterval
	unnamed
	unzoned
	identifiers
	drifts
	challenges
	users
	extended
	pins
	contradictions
	remarks
)

var remarkTexts = [remarks]fault.Text{
	noCounter:      fault.Textf("HOTP keys without a Counter start at 0, unless %s says otherwise", fault.Counter),
	noInterval:     fault.Textf("TOTP keys without a TimeInterval have 30 s, unless %s says otherwise", fault.Period),
	unnamed:        fault.Textf("devices without a SerialNo go by the Id of their Key; compare with the devices"),
	unzoned:        fault.Textf("dates without a time zone are taken for UTC"),
	identifiers:    fault.Textf("the Length of a code counts the identifier that a YubiKey types in front; the rest is taken for the digits"),
	drifts:         fault.Textf("a TimeDrift is not taken over: bind measures it"),
	challenges:     fault.Textf("a ChallengeFormat is not used: the tokens make codes without a challenge"),
	users:          fault.Textf("a UserId is not taken over: bind says whose a token is"),
	extended:       fault.Textf("Extensions are not read"),
	contradictions: fault.Textf("keys that say HOTP and have a TimeInterval and no Counter, or TOTP with a Counter and no TimeInterval, contradict themselves: %s says what they are", fault.Type),
	pins:           fault.Textf("keys that are PINs are no tokens and were skipped"),
}

// count is a number of packages and the first of them.
type count struct{ n, first int }

// count counts a package for which something is so.
func (r *reader) count(what remark, is bool, p *pskc.KeyPackage) {
	if !is {
		return
	}
	if r.tally[what].n++; r.tally[what].n == 1 {
		r.tally[what].first = p.N
	}
}

// Notes are the remarks on the file.
func (r *reader) Notes() (notes []fault.Text) {
	for what, c := range r.tally {
		switch {
		case c.n == 1:
			notes = append(notes, fault.Textf("%s (KeyPackage %d)", remarkTexts[what], c.first))
		case c.n > 1:
			notes = append(notes, fault.Textf("%s (%d of them, the first is KeyPackage %d)", remarkTexts[what], c.n, c.first))
		}
	}
	for _, w := range r.in.Weaknesses() {
		notes = append(notes, fault.Textf("not verified as RFC 6030 demands: %s", w))
	}
	if r.weakSignature {
		notes = append(notes, fault.Textf("the signature is of a kind that only %s takes: SHA-1, or another canonical form", fault.Compat))
	}
	if r.in.PublicKey() > 0 {
		notes = append(notes, fault.Textf("the values are encrypted to a certificate and have no MAC: anyone with the certificate can have made them; a signature would show who did"))
	}
	if e := r.in.Header().Encryption; e != nil && e.Derivation != nil && e.Derivation.Iterations < pskc.FewIterations {
		notes = append(notes, fault.Textf("the passphrase is stretched by %d iterations only: anyone with the file can try many: keep both apart", e.Derivation.Iterations))
	}
	return notes
}
