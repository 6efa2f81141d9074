// Package office opens Office documents that have a password, and makes them: the
// agile encryption of Office 2010 and later both ways, that of Office 2007 for
// reading only (MS-OFFCRYPTO), and the compound files (MS-CFB) that both lie in.
// Documents stream in both directions; nothing is held but a few kilobytes.
//
// What the document is, is for others to say.
package office
