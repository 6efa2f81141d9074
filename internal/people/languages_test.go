package people

import (
	"strings"
	"testing"
)

// Who left is understood, or asked about, in whatever language a directory says it:
// the second person of each list left.
func TestLeaversInManyLanguages(t *testing.T) {
	for list, asked := range map[string]bool{
		"utilizador,nome,bloqueado\nann,A,Não\nbob,B,Sim":              false,
		"usuário,nome,situação\nann,A,Ativo\nbob,B,Demitido":           false,
		"uživatelské jméno,jméno,neaktivní\nann,A,Ne\nbob,B,Ano":       false,
		"логин,имя,уволен\nann,A,нет\nbob,B,да":                        false,
		"логин,имя,статус\nann,A,работает\nbob,B,уволен":               false,
		"用户名,姓名,状态\nann,A,在职\nbob,B,离职":                                false,
		"felhasználónév,név,letiltva\nann,A,nem\nbob,B,igen":           false,
		"käyttäjätunnus,nimi,poistettu\nann,A,ei\nbob,B,kyllä":         false,
		"nome utente,nome,disabilitato\nann,A,No\nbob,B,Sì":            false,
		"brugernavn,navn,fratrådt\nann,A,nej\nbob,B,ja":                false,
		"användarnamn,namn,slutat\nann,A,nej\nbob,B,ja":                false,
		"nazwa użytkownika,imię,konto wyłączone\nann,A,Nie\nbob,B,Tak": false,
		"User Name,Worker Status\nann,Active\nbob,Terminated":          false,
		"identifiant,nom,parti\nann,A,non\nbob,B,oui":                  true,
		"usuario,nombre,dado de baja\nann,A,No\nbob,B,Sí":              true,
		"ユーザー名,氏名,退職日\nann,A,\nbob,B,2025/03/31":                       true,
		"gebruikersnaam,naam,uit dienst\nann,A,\nbob,B,2025-01-01":     true,
		"käyttäjätunnus,nimi,xyzzy\nann,A,ei\nbob,B,kyllä":             true,
		"brugernavn,navn,xyzzy\nann,A,aktiv\nbob,B,sluttet":            true,
	} {
		l, err := ReadList("people.csv", strings.NewReader(list+"\n"), ListOptions{})
		switch {
		case asked && (err == nil || !strings.Contains(err.Error(), "tell who left")):
			t.Errorf("%q: not asked about: %v", list, err)
		case !asked && (err != nil || len(l.Faults) > 0 || len(l.People) != 2 || !l.People[0].Active || l.People[1].Active):
			t.Errorf("%q: %+v, %v", list, l, err)
		}
	}
}
