package store

import (
	"fmt"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/token"
)

// Token reads one token. A serial that is not here as typed is looked for without
// the spaces and dashes that it was said or printed with; it is taken if one token
// alone fits.
func (q *queries) Token(serial token.Serial) (t token.Token, err error) {
	if strings.ContainsRune(string(serial), 0) { // no database need take it for text
		return t, fault.Errorf(fault.NotFound, "there is no token %q", string(serial))
	}
	if t, err = q.tokenByKey(serial.Key()); !notFound(err) {
		return t, err
	}
	var fits []token.Serial
	if bare := serial.Bare(); bare != "" {
		if fits, err = collect(q, value[token.Serial], bareSelect, bare); err != nil {
			return t, err
		}
	}
	switch len(fits) {
	case 0:
		return t, q.noSuchToken(serial)
	case 1:
		return q.tokenByKey(fits[0].Key())
	}
	return t, fault.Errorf(fault.NotFound, "%s may be token %s", serial, token.Join(fits, " or ")).WithHint("type it with its dashes, as it is printed")
}

const ofKey = ` AND t.serial_key = $1`

func (q *queries) tokenByKey(key string) (token.Token, error) {
	return q.wholeToken(ofKey, key)
}

const (
	serialSelect = `SELECT ` + printed + ` FROM token t JOIN batch b ON b.id = t.batch_id AND ` + visible + ` WHERE `
	// bareSelect looks up what has no dashes, and what has, each by its index.
	bareSelect   = serialSelect + `t.serial_key = $1 UNION ALL ` + serialSelect + `t.bare = $1 LIMIT 5`
	nearByPrefix = serialSelect + `t.serial_key >= $1 AND t.serial_key < $2 ORDER BY t.serial_key LIMIT $3`
	nearAccounts = `SELECT name FROM account WHERE key >= $1 AND key < $2 AND listed = 1 ORDER BY key LIMIT $3`
)

// maxNear is how many serials a person is shown: more cannot be compared with a
// phone at the ear.
const maxNear = 5

func (q *queries) noSuchToken(serial token.Serial) error {
	err := fault.Errorf(fault.NotFound, "there is no token %s", serial)
	near, nearErr := q.NearSerials(serial, maxNear)
	if nearErr != nil || len(near) == 0 {
		return err.WithHint("read the serial again, with its leading zeros; %s shows what is here", fault.Do("list"))
	}
	return err.WithHint("near it: %s", token.Join(near, ", "))
}

func (q *queries) noSuchAccount(a token.Account) error {
	err := fault.Errorf(fault.NotFound, "there is no account %s", a)
	near, nearErr := q.NearAccounts(a, maxNear)
	if nearErr == nil && len(near) == 0 { // of those that no list has
		near, nearErr = q.NearNames(string(a), maxNear)
	}
	if nearErr != nil || len(near) == 0 {
		return err.WithHint("%s shows those that are here", fault.Do("account list"))
	}
	return err.WithHint("near it: %s", token.Join(near, ", "))
}

// NearSerials finds serials that a person may have meant, the likeliest first:
// those one mistake of ear, eye or finger away, then those that begin as typed.
// Which of them it is, is for a person to say.
func (q *queries) NearSerials(serial token.Serial, limit int) ([]token.Serial, error) {
	var begins []string
	if key := serial.Key(); len(key) >= 3 {
		begins = []string{key}
	}
	return near[token.Serial](q, serialSelect+`t.serial_key`, serial.TypingErrors(), nearByPrefix, begins, limit)
}

// NearAccounts finds those one mistake away, then those with the same name at
// another domain, then those that begin as typed.
func (q *queries) NearAccounts(a token.Account, limit int) ([]token.Account, error) {
	return near[token.Account](q, `SELECT name FROM account WHERE listed = 1 AND key`, a.TypingErrors(), nearAccounts, a.Beginnings(), limit)
}

// near finds what has one of some keys, in their order, then what begins as some
// texts.
func near[T interface {
	~string
	Key() string
}](q *queries, byKey string, keys []string, byPrefix string, begins []string, limit int) (found []T, err error) {
	rank := make(map[string]int, len(keys))
	for i, key := range keys {
		rank[key] = i
	}
	add := func(row scanner) error {
		name, err := value[T](row)
		if !slices.Contains(found, name) {
			found = append(found, name)
		}
		return err
	}
	err = inChunks(keys, func(list string, args []any) error { return q.each(fmt.Sprintf("%s IN (%s)", byKey, list), args, add) })
	slices.SortFunc(found, func(a, b T) int { return rank[a.Key()] - rank[b.Key()] })
	for _, begin := range begins {
		if err == nil && len(found) < limit {
			err = q.each(byPrefix, []any{begin, prefixEnd(begin), limit}, add)
		}
	}
	return found[:min(len(found), limit)], err
}
