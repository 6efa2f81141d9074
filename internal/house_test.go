// Package internal_test holds the tests of the house itself: which room may
// import which, which library lives where, and who may ask for the time.
package internal_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "fob/"

// A room says which other rooms of this module its code may import, and why it
// imports no others. Tests are free: they look at a room from outside.
type room struct {
	may []string
	why string            // holds for every room that is neither in may nor in not
	not map[string]string // forbidden rooms that have a reason of their own
}

// The rooms of the house. "family" stands for each package
// below seedfile that is not named here.
var rooms = map[string]room{
	"cmd/fob": {
		may: []string{"fault", "cli"},
		why: "main exits with what cli returns and does nothing else",
	},
	"cli": {
		may: []string{"fault", "cli/term", "cli/group", "app", "report", "report/export", "report/sheet", "token"},
		why: "the root knows global flags, the list of commands and what becomes of an error; a command is in its group",
	},
	"cli/term": {
		may: []string{"fault", "app", "desk", "intake", "people", "request", "report", "report/certificate", "report/export", "report/past", "report/sheet", "token", "trail", "otp"},
		why: "what all commands share knows no command",
		not: map[string]string{"cli/group": "groups import term"},
	},
	// Each group of commands.
	"cli/group": {
		may: []string{"fault", "cli/term", "app", "desk", "people", "intake", "request", "report", "report/certificate", "report/export", "report/sheet", "token", "trail", "seedfile", "provision", "stocktake"},
		why: "the command line calls one use case and prints what comes back; a second front end must not have to repeat more",
		not: map[string]string{
			"cli/group":         "a group can be read alone: what two of them need is in cli/term",
			"store":             "SQL stays behind the interfaces of the use cases",
			"seedfile/detect":   "app finds formats; the command line names no family of seed files",
			"provision/targets": "the use case decides what a verifier gets; the command line must not go round it",
		},
	},
	"web": {
		may: []string{"fault", "app", "desk", "intake", "people", "request", "report", "report/export", "report/sheet", "token", "trail", "web/signin"},
		why: "a page calls one use case and shows what comes back; the command line must not have to repeat more",
		not: map[string]string{
			"cli":      "two front ends know nothing of each other",
			"cli/term": "two front ends know nothing of each other",
			"store":    "SQL stays behind the interfaces of the use cases",
			"custody":  "pages never see a key: app opens them",
			"web/demo": "the pages are served without sample tokens too: the command that serves hands them in",
		},
	},
	"web/signin": {
		may: []string{"fault"},
		why: "who somebody is has nothing to do with tokens",
	},
	"web/demo": {
		may: []string{"fault", "app", "desk", "intake", "otp", "people", "seedfile", "token", "web"},
		why: "a demo makes a store as the command line does, and computes what its tokens display",
	},
	"app": {
		may: []string{"damage", "fault", "desk", "intake", "people", "store", "store/sqlite", "store/postgres", "token", "otp", "seedfile", "seedfile/detect", "seedfile/delivery",
			"seedfile/table", "family", "pskc", "rows", "custody", "trail", "request", "report", "report/export", "report/sheet", "provision", "provision/targets", "spool"},
		why: "app wires what lies below it",
		not: map[string]string{"cli": "a second front end uses app without a terminal"},
	},
	"intake": {
		may: []string{"damage", "fault", "desk", "request", "token", "otp", "trail", "seedfile", "spool"},
		why: "how a file becomes a batch needs no family of files, no database and no terminal: it owns the interfaces that it needs",
		not: map[string]string{
			"store":           "intake owns the interface of the store: PostgreSQL will be a second one",
			"custody":         "a seed is sealed by what app hands in",
			"seedfile/detect": "app finds formats: intake is told which one reads a file",
			"cli":             "use cases know nothing of terminals",
		},
	},
	"desk": {
		may: []string{"damage", "fault", "request", "token", "otp", "trail", "seedfile", "rows"},
		why: "the use cases own the interfaces that they need; anyone who implements them imports inventory, never the reverse",
		not: map[string]string{
			"store":     "inventory owns the interface of the store: PostgreSQL will be a second one",
			"custody":   "inventory owns the interface of the keyring: a seed is opened by what app hands in",
			"provision": "inventory owns the interface of the writers",
			"report":    "reading models are no part of a change",
			"cli":       "use cases know nothing of terminals",
		},
	},
	"people": {
		may: []string{"damage", "fault", "desk", "request", "token", "trail", "rows"},
		why: "whom tokens may be given to; the desk moves the tokens of those who left",
		not: map[string]string{"store": "people owns the interface of the store"},
	},
	"store": {
		may: []string{"fault", "desk", "intake", "people", "provision", "request", "report", "token", "trail"},
		why: "the store keeps rows: it reads no files, computes no codes and opens no seeds",
		not: map[string]string{"custody": "the database and the keys to it are never in one hand"},
	},
	"store/sqlite": {
		may: []string{"fault", "store"},
		why: "an engine knows how its database is opened, written and watched, and nothing of what is in it",
	},
	"store/postgres": {
		may: []string{"fault", "store"},
		why: "an engine knows how its database is opened, written and watched, and nothing of what is in it",
	},
	"store/storetest": {
		may: []string{"fault", "desk", "intake", "people", "provision", "report", "store", "token", "trail"},
		why: "it serves the tests of every engine and knows none",
	},
	"request": {
		may: []string{"fault", "token", "trail"},
		why: "the second person stands before every use case, and knows none: each says in an order what it would do",
	},
	"fault":  {why: "kinds of errors and remedies stand below everything"},
	"damage": {why: "what may have happened to a value can be told by the value alone"},
	"token":  {may: []string{"damage", "fault"}, why: "the domain stands below everything and does no I/O"},
	"otp": {
		may: []string{"fault", "token"},
		why: "codes are pure functions of their arguments",
	},
	"spool": {may: []string{"fault"}, why: "a temporary file knows nothing of what is in it"},
	"seedfile": {
		may: []string{"damage", "fault", "token", "spool"},
		why: "a record is what a file says; what becomes of it is decided elsewhere",
		not: map[string]string{
			"family":          "families import seedfile; only detect knows them",
			"seedfile/detect": "detect imports seedfile",
		},
	},
	"seedfile/detect": {
		may: []string{"fault", "token", "seedfile", "seedfile/table", "family", "rows", "pskc"},
		why: "detect finds the family that reads a file, nothing more",
	},
	"seedfile/delivery": {
		may: []string{"fault", "token", "seedfile", "office"},
		why: "what is wrapped round a file is undone without knowing what the file is",
		not: map[string]string{"custody": "a supplier's key and the store's keys have nothing to do with each other"},
	},
	"seedfile/table": {
		may: []string{"damage", "fault", "token", "seedfile", "rows"},
		why: "what families of columns share knows no family",
	},
	"seedfile/xmlscan": {
		may: []string{"fault", "token", "seedfile", "rows", "xmlstream"},
		why: "what families of plain XML share knows no family",
	},
	"testkit": {
		may: []string{"fault", "token", "seedfile"},
		why: "it serves tests and tools; nothing of the program imports it",
	},
	"testkit/provider": {why: "it signs people in for tests and knows nothing of them"},
	"testkit/cluster":  {why: "it runs a server for tests and knows nothing of what is in it"},
	"family": {
		may: []string{"fault", "token", "seedfile", "seedfile/table", "seedfile/xmlscan", "rows", "pskc", "xmlstream"},
		why: "a family turns bytes into records",
		not: map[string]string{"family": "each family can be read, changed and removed alone"},
	},
	"office": {
		may: []string{"fault", "token"},
		why: "a password is undone and set without knowing what the document is",
	},
	"pskc": {
		may: []string{"fault", "token", "xmlstream"},
		why: "RFC 6030 both ways, for the family that reads and for provision that writes",
	},
	"xmlstream": {
		may: []string{"fault"},
		why: "XML is XML: what is read out of it is for those who read it",
	},
	"rows": {may: []string{"damage", "fault", "xmlstream"}, why: "rows know nothing of tokens: HR lists and stocktakes are rows too"},
	"custody": {
		may: []string{"fault", "token"},
		why: "what guards the keys is small enough to be read whole",
	},
	"trail": {
		may: []string{"fault", "token"},
		why: "anyone who verifies the trail trusts no other code than this",
	},
	"report/sheet": {
		may: []string{"fault", "token", "office", "rows", "spool"},
		why: "columns, cells and files know no question and no store",
	},
	"report/past": {
		may: []string{"fault", "token", "trail", "report"},
		why: "the past is told by the trail alone, and read as the present is",
	},
	"report/certificate": {
		may: []string{"fault", "token", "trail", "report"},
		why: "what proves a destruction is one more answer of the trail",
	},
	"report/export": {
		may: []string{"fault", "token", "trail", "report", "report/past", "report/sheet", "rows", "spool"},
		why: "the auditor's inventory reads and never changes anything",
	},
	"report": {
		may: []string{"fault", "token", "trail", "otp", "report/sheet"}, // of otp: how a clock runs, by its record
		why: "an auditor's view reads and never changes anything",
		not: map[string]string{"custody": "no report can contain a seed if none can open one"},
	},
	"stocktake": {
		may: []string{"damage", "fault", "report", "report/sheet", "rows", "token"},
		why: "what lies in a drawer is read and compared; the desk moves in the records what is to be moved",
		not: map[string]string{"store": "report owns the interface of the store"},
	},
	"provision": {
		may: []string{"fault", "desk", "token", "trail", "report", "request", "rows", "provision/targets"},
		why: "what leaves for a verifier: it chooses tokens as reports do, and opens seeds as the desk does",
		not: map[string]string{
			"store":   "provision owns the interface of the store: PostgreSQL will be a second one",
			"custody": "seeds are opened, and files encrypted, by anyone who app hands in",
			"cli":     "use cases know nothing of terminals",
		},
	},
	"provision/targets": {
		may: []string{"fault", "token", "pskc"},
		why: "writers get seeds handed in and decide nothing",
	},
}

