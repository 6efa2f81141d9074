package term

import (
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// Promised is what a command promises to scripts: what --json prints, and which
// exit codes it has beside 0, 1, 2 and 130, which all have.
type Promised struct {
	JSON     any    // a value of the type that is printed; a slice for an array; nil: --json is refused
	Refused  any    // what a refused code prints, if it is something else
	Flag     string // a flag with which something else is printed,
	WithFlag any    // and what
	exits    []int
}

// Promise is what a command promises.
func Promise(json any, exits ...int) Promised { return Promised{JSON: json, exits: exits} }

// IfRefused adds what is printed for a refused code.
func (p Promised) IfRefused(json any) Promised { p.Refused = json; return p }

// With adds what is printed with a flag.
func (p Promised) With(flag string, json any) Promised { p.Flag, p.WithFlag = flag, json; return p }

// Describe gives commands their help: from the text, which has a section for each
// of them, and from what they promise to scripts. A section is headed "# report
// drift" and holds the short description, the long one, and behind a line
// "Examples:" the calls.
func (r *Run) Describe(text func() string, promises map[string]Promised, commands ...*cobra.Command) []*cobra.Command {
	r.ForHelp(func() {
		sections := map[string]string{}
		for section := range strings.SplitSeq("\n"+Numbers.Replace(text()), "\n# ") {
			name, body, _ := strings.Cut(section, "\n")
			sections["fob "+name] = strings.Trim(body, "\n")
		}
		for _, c := range commands {
			describe(c, sections, promises)
		}
	})
	return commands
}

// ForHelp puts off what is only there to be read, until somebody asks for help: most
// commands are run, and start sooner without it.
func (r *Run) ForHelp(fill func()) { r.forHelp = append(r.forHelp, fill) }

// FillHelp writes the help of all commands.
func (r *Run) FillHelp() {
	for _, fill := range r.forHelp {
		fill()
	}
	r.forHelp = nil
}

// Topic is a page of help without a command.
func (r *Run) Topic(name, short string, text func() string) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: short}
	r.ForHelp(func() { cmd.Long = text() })
	return cmd
}

func describe(cmd *cobra.Command, sections map[string]string, promises map[string]Promised) {
	body, example, _ := strings.Cut(sections[cmd.CommandPath()], "\nExamples:\n")
	short, long, _ := strings.Cut(body, "\n")
	cmd.Short, cmd.Long, cmd.Example = short, strings.Trim(long, "\n"), example
	if p, ok := promises[cmd.CommandPath()]; ok {
		cmd.Annotations = map[string]string{"json": p.json(), "exits": p.codes()}
	}
	for _, c := range cmd.Commands() {
		describe(c, sections, promises)
	}
}

// Parent is a command that does nothing itself but holds others.
func Parent(name string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(commands...)
	return cmd
}

// codes are the exit codes of a command.
func (p Promised) codes() string {
	codes := []string{}
	for _, c := range append(append([]int{ExitDone, ExitFailed, ExitUsage}, p.exits...), ExitInterrupted) {
		codes = append(codes, strconv.Itoa(c))
	}
	return strings.Join(codes, ", ")
}

// json says what a command prints under --json.
func (p Promised) json() string {
	prints := "refused: --json never asks, and this command has to"
	if p.JSON != nil {
		prints = printedHelp(p.JSON)
	}
	if p.Refused != nil {
		prints += "\nFor a refused code: " + printedHelp(p.Refused)
	}
	if p.Flag != "" {
		prints += "\nWith " + p.Flag + ": " + printedHelp(p.WithFlag)
	}
	return prints
}

// printedHelp tells the fields of a printed value.
func printedHelp(v any) string {
	t, what := reflect.TypeOf(v), "an object"
	if t.Kind() == reflect.Slice {
		t, what = t.Elem(), "an array of objects"
	}
	var words []string
	optional := ""
	for _, f := range JsonFields(t) {
		if f.Optional {
			f.Name, optional = "["+f.Name+"]", " (in brackets: only if there is one)"
		}
		words = append(words, f.Name)
	}
	return what + optional + ":\n" + strings.TrimRight(Fold(" ", strings.Join(words, ", "), " ", 76), "\n")
}

// jsonField is a field as it is printed; an optional one is left out where it is
// empty.
type jsonField struct {
	Name     string
	Optional bool
}

// JsonFields lists the fields that are printed of a type, in order.
func JsonFields(t reflect.Type) (fields []jsonField) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fields = append(fields, JsonFields(f.Type)...)
		case name != "" && name != "-":
			fields = append(fields, jsonField{name, strings.HasPrefix(options, "omit")})
		}
	}
	return fields
}

// Fold sets a text behind the beginning of a line, in lines of a width; those that
// follow are indented.
func Fold(begin, text, indent string, width int) string {
	var b strings.Builder
	line := begin
	for word := range strings.FieldsSeq(text) {
		if line != indent && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return b.String() + line + "\n"
}
