// Package pskc knows RFC 6030, the Portable Symmetric Key Container, both ways:
// read as a stream of key packages, with its encryption, MACs and signatures,
// and written so that it is read as the same. A family of seed files reads
// through it and provision will write through it, so it says what the XML says
// and judges no token: what fob can use is for its callers.
//
// The reader works on single XML tokens and never builds a tree. It refuses
// what encoding/xml lets pass and an attacker could use: a DOCTYPE, entities, a
// second root, attributes and single elements that stand twice, undeclared
// prefixes, elements of foreign namespaces, text split by comments. Only a
// signature needs a tree, of a file whose tokens were seen to be sound, and of a
// part of it at a time; what is then read is what was signed and nothing else.
//
// What is encrypted is verified before it is decrypted, and every failure on the
// way is one error, ErrKey. Ciphers, MACs, key derivation and key transport are
// functions that know no XML.
package pskc
