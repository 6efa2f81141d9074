package intake

import (
	"fmt"
	"strings"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// opened counts, field by field, the records that do not say it, and what became
// of that.
type opened struct {
	missing  places // nobody says it
	perhaps  places // nor is it said what type the token is, which decides whether it has the field
	doubts   places // the file may mean something else
	defaults places // the format's documented default stands for it
	filled   places // the operator says it
	replaced places // and a default would have said something else
	against  places // the file says it, and the operator says something else
	sound    int    // records that could be read so far: of others it is not known what they say
}

// places are those of records, by field.
type places [seedfile.FieldT0 + 1]where

// where is how many records are meant, and where the first of them stand.
type where struct {
	n     int
	first []seedfile.Place
}

// namedPlaces is how many places a message names: enough to find what they have in
// common.
const namedPlaces = 5

func (w *where) add(p seedfile.Place) {
	if w.n++; len(w.first) < namedPlaces {
		w.first = append(w.first, p)
	}
}

// these tells how many of all records are meant, and if not all that could be read
// which.
func (o *opened) these(w where, records int) string {
	text := fmt.Sprintf("%d of %d records", w.n, records)
	if w.n == o.sound {
		return text
	}
	var names []string
	for _, p := range w.first {
		names = append(names, p.String())
	}
	if more := w.n - len(w.first); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return text + " (" + strings.Join(names, ", ") + ")"
}

func (p *places) fields() (set seedfile.FieldSet) {
	for _, f := range seedfile.Fields() {
		if p[f].n > 0 {
			set = set.With(f)
		}
	}
	return set
}

// contradicted are the fields of which the operator says something else than the
// file while there was nothing to fill: every record says it.
func (o *opened) contradicted() (set seedfile.FieldSet) {
	for _, f := range seedfile.Fields() {
		if o.against[f].n > 0 && o.filled[f].n == 0 {
			set = set.With(f)
		}
	}
	return set
}

// needs lists the flags for what the file leaves open or in doubt, also those that
// depend on the type while that is open.
func (o *opened) needs() []string {
	return flagsOf(o.missing.fields() | o.perhaps.fields() | o.doubts.fields())
}

func flagsOf(set seedfile.FieldSet) []string {
	flags := []string{}
	for _, f := range seedfile.Fields() {
		if set.Has(f) {
			flags = append(flags, "--"+f.String())
		}
	}
	return flags
}

// lacks says what the file does not say, and of which records, if not of all; empty
// where it says everything.
func (o *opened) lacks(records int) string {
	var parts []string
	for _, f := range seedfile.Fields() {
		if w := o.missing[f]; w.n > 0 {
			parts = append(parts, fmt.Sprintf("the %s of %s", f, o.these(w, records)))
		}
	}
	return strings.Join(parts, " and ")
}

// depends says which flags the type decides about; empty: none, or it is known.
func (o *opened) depends() string {
	var parts []string
	for _, d := range []struct {
		field seedfile.Field
		kind  token.Type
	}{{seedfile.FieldPeriod, token.TOTP}, {seedfile.FieldCounter, token.HOTP}} {
		if o.perhaps[d.field].n > 0 {
			parts = append(parts, fmt.Sprintf("--%s if they are %s", d.field, d.kind))
		}
	}
	return strings.Join(parts, " or ")
}

// missingError asks for the flags that the file's records need, all at once, and
// tells of those that are invalid anyway.
func (o *opened) missingError(file string, format seedfile.Format, records, invalid int) error {
	lacks := o.lacks(records)
	if lacks == "" {
		return nil
	}
	hint := "say it with " + o.flagsInWords(format, records)
	if invalid > 0 {
		hint += fmt.Sprintf("; %d of its records are invalid, whatever the flags: `fob inspect` lists them", invalid)
	}
	return fault.Errorf(fault.Refused, "%s does not say %s", file, lacks).WithHint("%s", hint)
}

// flagsInWords is the advice to say what is missing or in doubt.
func (o *opened) flagsInWords(format seedfile.Format, records int) string {
	missing, doubts := o.missing.fields(), o.doubts.fields()
	text := strings.Join(flagsOf(missing), " and ")
	if depends := o.depends(); depends != "" {
		text += ", and with " + depends
	}
	if more := flagsOf(doubts &^ missing); len(more) > 0 {
		text += fmt.Sprintf("; and with %s, which is in doubt in %s", strings.Join(more, " and "), o.doubtful(records))
	}
	if o.partly(&o.defaults) {
		text += "; what the file says of its other records stays"
	}
	return text + o.alsoFills(format, records)
}

// alsoFills warns that a flag counts for all records that do not say a field, also
// for those for which the format's default would stand.
func (o *opened) alsoFills(format seedfile.Format, records int) (text string) {
	for _, f := range seedfile.Fields() {
		if w := o.defaults[f]; w.n > 0 && o.missing[f].n > 0 {
			text += fmt.Sprintf("; --%s also replaces %v, the default of %s, for %s, where the file does not say it either: if it is not meant for those, import them from a file of their own",
				f, format.Default(f), format.Rules(), o.these(w, records))
		}
	}
	return text
}

// doubtful tells how many records have a doubt, at most.
func (o *opened) doubtful(records int) string {
	widest := where{}
	for _, w := range o.doubts {
		if w.n > widest.n {
			widest = w
		}
	}
	return o.these(widest, records)
}

// partly reports whether something is lacking in only some of the records that could
// be read, not counting those where something else fills it.
func (o *opened) partly(filled *places) bool {
	for f, w := range o.missing {
		if w.n > 0 && w.n+filled[f].n < o.sound {
			return true
		}
	}
	return false
}

// remarks are for inspect: what its list of flags does not tell.
func (o *opened) remarks(records int) (remarks []string) {
	if o.partly(new(places)) {
		remarks = append(remarks, "the file does not say "+o.lacks(records))
	}
	if depends := o.depends(); depends != "" {
		remarks = append(remarks, "what the tokens are decides what else is needed: "+depends)
	}
	return remarks
}

// inferred tells where the values came from that the file does not give.
func (o *opened) inferred(req Import, records int) (remarks []string) {
	for _, f := range seedfile.Fields() {
		if w := o.defaults[f]; w.n > 0 {
			remarks = append(remarks, fmt.Sprintf("%s %v: the default of %s, for %s", f, req.Format.Default(f), req.Format.Rules(), o.these(w, records)))
		}
		switch w := o.filled[f]; {
		case w.n > 0 && w.n == o.replaced[f].n:
			remarks = append(remarks, fmt.Sprintf("%s %v: --%s says so in place of %v, the default of %s, for %s", f, req.Fill.value(f), f, req.Format.Default(f), req.Format.Rules(), o.these(w, records)))
		case w.n > 0 && w.n < o.sound:
			remarks = append(remarks, fmt.Sprintf("%s %v: --%s says so, for %s", f, req.Fill.value(f), f, o.these(w, records)))
		}
	}
	return remarks
}

// kept warns where a flag filled gaps, and the file says something else of other
// records, which keep it, and where it was demanded for some and replaced the default
// of others.
func (o *opened) kept(req Import, records int) (warnings []string) {
	for _, f := range seedfile.Fields() {
		if w := o.replaced[f]; w.n > 0 && w.n < o.filled[f].n {
			warnings = append(warnings, fmt.Sprintf("--%s %v was taken in place of %v, the default of %s, for %s", f, req.Fill.value(f), req.Format.Default(f), req.Format.Rules(), o.these(w, records)))
		}
		if w := o.against[f]; w.n > 0 && o.filled[f].n > 0 {
			warnings = append(warnings, fmt.Sprintf("--%s %v was not taken for %s, which the file gives another %s", f, req.Fill.value(f), o.these(w, records), f))
		}
	}
	return warnings
}

// value is what the operator says of a field.
func (f Fill) value(field seedfile.Field) any {
	return seedfile.Format{Defaults: f.Params, Counter: f.Counter}.Default(field)
}
