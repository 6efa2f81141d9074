package export

import (
	"strings"
	"time"

	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
	"fob/internal/trail"
)

// The sheets that are found again by their names when an export is read.
const (
	inventorySheet  = "Inventory"
	changesSheet    = "Changes"
	dictionarySheet = "Data dictionary"
)

var bindingColumns = []sheet.Column[report.Binding]{
	sheet.Col("serial", "Serial", 18, "Token that was bound", func(b *report.Binding) token.Serial { return b.Serial }),
	sheet.Col("account", "Account", 32, "Account that it belonged to, or belongs to", func(b *report.Binding) string { return b.Account }),
	sheet.Col("opened_at", "Opened (UTC)", 20, "When it was bound", func(b *report.Binding) time.Time { return b.OpenedAt }),
	sheet.Col("closed_at", "Ended (UTC)", 20, "When the binding ended; empty: it is open", func(b *report.Binding) *time.Time { return b.ClosedAt }),
	sheet.Col("by", "Bound by", 14, "Operator who opened it", func(b *report.Binding) string { return b.By }),
	sheet.Col("approver", "Approved by", 20, "Second person named for it; as it was typed, not verified", func(b *report.Binding) *string { return b.Approver }),
	sheet.Col("proof", "Proof of identity", 22, "How the person was identified", func(b *report.Binding) string { return b.Proof }),
	sheet.Col("codes", "Codes used", 11, "Displayed codes that opened it, 1 or 2", func(b *report.Binding) int { return b.Codes }),
	sheet.Col("ticket", "Ticket", 18, "Ticket named for it", func(b *report.Binding) string { return b.Ticket }),
	sheet.Col("id", "Id", 38, "Id of the binding, as the trail names it", func(b *report.Binding) string { return b.ID }),
}

// batchColumns: who brought what, what was ordered and came, where it is now.
var batchColumns = func() []sheet.Column[report.Batch] {
	cols := []sheet.Column[report.Batch]{
		sheet.Col("number", "Batch", 8, "Number of the import; empty: all virtual tokens, of which each is a batch of its own (in JSON 0)", func(b *report.Batch) *int { return report.NonZero(b.Number) }),
		sheet.Col("file", "File", 28, "Name of the seed file", func(b *report.Batch) string { return b.File }),
		sheet.Col("format", "Format", 14, "Format that the file was read as", func(b *report.Batch) string { return b.Format }),
		sheet.Col("order", "Order", 16, "Purchase order", func(b *report.Batch) string { return b.Order }),
		sheet.Col("supplier", "Supplier", 18, "Supplier", func(b *report.Batch) string { return b.Supplier }),
		sheet.Col("received", "Received", 12, "Date of the delivery, as the import said", func(b *report.Batch) *string { return b.Received }),
		sheet.Col("location", "Location", 16, "Where it was delivered to", func(b *report.Batch) string { return b.Location }),
		sheet.Col("imported_at", "Imported at (UTC)", 20, "When the import was complete; of virtual tokens: the newest", func(b *report.Batch) time.Time { return b.ImportedAt }),
		sheet.Col("imported_by", "Imported by", 20, "Operator", func(b *report.Batch) string { return b.ImportedBy }),
		sheet.Col("expected", "Ordered", 10, "Tokens that were ordered, as the import said", func(b *report.Batch) *int { return b.Expected }),
		sheet.Col("records", "Records", 10, "Records in the file", func(b *report.Batch) int { return b.Records }),
		sheet.Col("new", "New", 10, "Records that became tokens", func(b *report.Batch) int { return b.New }),
		sheet.Col("unchanged", "Unchanged", 11, "Records that were here already", func(b *report.Batch) int { return b.Unchanged }),
		sheet.Col("refused", "Refused", 10, "Records that were refused", func(b *report.Batch) int { return b.Refused }),
		sheet.Col("records_minus_expected", "Records - ordered", 18, "0 where as many came as were ordered", recordsOverOrder),
	}
	for _, st := range token.States() {
		cols = append(cols, sheet.Col(string(st), string(st), 13, "Tokens of the batch that are now "+string(st), func(b *report.Batch) int { return b.States[st] }))
	}
	return append(cols,
		sheet.Col("tokens", "Tokens now", 12, "Tokens of the batch now, in whatever state", func(b *report.Batch) int { return tokensNow(b) }),
		sheet.Col("new_minus_tokens", "New - tokens now", 17, "0 where every token that came is accounted for; a withdrawn batch has none", newOverNow),
		sheet.Col("quarantined_at", "Quarantined (UTC)", 20, "When it was quarantined as a whole", func(b *report.Batch) *time.Time { return b.QuarantinedAt }),
		sheet.Col("withdrawn_at", "Withdrawn (UTC)", 20, "When its import was undone", func(b *report.Batch) *time.Time { return b.WithdrawnAt }),
		sheet.Col("sha256", "File SHA-256", 66, "SHA-256 of the file's bytes", func(b *report.Batch) string { return b.SHA256 }),
		sheet.Col("id", "Id", 38, "Id of the batch, as the trail names it", func(b *report.Batch) string { return b.ID }))
}()