// exceptions are imports that the table forbids and that exist all the same.
// One that is no longer needed fails the test.
var exceptions = map[[2]string]string{
	{"cli", "custody"}:        "hardening the process comes before anything else is opened, so main does it",
	{"cli/group", "otp"}:      "a typing error is told at the prompt, before an attempt is counted",
	{"cli/group", "web"}:      "one command serves the other front end",
	{"cli/group", "web/demo"}: "the same command hands it what it is tried out with",
	{"web", "otp"}:            "a typing error is told in the form, before an attempt is counted",
}

// What a newcomer has to look through: of no file more lines than are read at one
// sitting, in no room more files than anybody takes in at once. Tests do not count.
const (
	mostLines = 450
	mostFiles = 25
)

func TestFilesAndRoomsStaySmall(t *testing.T) {
	files := map[string]int{}
	for _, f := range goFiles(t) {
		if f.test || roomOf(path.Dir(f.path)) == "" {
			continue
		}
		if files[path.Dir(f.path)]++; f.lines > mostLines {
			t.Errorf("%s has %d lines, more than %d: divide it along what it tells", f.path, f.lines, mostLines)
		}
	}
	for dir, n := range files {
		if n > mostFiles {
			t.Errorf("%s has %d files, more than %d: join small ones, or give a room of its own to what others need through a few names", dir, n, mostFiles)
		}
	}
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	used := map[[2]string]bool{}
	for _, f := range goFiles(t) {
		from := roomOf(path.Dir(f.path))
		if f.test || from == "" {
			continue
		}
		rules, known := rooms[from]
		if !known {
			t.Errorf("%s: there is no room %q in the table: describe it in its doc.go, then here", f.path, from)
			continue
		}
		for _, imported := range f.imports {
			to := roomOf(strings.TrimPrefix(imported, module))
			if !strings.HasPrefix(imported, module) || sameRoom(f.path, imported) || slices.Contains(rules.may, to) {
				continue
			}
			if _, excepted := exceptions[[2]string{from, to}]; excepted {
				used[[2]string{from, to}] = true
				continue
			}
			t.Errorf("%s imports %s: %s", f.path, imported, cmp.Or(rules.not[to], rules.why))
		}
	}
	for pair := range exceptions {
		if !used[pair] {
			t.Errorf("the exception for %s importing %s is not needed any more", pair[0], pair[1])
		}
	}
}

