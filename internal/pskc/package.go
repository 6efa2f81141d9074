package pskc

import (
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/xmlstream"
)

// keyPackage reads a KeyPackage that was just begun (RFC 6030 section 4.1).
func (d *Decoder) keyPackage() (*KeyPackage, error) {
	d.count++
	if d.count > d.most {
		return nil, d.xml.Refuse("the container has more than %d packages; it has to come in parts", d.most)
	}
	p := &KeyPackage{N: d.count, Line: d.xml.Line()}
	d.problem, d.extended = nil, false
	err := d.children("KeyPackage", fields{
		{"DeviceInfo", &p.Device},
		{"CryptoModuleInfo", p},
		{"Key", &p.Key},
		{"Extensions", extensions{}},
	})
	if err != nil {
		p.Clear()
		return nil, err
	}
	p.Problem, p.Extended = d.problem, d.extended
	return p, nil
}

func (d *Decoder) device(i *DeviceInfo) error {
	return d.children("DeviceInfo", fields{
		{"Manufacturer", &i.Manufacturer},
		{"SerialNo", &i.SerialNo},
		{"Model", &i.Model},
		{"IssueNo", &i.IssueNo},
		{"DeviceBinding", &i.Binding},
		{"StartDate", &i.Valid.Start},
		{"ExpiryDate", &i.Valid.Expiry},
		{"UserId", &i.UserID},
		{"Extensions", extensions{}},
	}, field{"Expiry", d.draftExpiry})
}

func (d *Decoder) key(k *Key) error {
	err := d.attributes("Key", fields{{"Id", &k.ID}, {"id", &k.ID}, {"Algorithm", &k.Algorithm}},
		field{"KeyId", &k.ID}, field{"SecretId", &k.ID}, field{"KeyAlgorithm", &k.Algorithm}, field{"SecretAlgorithm", &k.Algorithm})
	if err != nil {
		return err
	}
	if d.weak[weakDraft] > 0 || d.needs[fault.Compat] {
		k.Algorithm = draftAlgorithm(k.Algorithm)
	}
	if k.ID == "" {
		d.complain("<Key> has no Id")
	}
	var old fields
	if d.options.Compat || d.options.Blind {
		old = d.draftKey(k)
	}
	return d.children("Key", fields{
		{"Issuer", &k.Issuer},
		{"AlgorithmParameters", &k.Params},
		{"KeyProfileId", &k.ProfileID},
		{"KeyReference", &k.Reference},
		{"FriendlyName", &k.FriendlyName},
		{"Data", k},
		{"UserId", &k.UserID},
		{"Policy", &k.Policy},
		{"Extensions", extensions{}},
	}, old...)
}

var valueNames = []string{"Secret", "Counter", "Time", "TimeInterval", "TimeDrift"}

// values are the children of Data (RFC 6030 section 4.2).
func values(k *Key) fields {
	return fields{
		{"Secret", &k.Secret}, {"Counter", &k.Counter}, {"Time", &k.Time}, {"TimeInterval", &k.Interval}, {"TimeDrift", &k.Drift},
	}
}

func (d *Decoder) parameters(p *Parameters) error {
	return d.children("AlgorithmParameters", fields{
		{"Suite", &p.Suite},
		{"ChallengeFormat", &p.Challenge},
		{"ResponseFormat", &p.Response},
		{"Extensions", extensions{}},
	})
}

// format reads a format, which is nothing but attributes (RFC 6030 section
// 4.3.4).
func (d *Decoder) format(in string, f *Format) error {
	if d.xml.Attr("CheckDigits") != "" && d.xml.Attr("CheckDigit") != "" {
		d.complain("<%s> has CheckDigits and CheckDigit", in)
	}
	err := d.attributes(in, fields{
		{"Encoding", &f.Encoding}, {"Length", &f.Length}, {"Min", &f.Min}, {"Max", &f.Max}, {"CheckDigits", &f.CheckDigits}, {"CheckDigit", &f.CheckDigits},
	}, field{"Format", &f.Encoding}, field{"format", &f.Encoding}, field{"length", &f.Length})
	if err != nil {
		return err
	}
	return d.children(in, nil)
}

// policy reads a Policy (RFC 6030 section 5). What it does not know becomes the
// package's problem, never a silence.
func (d *Decoder) policy(p *Policy) error {
	usage := func() error {
		b, err := d.textOf("KeyUsage")
		name := string(b)
		switch {
		case !slices.Contains(usages, name):
			d.complain("the KeyUsage %s is unknown%s", xmlstream.Name(name), forbids("Policy"))
		case !slices.Contains(p.Usages, name):
			p.Usages = append(p.Usages, name)
		}
		return err
	}
	given := false
	err := d.children("Policy", fields{
		{"StartDate", &p.Valid.Start},
		{"ExpiryDate", &p.Valid.Expiry},
		{"PINPolicy", &p.PIN},
		{"KeyUsage", usage},
		{"NumberOfTransactions", func() error {
			given = true
			return d.read("NumberOfTransactions", &p.Transactions)
		}},
	})
	// It may have more than 64 bits.
	if given && (p.Transactions == "" || strings.Trim(p.Transactions, "0123456789") != "") {
		d.complain("<NumberOfTransactions> is no number%s", forbids("Policy"))
	}
	return err
}

// pinPolicy reads what is nothing but attributes. How long a PIN is and how
// often it may be wrong is for the device to enforce.
func (d *Decoder) pinPolicy(p *PINPolicy) error {
	mode := func(value string) bool {
		p.Mode = value
		if !slices.Contains([]string{PINLocal, PINPrepend, PINAppend, PINAlgorithmic}, value) {
			d.complain("the PINUsageMode %s is unknown%s", xmlstream.Name(value), forbids("PINPolicy"))
		}
		return true
	}
	err := d.attributes("PINPolicy", fields{
		{"PINKeyId", &p.KeyID}, {"PINUsageMode", mode},
		{"MaxFailedAttempts", nil}, {"MinLength", nil}, {"MaxLength", nil}, {"PINEncoding", nil},
	})
	if err != nil {
		return err
	}
	return d.children("PINPolicy", nil)
}