func recordsOverOrder(b *report.Batch) *int {
	if b.Expected == nil {
		return nil
	}
	return new(b.Records - *b.Expected)
}

func newOverNow(b *report.Batch) *int {
	if b.WithdrawnAt != nil {
		return nil
	}
	return new(b.New - tokensNow(b))
}

func tokensNow(b *report.Batch) (sum int) {
	for _, n := range b.States {
		sum += n
	}
	return sum
}

var placeColumns = func() []sheet.Column[report.Place] {
	cols := []sheet.Column[report.Place]{sheet.Col("location", "Location", 24, "Where the tokens are or were sent from; empty: unknown", func(p *report.Place) *string { return p.Location })}
	for _, st := range token.States() {
		cols = append(cols, sheet.Col(string(st), string(st), 13, "Tokens there that are "+string(st), func(p *report.Place) int { return p.States[st] }))
	}
	return append(cols,
		sheet.Col("tokens", "All", 12, "All tokens there; the rows add up to the tokens of the export", func(p *report.Place) int { return p.Tokens }),
		sheet.Col("tokens_within", "With places within", 18, "All tokens there and in the places that lie in it", func(p *report.Place) int { return p.Within }))
}()

var eventColumns = []sheet.Column[report.Event]{
	sheet.Col("seq", "Event", 10, "Number of the event; none is missing", func(e *report.Event) int64 { return e.Seq }),
	sheet.Col("time", "Time (UTC)", 20, "When", func(e *report.Event) time.Time { return e.Time.Time }),
	sheet.Col("operator", "Operator", 14, "Who, as the operating system says", func(e *report.Event) string { return e.Operator.Name }),
	sheet.Col("uid", "User id", 9, "The operator's number there", func(e *report.Event) *int { return report.UID(e.Operator.ID) }),
	sheet.Col("sudo_uid", "Sudo claim", 11, "Who the operator claims to be through sudo", func(e *report.Event) string { return e.Operator.SudoUID }),
	sheet.Col("host", "Host", 16, "Computer", func(e *report.Event) string { return e.Host }),
	sheet.Col("command", "Command", 16, "What was done", func(e *report.Event) token.Command { return e.Command }),
	sheet.Col("object_kind", "Object", 9, "What kind of thing it was done to", func(e *report.Event) string { return e.Object.Kind }),
	sheet.Col("object", "Which", 38, "Serial of the token, id of the batch or the store", func(e *report.Event) string { return e.Object.ID }),
	sheet.Col("from", "From", 12, "State before", func(e *report.Event) token.State { return e.From }),
	sheet.Col("state", "To", 12, "State after", func(e *report.Event) token.State { return e.To }),
	sheet.Col("outcome", "Outcome", 10, "done or refused", func(e *report.Event) trail.Outcome { return e.Outcome }),
	sheet.Col("refusal", "Refused because", 18, "Why a refused attempt was refused", func(e *report.Event) string { return e.Event.Reason }),
	sheet.Col("account", "Account", 32, "Account that it was about", func(e *report.Event) string { return e.Plain[trail.TextAccount] }),
	sheet.Col("approver", "Approved by", 20, "Second person; as typed, not verified, unless a request is named", func(e *report.Event) string { return e.Plain[trail.TextApprover] }),
	sheet.Col("request", "Request", 9, "Number of the request that it carries out, which the second person approved at an account of their own", func(e *report.Event) *int { return report.NonZero(e.Request) }),
	sheet.Col("reason", "Reason", 32, "Reason that was given", func(e *report.Event) string { return e.Plain[trail.TextReason] }),
	sheet.Col("ticket", "Ticket", 18, "Ticket that was named", func(e *report.Event) string { return e.Plain[trail.TextTicket] }),
	sheet.Col("proof", "Proof of identity", 22, "How a person was identified", func(e *report.Event) string { return e.Plain[trail.TextProof] }),
	sheet.Col("condition", "Condition", 24, "In which a token came back, as somebody noted", func(e *report.Event) string { return e.Plain[trail.TextCondition] }),
	sheet.Col("note", "What more", 48, "What else it says: of a move the places, of a delivery how many tokens went to whom and for which key, of the policy what was set, of an import the file", func(e *report.Event) string { return e.Whole() }),
	sheet.Col("hash", "Hash", 66, "SHA-256 that chains the event to the one before", func(e *report.Event) string { return e.Hash }),
}

