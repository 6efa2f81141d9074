package pskc

import (
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
	"fob/internal/pskc"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// record makes a record of a package. The first thing that is wrong is its
// problem; messages hold no text of the file but short words.
func (r *reader) record(p *pskc.KeyPackage) seedfile.Record {
	rec := seedfile.Record{Place: seedfile.Place{Unit: "KeyPackage", N: p.N}}
	k, policy := p.Key, new(pskc.Policy)
	if k == nil {
		k = new(pskc.Key)
	} else if k.Policy != nil {
		policy = k.Policy
	}
	r.name(&rec, p, k.ID)
	if p.Key == nil {
		rec.Fail("the package has no Key")
	}
	if p.Problem != nil {
		rec.Fail("%v", p.Problem)
	}
	rec.Manufacturer, rec.Model = p.Device.Manufacturer, p.Device.Model
	readType(&rec, k.Algorithm)
	checkPolicy(&rec, policy)
	switch {
	case k.Secret.Given:
		rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: k.Secret.Plain}
	case k.ProfileID != "" || k.Reference != "":
		rec.Fail("the key has no Secret, only a KeyProfileId or KeyReference: its seed has to be derived from something that is not in the file")
	default:
		rec.Fail("the key has no Secret")
	}
	r.readParameters(&rec, p, k)
	r.contradicts(&rec, p, k)
	readMoving(&rec, k)
	readValidity(&rec, p.Device.Valid, policy.Valid)
	if rec.Problem != nil {
		p.Clear()
		rec.Secret = seedfile.Secret{}
		return rec
	}
	r.count(noCounter, rec.Params.Type == token.HOTP && !k.Counter.Given, p)
	r.count(noInterval, rec.Params.Type == token.TOTP && !k.Interval.Given, p)
	r.count(unnamed, p.Device.SerialNo == "", p)
	dates := []pskc.Moment{p.Device.Valid.Start, p.Device.Valid.Expiry, policy.Valid.Start, policy.Valid.Expiry}
	r.count(unzoned, slices.ContainsFunc(dates, func(m pskc.Moment) bool { return m.Unzoned }), p)
	r.count(extended, p.Extended, p)
	r.count(users, p.Device.UserID != "" || k.UserID != "", p)
	r.count(challenges, k.Params.Challenge != nil, p)
	r.count(drifts, k.Drift.Given, p)
	return rec
}

// name finds the serial: that of the device, else the key's Id. With a suffix
// all records of the file get it.
func (r *reader) name(rec *seedfile.Record, p *pskc.KeyPackage, id string) {
	rec.Serial = p.Device.SerialNo
	switch {
	case rec.Serial == "" && p.Problem != nil:
		// the problem may be that of the serial
	case rec.Serial == "":
		rec.Serial = id
	case r.options.KeySuffix:
		rec.Serial += "/" + id
	case id != "":
		rec.Alternative = fault.Textf("if they are keys of one device, %s makes the serials SERIAL/KEYID", fault.KeySuffix)
	}
	if n := len(rec.Serial); n > token.MaxSerialLen {
		rec.Serial = "" // whatever it is, it does not belong into lists
		rec.Fail("the serial has %d characters, the limit is %d", n, token.MaxSerialLen)
	}
}

// readType knows a type by the Algorithm URI (RFC 6030 section 4.1); one that is
// absent leaves it open.
func readType(rec *seedfile.Record, uri string) {
	switch pskc.ParseAlgorithm(uri) {
	case pskc.HOTP:
		rec.Params.Type = token.HOTP
	case pskc.TOTP:
		rec.Params.Type = token.TOTP
	case pskc.OCRA:
		rec.Fail("the key is for OCRA, challenge and response; fob keeps HOTP and TOTP tokens")
	case pskc.YubicoOTP:
		rec.Fail("the key is for Yubico's own OTP; fob keeps HOTP and TOTP tokens")
	default:
		if uri != "" {
			rec.Fail("the Algorithm %s is unknown; fob keeps HOTP and TOTP tokens", pskc.ShownURI(uri))
		}
		return
	}
	rec.Given = rec.Given.With(seedfile.FieldType)
}

// checkPolicy keeps RFC 6030 section 5: a key is used as its policy allows, or
// not at all. What the decoder did not know is a problem already.
func checkPolicy(rec *seedfile.Record, p *pskc.Policy) {
	switch {
	case len(p.Usages) > 0 && !slices.Contains(p.Usages, pskc.UsageOTP):
		rec.Fail("the Policy allows the key for %s only, not for OTP", strings.Join(p.Usages, ", "))
	case p.Transactions != "":
		rec.Fail("the Policy has a NumberOfTransactions, and fob cannot count how often a key is used")
	case p.PIN != nil && p.PIN.Mode == "":
		rec.Fail("the PINPolicy has no PINUsageMode; fob keeps tokens whose PIN is Local to the device")
	case p.PIN != nil && p.PIN.Mode != pskc.PINLocal:
		rec.Fail("the PINUsageMode is %s, which changes what people type; fob keeps tokens whose PIN is Local to the device", pskc.Shown(p.PIN.Mode))
	}
}

