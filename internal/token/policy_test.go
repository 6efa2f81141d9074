package token_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"fob/internal/fault"
	"fob/internal/token"
)

func TestParseSetting(t *testing.T) {
	for text, want := range map[string]string{
		"require.bind=ticket, PROOF,ticket":           "require.bind=proof,ticket",
		"require.batch-quarantine=reason,approved_by": "require.batch-quarantine=reason,approved-by",
		"REQUIRE.LOST=":                    "require.lost=",
		"tokens_per_account=3":             "tokens-per-account=3",
		"codes-needed=2":                   "codes-needed=2",
		"codes-needed=1":                   "codes-needed=",
		"proofs= badge , video call,badge": "proofs=badge,video call",
		"window-one-code=90":               "window-one-code=90s",
		"window-one-code=10m":              "window-one-code=",
		"window-two-codes=2h":              "window-two-codes=2h",
		"lock-after=3":                     "lock-after=3",
		"lock-for=1800s":                   "lock-for=30m",
		"lock-for-good=10":                 "lock-for-good=",
		" lock-for-good = 7":               "lock-for-good=7",
	} {
		name, value, err := token.ParseSetting(text)
		if got := name + "=" + value; err != nil || got != want {
			t.Errorf("%q is read as %q, %v", text, got, err)
		}
	}
}

// What is malformed is a usage error; what would loosen fob's own rules is
// refused, with the odds that it would give.
func TestRefusedSettings(t *testing.T) {
	for text, want := range map[string]struct {
		kind  fault.Kind
		words string
	}{
		"nonsense":                {fault.Usage, "NAME=VALUE"},
		"colour=red":              {fault.Usage, `no setting "colour"`},
		"require.check=proof":     {fault.Usage, "no setting"},
		"require.bind=shoe size":  {fault.Usage, "possible are proof, ticket, reason and approved-by"},
		"tokens-per-account=0":    {fault.Usage, "from 1 to 1000"},
		"tokens-per-account=many": {fault.Usage, "a whole number"},
		"proofs=,":                {fault.Usage, "separated by commas"},
		"codes-needed=3":          {fault.Usage, "from 1 to 2"},
		"codes-needed=0":          {fault.NotAllowed, "1 in 1"},
		"window-one-code=1h":      {fault.NotAllowed, "1 in 4,149, where it is 1 in 47,619"},
		"window-two-codes=24h":    {fault.NotAllowed, "1 in 173,580,976, where it is 1 in 347,101,701"},
		"window-one-code=5s":      {fault.NotAllowed, "30s is the least"},
		"window-one-code=soon":    {fault.Usage, "90s, 15m or 2h"},
		"window-one-code=-5m":     {fault.Usage, "90s, 15m or 2h"},
		"lock-after=6":            {fault.NotAllowed, "6 guesses at one code would go in with odds of 1 in 7,937, where 5 have 1 in 9,524"},
		"lock-for-good=100":       {fault.NotAllowed, "odds of 1 in 476, where 10 have 1 in 4,762"},
		"lock-for=1m":             {fault.NotAllowed, "would take 5m, where they take 75m"},
		"lock-for=9000h":          {fault.NotAllowed, "168h is the longest"},
	} {
		_, _, err := token.ParseSetting(text)
		if err == nil || fault.KindOf(err) != want.kind || !strings.Contains(err.Error()+fault.HintOf(err), want.words) {
			t.Errorf("%q: %v; %s", text, err, fault.HintOf(err))
		}
	}
}

func TestParsePolicy(t *testing.T) {
	p, err := token.ParsePolicy(map[string]string{"require.bind": "proof,ticket", "lock-after": "2", "lock-for-good": "2", "lock-for": "1h", "window-one-code": "90s"})
	if err != nil || p.Lock != (token.Lock{After: 2, For: time.Hour, ForGood: 2}) || p.OneCode != 90*time.Second || p.TwoCodes != token.UsualTwoCodes || p.Codes != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if !slices.Equal(p.Require[token.CmdBind], []token.Demand{token.DemandProof, token.DemandTicket}) {
		t.Errorf("%v", p.Require)
	}
	if p, err := token.ParsePolicy(map[string]string{"lock-after": "5", "lock-for-good": "3"}); err != nil || fault.KindOf(p.Sound()) != fault.NotAllowed {
		t.Errorf("a lock for good before the first: %v, %v", err, p.Sound())
	}
	if _, err := token.ParsePolicy(map[string]string{"colour": "red"}); fault.KindOf(err) != fault.Integrity {
		t.Errorf("an unknown setting: %v", err)
	}
	// What was stored when fob's own figures were looser, or by somebody who changed
	// the table, is no error, and loosens nothing.
	p, err = token.ParsePolicy(map[string]string{"lock-after": "50", "lock-for-good": "50", "lock-for": "1m", "window-one-code": "1h", "window-two-codes": "1s"})
	if own := token.UsualPolicy(); err != nil || p.Lock != own.Lock || p.OneCode != own.OneCode || p.TwoCodes != 10*time.Minute {
		t.Errorf("%+v, %v: looser than fob itself, and it is believed", p, err)
	}
	usual, err := token.ParsePolicy(nil)
	if err != nil || usual.Lock != token.UsualLock() || usual.Check(token.CmdBind, token.Words{}) != nil || usual.CheckShare("anna", make([]token.Serial, 99)) != nil {
		t.Errorf("nothing set: %+v, %v", usual, err)
	}
	for _, s := range token.Settings() {
		if s.Usual == "" {
			continue
		}
		if name, value, err := token.ParseSetting(s.Name + "=" + s.Usual); err != nil || value != "" {
			t.Errorf("what is usual for %s is stored as %q, %v", name, value, err)
		}
	}
}

func TestAccountLength(t *testing.T) {
	for _, letter := range []string{"a", "é", "\U0001F511"} {
		if _, err := token.ParseAccount(strings.Repeat(letter, 256)); err != nil {
			t.Errorf("256 times %s: %v", letter, err)
		}
		if _, err := token.ParseAccount(strings.Repeat(letter, 257)); fault.KindOf(err) != fault.Usage {
			t.Errorf("257 times %s: %v", letter, err)
		}
	}
	if _, err := token.ParseAccount(strings.Repeat("a", 10<<20)); fault.KindOf(err) != fault.Usage || len(err.Error()) > 200 {
		t.Errorf("ten million letters: %v", err)
	}
}

func TestReasonOfAMegabyte(t *testing.T) {
	if _, err := token.ParseText("--reason", strings.Repeat("a", 1<<20)); fault.KindOf(err) != fault.Usage || len(err.Error()) > 200 {
		t.Errorf("%v", err)
	}
}
