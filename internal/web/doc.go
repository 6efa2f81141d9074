// Package web is the second front end: pages for the desk, for people with their own
// tokens, and for auditors. Like the command line it knows no rule. Each page calls
// one use case as the person who signed in, and shows what comes back in fob's words.
//
// How a page is added:
//
//  1. Write a handler, func(*call) error. A GET reads (call.read, call.cases) and
//     ends with call.show(name, data). A POST changes something and ends with
//     call.done(path, text): the answer is kept in the session and shown at that path,
//     so that a reload does not do it twice. Any error may simply be returned: a GET
//     shows it as a page, a POST goes back to its form (the same path, or the one that
//     call.backTo named), which then has what was typed, but for codes.
//  2. Add a line to the table in routes.go: pattern, roles, whether a fresh sign-in is
//     needed, and a word for the navigation if it belongs there. Nothing else decides
//     who may see a page, and the test of all routes reads the same table.
//  3. Put templates/NAME.html beside the others: {{define "main"}}…{{end}}. Its data is
//     .Data; layout.html and parts.html have the frame and the parts that forms share
//     (field, words, state, facts, pager).
//  4. Put its texts into texts/en.txt, at least NAME.title. A template gets them with
//     {{t "KEY" args}}; a handler with call.t. A test finds keys that are missing, and
//     those that nobody uses.
//
// Serials, accounts and codes never stand in an address: a page about a token has the
// token's number in the store (call.token reads it), forms are posted, and what was
// searched for is kept in the session. The log has patterns of routes, never paths.
package web
