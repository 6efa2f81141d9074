package report

import (
	"fmt"
	"iter"
	"strings"

	"fob/internal/token"
	"fob/internal/trail"
)

// sheet is one sheet of rows, whatever form it is written in.
type sheet struct {
	name  string
	about string
	array string // its name in JSON
	heads []head
	// each calls visit for every row: as JSON has it, and as cells. Both are
	// overwritten by the next row.
	each func(visit func(row any, values []value) error) error
}

// sheetOf makes a sheet of columns and rows.
func sheetOf[T any](name, array, about string, columns []column[T], rows iter.Seq2[T, error]) sheet {
	each := func(visit func(any, []value) error) error {
		values, n := make([]value, len(columns)), 0
		for row, err := range rows {
			if err != nil {
				return fmt.Errorf("export, sheet %s, reading behind row %d: %w", name, n, err)
			}
			for i := range columns {
				values[i] = columns[i].of(&row)
			}
			n++
			if err := visit(&row, values); err != nil {
				return fmt.Errorf("export, sheet %s, row %d: %w", name, n, err)
			}
		}
		return nil
	}
	return sheet{name, about, array, headsOf(columns), each}
}

// The sheets beside the summary. A second million rows goes to "Inventory 2", and
// so on.
const (
	summarySheet    = "Summary"
	inventorySheet  = "Inventory"
	bindingsSheet   = "Bindings"
	batchesSheet    = "Batches"
	locationsSheet  = "Locations"
	eventsSheet     = "Events"
	exceptionsSheet = "Exceptions"
	dictionarySheet = "Data dictionary"
)

var bindingColumns = []column[Binding]{
	{"serial", "Serial", words, 18, "Token that was bound", func(b *Binding) value { return wordsOf(b.Serial) }},
	{"account", "Account", words, 32, "Account that it belonged to, or belongs to", func(b *Binding) value { return wordsOf(b.Account) }},
	{"opened_at", "Opened (UTC)", instant, 20, "When it was bound", func(b *Binding) value { return instantOf(b.OpenedAt) }},
	{"closed_at", "Ended (UTC)", instant, 20, "When the binding ended; empty: it is open", func(b *Binding) value { return instantAt(b.ClosedAt) }},
	{"by", "Bound by", words, 14, "Operator who opened it", func(b *Binding) value { return wordsOf(b.By) }},
	{"approver", "Approved by", words, 20, "Second person named for it; as it was typed, not verified", func(b *Binding) value { return wordsAt(b.Approver) }},
	{"proof", "Proof of identity", words, 22, "How the person was identified", func(b *Binding) value { return wordsOf(b.Proof) }},
	{"codes", "Codes used", whole, 11, "Displayed codes that opened it, 1 or 2", func(b *Binding) value { return wholeOf(b.Codes) }},
	{"ticket", "Ticket", words, 18, "Ticket named for it", func(b *Binding) value { return wordsOf(b.Ticket) }},
	{"id", "Id", words, 38, "Id of the binding, as the trail names it", func(b *Binding) value { return wordsOf(b.ID) }},
}

