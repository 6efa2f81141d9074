package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// otherCommands are the words that people bring from other programs, with the commands
// that do it here; behind a command that holds others, with its name. What destroys
// something comes last.
var otherCommands = map[string][]string{
	"ls": {"list"}, "search": {"list"}, "find": {"list", "identify"}, "tokens": {"list"}, "token": {"show"},
	"get": {"show"}, "info": {"show"}, "describe": {"show"}, "status": {"show", "doctor"}, "history": {"audit log"},
	"load": {"import"}, "add": {"import"}, "upload": {"import"}, "sync": {"resync", "account import"}, "resynchronize": {"resync"}, "synchronize": {"resync"},
	"enroll": {"bind", "virtual"}, "enrol": {"bind", "virtual"}, "activate": {"bind", "resume"}, "register": {"bind"}, "link": {"bind"}, "pair": {"bind"},
	"unlink": {"unbind"}, "revoke": {"lost", "retire"}, "disable": {"suspend"}, "enable": {"resume"}, "block": {"suspend"}, "lock": {"suspend"}, "deactivate": {"suspend"}, "reactivate": {"resume"}, "dump": {"export"}, "unblock": {"unlock"},
	"delete": removals, "remove": removals, "rm": removals, "destroy": {"retire"},
	"report lost": {"list --state lost", "report open"}, "report stolen": {"list --state lost", "report open"}, "report bound": {"list --state bound"}, "report retired": {"list --state retired"},
	"account remove": {"account import"}, "account delete": {"account import"}, "account rm": {"account import"}, "account add": {"account import"},
	"batch remove": {"batch withdraw"}, "batch delete": {"batch withdraw"}, "batch rm": {"batch withdraw"}, "verifier delete": {"verifier remove"}, "verifier rm": {"verifier remove"},
	"verify": {"check", "audit verify", "verify-export"}, "test": {"check"}, "validate": {"check"}, "log": {"audit log"}, "logs": {"audit log"}, "events": {"audit log"},
	"users": {"account list"}, "user": {"account list", "account show"}, "accounts": {"account list"}, "people": {"account list"}, "batches": {"batch list"}, "locations": {"location list"},
	"inventory": {"stocktake", "export"}, "count": {"stocktake"}, "swap": {"replace"}, "exchange": {"replace"}, "reset": {"unlock", "resync"},
	"return": {"unbind --returned", "found"}, "stolen": {"lost --stolen"}, "leavers": {"report leavers"}, "leave": {"reconcile"},
	"qr": {"virtual"}, "app": {"virtual"}, "config": {"policy show"}, "settings": {"policy show"}, "keys": {"key list"}, "custodians": {"key list"}, "setup": {"init"}, "create": {"init"},
}

// removals are what people may mean who want a token away: from a person, from the stock
// that a wrong file brought, or for good.
var removals = []string{"unbind", "batch withdraw", "retire"}

// otherFlags are the same for flags; the first that a command has is offered.
var otherFlags = map[string][]string{
	"user": {"account"}, "username": {"account"}, "login": {"account"}, "owner": {"account"}, "otp": {"code"}, "pin": {"code"}, "pass": {"code", "passphrase-file"}, "passcode": {"code"}, "tokencode": {"code"},
	"comment": {"reason"}, "note": {"reason"}, "message": {"reason"}, "why": {"reason"}, "case": {"ticket"}, "incident": {"ticket"},
	"force": {"yes"}, "assume-yes": {"yes"}, "no-confirm": {"yes"}, "silent": {"quiet"}, "database": {"db"}, "store": {"db"},
	"file": {"from", "out"}, "input": {"from"}, "output": {"out", "xlsx", "json"}, "format": {"json"}, "sheet-name": {"sheet"}, "worksheet": {"sheet"}, "seed-format": {"encoding"}, "key-format": {"encoding"}, "place": {"location", "to"}, "site": {"location"}, "count": {"limit"}, "max": {"limit"},
	"approver": {"approved-by"}, "approve": {"approved-by"}, "password": {"passphrase-file", "password-file"}, "passphrase": {"passphrase-file"}, "key": {"key-file"},
	"algorithm": {"hash"}, "algo": {"hash"}, "length": {"digits"}, "interval": {"period"}, "step": {"period"}, "timestep": {"period"}, "time-step": {"period"}, "hmac": {"hash"}, "otplen": {"digits"}, "upn": {"account"},
	"separator": {"delimiter"}, "sep": {"delimiter"}, "moving-factor": {"counter"}, "psk": {"key-file"}, "certificate": {"signed-by"}, "po": {"order"}, "purchase-order": {"order"}, "vendor": {"manufacturer"}, "from-date": {"since"}, "to-date": {"until"},
}

