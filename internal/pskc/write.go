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
	attrs := []string{"Version", "1.0"}
	if o.ID != "" {
		attrs = append(attrs, "Id", o.ID)
	}
	out.xml.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	if o.Protect == nil {
		out.xml.root(attrs, "")
		return out, out.flush()
	}
	var err error
	if out.protect, err = o.Protect.begin(random); err != nil {
		return nil, err
	}
	out.xml.root(attrs, xmlnsOfProtection)
	o.Protect.writeKey(out.xml)
	out.protect.writeMethod(out.xml)
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
	if w.err != nil {
		return w.err
	}
	if w.n == 0 {
		return fault.Errorf(fault.NotAllowed, "a container without a package is none")
	}
	w.xml.close("KeyContainer")
	w.err = w.flush()
	if w.err == nil {
		w.err = errClosed
		return nil
	}
	return w.err
}

var errClosed = fault.Errorf(fault.Internal, "the container is complete")

func (w *Writer) flush() error {
	w.err = w.xml.flush()
	return w.err
}

func (w *Writer) keyPackage(p *KeyPackage) error {
	if p.Problem != nil {
		return p.Problem
	}
	w.xml.open("KeyPackage")
	if p.Device != (DeviceInfo{}) {
		w.device(p.Device)
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

func (w *Writer) device(i DeviceInfo) {
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

// validity writes dates as they were read: one without a zone stays so.
func (w *Writer) validity(v Validity) {
	for _, d := range []struct {
		name string
		Moment
	}{{"StartDate", v.Start}, {"ExpiryDate", v.Expiry}} {
		switch {
		case d.IsZero():
		case d.Unzoned:
			w.xml.text(d.name, d.UTC().Format("2006-01-02T15:04:05.999999999"))
		default:
			w.xml.text(d.name, d.UTC().Format("2006-01-02T15:04:05.999999999Z"))
		}
	}
}

// key writes a Key, its children in the order of RFC 6030 section 11.
func (w *Writer) key(k *Key) error {
	if k.ID == "" {
		return fmt.Errorf("the Key has no Id")
	}
	attrs := []string{"Id", k.ID}
	if k.Algorithm != "" {
		attrs = append(attrs, "Algorithm", k.Algorithm)
	}
	w.xml.open("Key", attrs...)
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
		w.format("ChallengeFormat", *f, "Min", number(f.Min), "Max", number(f.Max))
		w.xml.close("ChallengeFormat")
	}
	if f := p.Response; f != nil {
		w.format("ResponseFormat", *f, "Length", number(f.Length))
		w.xml.close("ResponseFormat")
	}
	w.xml.close("AlgorithmParameters")
}

// format begins an element with the attributes that its schema demands.
func (w *Writer) format(name string, f Format, demanded ...string) {
	attrs := append([]string{"Encoding", f.Encoding}, demanded...)
	if f.CheckDigits {
		attrs = append(attrs, "CheckDigits", "true")
	}
	w.xml.open(name, attrs...)
}

func (w *Writer) data(k *Key) error {
	numbers := []struct {
		name string
		Value[int64]
	}{{"Counter", k.Counter}, {"Time", k.Time}, {"TimeInterval", k.Interval}, {"TimeDrift", k.Drift}}
	given := k.Secret.Given
	for _, n := range numbers {
		given = given || n.Given
	}
	if !given {
		return nil
	}
	w.xml.open("Data")
	if k.Secret.Given {
		if err := w.secret(k.Secret); err != nil {
			return err
		}
	}
	for _, n := range numbers {
		switch {
		case !n.Given:
			continue
		case n.Closed:
			return fmt.Errorf("the %s is still encrypted", n.name)
		}
		if err := w.number(n.name, n.Plain); err != nil {
			return err
		}
	}
	w.xml.close("Data")
	return nil
}

func (w *Writer) secret(v Value[token.Seed]) error {
	n := v.Plain.Len()
	if n == 0 || n > token.MaxParsedSeed {
		return fmt.Errorf("the Secret has %d bytes; 1 to %d can be written", n, token.MaxParsedSeed)
	}
	w.xml.open("Secret")
	defer w.xml.close("Secret")
	if w.protect == nil {
		w.xml.base64("PlainValue", v.Plain.Bytes())
		return nil
	}
	return w.protect.write(w.xml, w.random, v.Plain.Bytes())
}

// number writes decimal digits, encrypted too: of the encodings met in files the
// one that needs no guessing.
func (w *Writer) number(name string, n int64) error {
	w.xml.open(name)
	defer w.xml.close(name)
	if w.protect == nil || !w.protect.Numbers {
		w.xml.text("PlainValue", number(n))
		return nil
	}
	return w.protect.write(w.xml, w.random, []byte(number(n)))
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (w *Writer) policy(p Policy) {
	w.xml.open("Policy")
	w.validity(p.Valid)
	if p.PIN != nil {
		var attrs []string
		if p.PIN.KeyID != "" {
			attrs = append(attrs, "PINKeyId", p.PIN.KeyID)
		}
		if p.PIN.Mode != "" {
			attrs = append(attrs, "PINUsageMode", p.PIN.Mode)
		}
		w.xml.open("PINPolicy", attrs...)
		w.xml.close("PINPolicy")
	}
	for _, usage := range p.Usages {
		w.xml.text("KeyUsage", usage)
	}
	w.xml.optional("NumberOfTransactions", p.Transactions)
	w.xml.close("Policy")
}
