// Command fob provisions and keeps inventory of hardware one-time-password
// tokens.
package main

import (
	"os"

	"fob/internal/cli"
)

func main() { os.Exit(cli.Main()) }
