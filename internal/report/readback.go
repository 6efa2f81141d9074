package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"fob/internal/token"
)

// ReadBack recomputes, from an export, how many rows its inventory has and the
// SHA-256 of their canonical CSV. The name's ending says which form it is. Errors
// are of kind Integrity: what cannot be read back was not left as fob wrote it.
// tempDir is where large sheets of a workbook may lie meanwhile.
func ReadBack(f io.ReaderAt, size int64, name, tempDir string) (Totals, error) {
	whole := io.NewSectionReader(f, 0, size)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return readBackCSV(whole)
	case ".json":
		return readBackJSON(whole)
	case ".xlsx":
		return readBackWorkbook(whole, tempDir)
	}
	return Totals{}, token.Errorf(token.Usage, "the ending says the form: .xlsx, .csv or .json")
}

// readBackCSV hashes the bytes as they are: the file is its own canonical form.
func readBackCSV(r io.Reader) (t Totals, err error) {
	sum := sha256.New()
	lines := csv.NewReader(bufio.NewReaderSize(io.TeeReader(r, sum), outBuffer))
	lines.ReuseRecord = true
	for {
		_, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, unreadable("CSV", err)
		}
		t.Rows++
	}
	if t.Rows--; t.Rows < 0 {
		return t, token.Errorf(token.Integrity, "the file is empty")
	}
	t.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return t, nil
}

// unreadable names what is wrong with the form of a file.
func unreadable(form string, err error) *token.Error {
	return token.Errorf(token.Integrity, "the file is no %s that fob wrote: %v", form, err)
}

// readBackJSON decodes the tokens one by one and writes them down as WriteCSV
// would have.
func readBackJSON(r io.Reader) (Totals, error) {
	in := json.NewDecoder(bufio.NewReaderSize(r, outBuffer))
	if err := findTokens(in); err != nil {
		return Totals{}, unreadable("JSON", err)
	}
	k := newWalk()
	for in.More() {
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return Totals{}, unreadable("JSON", err)
		}
		t, err := strictToken(raw)
		if err != nil {
			return Totals{}, unreadable("JSON", err)
		}
		k.add(&t)
	}
	return Totals{Rows: k.rows, SHA256: k.sum()}, nil
}

// strictToken knows every field: one that it does not know would go unhashed.
func strictToken(raw []byte) (t Token, err error) {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	return t, in.Decode(&t)
}

// findTokens moves into the array of the member "tokens".
func findTokens(in *json.Decoder) error {
	if t, err := in.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("it is no object"), err)
	}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return err
		}
		if name != "tokens" {
			var skipped json.RawMessage
			if err := in.Decode(&skipped); err != nil {
				return err
			}
			continue
		}
		if t, err := in.Token(); err != nil || t != json.Delim('[') {
			return errors.Join(errors.New("its tokens are no array"), err)
		}
		return nil
	}
	return errors.New("it has no tokens")
}
