package pskc

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"fob/internal/fault"
	"fob/internal/xmlstream"
)

// signer is somebody who signs, with a certificate that has expired long ago.
type signer struct {
	key  crypto.Signer
	cert *x509.Certificate
}

func newSigner(t testing.TB, key crypto.Signer) signer {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "supplier"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(testRandom(5), template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, cert}
}

// signers are made once: RSA keys take their time.
var signers = sync.OnceValue(func() map[string]crypto.Signer {
	all := map[string]crypto.Signer{}
	for name, bits := range map[string]int{"RSA": 2048, "other": 2048, "short": 1024} {
		key, err := rsa.GenerateKey(testRandom(6), bits)
		if err != nil {
			panic(err)
		}
		all[name] = key
	}
	for name, curve := range map[string]elliptic.Curve{"P-224": elliptic.P224(), "P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, testRandom(7))
		if err != nil {
			panic(err)
		}
		all[name] = key
	}
	return all
})

func signerCalled(t testing.TB, name string) signer { return newSigner(t, signers()[name]) }

// sign signs a container: enveloped, in exclusive canonical form, over the root's
// Id where it has one.
func (s signer) sign(t testing.TB, container []byte, method string) string {
	t.Helper()
	doc := etree.NewDocument()
	if err := doc.ReadFromBytes(container); err != nil {
		t.Fatal(err)
	}
	ctx, err := dsig.NewSigningContext(s.key, [][]byte{s.cert.Raw})
	if err != nil {
		t.Fatal(err)
	}
	ctx.IdAttribute = "Id"
	ctx.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := ctx.SetSignatureMethod(method); err != nil {
		t.Fatal(err)
	}
	root, err := ctx.SignEnveloped(doc.Root())
	if err != nil {
		t.Fatal(err)
	}
	if key, ok := s.key.(*ecdsa.PrivateKey); ok {
		asXMLSignature(t, root.FindElement("./Signature/SignatureValue"), (key.Params().BitSize+7)/8)
	}
	doc.SetRoot(root)
	text, err := doc.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// asXMLSignature has two numbers where the library writes a DER sequence.
func asXMLSignature(t testing.TB, value *etree.Element, size int) {
	t.Helper()
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(unbase64(t, value.Text()), &rs); err != nil {
		t.Fatal(err)
	}
	value.SetText(base64.StdEncoding.EncodeToString(append(rs.R.FillBytes(make([]byte, size)), rs.S.FillBytes(make([]byte, size))...)))
}

// readSigned reads a signed container as a caller does.
func readSigned(text string, cert *x509.Certificate, compat bool) ([]*KeyPackage, *Signed, error) {
	signed, err := VerifySigned([]byte(text), cert, compat)
	if err != nil {
		return nil, nil, err
	}
	all, err := decode(string(signed.Container))
	return all, signed, err
}

func TestSignatures(t *testing.T) {
	for _, v := range []struct{ signer, method, name string }{
		{"RSA", dsig.RSASHA256SignatureMethod, "RSA-SHA256"},
		{"RSA", dsig.RSASHA384SignatureMethod, "RSA-SHA384"},
		{"RSA", dsig.RSASHA512SignatureMethod, "RSA-SHA512"},
		{"P-256", dsig.ECDSASHA256SignatureMethod, "ECDSA-SHA256"},
		{"P-384", dsig.ECDSASHA384SignatureMethod, "ECDSA-SHA384"},
		{"P-521", dsig.ECDSASHA512SignatureMethod, "ECDSA-SHA512"},
	} {
		s := signerCalled(t, v.signer)
		for _, o := range []WriterOptions{{}, {ID: "c1"}, {ID: "c1", Prefix: "pskc"}} {
			text := s.sign(t, writeAll(t, o, full(), hotpPackage("2", rfcSeed)), v.method)
			all, signed, err := readSigned(text, s.cert, false)
			if err != nil || len(all) != 2 || signed.Method != v.name || signed.Weak {
				t.Errorf("%+v %+v: %v %+v\n%s", v, o, err, signed, text)
				continue
			}
			if string(all[1].Key.Secret.Plain.Bytes()) != rfcSeed || all[0].Device.Model != full().Device.Model {
				t.Errorf("%+v: %+v", v, all[0])
			}
			if strings.Contains(string(signed.Container), "Signature") {
				t.Errorf("%s", signed.Container)
			}
		}
	}
}

// What a signature does not cover may change and does not count.
func TestWhatIsNotSigned(t *testing.T) {
	s := signerCalled(t, "RSA")
	text := s.sign(t, writeAll(t, WriterOptions{ID: "c1"}, hotpPackage("26", rfcSeed)), dsig.RSASHA256SignatureMethod)
	for name, change := range map[string]func(string) string{
		"mark":    func(s string) string { return "\ufeff" + s },
		"comment": func(s string) string { return strings.Replace(s, "<SerialNo>26", "<SerialNo>2<!-- 9 -->6", 1) },
		"around":  func(s string) string { return s + "<!-- x -->\n" },
		"no KeyInfo": func(s string) string {
			return regexp.MustCompile(`<ds:KeyInfo>.*</ds:KeyInfo>`).ReplaceAllString(s, "")
		},
		"namespace":   func(s string) string { return strings.Replace(s, "<KeyContainer", `<KeyContainer xmlns:x="y"`, 1) },
		"CDATA":       func(s string) string { return strings.Replace(s, "<SerialNo>26", "<SerialNo><![CDATA[26]]>", 1) },
		"white space": func(s string) string { return strings.Replace(s, "<ds:SignatureValue>", "<ds:SignatureValue>\n \t", 1) },
	} {
		changed := change(text)
		all, _, err := readSigned(changed, s.cert, false)
		if err != nil || changed == text || len(all) != 1 || all[0].Problem != nil || all[0].Device.SerialNo != "26" {
			t.Errorf("%s: %v %v\n%s", name, all, err, changed)
		}
	}
}

// A signature over more elements than the library looks through.
func TestSignatureOfManyPackages(t *testing.T) {
	s := signerCalled(t, "RSA")
	many := make([]*KeyPackage, 1000)
	for i := range many {
		many[i] = hotpPackage(fmt.Sprint(i), rfcSeed)
	}
	text := s.sign(t, writeAll(t, WriterOptions{ID: "c1"}, many...), dsig.RSASHA256SignatureMethod)
	all, _, err := readSigned(text, s.cert, false)
	if err != nil || len(all) != len(many) || all[999].Device.SerialNo != "999" {
		t.Error(len(all), err)
	}
	evil := strings.Replace(text, "<SerialNo>999<", "<SerialNo>666<", 1)
	if _, err := VerifySigned([]byte(evil), s.cert, false); err != errSignature {
		t.Error(err)
	}
}

const signatureEnds = "</ds:Signature>"

// cutSignature takes the signature out of a signed container.
func cutSignature(text string) (without, signature string) {
	i, j := strings.Index(text, "<ds:Signature "), strings.Index(text, signatureEnds)+len(signatureEnds)
	return text[:i] + text[j:], text[i:j]
}

// Attempts to have something believed that was not signed.
func TestSignatureWrapping(t *testing.T) {
	s, other := signerCalled(t, "RSA"), signerCalled(t, "other")
	original := writeAll(t, WriterOptions{ID: "c1"}, hotpPackage("26", rfcSeed))
	text := s.sign(t, original, dsig.RSASHA256SignatureMethod)
	evil := strings.Replace(one, "26", "66", 1)
	without, signature := cutSignature(text)
	root := `<KeyContainer xmlns="` + Namespace + `" Version="1.0" Id="%">`
	evilRoot := func(id string) string { return strings.Replace(root, "%", id, 1) }
	inner := without[strings.Index(without, "<KeyContainer"):]
	inside := func(where, what string) string { return strings.Replace(text, where, what+where, 1) }
	for name, v := range map[string]struct{ text, says string }{
		"a package before":         {inside("<KeyPackage>", evil), "does not verify"},
		"a package behind":         {inside("<ds:Signature ", evil), "does not verify"},
		"a package after":          {inside("</KeyContainer>", evil), "does not verify"},
		"another serial":           {strings.Replace(text, ">26<", ">66<", 1), "does not verify"},
		"another attribute":        {strings.Replace(text, `Length="6"`, `Length="8"`, 1), "does not verify"},
		"another Id":               {strings.Replace(text, `Id="c1"`, `Id="c2"`, 1), "over something else"},
		"the container in another": {evilRoot("c2") + evil + "<Extensions>" + inner + "</Extensions>" + signature + "</KeyContainer>", "over something else"},
		"the same Id twice":        {evilRoot("c1") + evil + "<Extensions>" + inner + "</Extensions>" + signature + "</KeyContainer>", "more than once"},
		"in another, as it is":     {evilRoot("c2") + evil + "<Extensions>" + text[strings.Index(text, "<KeyContainer"):] + "</Extensions></KeyContainer>", "not directly in <KeyContainer>"},
		"in an Object":             {evilRoot("c2") + evil + strings.Replace(signature, signatureEnds, `<ds:Object>`+inner+`</ds:Object>`+signatureEnds, 1) + "</KeyContainer>", "has more in <Signature>"},
		"an Id on a key":           {strings.Replace(text, `Id="k26"`, `Id="c1"`, 1), "more than once"},
		"moved into a package":     {strings.Replace(without, "</KeyPackage>", "<Extensions>"+signature+"</Extensions></KeyPackage>", 1), "not directly in <KeyContainer>"},
		"moved outside":            {without + signature, "a second root element"},
		"the signature first":      {signature + without, "its root is <Signature>"},
		"a second signature":       {inside("</KeyContainer>", signature), "a second <Signature>"},
		"a second one of others": {inside("</KeyContainer>", func() string {
			_, sig := cutSignature(other.sign(t, original, dsig.RSASHA256SignatureMethod))
			return sig
		}()), "a second <Signature>"},
		"a second container":       {text + evilRoot("c3") + evil + "</KeyContainer>", "a second root element"},
		"no signature":             {without, "is not signed"},
		"of others":                {other.sign(t, original, dsig.RSASHA256SignatureMethod), "does not verify"},
		"of PSKC's namespace":      {strings.ReplaceAll(strings.ReplaceAll(text, "<ds:Signature ", "<Signature "), signatureEnds, "</Signature>"), "erratum 3418"},
		"a DOCTYPE":                {"<!DOCTYPE KeyContainer [<!ATTLIST KeyPackage Id ID #IMPLIED>]>" + inner, "a DOCTYPE"},
		"an entity":                {strings.Replace(text, ">26<", ">&x;<", 1), "an entity"},
		"too deep":                 {inside("</KeyContainer>", strings.Repeat("<Extensions>", xmlstream.MaxDepth)), "nested more than 32 deep"},
		"cut":                      {text[:len(text)-20], "cut off inside"},
		"an attribute twice":       {strings.Replace(text, `Id="c1"`, `Id="c1" Id="c2"`, 1), "an attribute stands twice"},
		"text behind":              {text + "x", "text behind the end"},
		"no XML":                   {"", "the file has no XML element"},
		"another root":             {"<html/>", "its root is <html>"},
		"two SignedInfo":           {strings.Replace(text, "<ds:SignatureValue>", "<ds:SignedInfo/><ds:SignatureValue>", 1), "no <SignatureValue> where it belongs"},
		"two References":           {strings.Replace(text, "</ds:SignedInfo>", `<ds:Reference URI=""/></ds:SignedInfo>`, 1), "has more in <SignedInfo>"},
		"a damaged value":          {strings.Replace(text, "<ds:SignatureValue>", "<ds:SignatureValue>AAAA", 1), "does not verify"},
		"no base64":                {strings.Replace(text, "<ds:SignatureValue>", "<ds:SignatureValue>?", 1), "does not verify"},
		"another digest":           {strings.Replace(text, "<ds:DigestValue>", "<ds:DigestValue>AAAA", 1), "does not verify"},
		"no transforms":            {regexp.MustCompile(`<ds:Transform [^>]*>`).ReplaceAllString(text, ""), "other transforms"},
		"a third transform":        {strings.Replace(text, "</ds:Transforms>", `<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms>`, 1), "other transforms"},
		"comments are signed":      {strings.ReplaceAll(text, "xml-exc-c14n#", "xml-exc-c14n#WithComments"), "another than exclusive canonical form"},
		"HMAC":                     {strings.ReplaceAll(text, dsig.RSASHA256SignatureMethod, MACHMACSHA256), "fob does not take"},
		"none":                     {strings.ReplaceAll(text, dsig.RSASHA256SignatureMethod, ""), "(empty), which fob does not take"},
		"SHA-1 over the container": {strings.ReplaceAll(text, namespaceXenc+"sha256", namespaceDS+"sha1"), "rests on SHA-1"},
		"ECDSA":                    {strings.ReplaceAll(text, dsig.RSASHA256SignatureMethod, dsig.ECDSASHA256SignatureMethod), "the certificate has a key for RSA"},
	} {
		for _, compat := range []bool{false, true} {
			got, err := VerifySigned([]byte(v.text), s.cert, compat)
			says := v.says
			if compat && name == "SHA-1 over the container" {
				says = "does not verify"
			}
			if got != nil || fault.KindOf(err) != fault.Refused || fault.HintOf(err) == "" || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %+v, %v, want %s", name, got, err, says)
			}
		}
	}
}

