package cli

import (
	"archive/zip"
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"fob/internal/testkit"
	"fob/tools/seedgen/gen"
)

// Two deliveries, as seedgen makes them: 36 TOTP tokens and 6 HOTP ones.
var (
	deliveryPlan = gen.Plan{N: 36, Serials: 2600412300001, Header: true}
	hotpPlan     = gen.Plan{N: 6, First: 500, Serials: 2600412400001 - 500, HOTP: 1, RFC4226: true}
)

func seedFile(p gen.Plan) []byte {
	var b bytes.Buffer
	if err := gen.WriteOATHCSV(&b, p); err != nil {
		panic(err) // a buffer takes everything
	}
	return b.Bytes()
}

// known is a token whose seed the tests know.
type known struct {
	serial, kind, hash string
	seed               []byte
	digits, moving     int
}

func parseKnown(data []byte) []known {
	var all []known
	for line := range strings.Lines(string(data)) {
		rows, err := csv.NewReader(strings.NewReader(line)).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) < 5 {
			continue
		}
		f := rows[0]
		k := known{serial: f[0], kind: f[2], hash: "sha1"}
		k.seed, err = hex.DecodeString(f[1])
		digits, err1 := strconv.Atoi(f[3])
		moving, err2 := strconv.Atoi(f[4])
		if errors.Join(err, err1, err2) != nil || len(k.seed) < 10 {
			continue
		}
		k.digits, k.moving = digits, moving
		if len(f) > 5 {
			k.hash = f[5]
		}
		all = append(all, k)
	}
	return all
}

// shows is RFC 4226 section 5.3, written again without the library under test.
func (k known) shows(counter int64) string {
	h := map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha512": sha512.New}[k.hash]
	mac := hmac.New(h, k.seed)
	var text [8]byte
	binary.BigEndian.PutUint64(text[:], uint64(counter))
	mac.Write(text[:])
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := uint64(binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff)
	power := uint64(1)
	for range k.digits {
		power *= 10
	}
	return fmt.Sprintf("%0*d", k.digits, n%power)
}

// findSeed names the first token whose seed is in the data, in any form.
func findSeed(data []byte, all []known) string {
	for _, k := range all {
		for form, text := range testkit.SeedForms(k.seed) {
			if bytes.Contains(data, text) {
				return k.serial + " (" + form + ")"
			}
		}
	}
	return ""
}

// unzip reads all parts of a workbook.
func unzip(path string) (map[string][]byte, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	parts := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			return nil, err
		}
		if parts[f.Name], err = io.ReadAll(in); err != nil {
			return nil, err
		}
	}
	return parts, nil
}
