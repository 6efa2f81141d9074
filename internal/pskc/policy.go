package pskc

import (
	"slices"
)

// policy reads a Policy (RFC 6030 section 5). What it does not know becomes the
// package's problem, never a silence.
func (d *Decoder) policy(p *Policy) error {
	return d.children("Policy", func(name string) error {
		switch name {
		case "StartDate":
			return d.moment(name, &p.Valid.Start)
		case "ExpiryDate":
			return d.moment(name, &p.Valid.Expiry)
		case "PINPolicy":
			p.PIN = new(PINPolicy)
			return d.pinPolicy(p.PIN)
		case "KeyUsage":
			return d.usage(p)
		case "NumberOfTransactions":
			return d.transactions(p)
		}
		return errUnknown
	})
}

func (d *Decoder) usage(p *Policy) error {
	var usage string
	if err := d.read("KeyUsage", &usage); err != nil {
		return err
	}
	if !slices.Contains(usages, usage) {
		d.complain("the KeyUsage %s is unknown%s", shownName(usage), forbids("Policy"))
		return nil
	}
	if !slices.Contains(p.Usages, usage) {
		p.Usages = append(p.Usages, usage)
	}
	return nil
}

// transactions reads a number that may have more than 64 bits.
func (d *Decoder) transactions(p *Policy) error {
	if err := d.read("NumberOfTransactions", &p.Transactions); err != nil {
		return err
	}
	if p.Transactions == "" || !digits([]byte(p.Transactions)) {
		d.complain("<NumberOfTransactions> is no number%s", forbids("Policy"))
	}
	return nil
}

// pinPolicy reads what is nothing but attributes. How long a PIN is and how
// often it may be wrong is for the device to enforce.
func (d *Decoder) pinPolicy(p *PINPolicy) error {
	err := d.attributes("PINPolicy", func(name, value string) bool {
		switch name {
		case "PINKeyId":
			p.KeyID = value
		case "PINUsageMode":
			p.Mode = value
			if value != PINLocal && value != PINPrepend && value != PINAppend && value != PINAlgorithmic {
				d.complain("the PINUsageMode %s is unknown%s", shownName(value), forbids("PINPolicy"))
			}
		case "MaxFailedAttempts", "MinLength", "MaxLength", "PINEncoding":
		default:
			return false
		}
		return true
	})
	if err != nil {
		return err
	}
	return d.children("PINPolicy", func(string) error { return errUnknown })
}