// batchColumns: who brought what, what was ordered and came, where it is now.
var batchColumns = func() []column[Batch] {
	cols := []column[Batch]{
		{"number", "Batch", whole, 8, "Number of the import; empty: all virtual tokens, of which each is a batch of its own (in JSON 0)", func(b *Batch) value { return numberOf(b.Number) }},
		{"file", "File", words, 28, "Name of the seed file", func(b *Batch) value { return wordsOf(b.File) }},
		{"sha256", "File SHA-256", words, 66, "SHA-256 of the file's bytes", func(b *Batch) value { return wordsOf(b.SHA256) }},
		{"format", "Format", words, 14, "Format that the file was read as", func(b *Batch) value { return wordsOf(b.Format) }},
		{"order", "Order", words, 16, "Purchase order", func(b *Batch) value { return wordsOf(b.Order) }},
		{"supplier", "Supplier", words, 18, "Supplier", func(b *Batch) value { return wordsOf(b.Supplier) }},
		{"received", "Received", words, 12, "Date of the delivery, as it was told", func(b *Batch) value { return wordsAt(b.Received) }},
		{"location", "Location", words, 16, "Where it was delivered to", func(b *Batch) value { return wordsOf(b.Location) }},
		{"imported_at", "Imported at (UTC)", instant, 20, "When the import was complete; of virtual tokens: the newest", func(b *Batch) value { return instantOf(b.ImportedAt) }},
		{"imported_by", "Imported by", words, 20, "Operator", func(b *Batch) value { return wordsOf(b.ImportedBy) }},
		{"expected", "Ordered", whole, 10, "Tokens that were ordered, as it was told", func(b *Batch) value { return wholeAt(b.Expected) }},
		{"records", "Records", whole, 10, "Records in the file", func(b *Batch) value { return wholeOf(b.Records) }},
		{"new", "New", whole, 10, "Records that became tokens", func(b *Batch) value { return wholeOf(b.New) }},
		{"unchanged", "Unchanged", whole, 11, "Records that were here already", func(b *Batch) value { return wholeOf(b.Unchanged) }},
		{"refused", "Refused", whole, 10, "Records that were refused", func(b *Batch) value { return wholeOf(b.Refused) }},
		{"records_minus_expected", "Records - ordered", whole, 18, "0 where as many came as were ordered", recordsOverOrder},
	}
	for _, st := range token.States() {
		cols = append(cols, column[Batch]{string(st), string(st), whole, 13, "Tokens of the batch that are now " + string(st),
			func(b *Batch) value { return wholeOf(b.States[st]) }})
	}
	return append(cols,
		column[Batch]{"tokens", "Tokens now", whole, 12, "Tokens of the batch now, in whatever state", func(b *Batch) value { return wholeOf(tokensNow(b)) }},
		column[Batch]{"new_minus_tokens", "New - tokens now", whole, 17, "0 where every token that came is accounted for; a withdrawn batch has none", newOverNow},
		column[Batch]{"quarantined_at", "Quarantined (UTC)", instant, 20, "When it was quarantined as a whole", func(b *Batch) value { return instantAt(b.QuarantinedAt) }},
		column[Batch]{"withdrawn_at", "Withdrawn (UTC)", instant, 20, "When its import was undone", func(b *Batch) value { return instantAt(b.WithdrawnAt) }},
		column[Batch]{"id", "Id", words, 38, "Id of the batch, as the trail names it", func(b *Batch) value { return wordsOf(b.ID) }})
}()

func recordsOverOrder(b *Batch) value {
	if b.Expected == nil {
		return value{}
	}
	return wholeOf(b.Records - *b.Expected)
}

func newOverNow(b *Batch) value {
	if b.WithdrawnAt != nil {
		return value{}
	}
	return wholeOf(b.New - tokensNow(b))
}

func tokensNow(b *Batch) (sum int) {
	for _, n := range b.States {
		sum += n
	}
	return sum
}

var placeColumns = func() []column[Place] {
	cols := []column[Place]{{"location", "Location", words, 24, "Where the tokens lie or were sent from; empty: nobody told",
		func(p *Place) value { return wordsAt(p.Location) }}}
	for _, st := range token.States() {
		cols = append(cols, column[Place]{string(st), string(st), whole, 13, "Tokens there that are " + string(st),
			func(p *Place) value { return wholeOf(p.States[st]) }})
	}
	return append(cols,
		column[Place]{"tokens", "All", whole, 12, "All tokens there; the rows add up to the tokens of the export", func(p *Place) value { return wholeOf(p.Tokens) }},
		column[Place]{"tokens_within", "With places within", whole, 18, "All tokens there and in the places that lie in it", func(p *Place) value { return wholeOf(p.Within) }})
}()

