// Package columns reads the family columns: any table of serials and seeds whose
// columns the operator names, by number or by what the first row calls them,
// with
//
//	--columns serial=2,seed=Geheimnis,type=5
//
// Names in the first row may be in any language; blanks, signs and case do not
// count. With numbers alone the first row is a record: --skip-rows passes over a
// header. The encoding is inferred over the whole file unless --encoding says it,
// the hash is SHA-1 where there is no column for it, and everything else that no
// column holds the operator has to say.
package columns
