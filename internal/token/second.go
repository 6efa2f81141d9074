package token

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"fob/internal/fault"
)

// Guarded is something that a policy can make wait for a second person.
type Guarded string

// What can be guarded.
const (
	GuardProvision Guarded = "provision"    // seeds that leave
	GuardUnlock    Guarded = "unlock"       // of a token that is locked for good
	GuardDeep      Guarded = "deep"         // a search for codes as wide as is possible at all
	GuardRefusals  Guarded = "refusals"     // codes, after too many of one operator were refused
	GuardDestroy   Guarded = "destroy"      // of seeds: retire, the seeds of a batch, and those that are handed over for good
	GuardRotate    Guarded = "rotate"       // a new store key
	GuardKeyAdd    Guarded = "key-add"      // one more custodian
	GuardKeyRemove Guarded = "key-remove"   // one less
	GuardRestore   Guarded = "restore"      // a backup in the place of the store, and one that somebody put there
	GuardClock     Guarded = "clock-accept" // an earlier time for the newest
	GuardRelease   Guarded = "release"      // of a token that was stolen
	GuardReburnt   Guarded = "reburnt"      // a retired serial with a new seed
	GuardPolicy    Guarded = "policy"       // the policy itself; guarded as soon as anything is
)

// Guardable lists all that can be guarded.
func Guardable() []Guarded {
	return []Guarded{GuardProvision, GuardUnlock, GuardDeep, GuardRefusals, GuardDestroy, GuardRotate, GuardKeyAdd, GuardKeyRemove,
		GuardRestore, GuardClock, GuardRelease, GuardReburnt, GuardPolicy}
}

// In words: of a command of which not all is guarded, what is.
func (g Guarded) words() string {
	if g == GuardUnlock {
		return string(g) + " (of a token locked for good)"
	}
	return string(g)
}

// GuardWords lists what is guarded, for people.
func GuardWords(all []Guarded) string {
	words := make([]string, len(all))
	for i, g := range all {
		words[i] = g.words()
	}
	return strings.Join(words, ", ")
}

// How long a request waits where the policy says nothing, and what it may say.
const (
	UsualRequestFor   = 8 * time.Hour
	leastRequestFor   = 5 * time.Minute
	longestRequestFor = 7 * 24 * time.Hour
)

// Guards reports whether a second person is needed, at an account of their own.
func (p Policy) Guards(g Guarded) bool {
	return slices.Contains(p.Second, g) || g == GuardPolicy && len(p.Second) > 0
}

func parseSecond(p *Policy, value string, _ bool) (string, error) {
	var said []Guarded
	for word := range strings.SplitSeq(value, ",") {
		g := Guarded(strings.NewReplacer("_", "-", " ", "-").Replace(strings.ToLower(strings.TrimSpace(word))))
		switch {
		case g == "all":
			said = Guardable()
		case !slices.Contains(Guardable(), g):
			return "", fault.Errorf(fault.Usage, "second-person: %q cannot wait for a second person", word).
				WithHint("%spossible are all, %s", instead(string(g)), GuardWords(Guardable()))
		default:
			said = append(said, g)
		}
	}
	for _, g := range Guardable() {
		if slices.Contains(said, g) {
			p.Second = append(p.Second, g)
		}
	}
	return Join(p.Second, ","), nil
}

// guardOf is what guards a command under another name than its own.
var guardOf = map[string]Guarded{dashed(CmdRetire): GuardDestroy, dashed(CmdBatchDestroy): GuardDestroy, dashed(CmdKeyRotate): GuardRotate, dashed(CmdPolicySet): GuardPolicy, dashed(CmdAuditAccept): GuardRestore}

// instead says what to write for the name of a command: what it waits under, and the
// setting that asks for a typed name. Empty for other words.
func instead(word string) (hint string) {
	if g, ok := guardOf[word]; ok {
		hint = fmt.Sprintf("%s waits under the name %s; ", word, g)
	}
	if slices.ContainsFunc(Settings(), func(s Setting) bool { return s.Name == requirePrefix+word }) {
		hint += fmt.Sprintf("a typed name is asked for by %s%s=approved-by; ", requirePrefix, word)
	}
	return hint
}

// Texts are serials, states and the like as plain texts.
func Texts[S ~string](all []S) []string {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = string(s)
	}
	return texts
}

// Join puts serials, states and the like into one text.
func Join[S ~string](all []S, by string) string { return strings.Join(Texts(all), by) }

func parseRequestFor(p *Policy, value string, judge bool) (string, error) {
	d, err := duration("request-ends", value)
	switch {
	case err != nil:
		return "", err
	case !judge:
		d = min(max(d, leastRequestFor), longestRequestFor)
	case d < leastRequestFor || d > longestRequestFor:
		return "", fault.Errorf(fault.NotAllowed, "request-ends=%s: possible is %s to %s", value, shortDuration(leastRequestFor), shortDuration(longestRequestFor))
	}
	p.RequestFor = d
	return shortDuration(d), nil
}
