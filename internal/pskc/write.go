package pskc

import (
	"fmt"
	"io"
	"strconv"

	"fob/internal/fault"
	"fob/internal/token"
)

// Writer writes a container package by package. What it writes a Decoder reads
// as it was; what could not come back so is refused.
type Writer struct {
	xml     *xmlWriter
	random  io.Reader
	protect *protector // nil: values are plain
	n       int
	err     error // that ended the writing
}

// WriterOptions say what a container looks like.
type WriterOptions struct {
	ID      string // of the container; empty: none
	Prefix  string // of PSKC's namespace; empty: it is the default namespace
	Protect *Protection
}

// NewWriter writes the beginning of a container. Random is needed for
// encryption. The caller buffers w, and Close ends the container.
func NewWriter(w io.Writer, random io.Reader, o WriterOptions) (*Writer, error) {
	out := &Writer{xml: newXMLWriter(w, o.Prefix), random: random}
	xmlns := ""
	if o.Protect != nil {
		var err error
		if out.protect, err = o.Protect.begin(random); err != nil {
			return nil, err
		}
		xmlns = xmlnsOfProtection
	}
	out.xml.root(xmlns, "Version", "1.0", "Id", o.ID)
	if o.Protect != nil {
		o.Protect.writeKey(out.xml)
		out.protect.writeMethod(out.xml)
	}
	return out, out.flush()
}

// Write writes a package. N, Line and Extended are the decoder's and have no
// part in it. An error of kind fault.NotAllowed leaves the container as it was;
// any other ends it.
func (w *Writer) Write(p *KeyPackage) error {
	if w.err != nil {
		return w.err
	}
	if w.n == MaxPackages {
		return fault.Errorf(fault.NotAllowed, "the container is full: it has %d packages", w.n)
	}
	err := w.keyPackage(p)
	if err == nil {
		err = w.xml.fault
	}
	if err != nil {
		w.xml.forget()
		return fault.Wrap(fault.NotAllowed, err, "package %d cannot be written", w.n+1)
	}
	w.n++
	return w.flush()
}

// Close ends the container. It overwrites the MAC key, and closes nothing else.
func (w *Writer) Close() error {
	if w.protect != nil {
		w.protect.clear()
	}
	switch {
	case w.err != nil:
		return w.err
	case w.n == 0:
		return fault.Errorf(fault.NotAllowed, "a container needs at least one package")
	}
	w.xml.close("KeyContainer")
	if err := w.flush(); err != nil {
		return err
	}
	w.err = fault.Errorf(fault.Internal, "the container is complete")
	return nil
}

func (w *Writer) flush() error {
	w.err = w.xml.flush()
	return w.err
}

func (w *Writer) keyPackage(p *KeyPackage) error {
	if p.Problem != nil {
		return p.Problem
	}
	w.xml.open("KeyPackage")
	if i := p.Device; i != (DeviceInfo{}) {
		w.xml.open("DeviceInfo")
		w.xml.optional("Manufacturer", i.Manufacturer)
		w.xml.optional("SerialNo", i.SerialNo)
		w.xml.optional("Model", i.Model)
		w.xml.optional("IssueNo", i.IssueNo)
		w.xml.optional("DeviceBinding", i.Binding)
		w.validity(i.Valid)
		w.xml.optional("UserId", i.UserID)
		w.xml.close("DeviceInfo")
	}
	if p.ModuleID != "" {
		w.xml.open("CryptoModuleInfo")
		w.xml.text("Id", p.ModuleID)
		w.xml.close("CryptoModuleInfo")
	}
	if p.Key != nil {
		if err := w.key(p.Key); err != nil {
			return err
		}
	}
	w.xml.close("KeyPackage")
	return nil
}