func TestKeysThatMayNotSign(t *testing.T) {
	for name, v := range map[string]struct{ method, says string }{
		"short": {dsig.RSASHA256SignatureMethod, "an RSA key of 1024 bits"},
		"P-224": {dsig.ECDSASHA256SignatureMethod, "an ECDSA key of 224 bits"},
	} {
		s := signerCalled(t, name)
		text := s.sign(t, writeAll(t, WriterOptions{}, hotpPackage("26", rfcSeed)), v.method)
		if _, err := VerifySigned([]byte(text), s.cert, true); fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), v.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Figure 9 of RFC 6030 is an example of the form only: what it refers to is not
// in it, and its hash and its signature are the same bytes.
func TestFigure9IsRefused(t *testing.T) {
	text, err := os.ReadFile("../../testdata/seedfiles/pskc/rfc6030-figure9.xml")
	if err != nil {
		t.Fatal(err)
	}
	figure9 := string(text)
	mended := strings.NewReplacer("<Signature>", "<ds:Signature>", "</Signature>", "</ds:Signature>").Replace(figure9)
	transformed := strings.Replace(mended, "<ds:DigestMethod", `<ds:Transforms><ds:Transform Algorithm="`+
		dsig.EnvelopedSignatureAltorithmId.String()+`"/></ds:Transforms><ds:DigestMethod`, 1)
	whole := strings.Replace(transformed, "#Device", "", 1)
	cert := signerCalled(t, "RSA").cert
	for text, says := range map[string]string{
		figure9:     "erratum 3418",
		mended:      "no <Transforms> where it belongs in <Reference>",
		transformed: "over something else than the whole container",
		whole:       "does not verify",
	} {
		if got, err := VerifySigned([]byte(text), cert, true); got != nil || fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v, %v, want %s", got, err, says)
		}
	}
}

