package main

import (
	"image"
	"image/color"
	"image/draw"
	"testing"
)

// What is left of a page is what stands on it, without margins and footer.
func TestTrim(t *testing.T) {
	page := image.NewRGBA(image.Rect(0, 0, 400, 280))
	draw.Draw(page, page.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(page, image.Rect(50, 60, 300, 100), image.NewUniform(color.RGBA{0xD9, 0xE1, 0xF2, 0xFF}), image.Point{}, draw.Src)
	draw.Draw(page, image.Rect(10, 265, 390, 270), image.Black, image.Point{}, draw.Src)
	got := few(trim(page))
	if want := image.Rect(0, 0, 274, 64); got.Bounds() != want {
		t.Errorf("%v, want %v", got.Bounds(), want)
	}
	if r, g, b, _ := got.At(137, 32).RGBA(); r>>8 != 0xD9 || g>>8 != 0xE1 || b>>8 != 0xF2 {
		t.Errorf("%x %x %x", r>>8, g>>8, b>>8)
	}
}
