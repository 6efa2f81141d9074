package pskc

import (
	"strings"

	"fob/internal/pskc"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// keySuffixHint is for a serial that stands in a file twice.
const keySuffixHint = "if they are keys of one device, --key-suffix makes the serials SERIAL/KEYID"

// record makes a record of a package. The first thing that is wrong is its
// problem; messages hold no text of the file but short words.
func (r *reader) record(p *pskc.KeyPackage) seedfile.Record {
	rec := seedfile.Record{Place: seedfile.Place{Unit: "KeyPackage", N: p.N}}
	keyless := p.Key == nil
	if keyless {
		p.Key = new(pskc.Key)
	}
	k := p.Key
	r.name(&rec, p)
	if keyless {
		rec.Fail("the package has no Key")
	}
	if p.Problem != nil {
		rec.Fail("%v", p.Problem)
	}
	rec.Manufacturer, rec.Model = p.Device.Manufacturer, p.Device.Model
	readType(&rec, k)
	checkPolicy(&rec, k.Policy)
	r.readSecret(&rec, k)
	r.readParameters(&rec, p)
	readMoving(&rec, k)
	readValidity(&rec, p)
	if rec.Problem != nil {
		p.Clear()
		rec.Secret = seedfile.Secret{}
		return rec
	}
	r.remark(rec, p)
	return rec
}

// name finds the serial: that of the device, else the key's Id. With a suffix
// all records of the file get it.
func (r *reader) name(rec *seedfile.Record, p *pskc.KeyPackage) {
	rec.Serial = p.Device.SerialNo
	switch {
	case rec.Serial == "" && p.Problem != nil:
		// the problem may be that of the serial
	case rec.Serial == "":
		rec.Serial = p.Key.ID
	case r.options.KeySuffix:
		rec.Serial += "/" + p.Key.ID
	case p.Key.ID != "":
		rec.Alternative = keySuffixHint
	}
	if n := len(rec.Serial); n > token.MaxSerialLen {
		rec.Serial = "" // whatever it is, it does not belong into lists
		rec.Fail("the serial has %d characters, the limit is %d", n, token.MaxSerialLen)
	}
}

// readType knows a type by the Algorithm URI (RFC 6030 section 4.1); one that is
// absent leaves it open.
func readType(rec *seedfile.Record, k *pskc.Key) {
	switch pskc.ParseAlgorithm(k.Algorithm) {
	case pskc.HOTP:
		rec.Params.Type = token.HOTP
	case pskc.TOTP:
		rec.Params.Type = token.TOTP
	case pskc.OCRA:
		rec.Fail("the key is for OCRA, challenge and response; fob keeps HOTP and TOTP tokens")
	case pskc.YubicoOTP:
		rec.Fail("the key is for Yubico's own OTP; fob keeps HOTP and TOTP tokens")
	default:
		if k.Algorithm != "" {
			rec.Fail("the Algorithm %s is unknown; fob keeps HOTP and TOTP tokens", pskc.ShownURI(k.Algorithm))
		}
		return
	}
	rec.Given = rec.Given.With(seedfile.FieldType)
}

// checkPolicy keeps RFC 6030 section 5: a key is used as its policy allows, or
// not at all. What the decoder did not know is a problem already.
func checkPolicy(rec *seedfile.Record, p *pskc.Policy) {
	if p == nil {
		return
	}
	otp := len(p.Usages) == 0
	for _, u := range p.Usages {
		otp = otp || u == pskc.UsageOTP
	}
	switch {
	case !otp:
		rec.Fail("the Policy allows the key for %s only, not for OTP", strings.Join(p.Usages, ", "))
	case p.Transactions != "":
		rec.Fail("the Policy has a NumberOfTransactions, and fob cannot count how often a key is used")
	case p.PIN != nil && p.PIN.Mode == "":
		rec.Fail("the PINPolicy has no PINUsageMode; fob keeps tokens whose PIN is Local to the device")
	case p.PIN != nil && p.PIN.Mode != pskc.PINLocal:
		rec.Fail("the PINUsageMode is %s, which changes what people type; fob keeps tokens whose PIN is Local to the device", pskc.Shown(p.PIN.Mode))
	}
}

func (r *reader) readSecret(rec *seedfile.Record, k *pskc.Key) {
	switch {
	case !k.Secret.Given && (k.ProfileID != "" || k.Reference != ""):
		rec.Fail("the key has no Secret, only a KeyProfileId or KeyReference: its seed has to be derived from something that is not in the file")
	case !k.Secret.Given:
		rec.Fail("the key has no Secret")
	default:
		rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: k.Secret.Plain}
	}
}

// readParameters reads what RFC 6030 section 4.3.4 has in AlgorithmParameters.
func (r *reader) readParameters(rec *seedfile.Record, of *pskc.KeyPackage) {
	p := of.Key.Params
	if p.Suite != nil {
		h, err := token.ParseHash(*p.Suite)
		if err != nil {
			rec.Fail("the Suite %s is unknown; HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512 are known", pskc.Shown(*p.Suite))
		} else {
			rec.Params.Hash = h
			rec.Given = rec.Given.With(seedfile.FieldHash)
		}
	}
	if p.Response == nil {
		return
	}
	f := *p.Response
	if n := withoutID(of); n > 0 && (r.options.Compat || r.options.Blind) {
		f.Length, f.Encoding = n, pskc.EncodingDecimal
		r.tally.identifiers.add(of.N) // a blind reader needs --compat for it
	} else if n > 0 {
		rec.Fail("the ResponseFormat has a Length of %d, which seems to count the identifier that a YubiKey types in front of a code of %d digits (--compat reads it so)", f.Length, n)
	}
	switch {
	case f.Encoding != pskc.EncodingDecimal:
		rec.Fail("the ResponseFormat has the Encoding %s; fob keeps tokens that show DECIMAL codes", pskc.Shown(f.Encoding))
	case f.CheckDigits:
		rec.Fail("the ResponseFormat has a check digit behind the code, which fob does not know how to read")
	case f.Length < token.MinDigits || f.Length > token.MaxDigits:
		rec.Fail("the ResponseFormat has a Length of %d; %d to %d digits are possible", f.Length, token.MinDigits, token.MaxDigits)
	default:
		rec.Params.Digits = int(f.Length)
		rec.Given = rec.Given.With(seedfile.FieldDigits)
	}
}