// roomOf names the room of a folder; tools are none.
func roomOf(dir string) string {
	if strings.HasPrefix(dir, "tools") {
		return ""
	}
	name := strings.TrimPrefix(dir, "internal/")
	if _, known := rooms[name]; !known && strings.HasPrefix(name, "seedfile/") {
		return "family"
	}
	if _, known := rooms[name]; !known && strings.HasPrefix(name, "cli/") {
		return "cli/group"
	}
	return name
}

func sameRoom(file, imported string) bool { return module+path.Dir(file) == imported }

// libraries says in which rooms a library may be used. Tools are free: some of
// them attack the store from outside.
var libraries = []struct {
	prefix string
	rooms  []string
	why    string
}{
	{"database/sql", []string{"store", "store/sqlite", "store/postgres", "testkit/cluster"}, "all SQL is in one place"},
	{"github.com/jackc/pgx", []string{"store/postgres", "testkit/cluster"}, "an engine is known in one place"},
	{"modernc.org/sqlite", []string{"store/sqlite"}, "an engine is known in one place"},
	{"github.com/pressly/goose", []string{"store/sqlite"}, "the schema belongs to the engine"},
	{"github.com/spf13/cobra", []string{"cli", "cli/term", "cli/group"}, "a second front end has no flags"},
	{"github.com/boombuler/barcode", []string{"cli/group", "web"}, "a second front end draws its own QR codes"},
	{"github.com/alexedwards/scs", []string{"web"}, "only pages have sessions"},
	{"github.com/coreos/go-oidc", []string{"web/signin"}, "its errors become words in one place"},
	{"golang.org/x/oauth2", []string{"web/signin"}, "its errors become words in one place"},
	{"html/template", []string{"web", "cli/term"}, "only pages and receipts are HTML"},
	{"golang.org/x/term", []string{"cli/term"}, "only the command line talks to a terminal"},
	{"github.com/mattn/go-runewidth", []string{"cli/term"}, "only the command line draws tables"},
	{"github.com/schollz/progressbar", []string{"cli/term"}, "only the command line shows progress"},
	{"testing", []string{"testkit", "testkit/cluster", "testkit/provider", "store/storetest"}, "what serves tests does not go into the program"},
	{"github.com/pquerna/otp", []string{"otp"}, "its traps are fenced in one place"},
	{"github.com/russellhaering/goxmldsig", []string{"pskc"}, "its traps are fenced in one place"},
	{"github.com/beevik/etree", []string{"pskc"}, "trees of whole files are built for signatures only, after the limits were kept"},
	{"github.com/go-jose/go-jose", []string{"pskc"}, "only AES key wrap is used of it"},
	{"github.com/xuri/excelize", []string{"report/sheet", "rows"}, "workbooks are written by report and read by rows"},
}

