package token

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"fob/internal/fault"
)

// Setting is one thing that a policy can say, by the name that people set it
// with.
type Setting struct {
	Name    string
	Usual   string // what holds where nothing is set
	Meaning string
	// parse puts a value into the policy. One that is set is held against fob's own
	// figures, and refused if it is looser. One that was stored was judged when it was
	// set: if fob's own have become stricter since, these hold.
	parse func(p *Policy, value string, judge bool) (canonical string, err error)
}

// Limits of figures, with fob's own as the loosest. The tightest leave a token
// out of a drawer a chance: below, nobody could bind one.
const (
	leastOneCode  = 30 * time.Second
	leastTwoCodes = 10 * time.Minute
	longestLock   = 7 * 24 * time.Hour
	maxShare      = 1000
	maxProofs     = 20
)

const requirePrefix = "require."

// demandable are the commands of which words can be demanded.
var demandable = []Command{CmdAssign, CmdUnassign, CmdBind, CmdResync, CmdUnbind, CmdReplace, CmdSuspend, CmdResume, CmdLost, CmdFound,
	CmdQuarantine, CmdRelease, CmdRetire, CmdUnlock, CmdClockAccept, CmdBatchQuarantine, CmdBatchRelease, CmdBatchWithdraw, CmdBatchCorrect, CmdBatchDestroy, CmdAccountErase,
	CmdPolicySet, CmdAuditAccept, CmdKeyAdd, CmdKeyRemove, CmdKeyRotate, CmdVirtual, CmdMove, CmdAccountImport, CmdProvision, CmdVerifierAdd, CmdVerifierRemove, CmdVerifierDone, CmdRestore}

// Settings lists all that can be set, in the order in which they are shown.
func Settings() []Setting {
	all := []Setting{
		{"tokens-per-account", "", "tokens that one account may have at once, assigned, bound or suspended", parseShare},
		{"codes-needed", "1", "displayed codes that bind and resync need", parseCodes},
		{"proofs", "", "kinds of proof that may be named, separated by commas; else anything", parseProofs},
		{"window-one-code", shortDuration(UsualOneCode), "how far one code is searched at most, either way", func(p *Policy, v string, judge bool) (string, error) {
			return parseWindow(&p.OneCode, v, judge, leastOneCode, UsualOneCode, 1)
		}},
		{"window-two-codes", shortDuration(UsualTwoCodes), "how far two codes are searched at most, either way, unless the search is deep", func(p *Policy, v string, judge bool) (string, error) {
			return parseWindow(&p.TwoCodes, v, judge, leastTwoCodes, UsualTwoCodes, 2)
		}},
		{"lock-after", strconv.Itoa(LockAfter), "failed attempts in a row that lock a token", func(p *Policy, v string, judge bool) (string, error) {
			return parseLockCount(&p.Lock.After, "lock-after", v, judge, LockAfter)
		}},
		{"lock-for", shortDuration(LockFor), "how long they lock it", parseLockFor},
		{"lock-for-good", strconv.Itoa(LockForGood), "failed attempts in a row that lock it until it is unlocked", func(p *Policy, v string, judge bool) (string, error) {
			return parseLockCount(&p.Lock.ForGood, "lock-for-good", v, judge, LockForGood)
		}},
		{"refusals-per-hour", strconv.Itoa(UsualRefusals), "refused codes of one operator, on all tokens, beyond which a second person is needed", func(p *Policy, v string, judge bool) (string, error) {
			return parseLockCount(&p.Refusals, "refusals-per-hour", v, judge, UsualRefusals)
		}},
	}
	all = append(all,
		Setting{"second-person", "", "what waits for a second person at an account of their own: " + GuardWords(Guardable()), parseSecond},
		Setting{"request-ends", shortDuration(UsualRequestFor), "how long a request waits for that person, and then to be carried out", parseRequestFor})
	for _, c := range demandable {
		all = append(all, Setting{requirePrefix + dashed(c), "", "what " + string(c) + " has to be given: proof, ticket, reason, approved-by",
			func(p *Policy, v string, _ bool) (string, error) { return parseDemands(p, c, v) }})
	}
	return all
}