// commandsNear finds what a mistyped word may have meant: a command below cmd, or what
// another program calls so.
func commandsNear(cmd *cobra.Command, word string) (paths []string) {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			names = append(names, c.Name())
		}
	}
	root := cmd.Root().Name() + " "
	other := otherCommands[strings.ToLower(strings.TrimPrefix(cmd.CommandPath()+" "+word, root))]
	for _, name := range term.Nearest(word, names) {
		if other == nil || name != "retire" && name != "erase" { // a word that has its own meaning is no typing error for what destroys
			paths = append(paths, cmd.CommandPath()+" "+name)
		}
	}
	for _, path := range other {
		if path = root + path; !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// meantMore are what nobody should find out only afterwards.
var meantMore = map[string]string{
	"fob retire":         "To retire a token destroys its seed for good;",
	"fob account import": "People come and go with the next list;",
}

// withMeant puts what may have been meant in front of an error's hint.
func withMeant(err error, meant []string) error {
	var e *fault.Error
	if len(meant) == 0 || !errors.As(err, &e) {
		return err
	}
	words := fmt.Sprintf("did you mean `%s`?", strings.Join(meant, "` or `"))
	if more := meantMore[meant[len(meant)-1]]; more != "" {
		words += " " + more
	}
	return e.WithHint("%s %s", words, e.Advice)
}

// unknownFlag is the error of a flag that a command does not have.
func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	err := term.UsageError(cmd.CommandPath(), e)
	typed := e.GetSpecifiedName()
	if len(typed) < 2 || e.GetSpecifiedShortnames() != "" {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	meant := term.Nearest(typed, names)
	if len(meant) == 0 {
		if i := slices.IndexFunc(otherFlags[strings.ToLower(typed)], func(f string) bool { return slices.Contains(names, f) }); i >= 0 {
			meant = []string{otherFlags[strings.ToLower(typed)][i]}
		}
	}
	for i, name := range meant {
		meant[i] = "--" + name
	}
	if len(meant) == 0 && positional[strings.ToLower(typed)] != "" && strings.Contains(cmd.Use, positional[strings.ToLower(typed)]) {
		return fault.Errorf(fault.Usage, "%v", e).WithHint("%s stands without a flag: `%s`", positional[strings.ToLower(typed)], Uses(cmd)[0])
	}
	return withMeant(err, meant)
}

// positional are the flags that people type for what is an argument here.
var positional = map[string]string{"serial": "SERIAL", "token": "SERIAL", "account": "ACCOUNT", "user": "ACCOUNT", "username": "ACCOUNT", "login": "ACCOUNT", "file": "FILE"}

// isCommand reports whether a word is a command below cmd.
func isCommand(cmd *cobra.Command, word string) bool {
	return slices.ContainsFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == word })
}

// firstWord is the first argument that is no flag, and not the value of one.
func firstWord(args []string, flags *pflag.FlagSet) string {
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		switch f := flags.Lookup(name); {
		case args[i] == "--":
			return ""
		case isFlag && f != nil && f.NoOptDefVal == "":
			i++
		case !strings.HasPrefix(args[i], "-"):
			return args[i]
		}
	}
	return ""
}

// otherWayRound looks, behind an error about a token that is not there, for what people
// exchange: the account and the serial, or a person in the place of a token.
func otherWayRound(ctx context.Context, r *term.Run, cmd *cobra.Command, err error) error {
	args := cmd.Flags().Args()
	if fault.KindOf(err) != fault.NotFound || len(args) == 0 || !strings.Contains(cmd.Use, cmd.Name()+" SERIAL") {
		return err
	}
	person := ""
	_ = r.WithReports(ctx, func(reader report.Reader) error { // what cannot be read gives no advice
		if len(args) == 2 {
			if _, failed := reader.Find(token.Serial(args[0])); failed == nil {
				return nil
			}
			if _, failed := reader.Find(token.Serial(args[1])); failed == nil {
				err = fault.Errorf(fault.NotFound, "%s", fault.MessageIn(err, term.Wording{})).
					WithHint("the serial comes first: `%s %s`", cmd.CommandPath(), term.Pasted(args[1], args[0]))
				return nil
			}
		}
		if a, failed := reader.Account(token.Account(args[0])); failed == nil {
			person = a.Account.Account
		}
		return nil
	})
	if person != "" {
		err = fault.Errorf(fault.NotFound, "%s", fault.MessageIn(err, term.Wording{})).
			WithHint("%s is a person; their tokens: %s", person, fmt.Sprintf("`fob list --account %s`", term.Pasted(person)))
	}
	return err
}