func TestLibrariesStayInTheirRooms(t *testing.T) {
	for _, f := range goFiles(t) {
		from := roomOf(path.Dir(f.path))
		if f.test || from == "" {
			continue
		}
		for _, l := range libraries {
			if f.importsPrefix(l.prefix) && !slices.Contains(l.rooms, from) {
				t.Errorf("%s imports %s, which only %s may: %s", f.path, l.prefix, strings.Join(l.rooms, " and "), l.why)
			}
		}
	}
}

// edges are the calls that reach outside: time, chance and the end of the
// process are injected, so that everything else can be tested.
var edges = []struct {
	pkg   string
	names []string // none: the import itself
	rooms []string
	why   string
}{
	{"os", []string{"Exit"}, []string{"cmd/fob"}, "one place turns errors into exit codes"},
	{"log", []string{"Fatal", "Fatalf", "Fatalln"}, nil, "one place turns errors into exit codes"},
	{"time", []string{"Now", "Since", "Until"}, []string{"cmd/fob", "cli", "app"}, "time is handed in at the edge"},
	// custody is free to use it: age takes no source of randomness, and keys
	// made from a predictable one would be the worst mistake of all.
	{"crypto/rand", nil, []string{"cmd/fob", "cli", "app", "custody", "testkit/provider"}, "randomness is handed in at the edge"},
}

