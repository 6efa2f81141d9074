package store

import (
	"database/sql"

	"fob/internal/report"
	"fob/internal/token"
)

// Locations lists the names of all places, in no order.
func (q *queries) Locations() (all []string, err error) {
	err = q.each(`SELECT name FROM location`, nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		all = append(all, name)
		return err
	})
	return all, err
}

// locationNames gives the names of all places by their ids.
func (q *queries) locationNames() (map[int64]string, error) {
	all := map[int64]string{}
	err := q.each(`SELECT id, name FROM location`, nil, func(rows *sql.Rows) error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		all[id] = name
		return err
	})
	return all, err
}

// locationsWithin gives the ids of a place and of what lies below it: places are
// few, and how they compare is the domain's to say.
func (q *queries) locationsWithin(name string) (ids []any, err error) {
	key := token.LocationKey(name)
	if key == "" {
		return nil, nil
	}
	all, err := q.locationNames()
	for id, other := range all {
		if token.LocationWithin(token.LocationKey(other), key) {
			ids = append(ids, id)
		}
	}
	return ids, err
}

// SaveLocation writes where a token is.
func (q *queries) SaveLocation(tokenID int64, name string) error {
	id, err := q.locationID(name)
	if err != nil {
		return err
	}
	return q.exec(`UPDATE token SET location_id = $1 WHERE id = $2`, id, tokenID)
}

// LocationCounts counts the tokens that a filter selects by place and state, in one
// walk; where the filter begins and ends a page does not count.
func (q *queries) LocationCounts(f report.Filter) (all []report.LocationCount, err error) {
	f.Limit, f.After = 0, ""
	selected, err := q.listing(f)
	if err != nil || selected.nothing {
		return nil, err
	}
	err = q.each(`SELECT COALESCE(l.name, ''), c.state, SUM(c.n)
		FROM (SELECT t.location_id, t.state, t.batch_id, COUNT(*) AS n FROM token t `+selected.conditions()+`
			GROUP BY t.location_id, t.state, t.batch_id) c
		JOIN batch b ON b.id = c.batch_id AND b.loading = 0 AND b.withdrawn_at IS NULL
		LEFT JOIN location l ON l.id = c.location_id
		GROUP BY l.name, c.state`, selected.args, func(rows *sql.Rows) error {
		var c report.LocationCount
		err := rows.Scan(&c.Location, (*stateCode)(&c.State), &c.Tokens)
		all = append(all, c)
		return err
	})
	return all, err
}
