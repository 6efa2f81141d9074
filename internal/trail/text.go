package trail

import (
	"encoding/json"
	"fob/internal/fault"
	"reflect"
	"unicode/utf8"
)

// marshal writes what is going to be hashed. JSON puts another character in the
// place of what is no UTF-8, without a word: the trail would forever say
// something else than the tables, so such a text is refused here.
func marshal(v any) ([]byte, error) {
	if bad, found := notText(reflect.ValueOf(v)); found {
		return nil, fault.Errorf(fault.Internal, "%q is not text (UTF-8), and the trail can hold nothing else", bad).
			WithHint("give it in UTF-8; nothing was changed")
	}
	return json.Marshal(v)
}

// notText finds a string that is no UTF-8, at whatever depth.
func notText(v reflect.Value) (bad string, found bool) {
	switch v.Kind() {
	case reflect.String:
		return v.String(), !utf8.ValidString(v.String())
	case reflect.Pointer, reflect.Interface:
		return notText(v.Elem()) // of nil: a value of no kind
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue // JSON does not write it
			}
			if bad, found = notText(v.Field(i)); found {
				return bad, true
			}
		}
	case reflect.Slice, reflect.Array:
		return notTextAmong(v)
	case reflect.Map:
		for key, value := range v.Seq2() {
			if bad, found = notText(key); found {
				return bad, true
			}
			if bad, found = notText(value); found {
				return bad, true
			}
		}
	}
	return "", false
}

func notTextAmong(v reflect.Value) (bad string, found bool) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return "", false // bytes, which JSON writes as base64
	}
	for i := range v.Len() {
		if bad, found = notText(v.Index(i)); found {
			return bad, true
		}
	}
	return "", false
}
