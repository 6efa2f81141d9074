/* The cells of an export, written by libxlsxwriter in constant-memory mode.
 * Reads the .csv of fob: every field in double quotes, CR LF. The header names the
 * columns; kinds.txt says n(umber), t(ime), b(oolean) or s(tring) for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

static double date(const char *s) {
    int y, m, d, H, M, S;
    if (sscanf(s, "%d-%d-%dT%d:%d:%d", &y, &m, &d, &H, &M, &S) != 6) return 0;
    lxw_datetime t = {y, m, d, H, M, S};
    return lxw_datetime_to_excel_datetime(&t);
}

int main(int argc, char **argv) {
    if (argc != 4) { fprintf(stderr, "peer ROWS.csv OUT.xlsx KINDS\n"); return 2; }
    const char *kinds = argv[3];
    FILE *in = fopen(argv[1], "r");
    if (!in) { perror(argv[1]); return 1; }
    lxw_workbook_options o = {.constant_memory = LXW_TRUE, .tmpdir = NULL, .use_zip64 = LXW_TRUE};
    lxw_workbook *book = workbook_new_opt(argv[2], &o);
    lxw_worksheet *sheet = workbook_add_worksheet(book, "Inventory");
    lxw_format *text = workbook_add_format(book), *when = workbook_add_format(book);
    format_set_num_format(text, "@");
    format_set_num_format(when, "yyyy-mm-dd hh:mm:ss");
    static char line[1 << 16];
    for (lxw_row_t row = 0; fgets(line, sizeof line, in); row++) {
        lxw_col_t col = 0;
        for (char *p = line; *p == '"'; col++) {
            char *from = ++p, *to = from;
            while (*p && !(p[0] == '"' && p[1] != '"')) { if (*p == '"') p++; *to++ = *p++; }
            int more = p[1] == ',';
            *to = 0;
            p += more ? 2 : 1;
            if (*from == 0) { if (!more) break; continue; }
            char k = row == 0 ? 's' : kinds[col];
            if (k == 'n') worksheet_write_number(sheet, row, col, strtod(from, NULL), NULL);
            else if (k == 't') worksheet_write_number(sheet, row, col, date(from), when);
            else if (k == 'b') worksheet_write_boolean(sheet, row, col, *from == 't', NULL);
            else worksheet_write_string(sheet, row, col, from, text);
            if (!more) break;
        }
    }
    fclose(in);
    return workbook_close(book);
}
