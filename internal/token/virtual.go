package token

import (
	"strings"

	"fob/internal/fault"
)

// A virtual token is an authenticator app: its key was made here and shown once,
// to the person whose account it is for. It lies in no drawer and comes back from
// nobody, so its life is shorter than that of a device.

// VirtualFormat is the format of the batches of virtual tokens, which come out of
// no file: each token is a batch of its own. It is what tells them from hardware,
// and no format of a seed file is called so.
const VirtualFormat = "virtual"

// What stands for the maker and the model of a virtual token.
const (
	VirtualManufacturer = "software"
	VirtualModel        = "authenticator app"
)

var virtualTransitions = []Transition{
	{Absent, CmdVirtual, Choice{}, Bound, false},
	{Bound, CmdSuspend, Choice{}, Suspended, false},
	{Suspended, CmdResume, Choice{}, Bound, false},
	{Bound, CmdUnbind, Choice{}, Retired, true},
	{Suspended, CmdUnbind, Choice{}, Retired, true},
	{Bound, CmdLost, Choice{}, Lost, true},
	{Suspended, CmdLost, Choice{}, Lost, true},
	{Lost, CmdLost, Choice{}, Lost, false},
	{InStock, CmdRetire, Choice{}, Retired, false}, // quarantined and released with its batch
	{Bound, CmdRetire, Choice{}, Retired, true},
	{Suspended, CmdRetire, Choice{}, Retired, true},
	{Quarantined, CmdRetire, Choice{}, Retired, false},
	{Lost, CmdRetire, Choice{}, Retired, false},
	{Bound, CmdBatchQuarantine, Choice{}, Quarantined, true},
	{Suspended, CmdBatchQuarantine, Choice{}, Quarantined, true},
}

// Move finds the transition by which a command leads this token to another state.
func (t Token) Move(by Command, to State) (Transition, error) {
	if t.Software {
		return moveIn(virtualTransitions, t.State, by, to)
	}
	return Move(t.State, by, to)
}

// MaxIssuerLen bounds an issuer in letters: it is a heading on a small screen, and
// stands twice in a QR code.
const MaxIssuerLen = 64

// ParseIssuer checks who an app is to say a key is from. A colon ends the issuer in
// the label of a key URI, so none can be in it.
func ParseIssuer(text string) (string, error) {
	text, err := ParseText("the issuer", text)
	switch n := len([]rune(text)); {
	case err != nil:
		return "", err
	case text == "":
		return "", fault.Errorf(fault.Usage, "the issuer is empty").WithHint("it is the heading above the code in the app: the organisation, or the service")
	case n > MaxIssuerLen:
		return "", fault.Errorf(fault.Usage, "the issuer has %d letters, the limit is %d", n, MaxIssuerLen)
	case strings.Contains(text, ":"):
		return "", fault.Errorf(fault.Usage, "the issuer contains a colon, which apps take for its end").WithHint("write it without: \"ACME Berlin\"")
	}
	return text, nil
}

// UsualIssuer is the issuer where nobody named one: where the account is at home,
// by its domain.
func UsualIssuer(a Account) string {
	_, domain, _ := strings.Cut(string(a), "@")
	if issuer, err := ParseIssuer(domain); err == nil {
		return issuer
	}
	return "fob"
}
