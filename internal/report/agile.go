package report

import (
	"bytes"
	"io"

	"github.com/xuri/excelize/v2"

	"fob/internal/token"
)

// maxEncrypted is how large a workbook with a password may be: excelize holds it
// in memory three times over while it encrypts.
const maxEncrypted = 48 << 20

// encryptTo writes the archive as an Office document with a password (ECMA-376
// standard encryption, AES-128).
func (z *bookZip) encryptTo(w io.Writer, password []byte) error {
	size, err := z.spool.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size > maxEncrypted {
		return token.Errorf(token.Refused, "the workbook has %d MiB: with a password %d are possible", size>>20, maxEncrypted>>20).
			WithHint("select fewer tokens, or encrypt the file with another program, such as age")
	}
	var plain bytes.Buffer
	plain.Grow(int(size))
	if err := z.copyTo(&plain); err != nil {
		return err
	}
	sealed, err := excelize.Encrypt(plain.Bytes(), &excelize.Options{Password: string(password)})
	if err != nil {
		return err
	}
	_, err = w.Write(sealed)
	return writeError(err)
}
