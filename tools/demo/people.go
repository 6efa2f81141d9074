package main

import (
	"fmt"
	"strings"

	"fob/tools/seedgen/gen"
)

// buttons are the tokens with a button, which lie in Graz; one of Vienna got among
// them.
func buttons(i uint64) gen.Token {
	return gen.Plan{Serials: 2600412300001, First: 100000, HOTP: 1, RFC4226: true}.Token(100000 + i)
}

var misplaced = delivery.Token(20)

// files are what people have beside the deliveries: what a barcode reader sent, and
// lists of people from HR.
func files() map[string]string {
	return map[string]string{"scans.txt": scans(), "november.csv": november, "december.csv": december}
}

// scans has the habits of a reader: a Tab behind each label, an AIM prefix, a label
// that was read twice.
func scans() string {
	var b strings.Builder
	for _, serial := range []string{buttons(0).Serial, "]C0" + buttons(1).Serial, buttons(2).Serial, buttons(2).Serial, misplaced.Serial, buttons(4).Serial} {
		fmt.Fprintf(&b, "%s\t\r\n", serial)
	}
	return b.String()
}

// In December Ben has left and Dora has married.
const (
	november = `id,login,name
101,anna@example.com,Anna Arndt
102,ben@example.com,Ben Braun
103,carla@example.com,Carla Conti
104,dora@example.com,Dora Dietz
105,frieda@example.com,Frieda Fuchs
106,gustav@example.com,Gustav Graf
107,hanna@example.com,Hanna Hahn
108,ida@example.com,Ida Ilic
109,jonas@example.com,Jonas Jung
110,karla@example.com,Karla Kern
`
	december = `id,login,name
101,anna@example.com,Anna Arndt
103,carla@example.com,Carla Conti
104,dora.ebner@example.com,Dora Ebner
105,frieda@example.com,Frieda Fuchs
106,gustav@example.com,Gustav Graf
107,hanna@example.com,Hanna Hahn
108,ida@example.com,Ida Ilic
109,jonas@example.com,Jonas Jung
110,karla@example.com,Karla Kern
`
)

// cupboard is counted once a year.
func cupboard() []step {
	return []step{
		{says: "Somebody went along the cupboard in Graz with a barcode reader.", args: words("stocktake scans.txt --location Graz")},
		{says: "What was found is where it is: post it, and print the rest for anyone who looks for it.",
			args: words("stocktake scans.txt --location Graz --post --ticket T-30 --yes --out count.xlsx")},
		{says: "What is where?", args: words("location list")},
	}
}

// leaversDay comes once a month, with a list from HR.
func leaversDay() []step {
	return []step{
		{says: "The list of people is taken in: from now on a mistyped account is caught.", args: words("account import november.csv")},
		{says: "\"For Hanna, please.\"", args: words("assign", delivery.Token(5).Serial, "hana@example.com"), exit: exitNotFound},
		{says: "A month later: who left, who is called otherwise, and what they have. Nothing is changed.", args: words("reconcile december.csv")},
		{says: "Do it.", args: words("reconcile december.csv --apply --ticket HR-12 --yes")},
		{says: "Ben brings his token back.", args: words("unbind", slow.Serial, "--returned --to-location Vienna --yes")},
		{says: "Nobody else is left to run after.", args: words("report leavers")},
		{says: "What Dora ever had, by her former name too.", args: words("account show dora@example.com")},
		{says: "And the trail says all of it.", args: words("audit verify")},
	}
}
