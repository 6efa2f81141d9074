package main

import (
	"slices"
	"strings"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// The tokens of testdata, whose seeds are known: what seedgen made.
var (
	delivery = gen.Plan{Serials: 2600412300001}
	right    = delivery.Token(0)
	slow     = delivery.Token(2)
	sent     = delivery.Token(4)
	fresh    = delivery.Token(10)
	drawer   = delivery.Token(11)
	pressed  = gen.Plan{Serials: 2600412300001, First: 100000, HOTP: 1, RFC4226: true}.Token(100000)
)

// slowBy is how far the clock of the slow token is behind, too far for one code.
const slowBy = 25 * time.Minute

const (
	exitCode       = 4 // code refused
	exitNotFound   = 5 // no such token
	exitNotAllowed = 6 // not in this state
)

// session is what the demo plays.
func session() []step {
	var steps []step
	for _, part := range [][]step{operations(), support(), auditors(), firstVisit(), phone(), visit(), cupboard(), leaversDay(), toVerifier()} {
		steps = append(steps, part...)
	}
	return steps
}

func operations() []step {
	return []step{
		{says: "Operations make a store. Its key lies apart from its data.", args: words("init")},
		{says: "What did the supplier send? Nothing is stored, no seed is shown.", args: words("inspect delivery.csv")},
		{says: "Load it, and check the delivery against the order.",
			args: words("import delivery.csv --order PO-4711 --supplier Feitian --expect 36 --location Vienna")},
		{says: "Tokens with a button come in another file.",
			args: words("import hotp.csv --order PO-4712 --supplier Feitian --location Graz --new-location")},
		{says: "The delivery against the order.", args: words("batch show 1")},
		{says: "A token is sent out; it is bound once a code of it was checked.",
			args: words("assign", sent.Serial, "dora@example.com --ticket T-18")},
	}
}

func support() []step {
	var used []string
	return []step{
		{says: "Support binds a token: the serial on its back, the code on its front.",
			args: words("bind", right.Serial, "anna@example.com --ticket T-17"), codes: keep(&used, shows(right, 0, 0))},
		{says: "A used code is worth nothing a second time.",
			args: words("check", right.Serial), codes: again(&used), exit: exitCode},
		{says: "The clock of the next token has gone slow in its box: one code is not found.",
			args: words("bind", slow.Serial, "ben@example.com"), codes: shows(slow, -slowBy, 0), exit: exitCode},
		{says: "Two codes in a row are searched wider, and the drift is remembered.",
			args: words("bind", slow.Serial, "ben@example.com"), codes: shows(slow, -slowBy, -1, 0)},
		{says: "A token with a button shows the code of its counter.",
			args: words("bind", pressed.Serial, "carla@example.com"), codes: pressedOnce},
		{says: "Carla has left, and her token came back.",
			args: words("unbind", pressed.Serial, "--returned --to quarantined --ticket T-19 --yes")},
		{says: "It is whole, and goes into stock again.", args: words("release", pressed.Serial, "--ticket T-19")},
	}
}

func auditors() []step {
	return []step{
		{says: "Who has what?", args: words("list --limit 4")},
		{says: "Everything about one token.", args: words("show", slow.Serial)},
		{says: "What happened last?", args: words("audit log --limit 3")},
		{says: "Was the trail doctored?", args: words("audit verify")},
		{says: "The auditor's workbook.", args: words("export inventory.xlsx")},
		{says: "Only what is bound, for a script.", args: words("export bound.csv --state bound")},
	}
}

// phone is what a support desk hears most, with a person at the other end who is
// told why.
func phone() []step {
	var used []string
	misheard := strings.ReplaceAll(fresh.Serial, "0", "O")
	return []step{
		{says: "\"My token has come.\" The serial is misread first, letters for zeros: what is near is shown, and nothing is chosen.",
			args: words("bind", misheard, "frieda@example.com"), codes: shows(fresh, 0, 0), exit: exitNotFound},
		{says: "Read again, grouped as it is printed.",
			args: words("bind", grouped(fresh.Serial), "frieda@example.com --ticket T-20"), codes: keep(&used, shows(fresh, 0, 0))},
		{says: "\"It says wrong code.\" The token lay in a drawer for years: two codes find its clock.",
			args: words("bind", drawer.Serial, "gustav@example.com"), codes: shows(drawer, -slowBy, 0), exit: exitCode},
		{says: "The second one was read out first.",
			args: words("bind", drawer.Serial, "gustav@example.com"), codes: shows(drawer, -slowBy, 0, -1), exit: exitCode},
		{says: "And in their order.",
			args: words("bind", drawer.Serial, "gustav@example.com"), codes: shows(drawer, -slowBy, -1, 0)},
		{says: "\"My login does not take it.\" Is it the right token, and how is its clock?",
			args: words("check", drawer.Serial), codes: shows(drawer, -slowBy, 1)},
		{says: "\"I typed it again.\" A code that was used is worth nothing.",
			args: words("check", fresh.Serial), codes: again(&used), exit: exitCode},
		{says: "\"I found this one in my desk.\" It is somebody's already.",
			args: words("bind", fresh.Serial, "hanna@example.com"), codes: shows(fresh, 0, 1), exit: exitNotAllowed},
	}
}

// toVerifier gives seeds to the system that verifies logins.
func toVerifier() []step {
	return []step{
		{says: "Who verifies logins, and what does it read?", args: words("verifier add vpn --for pam-oath")},
		{says: "What would not fit? Nothing is written.", args: words("provision --verifier vpn --state bound --set login=local --dry-run")},
		{says: "The seeds leave, encrypted for the gateway.",
			args: words("provision --verifier vpn --state bound --set login=local --out users.oath.age --to recipients.txt")},
		{says: "The login. A library plays pam_oath here (github.com/pquerna/otp), which not every machine has; fob's tests log in through the real one.",
			instead: login},
		{says: "A token is lost, and the gateway still takes its codes.", args: words("lost", drawer.Serial, "--ticket T-30 --yes")},
		{says: "What has to be ended there?", args: words("report open")},
	}
}

// grouped is a serial as it is printed on a back: 2600-4123-00003.
func grouped(serial string) string { return serial[:4] + "-" + serial[4:8] + "-" + serial[8:] }

func words(parts ...string) []string { return strings.Fields(strings.Join(parts, " ")) }

// shows computes what a token displays whose clock is off by drift, at steps
// counted from the present one.
func shows(t gen.Token, drift time.Duration, steps ...int64) codesAt {
	return func(now time.Time) (codes []string, err error) {
		present := otp.StepAt(t.Params, now, drift.Seconds())
		for _, s := range steps {
			code, err := code(t, present+s)
			if err != nil {
				return nil, err
			}
			codes = append(codes, code)
		}
		return codes, nil
	}
}

// pressedOnce is the first code of a token with a button.
func pressedOnce(time.Time) ([]string, error) {
	first, err := code(pressed, 0)
	return []string{first}, err
}

func code(t gen.Token, step int64) (string, error) {
	return otp.At(t.Params, token.NewSeed(slices.Clone(t.Seed)), step)
}

// keep notes the codes that are given, for again.
func keep(kept *[]string, codes codesAt) codesAt {
	return func(now time.Time) (given []string, err error) {
		*kept, err = codes(now)
		return *kept, err
	}
}

// again returns the codes once more, whatever the time.
func again(kept *[]string) codesAt {
	return func(time.Time) ([]string, error) { return *kept, nil }
}