// readParameters reads what RFC 6030 section 4.3.4 has in AlgorithmParameters.
func (r *reader) readParameters(rec *seedfile.Record, p *pskc.KeyPackage, k *pskc.Key) {
	if suite := k.Params.Suite; suite != nil {
		if h, err := token.ParseHash(*suite); err == nil {
			rec.Params.Hash = h
			rec.Given = rec.Given.With(seedfile.FieldHash)
		} else {
			rec.Fail("the Suite %s is unknown; HMAC-SHA1, HMAC-SHA256 and HMAC-SHA512 are known", pskc.Shown(*suite))
		}
	}
	if k.Params.Response == nil {
		return
	}
	f := *k.Params.Response
	if n := withoutID(p, k); n > 0 && (r.options.Compat || r.options.Blind) {
		f.Length, f.Encoding = n, pskc.EncodingDecimal
		r.count(identifiers, true, p) // a blind reader needs compat for it
	} else if n > 0 {
		rec.Fail("the ResponseFormat has a Length of %d, which seems to count the identifier that a YubiKey types in front of a code of %d digits (%s reads it so)", f.Length, n, fault.Compat)
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

// withoutID is the number of digits of a code where the log of YubiKey's tool
// counts the identifier as well, which is the Key's Id then; 0 where that is not so.
func withoutID(p *pskc.KeyPackage, k *pskc.Key) int64 {
	maker := strings.ToLower(p.Device.Manufacturer)
	length := k.Params.Response.Length
	n := length - int64(len(k.ID))
	switch {
	case n == 6 || n == 8:
	case length == 18 || length == 20: // the Id is the serial and a slot; what is typed in front has 12 characters
		n = length - 12
	case length == 14 || length == 16:
		n = length - 8
	}
	if maker != "oath.ub" && !strings.HasPrefix(maker, "yubico") || k.Params.Response.Length <= token.MaxDigits || n != 6 && n != 8 {
		return 0
	}
	return n
}

// contradicts leaves the type open of a key that says HOTP and moves as TOTP keys do,
// or the other way round.
func (r *reader) contradicts(rec *seedfile.Record, p *pskc.KeyPackage, k *pskc.Key) {
	what, has := "HOTP, and has a TimeInterval and no Counter, as TOTP keys have", false
	switch rec.Params.Type {
	case token.HOTP:
		has = k.Interval.Given && !k.Counter.Given
	case token.TOTP:
		what, has = "TOTP, and has a Counter and no TimeInterval, as HOTP keys have", k.Counter.Given && !k.Counter.Closed && k.Counter.Plain != 0 && !k.Interval.Given
	}
	if !has {
		return
	}
	rec.Params.Type, rec.Given = "", rec.Given&^seedfile.SetOf(seedfile.FieldType)
	rec.Question(seedfile.FieldType, "the key says %s: which of them is right?", what)
	r.count(contradictions, true, p)
}

// readMoving reads the counter of HOTP and the clock of TOTP (RFC 6030 section
// 4.2); of a key without an Algorithm both.
//
// The RFC has the Time as the number of intervals passed "from a specific start
// point", without the moment at which they had passed. 0 says nothing; with any
// other number the clock may have begun at another time than 1970, and taking it
// for either would be a guess.
func readMoving(rec *seedfile.Record, k *pskc.Key) {
	// number reads a value that is there, and within its bounds.
	number := func(v pskc.Value[int64], field seedfile.Field, least, most int64, says string, args ...any) int64 {
		switch {
		case v.Closed:
			rec.Closed = rec.Closed.With(field)
		case v.Given && (v.Plain < least || v.Plain > most):
			rec.Fail(says, args...)
		case v.Given:
			rec.Given = rec.Given.With(field)
			return v.Plain
		}
		return 0
	}
	if rec.Params.Type != token.TOTP {
		rec.Counter = number(k.Counter, seedfile.FieldCounter, 0, token.MaxCounter, "the Counter is negative")
	}
	if rec.Params.Type == token.HOTP {
		return
	}
	rec.Params.Period = int(number(k.Interval, seedfile.FieldPeriod, 1, token.MaxPeriod,
		"a TimeInterval of %d s; 1 to %d are possible", k.Interval.Plain, token.MaxPeriod))
	if t := k.Time; t.Given && !t.Closed && t.Plain != 0 {
		rec.Question(seedfile.FieldT0, "the Time is %d and not 0: the clock may not count from 1970; "+
			"ask the supplier, then say %s (1970-01-01 if it does)", t.Plain, fault.T0)
	}
}

// readValidity: of the device's and the policy's dates both hold, to the end of
// the last second (RFC 6030 sections 4.3.1 and 5).
func readValidity(rec *seedfile.Record, device, policy pskc.Validity) {
	rec.NotBefore, rec.NotAfter = device.Start.Time, device.Expiry.Time
	if policy.Start.After(rec.NotBefore) {
		rec.NotBefore = policy.Start.Time
	}
	if e := policy.Expiry.Time; !e.IsZero() && (rec.NotAfter.IsZero() || e.Before(rec.NotAfter)) {
		rec.NotAfter = e
	}
	if !rec.NotAfter.IsZero() && rec.NotAfter.Before(rec.NotBefore) {
		rec.Fail("the key is valid to %s and from %s: never", rec.NotAfter.Format(time.DateOnly), rec.NotBefore.Format(time.DateOnly))
	}
}