var eventColumns = []column[Event]{
	{"seq", "Event", whole, 10, "Number of the event; none is missing", func(e *Event) value { return wholeOf(e.Seq) }},
	{"time", "Time (UTC)", instant, 20, "When", func(e *Event) value { return instantOf(e.Time.Time) }},
	{"operator", "Operator", words, 14, "Who, as the operating system says", func(e *Event) value { return wordsOf(e.Operator.Name) }},
	{"uid", "User id", whole, 9, "The operator's number there", func(e *Event) value { return wholeAt(uidOf(e.Operator.ID)) }},
	{"sudo_uid", "Sudo claim", words, 11, "Who the operator claims to be through sudo", func(e *Event) value { return wordsOf(e.Operator.SudoUID) }},
	{"host", "Host", words, 16, "Computer", func(e *Event) value { return wordsOf(e.Host) }},
	{"command", "Command", words, 16, "What was done", func(e *Event) value { return wordsOf(e.Command) }},
	{"object_kind", "Object", words, 9, "What kind of thing it was done to", func(e *Event) value { return wordsOf(e.Object.Kind) }},
	{"object", "Which", words, 38, "Serial of the token, id of the batch or the store", func(e *Event) value { return wordsOf(e.Object.ID) }},
	{"from", "From", words, 12, "State before", func(e *Event) value { return wordsOf(e.From) }},
	{"state", "To", words, 12, "State after", func(e *Event) value { return wordsOf(e.To) }},
	{"outcome", "Outcome", words, 10, "done or refused", func(e *Event) value { return wordsOf(e.Outcome) }},
	{"refusal", "Refused because", words, 18, "Why a refused attempt was refused", func(e *Event) value { return wordsOf(e.Event.Reason) }},
	{"account", "Account", words, 32, "Account that it was about", func(e *Event) value { return wordsOf(e.Plain[trail.TextAccount]) }},
	{"approver", "Approved by", words, 20, "Second person; as typed, not verified", func(e *Event) value { return wordsOf(e.Plain[trail.TextApprover]) }},
	{"reason", "Reason", words, 32, "Reason that was given", func(e *Event) value { return wordsOf(e.Plain[trail.TextReason]) }},
	{"ticket", "Ticket", words, 18, "Ticket that was named", func(e *Event) value { return wordsOf(e.Plain[trail.TextTicket]) }},
	{"proof", "Proof of identity", words, 22, "How a person was identified", func(e *Event) value { return wordsOf(e.Plain[trail.TextProof]) }},
	{"hash", "Hash", words, 66, "SHA-256 that chains the event to the one before", func(e *Event) value { return wordsOf(e.Hash) }},
}

var exceptionColumns = []column[Exception]{
	{"kind", "Kind", words, 22, kindsInWords(), func(x *Exception) value { return wordsOf(x.Kind) }},
	{"object", "Token or object", words, 24, "Serial of the token, or what else it is about", func(x *Exception) value { return wordsOf(x.Object) }},
	{"state", "State", words, 12, "State of the token; of an event: after it", func(x *Exception) value {
		if x.State == nil {
			return value{}
		}
		return wordsOf(*x.State)
	}},
	{"account", "Account", words, 32, "Account that it is about", func(x *Exception) value { return wordsAt(x.Account) }},
	{"about", "What", words, 48, "What is to be explained", func(x *Exception) value { return wordsOf(x.About) }},
	{"at", "Time (UTC)", instant, 20, "Expired, locked until, observed, or the time of the event", func(x *Exception) value { return instantAt(x.At) }},
	{"hours", "Hours", decimal, 9, "Of a late entry: hours from report to entry", func(x *Exception) value { return decimalAt(x.Hours) }},
	{"operator", "Operator", words, 14, "Who did it", func(x *Exception) value { return wordsAt(x.Operator) }},
	{"approver", "Approved by", words, 20, "Second person; as typed, not verified", func(x *Exception) value { return wordsAt(x.Approver) }},
	{"reason", "Reason", words, 32, "Reason that was given", func(x *Exception) value { return wordsAt(x.Reason) }},
	{"event", "Event", whole, 10, "Number of the event in sheet Events", func(x *Exception) value { return wholeAt(x.Event) }},
}

func kindsInWords() string {
	var all []string
	for _, k := range ExceptionKinds() {
		all = append(all, string(k.Kind)+": "+k.Meaning)
	}
	return strings.Join(all, "; ")
}

// Explained is an entry of the data dictionary.
type Explained struct {
	Sheet string `json:"sheet"`
	Title string `json:"column"`
	Field string `json:"field"`
	Kind  string `json:"kind"`
	About string `json:"meaning"`
}

var dictionaryColumns = []column[Explained]{
	{"sheet", "Sheet", words, 16, "Sheet; one that goes on in others has their columns too", func(x *Explained) value { return wordsOf(x.Sheet) }},
	{"column", "Column", words, 24, "Title of the column", func(x *Explained) value { return wordsOf(x.Title) }},
	{"field", "Field", words, 24, "Its name in CSV and JSON", func(x *Explained) value { return wordsOf(x.Field) }},
	{"kind", "Kind", words, 16, "What its cells hold", func(x *Explained) value { return wordsOf(x.Kind) }},
	{"meaning", "Meaning", words, 110, "What it means", func(x *Explained) value { return wordsOf(x.About) }},
}

// explain is the dictionary of sheets.
func explain(sheets []sheet) (all []Explained) {
	for _, s := range sheets {
		for _, h := range s.heads {
			all = append(all, Explained{s.name, h.title, h.name, kindNames[h.kind], h.about})
		}
	}
	return all
}

// seqOf streams what lies in memory.
func seqOf[T any](get func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		all, err := get()
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
		}
	}
}
