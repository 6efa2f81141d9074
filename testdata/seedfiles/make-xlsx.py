#!/usr/bin/python3
"""Makes the samples in xlsx/, with openpyxl (Debian: python3-openpyxl):

    cd testdata/seedfiles && ./make-xlsx.py

and xlsx/gnumeric.xlsx out of oath-csv/header.csv, with ssconvert (Debian: gnumeric).
The seeds are those of RFC 4226 and of the generator's tokens 0 and 1. What is
expected of each file stands beside it; fob makes none of these files."""

import datetime
import subprocess

from openpyxl import Workbook

HEX = ["3132333435363738393031323334353637383930", "178720b58e9fba76df4b1d935742fbf05fe749ca",
       "3132333435363738393031323334353637383931"]
B32 = ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "C6DSBNMOT65HNX2LDWJVOQX36BP6OSOK", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJR"]
OATH = ["serial", "hexkey", "type", "digits", "counter", "step", "hash"]
ENTRA = ["upn", "serial number", "secret key", "time interval", "manufacturer", "model"]


def save(name, rows, *touch):
    book = Workbook()
    sheet = book.active
    sheet.title = "Tokens"
    for row in rows:
        sheet.append(row)
    for t in touch:
        t(book, sheet)
    book.save("xlsx/" + name + ".xlsx")


def to(cell, value):
    def touch(_, sheet):
        sheet[cell] = value
    return touch


def shape(column, code):
    def touch(_, sheet):
        for cell in sheet[column][1:]:
            cell.number_format = code
    return touch


def merge(area):
    return lambda _, sheet: sheet.merge_cells(area)


def hide(book, sheet):
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["E"].hidden = True
    other = book.create_sheet("Old prices")
    other["A1"] = "nothing to do with tokens"
    other.sheet_state = "hidden"


def second(book, _):
    other = book.create_sheet("Delivery note")
    other.append(["Order", "PO-4711"])
    book.create_sheet("Empty")


entra = [ENTRA] + [[u, "00%d" % (8602200001 + i), B32[i], 30, "Token2", "c202"]
                   for i, u in enumerate(["anna@example.com", None, None])]
save("entra", entra)
save("order", [[r[4], r[2], r[5], r[1], r[3]] for r in entra])
numbers = [OATH] + [[2600412300001 + i, HEX[i], "totp", 6, None, 30, None] for i in range(3)]
numbers.append([2600412300004, HEX[2][:-1] + "2", "hotp", 8, 7, None, "sha1"])
save("numbers", numbers)
save("padded", [OATH] + [[s, HEX[i], "totp", 6, None, 30, None] for i, s in enumerate([12345, 1234567, 98765])],
     shape("A", "0000000"))
save("uneven", [OATH] + [[s, HEX[i], "totp", 6, None, 30, None] for i, s in enumerate([1234567, 98765, 1234568])])
save("hidden", entra, hide)
save("several", entra, second)
save("title", [["Delivery of 24 November 2026"], [], ["Pos", "Seriennummer", "Geheimnis", "Art", "Stellen", "Takt"],
               [1, "0012345", B32[0], "TOTP", 6, 30], [2, "0012346", B32[1], "TOTP", 6, 30]], merge("A1:F1"))
save("numbered", [["0012345", HEX[0]], ["0012346", HEX[1]]])
save("damaged", [OATH] + [["00%d" % i, HEX[0], "totp", 6, None, 30, None] for i in range(2, 15)],
     to("A3", '="00"&"3"'), to("A4", datetime.date(2026, 11, 24)), to("A5", True), to("A6", "=#REF!"),
     to("A7", 1234567890123456), to("A8", "2.6E+12"), to("A9", 0.5), to("B10", 31323334), to("F11", "=15*2"),
     to("F12", datetime.time(0, 30)), to("D13", 6.5), to("A14", -7),
     lambda _, s: setattr(s["A14"], "number_format", "General"))
save("shaped", [OATH, [26004, HEX[0], "totp", 6, None, 30, None], [26005, HEX[1], "totp", 6, None, 30, None]],
     shape("A", '"FT"000-00'))
save("header-only", [OATH])
subprocess.run(["ssconvert", "-T", "Gnumeric_Excel:xlsx2", "oath-csv/header.csv", "xlsx/gnumeric.xlsx"], check=True)
