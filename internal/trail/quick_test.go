package trail

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What fob wrote, in the spellings that there are.
var spellings = []string{
	`{"seq":3,"id":"01a20d36-fe85-7137-b848-e6e5906d86c2","time":"2026-11-24T11:00:37.637079888Z","store":"01a20d36-df3d-7215-af3d-0b996ec42d48",` +
		`"operator":{"uid":0,"name":"root"},"host":"vm","command":"assign","object":{"kind":"token","id":"2600412300001"},"from":"in_stock","to":"assigned",` +
		`"outcome":"done","detail":{"after":{"since":1795518037637079888,"watermark":null,"failures":0,"locked_until":0,"issued":true,"location":"Berlin"}},` +
		`"texts":{"account":"638755957c035481c3af85a4c98c5b5813bacd8dea2a00f1b2707657024eedef"}}`,
	`{"seq":9007199254740993,"id":"01a20d39-422f-7c6b-927b-1609fb37048e","time":"2026-11-24T11:03:06.030904174Z","store":"01a20d36-df3d-7215-af3d-0b996ec42d48",` +
		`"operator":{"uid":1000,"name":"Zo\u00eb \u003cb\u003e é","sudo_uid":"0"},"host":"vm","command":"bind","object":{"kind":"token","id":"Fob-1"},"from":"assigned",` +
		`"to":"bound","outcome":"done","detail":{"after":{"since":-5,"watermark":59850602,"failures":0,"locked_until":0,"issued":false,"location":"Zürich",` +
		`"reported":12,"stolen":true,"seed_destroyed":true},"codes":2,"steps_searched":481,"step_offset":-3,"observation":{"at":1795518033000000000,` +
		`"drift_seconds":-0.25,"rate_ppm":1.5e-07},"binding_opened":"01a20d39-422f-7c82-a12d-0bd4d6472eb3","binding_closed":"01a20d39-422f-7c82-a12d-0bd4d6472eb4",` +
		`"deep":true,"moved_from":""},"texts":{"account":"52","proof":"53"}}`,
	`{"seq":4,"id":"01a20d36-fe85-7137-b848-e6e5906d86c2","time":"2026-11-24T11:00:37.000000000Z","store":"01a20d36-df3d-7215-af3d-0b996ec42d48",` +
		`"operator":{"uid":0,"name":"root"},"host":"vm","command":"check","object":{"kind":"token","id":"1"},"from":"bound","to":"bound","outcome":"refused",` +
		`"reason":"wrong_code","detail":{}}`,
}

// The spellings are read without reflection: otherwise a verification takes three
// times as long, and nothing else would tell.
func TestSpellingsAreReadQuickly(t *testing.T) {
	for _, body := range spellings {
		e, _, ok := quickly([]byte(body))
		if !ok || !new(TokenDetail).quick(e.Detail) {
			t.Errorf("left to the strict reader: %s", body)
		}
	}
}

// Events of batches and of the store are left to the strict reader, and bodies that
// fob does not write.
func TestOthersAreLeftToTheStrictReader(t *testing.T) {
	plain := spellings[0]
	for _, change := range [][2]string{
		{`"seq":3`, `"seq": 3`}, {`"seq":3`, `"seq":03`}, {`"seq":3`, `"seq":3.0`}, {`"seq":3`, `"seq":-0`}, {`"seq":3`, `"seq":9223372036854775808`},
		{`"host":"vm",`, ``}, {`"host":"vm"`, `"host":"v` + "\x01" + `m"`}, {`"host":"vm"`, `"host":"v` + "\xff" + `m"`}, {`"host":"vm"`, `"host":"v\x"`},
		{`"kind":"token"`, `"kind":"batch"`}, {`"issued":true`, `"issued":1`}, {`T11:`, `T25:`}, {`-7137-`, `-713-7`}, {`}}`, `}} `},
		{`"failures":0`, `"failures":0,"colour":1`}, {`"watermark":null`, `"watermark":nul`}, {`"texts":{`, `"texts":{"a":"b",`}, {`,"detail":`, `,"details":`},
	} {
		body := strings.Replace(plain, change[0], change[1], 1)
		e, _, ok := quickly([]byte(body))
		if body == plain || ok && change[0] != `"texts":{` {
			t.Errorf("%s for %s is read as %+v", change[1], change[0], e)
		}
	}
}

// What is read quickly is what the strict reader reads.
func FuzzQuickly(f *testing.F) {
	for _, body := range spellings {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, spelt, ok := quickly(body)
		if !ok {
			return
		}
		var want Event
		if err := strictly(body, &want); err != nil {
			t.Fatalf("read as %+v, and the strict reader says %v", got, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		var quick, strict TokenDetail
		if !quick.quick(got.Detail) {
			t.Error("the detail of an event that was read quickly is not")
		}
		if err := strictly(got.Detail, &strict); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(strict, quick) + cmp.Diff(strict, spelt.detail()); diff != "" {
			t.Error(diff)
		}
	})
}
