package pskc

import (
	"slices"

	"fob/internal/fault"
	"fob/internal/xmlstream"
)

// What stands in a package, in the order of RFC 6030 section 11: read and written
// by the same tables.

func (p *KeyPackage) fields() fields {
	return fields{{"DeviceInfo", &p.Device}, {"CryptoModuleInfo", p}, {"Key", &p.Key}, {"Extensions", extensions{}}}
}

func (i *DeviceInfo) fields() fields {
	return fields{
		{"Manufacturer", &i.Manufacturer}, {"SerialNo", &i.SerialNo}, {"Model", &i.Model}, {"IssueNo", &i.IssueNo},
		{"DeviceBinding", &i.Binding}, {"StartDate", &i.Valid.Start}, {"ExpiryDate", &i.Valid.Expiry}, {"UserId", &i.UserID},
		{"Extensions", extensions{}},
	}
}

func (k *Key) fields() fields {
	return fields{
		{"Issuer", &k.Issuer}, {"AlgorithmParameters", &k.Params}, {"KeyProfileId", &k.ProfileID}, {"KeyReference", &k.Reference},
		{"FriendlyName", &k.FriendlyName}, {"Data", k}, {"UserId", &k.UserID}, {"Policy", &k.Policy}, {"Extensions", extensions{}},
	}
}

var valueNames = []string{"Secret", "Counter", "Time", "TimeInterval", "TimeDrift"}

// values are the children of Data (RFC 6030 section 4.2).
func (k *Key) values() fields {
	return fields{
		{"Secret", &k.Secret}, {"Counter", &k.Counter}, {"Time", &k.Time}, {"TimeInterval", &k.Interval}, {"TimeDrift", &k.Drift},
	}
}

func (p *Parameters) fields() fields {
	return fields{{"Suite", &p.Suite}, {"ChallengeFormat", &p.Challenge}, {"ResponseFormat", &p.Response}, {"Extensions", extensions{}}}
}

func (p *Policy) fields() fields {
	return fields{
		{"StartDate", &p.Valid.Start}, {"ExpiryDate", &p.Valid.Expiry}, {"PINPolicy", &p.PIN}, {"KeyUsage", &p.Usages},
		{"NumberOfTransactions", &p.Transactions},
	}
}

// keyPackage reads a KeyPackage that was just begun (RFC 6030 section 4.1).
func (d *Decoder) keyPackage() (*KeyPackage, error) {
	d.count++
	if d.count > d.most {
		return nil, d.xml.Refuse("the container has more than %d packages; it has to come in parts", d.most)
	}
	p := &KeyPackage{N: d.count, Line: d.xml.Line()}
	d.problem, d.extended = nil, false
	if err := d.children("KeyPackage", p.fields()); err != nil {
		p.Clear()
		return nil, err
	}
	p.Problem, p.Extended = d.problem, d.extended
	return p, nil
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
	return d.children("Key", k.fields(), old...)
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

// usage reads a KeyUsage. What is not known in a Policy (RFC 6030 section 5)
// becomes the package's problem, never a silence.
func (d *Decoder) usage(all *[]string) error {
	b, err := d.textOf("KeyUsage")
	name := string(b)
	switch {
	case !slices.Contains(usages, name):
		d.complain("the KeyUsage %s is unknown%s", xmlstream.Name(name), forbids("Policy"))
	case !slices.Contains(*all, name):
		*all = append(*all, name)
	}
	return err
}

// pinPolicy reads what is nothing but attributes. How long a PIN is and how
// often it may be wrong is for the device to enforce.
func (d *Decoder) pinPolicy(p *PINPolicy) error {
	err := d.attributes("PINPolicy", fields{
		{"PINKeyId", &p.KeyID}, {"PINUsageMode", &p.Mode},
		{"MaxFailedAttempts", nil}, {"MinLength", nil}, {"MaxLength", nil}, {"PINEncoding", nil},
	})
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"", PINLocal, PINPrepend, PINAppend, PINAlgorithmic}, p.Mode) {
		d.complain("the PINUsageMode %s is unknown%s", xmlstream.Name(p.Mode), forbids("PINPolicy"))
	}
	return d.children("PINPolicy", nil)
}
