// Package pages plays what people do with fob's pages, in a real browser: headless
// Chromium, before a real `fob serve` behind a proxy, with the sign-in at a real OpenID
// provider. Nothing of it reaches beyond this computer.
//
//	make pages
//
// Every page that a story comes by is looked at in light, dark and telephone width:
// axe-core must find nothing, nothing may stick out, and a picture of it lands in
// build/pages/shots. Every document that the server sent is checked as HTML, and what
// it logged is searched for codes, seeds, serials and people.
package pages
