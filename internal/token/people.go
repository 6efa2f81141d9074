package token

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"fob/internal/damage"
	"fob/internal/fault"
)

// MaxTextLen bounds names, reasons and tickets, in bytes: what fits a cell of
// an inventory and a line of a log.
const MaxTextLen = 320

// ParseText checks a free text that a person gave (an account, a reason, an
// order number): no control characters, which could forge lines in a log or
// talk to a terminal, and a bounded length. What names it: a word or a fault.Field.
func ParseText(what any, text string) (string, error) {
	text = strings.TrimSpace(text)
	if len(text) > MaxTextLen {
		return "", fault.Errorf(fault.Usage, "%s has %d bytes, the limit is %d", what, len(text), MaxTextLen)
	}
	if said := damage.Text(text); said != "" {
		return "", fault.Errorf(fault.Usage, "%s %s %s", what, shown(text), said)
	}
	return checkRunes(what, text)
}

func checkRunes(what any, text string) (string, error) {
	for _, r := range text {
		if unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r) {
			return "", fault.Errorf(fault.Usage, "%s contains %s", what, describeRune(r))
		}
	}
	return text, nil
}

// Account is who a token is bound to: a login name. It is shown as typed and
// compared by Key.
type Account string

// MaxAccountLen bounds an account's name in letters: directories keep user names
// and mail addresses within 256. A letter has four bytes at most, and a few more
// before it is composed.
const (
	MaxAccountLen   = 256
	maxAccountBytes = 16 * MaxAccountLen
)

// Key is what accounts are compared by: lower case, since directories do not
// distinguish Anna@example.com from anna@example.com.
func (a Account) Key() string { return strings.ToLower(string(a)) }

// ParseAccount checks a typed account name. It is brought into composed form
// (NFC), the one that Windows and Linux type and directories compare by: macOS
// and some exports write é as two characters, and would make of one person two.
func ParseAccount(text string) (Account, error) {
	if len(text) > maxAccountBytes {
		return "", fault.Errorf(fault.Usage, "the account has %d bytes, the limit is %d letters", len(text), MaxAccountLen)
	}
	t, err := checkRunes("the account", strings.TrimSpace(norm.NFC.String(text)))
	if err != nil {
		return "", err
	}
	if err := checkSeen(t); err != nil {
		return "", err
	}
	switch n := utf8.RuneCountInString(t); {
	case n == 0:
		return "", fault.Errorf(fault.Usage, "the account is empty")
	case n > MaxAccountLen:
		return "", fault.Errorf(fault.Usage, "the account has %d letters, the limit is %d", n, MaxAccountLen)
	}
	if said := damage.Account(t); said != "" {
		return "", fault.Errorf(fault.Usage, "the account %s %s", t, said)
	}
	return Account(t), nil
}

// Batch is what one import of one seed file brought.
type Batch struct {
	ID       int64
	UUID     uuid.UUID
	Number   int // 1, 2, 3… in the order of completion; 0 while loading
	Loading  bool
	FirstID  int64 // ids of its tokens: one contiguous range in file order
	LastID   int64
	File     string // base name
	SHA256   string // of the file's bytes, hex
	Format   string
	Options  string // what of the flags decides how the file is read
	Supplied Supply
	Records  int
	New      int
	Same     int // unchanged
	Refused  int
	Imported time.Time
	By       Operator
}

// Supply is what the delivery note says of a batch.
type Supply struct {
	Order    string
	Supplier string
	Expected int // tokens ordered; 0: not said
	Location string
	Received time.Time // zero: not said
}

// Binding is the period in which one token belongs to one account.
type Binding struct {
	UUID     uuid.UUID
	TokenID  int64
	Account  Account
	Opened   time.Time
	By       Operator
	Approver Approver
	Proof    string // how the person was identified, in the operator's words
	Codes    int    // 1 or 2 displayed codes
	Ticket   string
}
