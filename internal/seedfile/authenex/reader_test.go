package authenex

import (
	"errors"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/testkit"
)

const (
	first  = "-- AUTHENEXDB\n"
	hex    = "3132333435363738393031323334353637383930"
	insert = first + "INSERT INTO OTP (ESN, SEED) VALUES "
)

func TestReads(t *testing.T) {
	for name, text := range map[string]string{
		"plain":           insert + "('A''1', '" + hex + "');",
		"no semicolon":    insert + "('A''1', '" + hex + "')\nGO\n",
		"bare first line": "AUTHENEXDB\nINSERT INTO OTP (ESN, SEED) VALUES ('A''1', '" + hex + "');",
		"use":             "USE AUTHENEXDB;\ninsert into dbo.otp (seed,esn) values (N'" + hex + "',N'A''1');",
		"in line 1":       "INSERT INTO [AUTHENEXDB].[dbo].[OTP] ([ESN], [SEED]) VALUES ('A''1', '" + hex + "');",
		"other tables": first + "SET NOCOUNT ON\nGO\nCREATE TABLE OTP (ESN varchar(20), SEED varchar(64) ON UPDATE CASCADE);\n" +
			"DELETE FROM OTP;\nINSERT INTO USERS (N) VALUES ('INSERT INTO OTP (ESN) VALUES (''x'')');\n/* x ' */ " +
			"INSERT INTO `OTP` (\"ESN\", SEED, PIN) VALUES ('A''1', '" + hex + "', NULL);\nCOMMIT;",
	} {
		got, _, err := testkit.ReadAll(t, Format(), strings.NewReader(text))
		if err != nil || len(got) != 1 || got[0].Problem != nil || got[0].Serial != "A'1" || string(got[0].Secret.Text.Bytes()) != "12345678901234567890" {
			t.Errorf("%s: %+v %v", name, got, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	row := "('1', '" + hex + "')"
	for text, says := range map[string]string{
		"INSERT INTO OTP (ESN, SEED) VALUES " + row + ";": "the first line does not name AUTHENEXDB",
		first:                                   "the file has no INSERT INTO OTP",
		first + "INSERT INTO OTP VALUES " + row: "names no columns",
		first + "INSERT INTO OTP (ESN, ESN, SEED) VALUES " + row:                    "names the serial twice, in columns 1 and 2",
		first + "INSERT INTO OTP (ESN) VALUES ('1')":                                "names no column for the seed",
		first + "INSERT INTO OTP (ESN, SEED) SELECT * FROM x":                       "another form",
		first + "INSERT OTP (ESN, SEED) VALUES " + row:                              "another form",
		first + "UPDATE OTP SET SEED='x';" + row:                                    "a statement that fob does not know",
		first + "EXEC xp_cmdshell 'dir'":                                            "a statement that fob does not know",
		insert + row + ";\nDROP TABLE OTP;":                                         "DROP behind the tokens",
		insert + row + "; UPDATE OTP SET SEED='" + hex + "';":                       "a statement that fob does not know",
		insert + row + ";\nSET x=1 UPDATE OTP SET SEED='x';":                        "UPDATE inside another statement",
		insert + row + " ON DUPLICATE KEY UPDATE ESN=1;":                            "something behind the values",
		insert + row + " UNION " + row:                                              "something behind the values",
		insert + "('1'); DROP TABLE OTP; --', '" + hex + "');":                      "DROP behind the tokens",
		insert + `('1\', '` + hex + "');":                                           "a backslash inside quotes",
		insert + `('1', '` + hex + `\');`:                                           "a backslash inside quotes",
		insert + "('1', '" + hex + "'); /* x":                                       "cut off inside a comment",
		insert + "('1', /* x */ '" + hex + "');":                                    "a comment inside an INSERT",
		insert + "('1', -- x\n '" + hex + "');":                                     "a comment inside an INSERT",
		first + "/*! INSERT INTO OTP */":                                            "a comment that some databases run",
		first + "/* a /* b */ c */":                                                 "a comment inside a comment",
		insert + "('1', '" + hex:                                                    "cut off inside quotes",
		insert + "('1', '" + hex + "'":                                              "cut off inside an INSERT",
		insert + "('1', '" + hex + "'),":                                            "cut off inside an INSERT",
		insert + row + ";\nINSERT INTO OTP (ESN, SEED) VALUES ('2', '" + hex + "')": "its last statement has no semicolon",
		insert + "('1', '31\n32');":                                                 "a line end or control character inside quotes",
		insert + "('1', '31\x0032');":                                               "a line end or control character inside quotes",
		insert + "('1', '\xff');":                                                   "a text that is not valid UTF-8",
		insert + "('1', 0x3132);":                                                   "a number that is not whole",
		insert + "('1', CONCAT('31', '32'));":                                       "neither a quoted text nor a number",
		insert + "('1', '31' || '32');":                                             "a character that has no place in SQL",
		insert + "('1', '31' + '32');":                                              "neither a quoted text nor a number",
		insert + "('1', \"" + hex + "\");":                                          "neither a quoted text nor a number",
		insert + "('1', E'" + hex + "');":                                           "neither a quoted text nor a number",
		insert + "('1', (SELECT 1));":                                               "neither a quoted text nor a number",
		insert + "('" + strings.Repeat("x", maxWord+1) + "', '31');":                "a text of more than 16 KiB",
		insert + "(" + strings.Repeat("1,", maxColumns) + "1);":                     "more than 64 values",
		first + "# x": "a character that has no place in SQL",
	} {
		_, _, err := testkit.ReadAll(t, Format(), strings.NewReader(text))
		var e *fault.Error
		if !errors.As(err, &e) || e.Kind != fault.Refused || fault.HintOf(e) == "" || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "3132") {
			t.Errorf("%.80q: %v, want %s", text, err, says)
		}
	}
}
