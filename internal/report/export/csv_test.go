package export

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
)

func csvOf(t testing.TB, r Reader) []byte {
	t.Helper()
	var buf bytes.Buffer
	if _, err := WriteCSV(&buf, r, anExport()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestCSVExactBytes(t *testing.T) {
	got := string(csvOf(t, stock(1)))
	want := `"serial","state","state_since","account","bound_at","bound_by","bound_approver","bound_proof","bound_codes","bound_ticket",` +
		`"last_verified_at","location","batch","imported_at","imported_by","received","order","supplier","file",` +
		`"manufacturer","model","type","hash","digits","period","counter","not_before","not_after","manufactured",` +
		`"seed_present","seed_key","destroyed_at","issued","exported_to","drift_seconds","drift_ppm","observed_at","watermark",` +
		`"failures","locked_until","lost_reported_at","loss_hours","stolen","was_stolen","leaked","software","condition","t0","file_sha256","binding","batch_id","id"` + "\r\n" +
		`"0000000000000","bound","2026-11-23T12:00:00Z","user0@example.com","2026-11-23T12:00:00Z","","","","","",` +
		`"","Zürich","3","2026-11-23T12:00:00Z","","","","","",` +
		`"Feitian","c200","totp","sha1","6","30","","","","",` +
		`"true","","","false","entra; duo","-14.5","-1.235","2026-11-23T12:00:00Z","58000000",` +
		`"0","","","","","","","false","","1970-01-01T00:00:00Z","","","","1"` + "\r\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCSVIsReadByAnyReader(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(csvOf(t, stock(20)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 21 {
		t.Errorf("%d rows with the header, want 21", len(rows))
	}
}

func TestCSVOfAnEmptyStoreIsItsHeader(t *testing.T) {
	if got := csvOf(t, stock(0)); !bytes.HasSuffix(got, []byte("\"id\"\r\n")) || bytes.Count(got, []byte("\n")) != 1 {
		t.Errorf("got %q", got)
	}
}

func TestReaderErrorStopsEveryWriter(t *testing.T) {
	r := stock(2)
	r.fail = fault.Errorf(fault.Integrity, "row 3 is damaged")
	for name, write := range writers {
		e := anExport()
		e.TempDir = t.TempDir()
		if _, err := write(io.Discard, r, e); fault.KindOf(err) != fault.Integrity {
			t.Errorf("%s: %v", name, err)
		}
		checkEmpty(t, e.TempDir)
	}
}

func TestCountsThatDisagreeStopEveryWriter(t *testing.T) {
	r := stock(2)
	r.summary.Tokens = 3
	for name, write := range writers {
		if _, err := write(io.Discard, r, anExport()); fault.KindOf(err) != fault.Integrity {
			t.Errorf("%s: %v", name, err)
		}
		e := anExport()
		e.Filter.Batch = 3 // selects fewer: nothing to compare with
		if _, err := write(io.Discard, r, e); err != nil {
			t.Errorf("%s with a filter: %v", name, err)
		}
	}
}

// fullDisk has room for so many bytes.
type fullDisk struct{ room int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// Wherever the disk is full, at the first byte or at the last.
func TestFullDiskIsToldByEveryWriter(t *testing.T) {
	for name, write := range writers {
		for _, n := range []int{0, 3000} {
			e := anExport()
			e.TempDir = t.TempDir()
			size := &fullDisk{1 << 30}
			if _, err := write(size, stock(n), e); err != nil {
				t.Fatal(name, err)
			}
			whole := 1<<30 - size.room
			for _, room := range []int{0, 100, whole / 2, whole - 1} {
				if _, err := write(&fullDisk{room}, stock(n), e); !errors.Is(err, errFull) {
					t.Errorf("%s of %d, with room for %d of %d bytes: %v", name, n, room, whole, err)
				}
			}
			checkEmpty(t, e.TempDir)
		}
	}
}

var writers = map[string]func(io.Writer, Reader, Export) (Totals, error){
	"csv": WriteCSV, "json": WriteJSON, "xlsx": WriteWorkbook, "zip": WriteArchive,
	"locked": func(w io.Writer, r Reader, e Export) (Totals, error) {
		e.Password = []byte("Test password 7")
		return WriteWorkbook(w, r, e)
	},
}
