package pskc

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/xmlstream"
)

// Writer writes a container package by package. What it writes a Decoder reads
// as it was; what could not come back so is refused.
type Writer struct {
	pen
	to  io.Writer
	n   int
	err error // that ended the writing
}

// pen is what one package is written with.
type pen struct {
	xml     *xmlstream.Writer
	prefix  string
	protect *protector // nil: values are plain
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
	out := &Writer{pen: pen{xml: xmlstream.NewWriter(w, o.Prefix), prefix: o.Prefix}, to: w}
	xmlns := strings.TrimSuffix("xmlns:"+o.Prefix, ":") + `="` + Namespace + `"`
	if o.Protect != nil {
		var err error
		if out.protect, err = o.Protect.begin(random); err != nil {
			return nil, err
		}
		xmlns += xmlnsOfProtection
	}
	out.xml.Raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	out.xml.Open("KeyContainer "+xmlns, "Version", "1.0", "Id", o.ID)
	out.xml.Raw("\n")
	if out.protect != nil {
		out.protect.writeHeader(out.xml)
	}
	return out, out.flush()
}

// Write writes a package. N, Line and Extended are the decoder's and have no
// part in it. An error of kind fault.NotAllowed leaves the container as it was;
// any other ends it.
func (w *Writer) Write(p *KeyPackage) error {
	if err := w.open(); err != nil {
		return err
	}
	if err := w.keyPackage(p); err != nil {
		w.xml.Forget()
		return fault.Wrap(fault.NotAllowed, err, "package %d cannot be written", w.n+1)
	}
	w.n++
	return w.flush()
}

// Render appends a package to a buffer, for Add. Several goroutines may render at a
// time. The error is of kind fault.NotAllowed. What is appended holds a secret.
func (w *Writer) Render(b []byte, p *KeyPackage) ([]byte, error) {
	one := w.pen
	one.xml = xmlstream.Onto(b, w.prefix)
	if err := one.keyPackage(p); err != nil {
		one.xml.Forget()
		return b, fault.Wrap(fault.NotAllowed, err, "the key %s cannot be written", p.Key.ID)
	}
	return one.xml.Gathered(), nil
}

// Add writes a package that was rendered.
func (w *Writer) Add(text []byte) error {
	if err := w.open(); err != nil {
		return err
	}
	w.n++
	_, w.err = w.to.Write(text)
	return w.err
}

// open refuses what comes behind the end.
func (w *Writer) open() error {
	if w.err == nil && w.n == MaxPackages {
		return fault.Errorf(fault.NotAllowed, "the container is full: it has %d packages", w.n)
	}
	return w.err
}

func (w *pen) keyPackage(p *KeyPackage) error {
	if p.Problem != nil {
		return p.Problem
	}
	w.xml.Open("KeyPackage")
	err := w.children("KeyPackage", p.fields())
	w.xml.Raw("\n")
	if err == nil {
		err = w.xml.Err
	}
	return err
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
	w.xml.Close("KeyContainer")
	w.xml.Raw("\n")
	if err := w.flush(); err != nil {
		return err
	}
	w.err = fault.Errorf(fault.Internal, "the container is complete")
	return nil
}

func (w *Writer) flush() error {
	w.err = w.xml.Flush()
	return w.err
}

// children writes what stands in an element that was begun, and ends it.
func (w *pen) children(in string, all fields) error {
	for _, f := range all {
		if err := w.field(f); err != nil {
			return err
		}
	}
	w.xml.Close(in)
	return nil
}

// field writes an element, and nothing where there is nothing to say.
func (w *pen) field(f field) error {
	x := w.xml
	switch v := f.to.(type) {
	case *string:
		x.Optional(f.name, *v)
	case **string:
		if *v != nil {
			x.Text(f.name, **v)
		}
	case *[]string:
		for _, text := range *v {
			x.Text(f.name, text)
		}
	case *Moment:
		layout := "2006-01-02T15:04:05.999999999Z"
		if v.Unzoned { // it stays so
			layout = layout[:len(layout)-1]
		}
		if !v.IsZero() {
			x.Text(f.name, v.UTC().Format(layout))
		}
	case **Format:
		if o := *v; o != nil {
			check := map[bool]string{true: "true"}[o.CheckDigits]
			x.Element(f.name, nil, "Encoding", o.Encoding, "Length", count(o.Length), "Min", count(o.Min), "Max", count(o.Max), "CheckDigits", check)
		}
	case **PINPolicy:
		if *v != nil {
			x.Element(f.name, nil, "PINKeyId", (*v).KeyID, "PINUsageMode", (*v).Mode)
		}
	case *KeyPackage:
		if v.ModuleID != "" {
			x.Element(f.name, func() { x.Text("Id", v.ModuleID) })
		}
	case *DeviceInfo:
		if *v != (DeviceInfo{}) {
			x.Open(f.name)
			return w.children(f.name, v.fields())
		}
	case *Parameters:
		if *v != (Parameters{}) {
			x.Open(f.name)
			return w.children(f.name, v.fields())
		}
	case **Policy:
		if *v != nil {
			x.Open(f.name)
			return w.children(f.name, (*v).fields())
		}
	case **Key:
		if k := *v; k != nil {
			if k.ID == "" {
				return fmt.Errorf("the Key has no Id")
			}
			x.Open(f.name, "Id", k.ID, "Algorithm", k.Algorithm)
			return w.children(f.name, k.fields())
		}
	case *Key:
		if v.Secret.Given || v.Counter.Given || v.Time.Given || v.Interval.Given || v.Drift.Given {
			x.Open(f.name)
			return w.children(f.name, v.values())
		}
	case *Value[token.Seed]:
		if n := v.Plain.Len(); v.Given && (n == 0 || n > token.MaxParsedSeed) {
			return fmt.Errorf("the %s has %d bytes; 1 to %d can be written", f.name, n, token.MaxParsedSeed)
		} else if v.Given && w.protect == nil {
			x.Element(f.name, func() { x.Base64("PlainValue", v.Plain.Bytes()) })
		} else if v.Given {
			return w.sealed(f.name, v.Plain.Bytes())
		}
	case *Value[int64]:
		// Decimal digits, encrypted too: of the encodings met in files the one that needs no guessing.
		if v.Closed {
			return fmt.Errorf("the %s is still encrypted", f.name)
		} else if v.Given && w.protect != nil && w.protect.Numbers {
			return w.sealed(f.name, []byte(number(v.Plain)))
		} else if v.Given {
			x.Element(f.name, func() { x.Text("PlainValue", number(v.Plain)) })
		}
	}
	return nil
}

// sealed writes a value that is encrypted, with a MAC over it.
func (w *pen) sealed(name string, plain []byte) error {
	p := w.protect
	data, err := p.seal(plain)
	if err != nil {
		return err
	}
	w.xml.Open(name)
	w.xml.Element("EncryptedValue", func() { p.encryptedData(w.xml, data) })
	if p.MAC.hash != nil {
		w.xml.Base64("ValueMAC", p.sum(data))
	}
	w.xml.Close(name)
	return nil
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// count is number, and nothing for 0.
func count(n int64) string { return strings.TrimPrefix(number(n), "0") }
