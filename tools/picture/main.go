// Command picture makes the picture of README's page for auditors: the first sheet of
// a workbook that fob exported, as LibreOffice prints it.
//
//	go run ./tools/picture -book build/demo/q4.xlsx -out .github/workbook.png
//	go run ./tools/picture -shot build/pages/shots/overview-light.png -out .github/overview.png
//
// The second makes a small picture of a large one.
//
// It needs soffice (libreoffice-calc-nogui), pdftoppm (poppler-utils) and a font such
// as that of the workbook (fonts-crosextra-carlito).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

func main() {
	book := flag.String("book", filepath.Join("build", "demo", "q4.xlsx"), "workbook")
	shot := flag.String("shot", "", "picture to be made small, instead of a workbook")
	out := flag.String("out", filepath.Join(".github", "workbook.png"), "picture")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	do := func() error { return run(ctx, *book, *out) }
	if *shot != "" {
		do = func() error { return shrink(*shot, *out) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, book, out string) error {
	tmp, err := os.MkdirTemp("", "fob-picture-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	page, err := print(ctx, book, tmp)
	if err != nil {
		return err
	}
	return write(few(trim(page)), out)
}

func write(picture image.Image, out string) error {
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	best := png.Encoder{CompressionLevel: png.BestCompression}
	return errors.Join(best.Encode(file, picture), file.Close())
}

// shrink paints a picture with those of its colours that are most of it.
func shrink(in, out string) error {
	page, err := read(in)
	if err != nil {
		return err
	}
	const most = 48
	count := map[color.Color]int{}
	b := page.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[page.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(x, y color.Color) int { return count[y] - count[x] })
	small := image.NewPaletted(b, colours[:min(len(colours), most)])
	draw.Draw(small, b, page, b.Min, draw.Src)
	return write(small, out)
}

// resolution in dots an inch: the text can be read, the picture is as wide as a page.
const resolution = "110"

// print returns the first page.
func print(ctx context.Context, book, tmp string) (image.Image, error) {
	pdf := filepath.Join(tmp, strings.TrimSuffix(filepath.Base(book), filepath.Ext(book))+".pdf")
	for _, args := range [][]string{
		{"soffice", "-env:UserInstallation=file://" + filepath.Join(tmp, "office"), "--headless", "--convert-to", "pdf", "--outdir", tmp, book},
		{"pdftoppm", "-f", "1", "-l", "1", "-r", resolution, "-png", "-singlefile", pdf, filepath.Join(tmp, "page")},
	} {
		if said, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", args[0], err, said)
		}
	}
	return read(filepath.Join(tmp, "page.png"))
}

func read(path string) (image.Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return png.Decode(file)
}

// trim cuts the white margins and the footer off, and leaves a narrow edge.
func trim(page image.Image) image.Image {
	const edge = 12
	all := page.Bounds()
	all.Max.Y -= all.Dy() / 14 // where the footer stands
	ink := image.Rectangle{}
	for y := all.Min.Y; y < all.Max.Y; y++ {
		for x := all.Min.X; x < all.Max.X; x++ {
			if r, g, b, _ := page.At(x, y).RGBA(); min(r, g, b) < 0xF000 {
				ink = ink.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return page.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(ink.Inset(-edge).Intersect(all))
}

// few paints the picture with 216 colours, which look the same and take a fraction of
// the room.
func few(picture image.Image) image.Image {
	var palette color.Palette
	for i := range 216 {
		level := func(n int) uint8 { return uint8(n % 6 * 51) }
		palette = append(palette, color.RGBA{level(i / 36), level(i / 6), level(i), 0xFF})
	}
	for _, pale := range []color.RGBA{{0xD9, 0xE1, 0xF2, 0xFF}, {0xFF, 0xF2, 0xCC, 0xFF}, {0xE2, 0xEF, 0xDA, 0xFF}, {0xFC, 0xE4, 0xD6, 0xFF}, {0xEA, 0xDC, 0xF4, 0xFF}, {0xF8, 0xCB, 0xAD, 0xFF}, {0xE7, 0xE6, 0xE6, 0xFF}} {
		palette = append(palette, pale)
	}
	for grey := 16; grey < 256; grey += 8 {
		palette = append(palette, color.RGBA{uint8(grey), uint8(grey), uint8(grey), 0xFF})
	}
	b := picture.Bounds()
	out := image.NewPaletted(image.Rect(0, 0, b.Dx(), b.Dy()), palette)
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(x, y, picture.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}
