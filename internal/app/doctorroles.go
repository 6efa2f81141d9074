package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"fob/internal/store/postgres"
)

// roles holds what the roles of a server's database may do against what they are to.
func (d *doctor) roles(ctx context.Context, k *Check) error {
	r, err := postgres.RolesAt(ctx, d.DB)
	if err != nil {
		return err
	}
	k.Detail = "connected as " + r.User
	if slices.Contains(r.Almighty, r.User) {
		k.Detail += ", which can rewrite the trail (desks connect as fob_app)"
	}
	if len(r.Missing) > 0 {
		k.Detail += "; the server has no role " + strings.Join(r.Missing, " and no role ")
	}
	for _, role := range r.Almighty {
		if role == r.User {
			continue
		}
		k.found(fmt.Sprintf("%s may do all that the owner of the tables may", role), "with that role the trail can be rewritten, so that only a signed checkpoint tells",
			"take superuser and the membership of the owner from it")
	}
	for _, s := range r.Excess {
		k.found("a role may do more than it needs", "what only grows or never changes can be changed", "as the owner: %s", s)
	}
	for _, s := range r.Lacking {
		k.found("a role lacks a right", "some command of its user will fail", "as the owner: %s", s)
	}
	return nil
}

// grantsFor are the statements that make the roles which a server's database lacks.
func (c Config) grantsFor(ctx context.Context) (statements []string, err error) {
	if !c.onServer() {
		return nil, nil
	}
	r, err := postgres.RolesAt(ctx, c.DB)
	for _, role := range r.Missing {
		statements = append(statements, "CREATE ROLE "+role+" LOGIN")
		statements = append(statements, postgres.Grants(role)...)
	}
	return statements, err
}
