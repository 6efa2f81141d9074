package pskc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"fob/internal/testkit"
)

// byLibrary verifies a signed container as goxmldsig does, which reads all of it
// into one tree, and gives what was signed.
func byLibrary(text []byte, cert *x509.Certificate) ([]byte, error) {
	root, err := tree(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	var element *etree.Element
	for _, el := range root.ChildElements() {
		if el.Tag == "Signature" {
			element = el
		}
	}
	if element == nil {
		return nil, errors.New("no signature")
	}
	if el := element.SelectElement("KeyInfo"); el != nil {
		element.RemoveChild(el)
	}
	value := element.SelectElement("SignatureValue")
	plain, err := (&signature{value: value}).plainValue(cert)
	if err != nil {
		return nil, err
	}
	value.SetText(base64.StdEncoding.EncodeToString(plain))
	root.RemoveChild(element) // it gives up looking after a thousand elements
	root.InsertChildAt(0, element)
	ctx := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: []*x509.Certificate{cert}})
	ctx.Clock = dsig.NewFakeClockAt(cert.NotBefore)
	for _, ctx.IdAttribute = range []string{"Id", "id"} {
		if root.SelectAttr(ctx.IdAttribute) != nil {
			break
		}
	}
	if root, err = ctx.Validate(root); err != nil {
		return nil, err
	}
	doc := etree.NewDocument()
	doc.WriteSettings = etree.WriteSettings{CanonicalAttrVal: true, CanonicalEndTags: true, CanonicalText: true}
	doc.SetRoot(root)
	return doc.WriteToBytes()
}

// What is verified a part at a time is, to the byte, what the library verifies in
// one tree, whatever of XML the container is written with and wherever its parts
// end.
func TestSignedPartsAgainstTheLibrary(t *testing.T) {
	long := strings.Repeat("x", partSize/4)
	for name, inside := range map[string]string{
		"plain":        one + "\n" + one,
		"one":          one,
		"many parts":   strings.Repeat("\n  "+one, 5*partSize/2/len(one)),
		"long":         strings.Repeat("<Extensions>"+long+"</Extensions> ", 9) + one,
		"line ends":    "\r\n" + strings.ReplaceAll(one, "><", ">\r\n<") + "\r" + one + "\r\n",
		"comments":     "<!-- a -->" + one + "<!-- b -->" + strings.Replace(one, ">26<", "><!-- c -->26<", 1) + "<!-- d -->",
		"instructions": "<?a b?>" + one + "<?c?>",
		"references":   strings.Replace(one, ">26<", ">&#50;&#x36;&amp;&lt;&gt;&quot;&#13;&#9;&#10;<", 1),
		"attributes":   strings.Replace(one, ">26<", ` b="&quot;&#13;&#9;&#10;&lt;'" a='"'>26<`, 1),
		"CDATA":        strings.Replace(one, ">26<", "><![CDATA[2&6]]>]]&gt;<", 1),
		"prefixes": `<p:Extensions xmlns:p="` + Namespace + `" xmlns:q="u" q:a="1" p:a="2"><q:b xmlns="" xmlns:p="v"><c p:d="3" xml:lang="en"/></q:b></p:Extensions>` +
			one + `<Extensions xmlns:x="w"><x:y/><x:z xmlns:x="w2"/></Extensions>`,
		"root's prefix":  `<Extensions><s:y a="1"/></Extensions><s:Extensions><s:a s:b=""/></s:Extensions>` + one,
		"empty elements": "<Extensions/>" + one + "<Extensions></Extensions>",
	} {
		for i, root := range []string{
			strings.Replace(open, " xmlns", ` Id="c1" s:t="1" xmlns:s="urn:s" xmlns:unused="urn:unused" xmlns`, 1),
			"\ufeff<?xml version=\"1.0\"?>\n<!-- a -->" + strings.Replace(open, "<KeyContainer", `<KeyContainer z="&lt;" xmlns:s="urn:s"`, 1),
		} {
			if i == 0 || len(inside) < partSize { // the library takes its time
				checkParts(t, name, signerCalled(t, []string{"RSA", "P-256"}[i]), root, inside)
			}
		}
	}
}

// checkParts signs a container and verifies it as it is written: what the library
// writes is written in another way.
func checkParts(t *testing.T, name string, s signer, root, inside string) {
	t.Helper()
	method := dsig.RSASHA256SignatureMethod
	if _, ok := s.key.(*ecdsa.PrivateKey); ok {
		method = dsig.ECDSASHA256SignatureMethod
	}
	_, signature := cutSignature(s.sign(t, []byte(strings.TrimPrefix(root+inside+shut, "\ufeff")), method))
	for where, text := range map[string]string{"first": root + signature + inside + shut, "last": root + inside + signature + shut} {
		moved := []byte(text)
		got, err := VerifySigned(moved, s.cert, false)
		want, err2 := byLibrary(moved, s.cert)
		if err != nil || err2 != nil || !bytes.Equal(got.Container, want) {
			t.Errorf("%s, the signature %s: %v, %v\n%.2000s\nby the library\n%.2000s", name, where, err, err2, fmt.Sprint(got), want)
		}
		at, _, err := scanSigned(moved)
		if len(inside) > 2*partSize && (err != nil || len(at.parts) < 3) {
			t.Errorf("%s: %d parts, %v", name, len(at.parts), err)
		}
		for _, where := range []int{at.start.to, at.parts[0].from + len(at.parts[0].of(moved))/2, at.parts[len(at.parts)-1].to} {
			evil := append(append(bytes.Clone(moved[:where]), "<x/>"...), moved[where:]...)
			if got, err := VerifySigned(evil, s.cert, true); err == nil {
				t.Errorf("%s: with an element at %d: %.1000s", name, where, got.Container)
			}
		}
	}
}

// FuzzSignedParts: the canonical form of a container in the smallest parts is
// what the library makes of it in one tree.
func FuzzSignedParts(f *testing.F) {
	testkit.Corpus(f, "../../testdata/seedfiles/pskc/*.xml")
	f.Add([]byte(`<a xmlns:p="u" p:b="1"><p:c/>&#13;<d xmlns="v" p:e=""/><!-- f --><?g h?></a>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		at, r := places{size: 1}, newXML(bytes.NewReader(text))
		for {
			ev, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return
			}
			at.note(r, ev)
		}
		root, err := tree(bytes.TrimPrefix(text, []byte("\ufeff")))
		if err != nil || at.end.to == at.start.to || at.signature.from > 0 {
			return
		}
		for _, inclusive := range []bool{false, true} {
			sig := &signature{root: root, inclusive: inclusive}
			got, err := sig.container(text, at)
			want, err2 := sig.canonical(text[at.start.from:at.end.to])
			if (err == nil) != (err2 == nil) || !bytes.Equal(got, want) {
				t.Fatalf("inclusive %v: %v %v\n%s\nby the library\n%s", inclusive, err, err2, got, want)
			}
		}
	})
}