var exceptionColumns = []sheet.Column[report.Exception]{
	sheet.Col("kind", "Kind", 22, kindsInWords(), func(x *report.Exception) report.ExceptionKind { return x.Kind }),
	sheet.Col("object", "Token or object", 24, "Serial of the token, or what else it is about", func(x *report.Exception) string { return x.Object }),
	sheet.Col("count", "Count", 8, "How many tokens or events have this one cause", func(x *report.Exception) int { return x.Count }),
	sheet.Col("objects", "All of them", 40, "Serials or objects, the first thousand", func(x *report.Exception) string { return objectWords(x) }),
	sheet.Col("state", "State", 12, "State of the token; of an event: after it", func(x *report.Exception) *token.State { return x.State }),
	sheet.Col("account", "Account", 32, "Account that it is about", func(x *report.Exception) *string { return x.Account }),
	sheet.Col("about", "What", 48, "What is to be explained", func(x *report.Exception) string { return x.About }),
	sheet.Col("at", "Time (UTC)", 20, "Expired, locked since, observed, or the time of the event", func(x *report.Exception) *time.Time { return x.At }),
	sheet.Col("hours", "Hours", 9, "Of a late entry: hours from report to entry", func(x *report.Exception) *float64 { return x.Hours }),
	sheet.Col("operator", "Operator", 14, "Who did it", func(x *report.Exception) *string { return x.Operator }),
	sheet.Col("approver", "Approved by", 20, "Second person; as typed, not verified, unless a request is named", func(x *report.Exception) *string { return x.Approver }),
	sheet.Col("reason", "Reason", 32, "Reason that was given", func(x *report.Exception) *string { return x.Reason }),
	sheet.Col("event", "Event", 10, "Number of the event in sheet Events", func(x *report.Exception) *int64 { return x.Event }),
}

// objectWords is empty of one alone, which stands beside it already.
func objectWords(x *report.Exception) string {
	if len(x.Objects) < 2 {
		return ""
	}
	return strings.Join(x.Objects, "; ")
}

func kindsInWords() string {
	var all []string
	for _, k := range report.ExceptionKinds() {
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

var dictionaryColumns = []sheet.Column[Explained]{
	sheet.Col("sheet", "Sheet", 16, "Sheet; one that goes on in others has their columns too", func(x *Explained) string { return x.Sheet }),
	sheet.Col("column", "Column", 24, "Title of the column", func(x *Explained) string { return x.Title }),
	sheet.Col("field", "Field", 24, "Its name in CSV and JSON", func(x *Explained) string { return x.Field }),
	sheet.Col("kind", "Kind", 16, "What its cells hold", func(x *Explained) string { return x.Kind }),
	sheet.Col("meaning", "Meaning", 110, "What it means", func(x *Explained) string { return x.About }),
}

// explain is the dictionary of sheets.
func explain(sheets []sheet.Sheet) (all []Explained) {
	for _, s := range sheets {
		for _, h := range s.Heads {
			all = append(all, Explained{s.Name, h.Title, h.Name, h.Kind.String(), h.About})
		}
	}
	return all
}