func TestSignedContainerTooLarge(t *testing.T) {
	_, err := VerifySigned(make([]byte, MaxSigned+1), nil, false)
	if fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), "more than 32 MiB") {
		t.Error(err)
	}
}

// pskctool signs with RSA-SHA1 and inclusive canonical form, and verifies what
// others sign.
func TestSignaturesAgainstPskctool(t *testing.T) {
	tool := peer(t, "pskctool")
	s := signerCalled(t, "RSA")
	dir := t.TempDir()
	der, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	key := write("key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	crt := write("crt.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Raw}))
	for _, o := range []WriterOptions{{}, {ID: "c1", Prefix: "pskc"}} {
		file := write("plain.xml", writeAll(t, o, full(), hotpPackage("26", rfcSeed)))
		cmd := exec.CommandContext(t.Context(), tool, "--sign", "--sign-key", key, "--sign-crt", crt, file)
		var trouble bytes.Buffer
		cmd.Stderr = &trouble
		text, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v %s", err, &trouble)
		}
		all, signed, err := readSigned(string(text), s.cert, true)
		if err != nil || len(all) != 2 || !signed.Weak || signed.Method != "RSA-SHA1" || all[1].Device.SerialNo != "26" {
			t.Errorf("%+v: %v %+v\n%s", o, err, signed, text)
		}
		if _, err := VerifySigned(text, s.cert, false); fault.KindOf(err) != fault.Refused || !strings.Contains(fault.HintOf(err), "compat takes this one") {
			t.Error("without compat:", err)
		}
		if _, err := VerifySigned(bytes.Replace(text, []byte(">26<"), []byte(">66<"), 1), s.cert, true); err != errSignature {
			t.Error("changed:", err)
		}
	}
}
