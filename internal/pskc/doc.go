// Package pskc knows RFC 6030, the Portable Symmetric Key Container: its names
// and its structure, read as a stream of key packages. A family of seed files
// reads through it and provision will write through it, so it says what the XML
// says and judges no token: what fob can use is for its callers.
//
// The reader works on single XML tokens and never builds a tree. It refuses
// what encoding/xml lets pass and an attacker could use: a DOCTYPE, entities, a
// second root, attributes and single elements that stand twice, undeclared
// prefixes, elements of foreign namespaces, text split by comments.
package pskc
