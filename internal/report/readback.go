package report

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"fob/internal/token"
)

// ReadOptions are what ReadBack needs beside the file.
type ReadOptions struct {
	Password []byte    // of an encrypted workbook; nil: none was given
	TempDir  string    // where one lies meanwhile, under another key; empty: the system's
	Random   io.Reader // of that key
}

// ReadBack recomputes, from an export, how many rows its inventory has and the
// SHA-256 of their canonical CSV. The name's ending says which form it is. Errors
// are of kind Integrity: what cannot be read back was not left as fob wrote it.
func ReadBack(f io.ReaderAt, size int64, name string, o ReadOptions) (Totals, error) {
	whole := io.NewSectionReader(f, 0, size)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return readBackCSV(whole)
	case ".zip":
		return readBackArchive(f, size)
	case ".json":
		return readBackJSON(whole)
	case ".xlsx":
		return readBackWorkbook(f, size, o)
	}
	return Totals{}, token.Errorf(token.Usage, "the ending says the form: .xlsx, .csv, .zip or .json")
}

// readBackArchive hashes the inventory within.
func readBackArchive(f io.ReaderAt, size int64) (Totals, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return Totals{}, unreadable("archive", err)
	}
	in, err := z.Open(inventorySheet + ".csv")
	if err != nil {
		return Totals{}, unreadable("archive", err)
	}
	defer func() { _ = in.Close() }()
	return readBackCSV(io.LimitReader(in, maxUnzipped))
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
// would have, with the columns that the file names.
func readBackJSON(r io.Reader) (Totals, error) {
	in := json.NewDecoder(bufio.NewReaderSize(r, outBuffer))
	named, err := findTokens(in)
	if err != nil {
		return Totals{}, unreadable("JSON", err)
	}
	chosen, err := columnsNamed(named)
	if err != nil {
		return Totals{}, unreadable("JSON", err)
	}
	sum, rows := sha256.New(), 0
	values := make([]value, len(chosen))
	line := appendHeader(nil, headsOf(chosen))
	_, _ = sum.Write(line) // a hash never fails
	for ; in.More(); rows++ {
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return Totals{}, unreadable("JSON", err)
		}
		t, err := strictToken(raw)
		if err != nil {
			return Totals{}, unreadable("JSON", err)
		}
		for i, c := range chosen {
			values[i] = c.of(&t)
		}
		line = appendLine(line[:0], values)
		_, _ = sum.Write(line)
	}
	return Totals{Rows: rows, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

// laterColumns came when files began to name theirs.
var laterColumns = []string{
	"bound_by", "bound_approver", "bound_proof", "bound_codes", "bound_ticket", "last_verified_at", "imported_by", "received", "order",
	"supplier", "file", "file_sha256", "manufactured", "seed_key", "destroyed_at", "issued", "loss_hours", "binding", "batch_id",
}

// columnsNamed gives the columns by their names; without names, those of the time
// when a file did not name them.
func columnsNamed(names []string) (chosen []column[Token], err error) {
	if names == nil {
		for _, c := range columns {
			if !slices.Contains(laterColumns, c.name) {
				chosen = append(chosen, c)
			}
		}
		return chosen, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(columns, func(c column[Token]) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("this program knows no column %q", name)
		}
		chosen = append(chosen, columns[i])
	}
	return chosen, nil
}

// strictToken knows every field: one that it does not know would go unhashed.
func strictToken(raw []byte) (t Token, err error) {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	return t, in.Decode(&t)
}

// findTokens moves into the array of the member "tokens", and gives the names in
// the member "columns" before it.
func findTokens(in *json.Decoder) (named []string, err error) {
	if t, err := in.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.Join(errors.New("it is no object"), err)
	}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil, err
		}
		switch name {
		case "columns":
			err = in.Decode(&named)
		case "tokens":
			if t, err := in.Token(); err != nil || t != json.Delim('[') {
				return nil, errors.Join(errors.New("its tokens are no array"), err)
			}
			return named, nil
		default:
			var skipped json.RawMessage
			err = in.Decode(&skipped)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, errors.New("it has no tokens")
}