// readMoving reads the counter of HOTP and the clock of TOTP (RFC 6030 section
// 4.2); of a key without an Algorithm both.
func readMoving(rec *seedfile.Record, k *pskc.Key) {
	t := rec.Params.Type
	if t != token.TOTP {
		readCounter(rec, k.Counter)
	}
	if t != token.HOTP {
		readInterval(rec, k.Interval)
		readTime(rec, k.Time)
	}
}

// withoutID gives the digits of a code where the log of YubiKey's tool counts the
// identifier as well, which is the Key's Id then; 0 where that is not so.
func withoutID(p *pskc.KeyPackage) int64 {
	n := p.Key.Params.Response.Length - int64(len(p.Key.ID))
	yubikey := strings.EqualFold(p.Device.Manufacturer, "oath.UB") || strings.HasPrefix(strings.ToLower(p.Device.Manufacturer), "yubico")
	if !yubikey || p.Key.Params.Response.Length <= token.MaxDigits || n != 6 && n != 8 {
		return 0
	}
	return n
}

func readCounter(rec *seedfile.Record, v pskc.Value[int64]) {
	switch {
	case v.Closed:
		rec.Closed = rec.Closed.With(seedfile.FieldCounter)
	case !v.Given:
	case v.Plain < 0:
		rec.Fail("the Counter is negative")
	default:
		rec.Counter = v.Plain
		rec.Given = rec.Given.With(seedfile.FieldCounter)
	}
}

func readInterval(rec *seedfile.Record, v pskc.Value[int64]) {
	switch {
	case v.Closed:
		rec.Closed = rec.Closed.With(seedfile.FieldPeriod)
	case !v.Given:
	case v.Plain < 1 || v.Plain > token.MaxPeriod:
		rec.Fail("a TimeInterval of %d s; 1 to %d are possible", v.Plain, token.MaxPeriod)
	default:
		rec.Params.Period = int(v.Plain)
		rec.Given = rec.Given.With(seedfile.FieldPeriod)
	}
}

// readTime: the RFC has the number of intervals passed "from a specific start
// point", without the moment at which they had passed. 0 says nothing; with any
// other number the clock may have begun at another time than 1970, and taking it
// for either would be a guess.
func readTime(rec *seedfile.Record, v pskc.Value[int64]) {
	if v.Given && !v.Closed && v.Plain != 0 {
		rec.Question(seedfile.FieldT0, "the Time is %d and not 0: the clock may not count from 1970; "+
			"ask the supplier, then say --t0 (1970-01-01 if it does)", v.Plain)
	}
}

// readValidity: of the device's and the policy's dates both hold, to the end of
// the last second (RFC 6030 sections 4.3.1 and 5).
func readValidity(rec *seedfile.Record, p *pskc.KeyPackage) {
	device, policy := p.Device.Valid, policyOf(p).Valid
	rec.NotBefore, rec.NotAfter = device.Start.Time, device.Expiry.Time
	if policy.Start.After(rec.NotBefore) {
		rec.NotBefore = policy.Start.Time
	}
	if e := policy.Expiry.Time; !e.IsZero() && (rec.NotAfter.IsZero() || e.Before(rec.NotAfter)) {
		rec.NotAfter = e
	}
	if !rec.NotAfter.IsZero() && rec.NotAfter.Before(rec.NotBefore) {
		rec.Fail("the key is valid to %s and from %s: never", rec.NotAfter.Format("2006-01-02"), rec.NotBefore.Format("2006-01-02"))
	}
}

func policyOf(p *pskc.KeyPackage) pskc.Policy {
	if p.Key.Policy == nil {
		return pskc.Policy{}
	}
	return *p.Key.Policy
}

// remark counts what the operator should know of the records that can be used:
// what was missing, and what is there and has no place in a token.
func (r *reader) remark(rec seedfile.Record, p *pskc.KeyPackage) {
	k, device, policy := p.Key, p.Device.Valid, policyOf(p).Valid
	t := rec.Params.Type
	r.tally.noCounter.addIf(t == token.HOTP && !k.Counter.Given, p.N)
	r.tally.noInterval.addIf(t == token.TOTP && !k.Interval.Given, p.N)
	r.tally.unnamed.addIf(p.Device.SerialNo == "", p.N)
	r.tally.unzoned.addIf(device.Start.Unzoned || device.Expiry.Unzoned || policy.Start.Unzoned || policy.Expiry.Unzoned, p.N)
	r.tally.extended.addIf(p.Extended, p.N)
	r.tally.users.addIf(p.Device.UserID != "" || k.UserID != "", p.N)
	r.tally.challenges.addIf(k.Params.Challenge != nil, p.N)
	r.tally.drifts.addIf(k.Drift.Given, p.N)
}
