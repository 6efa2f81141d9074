package web

// route is a page: who may see it, and whether they have to have signed in a short time
// ago. Roles nobody is for everybody, signed in or not.
type route struct {
	pattern string
	roles   Role
	fresh   bool
	nav     string // its word in the navigation; empty: it is not there
	do      func(*call) error
	only    func(*Server) bool // whether it is there at all; nil: always
}

func whileDemo(s *Server) bool    { return s.Demo != nil }
func whileHolders(s *Server) bool { return s.Config.Holders != HoldersOff }
func whileApps(s *Server) bool    { return whileHolders(s) && s.Config.Apps }

// routes is the table of all pages. The navigation has them in this order.
func routes() []route {
	all := []route{
		{pattern: "GET /healthz", do: health},
		{pattern: "GET /metrics", do: metrics},
		{pattern: "GET /static/{file}", do: static},

		{pattern: "GET /signin", do: signInPage},
		{pattern: "GET /signin/again", roles: anybody, do: signInPage},
		{pattern: "GET /signin/start", do: signInStart},
		{pattern: "GET /signin/callback", do: signInCallback},
		{pattern: "POST /signin/demo", do: signInDemo, only: whileDemo},
		{pattern: "POST /signout", do: signOut},

		{pattern: "GET /{$}", roles: anybody, do: home},
		{pattern: "GET /find", roles: staff, nav: "find", do: findPage},
		{pattern: "POST /find", roles: staff, do: find},
		{pattern: "GET /tokens/{id}", roles: staff, do: tokenPage},
		{pattern: "GET /codes/{talk}", roles: Support, fresh: true, do: talkPage},
		{pattern: "POST /codes/{talk}", roles: Support, fresh: true, do: talkNext},
		{pattern: "GET /bulk", roles: Support, fresh: true, nav: "bulk", do: bulkPage},
		{pattern: "POST /bulk", roles: Support, fresh: true, do: bulkBind},
		{pattern: "GET /requests", roles: staff, nav: "requests", do: requestsPage},
		{pattern: "GET /requests/{n}", roles: staff, do: requestPage},
		{pattern: "POST /requests/{n}/approve", roles: Approver, fresh: true, do: approveRequest},
		{pattern: "POST /requests/{n}/deny", roles: Approver, fresh: true, do: denyRequest},
		{pattern: "POST /requests/{n}/withdraw", roles: staff, do: withdrawRequest},
		{pattern: "POST /requests/{n}/go", roles: staff, do: carryOutRequest},

		{pattern: "GET /overview", roles: keepers, nav: "overview", do: overviewPage},
		{pattern: "GET /inventory", roles: keepers, nav: "inventory", do: inventoryPage},
		{pattern: "POST /inventory", roles: keepers, do: narrowInventory},
		{pattern: "GET /inventory/workbook", roles: keepers, do: inventoryWorkbook},
		{pattern: "GET /trail", roles: keepers, nav: "trail", do: trailPage},
		{pattern: "POST /trail/verify", roles: keepers, do: verifyTrail},
		{pattern: "GET /tasks", roles: keepers, nav: "tasks", do: tasksPage},

		{pattern: "GET /mine", roles: Holder, nav: "mine", do: minePage, only: whileHolders},
		{pattern: "GET /mine/bind", roles: Holder, fresh: true, do: claimPage, only: whileHolders},
		{pattern: "POST /mine/bind", roles: Holder, fresh: true, do: claimToken, only: whileHolders},
		{pattern: "GET /mine/bind/code", roles: Holder, fresh: true, do: claimCodePage, only: whileHolders},
		{pattern: "POST /mine/bind/code", roles: Holder, fresh: true, do: claimNext, only: whileHolders},
		{pattern: "GET /mine/app", roles: Holder, fresh: true, do: appPage, only: whileApps},
		{pattern: "POST /mine/app", roles: Holder, fresh: true, do: appNext, only: whileApps},

		{pattern: "GET /demo", roles: anybody, nav: "demo", do: demoPage, only: whileDemo},
	}
	for _, a := range actions() {
		all = append(all,
			route{pattern: "GET /tokens/{id}/" + a.name, roles: a.roles, fresh: a.fresh, do: a.page},
			route{pattern: "POST /tokens/{id}/" + a.name, roles: a.roles, fresh: a.fresh, do: a.act})
	}
	for _, a := range ownActions() {
		all = append(all,
			route{pattern: "GET /mine/tokens/{id}/" + a.name, roles: Holder, fresh: a.fresh, do: a.page, only: whileHolders},
			route{pattern: "POST /mine/tokens/{id}/" + a.name, roles: Holder, fresh: a.fresh, do: a.act, only: whileHolders})
	}
	return append(all, route{pattern: "/", do: noSuchPage})
}
