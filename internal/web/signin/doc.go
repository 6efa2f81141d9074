// Package signin signs people in at an OpenID provider: code flow with PKCE, state and
// nonce. It knows nothing of sessions and roles: it says who somebody is, as the
// provider says it, and when the provider saw them. Whatever goes wrong is an error in
// words, since a person reads it.
package signin