func TestEdgesAreInjected(t *testing.T) {
	for _, f := range goFiles(t) {
		from := roomOf(path.Dir(f.path))
		if f.test || from == "" {
			continue
		}
		for _, e := range edges {
			if slices.Contains(e.rooms, from) {
				continue
			}
			if len(e.names) == 0 && slices.Contains(f.imports, e.pkg) {
				t.Errorf("%s imports %s: %s", f.path, e.pkg, e.why)
			}
			for _, name := range f.uses(e.pkg, e.names) {
				t.Errorf("%s uses %s.%s: %s", f.path, e.pkg, name, e.why)
			}
		}
	}
}

// badNames say nothing about what is inside.
var badNames = []string{"util", "utils", "common", "helper", "helpers", "types", "misc"}

func TestPackagesHaveNamesAndComments(t *testing.T) {
	comments := map[string]string{}
	names := map[string]string{}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		dir := path.Dir(f.path)
		names[dir] = f.ast.Name.Name
		comments[dir] += f.ast.Doc.Text()
	}
	for dir, name := range names {
		if slices.Contains(badNames, name) || slices.Contains(badNames, path.Base(dir)) {
			t.Errorf("%s: the name %q says nothing about what is inside", dir, name)
		}
		want := "Package " + name + " "
		if name == "main" {
			want = "Command " + path.Base(dir) + " "
		}
		if !strings.HasPrefix(comments[dir], want) {
			t.Errorf("%s has no package comment that begins with %q", dir, want)
		}
	}
}

// goFile is one parsed file, its path relative to the module and with slashes.
type goFile struct {
	path    string
	test    bool
	imports []string
	lines   int
	ast     *ast.File
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var all []goFile
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel("..", p) // both are relative to the same folder
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel == "build" || d.Name() == "testdata" || (rel != "." && strings.HasPrefix(d.Name(), ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if path.Ext(rel) == ".go" {
			all = append(all, parse(t, p, rel))
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files: %v", len(all), err)
	}
	return all
}

func parse(t *testing.T, file, rel string) goFile {
	t.Helper()
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	f := goFile{path: rel, test: strings.HasSuffix(rel, "_test.go"), lines: set.File(tree.FileStart).LineCount() - 1, ast: tree}
	for _, spec := range tree.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(rel, err)
		}
		f.imports = append(f.imports, p)
	}
	return f
}

func (f goFile) importsPrefix(prefix string) bool {
	return slices.ContainsFunc(f.imports, func(p string) bool { return p == prefix || strings.HasPrefix(p, prefix+"/") })
}

// uses lists which of a package's names the file mentions.
func (f goFile) uses(pkg string, names []string) (found []string) {
	local := f.localName(pkg)
	if local == "" {
		return nil
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && slices.Contains(names, sel.Sel.Name) {
				found = append(found, sel.Sel.Name)
			}
		}
		return true
	})
	return found
}

// localName is what a file calls a package; empty when it does not import it.
func (f goFile) localName(pkg string) string {
	i := slices.Index(f.imports, pkg)
	switch {
	case i < 0:
		return ""
	case f.ast.Imports[i].Name != nil:
		return f.ast.Imports[i].Name.Name
	}
	return path.Base(pkg)
}
