package cli

import (
	"archive/zip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"fob/internal/cli/term"
	"fob/internal/report/export"
	"fob/internal/report/sheet"
	"fob/tools/excelrules"
	lives "fob/tools/life"
)

// lived is a store to which everything happened that operators do, and a folder to
// export it into.
type lived struct {
	*program
	dir string
}

func newLived(t *testing.T, steps int) lived {
	t.Helper()
	dir := t.TempDir()
	l, err := lives.Begin(dir, 7)
	for range steps {
		if err == nil {
			err = l.Step()
		}
	}
	if err == nil {
		err = l.End()
	}
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram(t)
	p.env["FOB_DB"], p.env["FOB_IDENTITY"] = l.Config.DB, l.Config.Identity
	if p.now.Before(l.Now) {
		p.now = l.Now.Add(time.Hour)
	}
	return lived{p, dir}
}

func (l lived) export(t *testing.T, name string, flags ...string) string {
	t.Helper()
	path := filepath.Join(l.dir, name)
	l.must(t, append([]string{"export", path, "--yes"}, flags...)...)
	return path
}

// What the workbook of a real store says in its cells is what list says, column by
// column, and Excel has nothing to mend in it.
func TestWorkbookSaysWhatListSays(t *testing.T) {
	l := newLived(t, 300)
	var listed []map[string]any
	in := json.NewDecoder(strings.NewReader(l.must(t, "list", "--json").out))
	in.UseNumber()
	if err := in.Decode(&listed); err != nil {
		t.Fatal(err)
	}
	path := l.export(t, "inventory.xlsx")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range excelrules.Check(data) {
		t.Error(broken)
	}
	cells := sheetRows(t, path, "Inventory")
	if len(cells) != len(listed)+1 || len(listed) < 40 {
		t.Fatalf("%d rows, %d tokens are listed", len(cells), len(listed))
	}
	fields := inventoryFields(cells[0])
	filled := map[string]int{}
	for i, row := range cells[1:] {
		for j, f := range fields {
			got := ""
			if j < len(row) {
				got = row[j]
			}
			said, known := listed[i][f.Field]
			if f.Field == "stolen" && listed[i]["lost_reported_at"] == nil {
				said = nil // said of lost tokens only
			}
			if (f.Field == "was_stolen" || f.Field == "leaked") && said == false {
				said = nil // a column of noes is empty
			}
			if want := cellOf(said, f.Kind); known && got != want {
				t.Errorf("%v: %s is %q in the workbook, %v in the list", listed[i]["serial"], f.Field, got, said)
			} else if known && got != "" {
				filled[f.Field]++
			}
		}
	}
	if len(filled) < 35 {
		t.Errorf("only %d columns had something to compare: %v", len(filled), filled)
	}
}

func sheetRows(t *testing.T, path, sheet string) [][]string {
	t.Helper()
	f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// inventoryFields are the fields in the order of a header.
func inventoryFields(header []string) (fields []export.Explained) {
	byTitle := map[string]export.Explained{}
	for _, x := range export.Dictionary() {
		if x.Sheet == "Inventory" {
			byTitle[x.Title] = x
		}
	}
	for _, title := range header {
		fields = append(fields, byTitle[title])
	}
	return fields
}

// cellOf is what the cell of a kind holds for a value of the list.
func cellOf(v any, kind string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return map[bool]string{true: "1", false: "0"}[v]
	case []any:
		var all []string
		for _, one := range v {
			all = append(all, fmt.Sprint(one))
		}
		return sheet.Guard(strings.Join(all, "; "))
	case json.Number:
		if kind == "decimal number" {
			x, _ := v.Float64()
			x, _ = strconv.ParseFloat(strconv.FormatFloat(x, 'f', 3, 64), 64)
			return strconv.FormatFloat(x, 'g', -1, 64)
		}
		return v.String()
	case string:
		if kind == "time (UTC)" {
			return excelDay(v)
		}
		return sheet.Guard(v)
	}
	return fmt.Sprint(v)
}

// excelDay is an instant in days since 1899-12-30, to ten digits of a day.
func excelDay(text string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	s := at.Unix() - time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Unix()
	day := fmt.Sprintf("%d.%010d", s/86400, (s%86400*10_000_000_000+43200)/86400)
	return strings.TrimSuffix(strings.TrimRight(day, "0"), ".")
}

// LibreOffice opens the workbook; every sheet that it makes CSV of has the cells of
// the archive, and what it saves again is proven by the rows that were signed.
func TestLibreOfficeReadsTheWorkbook(t *testing.T) {
	if _, err := exec.LookPath("soffice"); err != nil {
		if os.Getenv("FOB_NO_PEERS") == "1" {
			t.Skip("soffice is missing and FOB_NO_PEERS=1: not compared")
		}
		t.Fatal("soffice is missing: apt-get install libreoffice-calc-nogui (or set FOB_NO_PEERS=1)")
	}
	l := newLived(t, 120)
	book, archive := l.export(t, "inventory.xlsx", "--sign"), l.export(t, "inventory.zip")
	l.convert(t, book, "csv", `csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1`)
	for _, sheet := range []string{"Inventory", "Bindings", "Batches", "Locations", "Events", "Exceptions", "Data dictionary"} {
		ours, theirs := zippedCSV(t, archive, sheet+".csv"), readCSV(t, filepath.Join(l.dir, "csv", "inventory-"+sheet+".csv"))
		if len(ours) < 2 && sheet != "Exceptions" {
			t.Errorf("%s has %d lines", sheet, len(ours))
		}
		for i := range ours[1:] {
			for j, text := range ours[i+1] {
				ours[i+1][j] = asShown(text)
			}
		}
		if diff := cmp.Diff(ours[1:], theirs[1:]); diff != "" {
			t.Errorf("%s (- the archive, + LibreOffice):\n%s", sheet, diff)
		}
	}
	l.convert(t, book, "again", "xlsx")
	pub := strings.TrimSpace(fieldOf(t, l.must(t, "key", "list", "--json").out, "checkpoint_pub"))
	again := filepath.Join(l.dir, "again", "inventory.xlsx")
	said := l.must(t, "verify-export", again, "--sidecar", book+term.SidecarEnding, "--pub", pub, "--rows-only").out
	if !strings.HasPrefix(said, "This is not the very file that was signed, but its inventory is the one") {
		t.Error(said)
	}
}

// convert has LibreOffice write a file into a folder.
func (l lived) convert(t *testing.T, file, dir, form string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+filepath.Join(l.dir, "office"),
		"--headless", "--convert-to", form, "--outdir", filepath.Join(l.dir, dir), file)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "convert ") {
		t.Fatalf("%v\n%s", err, out)
	}
}

// asShown is a field of the archive as LibreOffice writes its cell: a time without T
// and Z, TRUE for true.
func asShown(text string) string {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.Format("2006-01-02 15:04:05")
	}
	switch text {
	case "true", "false":
		return strings.ToUpper(text)
	}
	return text
}

func fieldOf(t *testing.T, text, name string) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(fields[name])
}

func zippedCSV(t *testing.T, archive, name string) [][]string {
	t.Helper()
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func readCSV(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(path, err)
	}
	return rows
}