// validity writes dates as they were read: one without a zone stays so.
func (w *Writer) validity(v Validity) {
	for i, m := range []Moment{v.Start, v.Expiry} {
		zone := "Z"
		if m.Unzoned {
			zone = ""
		}
		if !m.IsZero() {
			w.xml.text([]string{"StartDate", "ExpiryDate"}[i], m.UTC().Format("2006-01-02T15:04:05.999999999")+zone)
		}
	}
}

// key writes a Key, its children in the order of RFC 6030 section 11.
func (w *Writer) key(k *Key) error {
	if k.ID == "" {
		return fmt.Errorf("the Key has no Id")
	}
	w.xml.open("Key", "Id", k.ID, "Algorithm", k.Algorithm)
	w.xml.optional("Issuer", k.Issuer)
	w.parameters(k.Params)
	w.xml.optional("KeyProfileId", k.ProfileID)
	w.xml.optional("KeyReference", k.Reference)
	w.xml.optional("FriendlyName", k.FriendlyName)
	if err := w.data(k); err != nil {
		return err
	}
	w.xml.optional("UserId", k.UserID)
	if k.Policy != nil {
		w.policy(*k.Policy)
	}
	w.xml.close("Key")
	return nil
}

func (w *Writer) parameters(p Parameters) {
	if p == (Parameters{}) {
		return
	}
	w.xml.open("AlgorithmParameters")
	if p.Suite != nil {
		w.xml.text("Suite", *p.Suite)
	}
	if f := p.Challenge; f != nil {
		w.xml.empty("ChallengeFormat", "Encoding", f.Encoding, "Min", number(f.Min), "Max", number(f.Max), "CheckDigits", f.checkDigits())
	}
	if f := p.Response; f != nil {
		w.xml.empty("ResponseFormat", "Encoding", f.Encoding, "Length", number(f.Length), "CheckDigits", f.checkDigits())
	}
	w.xml.close("AlgorithmParameters")
}

func (f *Format) checkDigits() string {
	if f.CheckDigits {
		return "true"
	}
	return ""
}

func (w *Writer) data(k *Key) error {
	numbers := []struct {
		name string
		Value[int64]
	}{{"Counter", k.Counter}, {"Time", k.Time}, {"TimeInterval", k.Interval}, {"TimeDrift", k.Drift}}
	if !k.Secret.Given && !k.Counter.Given && !k.Time.Given && !k.Interval.Given && !k.Drift.Given {
		return nil
	}
	w.xml.open("Data")
	if k.Secret.Given {
		if n := k.Secret.Plain.Len(); n == 0 || n > token.MaxParsedSeed {
			return fmt.Errorf("the Secret has %d bytes; 1 to %d can be written", n, token.MaxParsedSeed)
		}
		w.xml.open("Secret")
		if w.protect == nil {
			w.xml.base64("PlainValue", k.Secret.Plain.Bytes())
		} else if err := w.protect.write(w.xml, w.random, k.Secret.Plain.Bytes()); err != nil {
			return err
		}
		w.xml.close("Secret")
	}
	for _, n := range numbers {
		if !n.Given {
			continue
		}
		if n.Closed {
			return fmt.Errorf("the %s is still encrypted", n.name)
		}
		w.xml.open(n.name)
		// Decimal digits, encrypted too: of the encodings met in files the one that needs no guessing.
		if w.protect == nil || !w.protect.Numbers {
			w.xml.text("PlainValue", number(n.Plain))
		} else if err := w.protect.write(w.xml, w.random, []byte(number(n.Plain))); err != nil {
			return err
		}
		w.xml.close(n.name)
	}
	w.xml.close("Data")
	return nil
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (w *Writer) policy(p Policy) {
	w.xml.open("Policy")
	w.validity(p.Valid)
	if p.PIN != nil {
		w.xml.empty("PINPolicy", "PINKeyId", p.PIN.KeyID, "PINUsageMode", p.PIN.Mode)
	}
	for _, usage := range p.Usages {
		w.xml.text("KeyUsage", usage)
	}
	w.xml.optional("NumberOfTransactions", p.Transactions)
	w.xml.close("Policy")
}
