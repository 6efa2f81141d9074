package cli

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What targets publish of the forms that they read, written down by hand: every name,
// with its type. A name that is not here, a value of another type, or one that is out
// of range is an error. Each returns the seeds, by what the form calls their tokens.
var schemas = map[string]func(text []byte) (map[string][]byte, error){
	"keycloak": keycloakUsers, "authelia": autheliaExport, "entra-graph": graphDevices,
}

// strictly decodes JSON that has no other names.
func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something stands behind it: %v", err)
	}
	return nil
}

// keycloakUsers reads a UserRepresentation a line (Keycloak 26: representations.idm,
// OTPCredentialData and OTPSecretData of models.credential.dto). What is deprecated in
// CredentialRepresentation is no part of it.
func keycloakUsers(text []byte) (map[string][]byte, error) {
	type credential struct {
		ID, Type, UserLabel, SecretData, CredentialData, Value, FederationLink *string
		CreatedDate                                                            *int64
		Priority                                                               *int32
		Temporary                                                              *bool
	}
	seeds := map[string][]byte{}
	for line := range bytes.Lines(text) {
		var user struct {
			Username    string
			Credentials []credential
		}
		if err := strictly(line, &user); err != nil {
			return nil, err
		}
		if len(user.Credentials) != 1 || user.Username == "" {
			return nil, fmt.Errorf("%d credentials of %q", len(user.Credentials), user.Username)
		}
		c := user.Credentials[0]
		var data struct {
			SubType, Algorithm, SecretEncoding string
			Digits, Counter, Period            int32 // int of Java
		}
		var secret struct{ Value string }
		if c.Type == nil || *c.Type != "otp" || c.CredentialData == nil || c.SecretData == nil || c.UserLabel == nil {
			return nil, fmt.Errorf("no whole otp credential: %s", line)
		}
		if err := strictly([]byte(*c.CredentialData), &data); err != nil {
			return nil, err
		}
		if err := strictly([]byte(*c.SecretData), &secret); err != nil {
			return nil, err
		}
		// Its own decoder makes a zero byte of each sign of padding.
		seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret.Value)
		if err != nil || !slices.Contains([]string{"totp", "hotp"}, data.SubType) || data.SecretEncoding != "BASE32" || data.Period < 1 || data.Counter < 0 ||
			!slices.Contains([]string{"HmacSHA1", "HmacSHA256", "HmacSHA512"}, data.Algorithm) || data.Digits < 1 || data.Digits > 8 {
			return nil, fmt.Errorf("%v: %s", err, line)
		}
		seeds[strings.TrimPrefix(*c.UserLabel, "Token ")] = seed
	}
	return seeds, nil
}

// autheliaExport reads what the schema exports.totp of Authelia 4.39 describes: a list
// totp_configurations of objects with no other names. Nothing may be null there. Of
// YAML it knows what fob writes.
func autheliaExport(text []byte) (map[string][]byte, error) {
	isText := func(v string) error {
		var s string
		if v == "" || v[0] != '"' {
			if strings.ContainsAny(v, ": #{}[]&*!|>'%@`,") || v == "null" || v == "~" || v == "" {
				return fmt.Errorf("%q is no text", v)
			}
			return nil
		}
		return json.Unmarshal([]byte(v), &s)
	}
	isTime := func(v string) error { _, err := time.Parse(time.RFC3339, v); return err }
	isNumber := func(v string) error { _, err := strconv.ParseUint(v, 10, 32); return err }
	properties := map[string]func(string) error{"created_at": isTime, "last_used_at": isTime, "username": isText, "issuer": isText,
		"algorithm": isText, "digits": isNumber, "period": isNumber, "secret": isText}
	head, rest, _ := strings.Cut(string(text), "\n")
	if head != "totp_configurations:" {
		return nil, fmt.Errorf("it begins with %q", head)
	}
	seeds := map[string][]byte{}
	var object map[string]string
	end := func() error {
		if object == nil {
			return nil
		}
		if !slices.Contains([]string{"SHA1", "SHA256", "SHA512"}, object["algorithm"]) || !slices.Contains([]string{"6", "8"}, object["digits"]) || object["created_at"] == "" {
			return fmt.Errorf("%v", object)
		}
		secret, err := base64.StdEncoding.DecodeString(object["secret"])
		if err != nil {
			return err
		}
		var name string
		if err := json.Unmarshal([]byte(object["username"]), &name); err != nil {
			return err
		}
		seeds[name], err = base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(string(secret))
		return err
	}
	for line := range strings.Lines(rest) {
		line = strings.TrimSuffix(line, "\n")
		if begins := strings.HasPrefix(line, "  - "); begins {
			if err := end(); err != nil {
				return nil, err
			}
			object = map[string]string{}
			line = "    " + line[4:]
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "    "), ": ")
		fits := properties[name]
		if !ok || fits == nil || object == nil || !strings.HasPrefix(line, "    ") || object[name] != "" {
			return nil, fmt.Errorf("the schema has no %q here", line)
		}
		if err := fits(value); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		object[name] = value
	}
	return seeds, end()
}

// graphDevices reads a delta of hardwareOathTokenAuthenticationMethodDevice, as the
// reference of Graph's beta has it.
func graphDevices(text []byte) (map[string][]byte, error) {
	var delta struct {
		Context string `json:"@context"`
		Value   []struct {
			ContentID                                    string `json:"@contentId"`
			SerialNumber, Manufacturer, Model, SecretKey string
			HashFunction, DisplayName                    *string
			TimeIntervalInSeconds                        int32
			AssignTo                                     *struct{ ID string }
		}
	}
	if err := strictly(text, &delta); err != nil || delta.Context != "#$delta" {
		return nil, fmt.Errorf("%q: %v", delta.Context, err)
	}
	seeds, ids := map[string][]byte{}, map[string]bool{}
	for _, v := range delta.Value {
		seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(v.SecretKey)
		if err != nil || ids[v.ContentID] || v.SerialNumber == "" || v.Manufacturer == "" || v.Model == "" ||
			v.TimeIntervalInSeconds != 30 && v.TimeIntervalInSeconds != 60 || v.HashFunction == nil || *v.HashFunction != "hmacsha1" && *v.HashFunction != "hmacsha256" {
			return nil, fmt.Errorf("%v: %v", err, v)
		}
		ids[v.ContentID], seeds[v.SerialNumber] = true, seed
	}
	return seeds, nil
}