func dashed(c Command) string { return strings.ReplaceAll(string(c), " ", "-") }

// ParseSetting checks NAME=VALUE and gives the value as it is stored; an empty
// one takes the setting back to what is usual.
func ParseSetting(text string) (name, value string, err error) {
	name, value, ok := strings.Cut(text, "=")
	name = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), "_", "-")
	if !ok {
		return "", "", fault.Errorf(fault.Usage, "%q is no setting", text).WithHint("write NAME=VALUE, or NAME= for what is usual")
	}
	i := slices.IndexFunc(Settings(), func(s Setting) bool { return s.Name == name })
	if i < 0 {
		err := fault.Errorf(fault.Usage, "there is no setting %q", name).WithHint("%s lists them all", fault.Do("policy show"))
		if slices.ContainsFunc(Settings(), func(s Setting) bool { return s.Name == requirePrefix+name }) {
			err = err.WithHint("what %s has to be given is the setting %s%s, such as %s%s=ticket", name, requirePrefix, name, requirePrefix, name)
		}
		return "", "", err
	}
	if value, err = ParseText(name, value); err != nil || value == "" {
		return name, "", err
	}
	p := UsualPolicy()
	value, err = Settings()[i].parse(&p, value, true)
	if value == Settings()[i].Usual {
		value = "" // one way to say it
	}
	return name, value, err
}

// PolicyOf reads what the organisation demands, in the transaction that it holds for.
func PolicyOf(r interface {
	Policy() (map[string]string, error) // what was set, by name
}) (p Policy, err error) {
	set, err := r.Policy()
	if err != nil {
		return p, err
	}
	return ParsePolicy(set)
}

// ParsePolicy puts stored settings together. None that fob once took is refused.
func ParsePolicy(stored map[string]string) (Policy, error) {
	p := UsualPolicy()
	left := maps.Clone(stored)
	for _, s := range Settings() {
		if v, ok := left[s.Name]; ok {
			if _, err := s.parse(&p, v, false); err != nil {
				return p, fault.Wrap(fault.KindOf(err), err, "the policy's %s", s.Name).WithAdvice(fault.AdviceOf(err))
			}
			delete(left, s.Name)
		}
	}
	for name := range left {
		return p, fault.Errorf(fault.Integrity, "the policy has a setting %q that this program does not know", name)
	}
	return p, nil
}

// Sound refuses settings that make no sense together.
func (p Policy) Sound() error {
	if p.Lock.ForGood < p.Lock.After {
		return fault.Errorf(fault.NotAllowed, "lock-for-good (%d) would come before lock-after (%d)", p.Lock.ForGood, p.Lock.After).
			WithHint("set both in one command")
	}
	return nil
}

func parseDemands(p *Policy, by Command, value string) (string, error) {
	var all []Demand
	for word := range strings.SplitSeq(value, ",") {
		d := Demand(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(word)), "_", "-"))
		if !slices.Contains(demands(), d) {
			return "", fault.Errorf(fault.Usage, "%q cannot be demanded", word).WithHint("possible are proof, ticket, reason and approved-by, separated by commas")
		}
		all = append(all, d)
	}
	var sorted []string
	for _, d := range demands() {
		if slices.Contains(all, d) {
			p.Require[by] = append(p.Require[by], d)
			sorted = append(sorted, string(d))
		}
	}
	return strings.Join(sorted, ","), nil
}

func parseShare(p *Policy, value string, _ bool) (string, error) {
	n, err := wholeNumber("tokens-per-account", value, 1, maxShare)
	p.PerAccount = n
	return strconv.Itoa(n), err
}

