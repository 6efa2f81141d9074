#!/bin/sh
# Makes the Office documents in this folder, with the programs of others: openpyxl
# 3.0 and gnumeric (Debian: python3-openpyxl, gnumeric), and for the passwords the
# npm packages officecrypto-tool 0.0.19 and xlsx-populate 1.21, installed in the
# folder that NODE_PATH names. What it makes was opened with msoffcrypto-tool 5.0
# (Debian: python3-msoffcrypto-tool). Tests need none of these.
set -eu
cd "$(dirname "$0")"
python3 - <<'PY'
import csv
from openpyxl import Workbook
book = Workbook()
book.active.title = "Tokens"
for row in csv.reader(open("seeds.csv")):
    book.active.append(row)
book.save("seeds.xlsx")

import zipfile
with zipfile.ZipFile("seeds.xlsx") as good, zipfile.ZipFile("bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
    for part in good.namelist():
        bomb.writestr(part, b"<row/>" * (4 << 20) if part.startswith("xl/worksheets") else good.read(part))
PY
ssconvert -T Gnumeric_Excel:excel_biff8 seeds.csv old.xls
ssconvert -T Gnumeric_OpenCalc:odf seeds.csv seeds.ods
node -e '
const fs = require("fs"), tool = require("officecrypto-tool"), populate = require("xlsx-populate");
const password = fs.readFileSync("keys/passphrase.txt", "utf8").split("\n")[0];
const umlaut = fs.readFileSync("keys/umlaut.txt", "utf8").split("\n")[0];
const plain = fs.readFileSync("seeds.xlsx");
(async () => {
  fs.writeFileSync("agile.xlsx", tool.encrypt(plain, { password }));
  fs.writeFileSync("agile-umlaut.xlsx", tool.encrypt(plain, { password: umlaut }));
  fs.writeFileSync("standard.xlsx", tool.encrypt(plain, { password, type: "standard" }));
  const book = await populate.fromDataAsync(plain);
  fs.writeFileSync("populate.xlsx", await book.outputAsync({ password }));
})();
'
for f in agile.xlsx standard.xlsx populate.xlsx; do
	msoffcrypto-tool -p "$(head -n 1 keys/passphrase.txt)" "$f" /tmp/check.$$ && unzip -tq /tmp/check.$$ >/dev/null
	rm -f /tmp/check.$$
done
