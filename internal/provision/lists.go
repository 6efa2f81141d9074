package provision

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/token"
)

// The lists of verifiers, as their exports and answers spell them. One reader knows
// the names that Graph, Duo, privacyIDEA, LinOTP, FreeIPA and Ping give to a serial,
// to whose it is, and to whether it is accepted; of anything else the operator says
// which columns they are.
var (
	serialNames = []string{"serial", "serialnumber", "serialno", "tokenserial", "ipatokenserial", "linotptokenserialnumber"}
	ownerNames  = []string{"account", "username", "userprincipalname", "upn", "login", "owner", "ipatokenowner", "userusername", "assignedto", "users", "user"}
	activeNames = []string{"active", "enabled", "isactive", "linotpisactive", "status"}
	endedNames  = []string{"disabled", "ipatokendisabled", "revoked", "locked"}
)

// MaxList bounds a list in bytes: it is held in memory.
const MaxList = 256 << 20

// ReadVerifierList reads a verifier's list; columns are what the operator says:
// serial=2,account=Benutzer,active=Status. So is the sheet of a workbook.
func ReadVerifierList(r io.Reader, columns, sheet string) (all []Listed, err error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxList+1))
	if err != nil {
		return nil, fault.Wrap(fault.Refused, err, "reading the list")
	}
	if len(data) > MaxList { // what is not read would be taken for ended
		return nil, fault.Errorf(fault.Refused, "the list has more than %d MB", MaxList>>20).WithHint("export fewer columns, or only what is of hardware tokens")
	}
	if text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff"))); columns == "" && len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		var v any
		if err := json.Unmarshal(text, &v); err != nil {
			return nil, fault.Errorf(fault.Refused, "the list is no whole JSON").WithHint("is it cut? Fetch it again")
		}
		if goesOn(v) {
			return nil, fault.Errorf(fault.Refused, "the answer says that there is more: what is not in it would be taken for ended").
				WithHint("fetch the other pages too, and put all of them into one list: [PAGE, PAGE]")
		}
		walkJSON(v, &all)
	} else if all, err = listedRows(data, columns, sheet); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fault.Errorf(fault.Refused, "no token is in the list: nothing in it is called a serial").WithHint("%s says which column is what", fault.Columns.Is("serial=1,account=2,active=3"))
	}
	return all, nil
}

func plainName(name string) string { return rows.Name([]byte(name)) }

// goesOn reports whether an answer is a page that others follow, as Graph, Duo,
// privacyIDEA, LinOTP, FreeIPA and Ping say it. Of several pages the last one counts.
func goesOn(v any) bool {
	switch v := v.(type) {
	case []any:
		return len(v) > 0 && goesOn(v[len(v)-1])
	case map[string]any:
		page, _ := v["page"].(float64)
		pages, _ := v["pages"].(float64)
		if pages > page {
			return true
		}
		for name, value := range v {
			switch plainName(name) {
			case "odatanextlink", "nextlink", "nextoffset", "next":
				if value != nil && value != "" {
					return true
				}
			case "truncated":
				if value == true {
					return true
				}
			default:
				if _, list := value.([]any); !list && goesOn(value) {
					return true
				}
			}
		}
	}
	return false
}

// walkJSON finds the objects that have a serial.
func walkJSON(v any, all *[]Listed) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walkJSON(e, all)
		}
	case map[string]any:
		fields := map[string]string{}
		for name, value := range v {
			fields[plainName(name)] = jsonWord(value)
		}
		if l, ok := listedOf(fields); ok {
			for name, value := range v {
				if l.Account == "" && slices.Contains(ownerNames, plainName(name)) {
					l.Object = objectID(value)
				}
			}
			*all = append(*all, l)
			return
		}
		for _, e := range v {
			walkJSON(e, all)
		}
	}
}

// objectID is the id of an owner of whom a directory says no login: in Graph a device
// is assigned to an id, and to the name that people are shown.
func objectID(v any) string {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			return objectID(v[0])
		}
	case map[string]any:
		id, _ := v["id"].(string)
		return id
	}
	return ""
}

// jsonWord is a value as one word: of a list its first, of an object the login in it.
func jsonWord(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	case []any:
		if len(v) > 0 {
			return jsonWord(v[0])
		}
	case map[string]any:
		for _, name := range []string{"userPrincipalName", "username", "login"} {
			if w := jsonWord(v[name]); w != "" {
				return w
			}
		}
	}
	return ""
}

// listedOf reads a row or an object by the names of its fields.
func listedOf(fields map[string]string) (l Listed, ok bool) {
	first := func(names []string) (string, bool) {
		for _, n := range names {
			if v, is := fields[n]; is {
				return strings.TrimSpace(v), true
			}
		}
		return "", false
	}
	serial, ok := first(serialNames)
	if !ok || serial == "" {
		return l, false
	}
	l.Serial = token.Serial(serial)
	l.Account, _ = first(ownerNames)
	if rest, is := strings.CutPrefix(strings.ToLower(l.Account), "uid="); is { // a name in a directory
		l.Account, _, _ = strings.Cut(rest, ",")
	}
	if word, is := first(activeNames); is {
		l.Ended = isWord(word, "false", "no", "0", "disabled", "inactive", "suspended", "revoked", "available")
	}
	for _, n := range endedNames {
		l.Ended = l.Ended || isWord(fields[n], "true", "yes", "1")
	}
	return l, true
}

func isWord(text string, words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(strings.TrimSpace(text), w) {
			return true
		}
	}
	return false
}

// listedRows reads a table.
func listedRows(data []byte, columns, sheet string) (all []Listed, err error) {
	in := rows.NewWith(bytes.NewReader(data), rows.Options{Sheet: sheet})
	var names []string
	said, err := saidColumns(columns)
	if err != nil {
		return nil, err
	}
	for {
		row, err := in.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, rows.Fault(err)
		}
		if names == nil {
			header := false
			for n, f := range row.Fields {
				name, is := plainName(string(f)), ""
				if said == nil {
					is = name
				}
				for what, where := range said {
					if where == name || where == strconv.Itoa(n+1) {
						header, is = header || where == name, what
					}
				}
				names = append(names, is)
			}
			if header || columns == "" {
				continue
			}
		}
		fields := map[string]string{}
		for n, f := range row.Fields {
			if n < len(names) && names[n] != "" {
				fields[names[n]] = string(f)
			}
		}
		if l, ok := listedOf(fields); ok {
			all = append(all, l)
		}
	}
}

// saidColumns reads serial=2,account=Benutzer; nil for nothing.
func saidColumns(text string) (map[string]string, error) {
	if text == "" {
		return nil, nil
	}
	all := map[string]string{}
	for part := range strings.SplitSeq(text, ",") {
		what, where, ok := strings.Cut(part, "=")
		what = strings.ToLower(strings.TrimSpace(what))
		if !ok || what != "serial" && what != "account" && what != "active" && what != "disabled" {
			return nil, fault.Errorf(fault.Usage, "%s: %q is not understood", fault.Columns, part).WithHint("write serial=1,account=2,active=3; disabled= for a column that says the reverse")
		}
		all[what] = plainName(where)
	}
	if all["serial"] == "" {
		return nil, fault.Errorf(fault.Usage, "%s does not say which column is the serial", fault.Columns)
	}
	return all, nil
}