func parseCodes(p *Policy, value string, _ bool) (string, error) {
	if value == "0" {
		return "", looser("codes-needed=0", "without a code, anyone who knows a serial binds it: 1 in 1")
	}
	n, err := wholeNumber("codes-needed", value, 1, 2)
	p.Codes = n
	return strconv.Itoa(n), err
}

func parseProofs(p *Policy, value string, _ bool) (string, error) {
	for word := range strings.SplitSeq(value, ",") {
		if word = strings.TrimSpace(word); word != "" && !slices.Contains(p.Proofs, word) {
			p.Proofs = append(p.Proofs, word)
		}
	}
	if len(p.Proofs) == 0 || len(p.Proofs) > maxProofs {
		return "", fault.Errorf(fault.Usage, "proofs: 1 to %d kinds of proof, separated by commas, are possible", maxProofs)
	}
	return strings.Join(p.Proofs, ","), nil
}

func parseWindow(to *time.Duration, value string, judge bool, least, most time.Duration, codes int) (string, error) {
	name := map[int]string{1: "window-one-code", 2: "window-two-codes"}[codes]
	d, err := duration(name, value)
	switch {
	case err != nil:
		return "", err
	case !judge:
		d = min(max(d, least), most)
	case d > most:
		return "", looser(name+"="+value, windowOdds(d, most, codes))
	case d < least:
		return "", fault.Errorf(fault.NotAllowed, "%s=%s: %s is the least; with less, no token that lay in a drawer could be bound", name, value, shortDuration(least))
	}
	*to = d
	return shortDuration(d), nil
}

func parseLockCount(to *int, name, value string, judge bool, most int) (string, error) {
	n, err := wholeNumber(name, value, 1, 1_000_000)
	switch {
	case err != nil:
		return "", err
	case !judge:
		n = min(n, most)
	case n > most:
		return "", looser(name+"="+value, fmt.Sprintf("%d guesses at one code would go in with odds of %s, where %d have %s",
			n, oneIn(n*usualSteps, 6), most, oneIn(most*usualSteps, 6)))
	}
	*to = n
	return strconv.Itoa(n), nil
}

func parseLockFor(p *Policy, value string, judge bool) (string, error) {
	d, err := duration("lock-for", value)
	switch {
	case err != nil:
		return "", err
	case !judge:
		d = min(max(d, LockFor), longestLock)
	case d < LockFor:
		locks := LockForGood - LockAfter
		return "", looser("lock-for="+value, fmt.Sprintf("%d guesses, which go in with odds of %s, would take %s, where they take %s",
			LockForGood, oneIn(LockForGood*usualSteps, 6), shortDuration(time.Duration(locks)*d), shortDuration(time.Duration(locks)*LockFor)))
	case d > longestLock:
		return "", fault.Errorf(fault.NotAllowed, "lock-for=%s: %s is the longest", value, shortDuration(longestLock)).WithHint("lock-for-good locks until somebody unlocks")
	}
	p.Lock.For = d
	return shortDuration(d), nil
}

func wholeNumber(name, value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, fault.Errorf(fault.Usage, "%s=%s: a whole number from %d to %d is needed", name, value, least, most)
	}
	return n, nil
}

// duration reads 90, 90s, 15m or 2h: whole seconds.
func duration(name, value string) (time.Duration, error) {
	if n, err := strconv.Atoi(value); err == nil {
		value = strconv.Itoa(n) + "s"
	}
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 || d%time.Second != 0 {
		return 0, fault.Errorf(fault.Usage, "%s=%s: a time is needed, such as 90s, 15m or 2h", name, value)
	}
	return d, nil
}

func shortDuration(d time.Duration) string {
	for _, unit := range []struct {
		d    time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}} {
		if d%unit.d == 0 {
			return strconv.Itoa(int(d/unit.d)) + unit.name
		}
	}
	return strconv.Itoa(int(d/time.Second)) + "s"
}
