package people

import (
	"strings"

	"fob/internal/damage"
	"fob/internal/rows"
)

// personColumn is a column of a list of people.
type personColumn int

const (
	colLogin personColumn = iota
	colFullName
	colGiven
	colFamily
	colStatus
	colEnded   // a status that says the opposite: disabled
	colControl // Active Directory's userAccountControl, of which one bit says it
	colPersonID
	colFormer
	colMail // taken for the login where there is no other
)

// personNames are the names that columns have in exports of directories and HR
// systems, as rows.Name spells them.
var personNames = rows.AccountsAs(colLogin, rows.Names[personColumn]{
	"email": colMail, "emailaddress": colMail, "mail": colMail, "primaryemail": colMail, "workemail": colMail, "emailadresse": colMail,
	"mailadresse": colMail, "courriel": colMail, "adressemail": colMail, "correo": colMail, "correoelectrónico": colMail,
	"epost": colMail, "posta": colMail,
	"name": colFullName, "fullname": colFullName, "displayname": colFullName, "employeename": colFullName, "personname": colFullName,
	"anzeigename": colFullName, "vollername": colFullName, "mitarbeiter": colFullName, "nomcomplet": colFullName,
	"nombrecompleto": colFullName, "nomecompleto": colFullName, "naam": colFullName, "namn": colFullName, "navn": colFullName,
	"firstname": colGiven, "givenname": colGiven, "vorname": colGiven, "prénom": colGiven, "prenom": colGiven, "nome": colGiven,
	"nombre": colGiven, "voornaam": colGiven, "förnamn": colGiven, "fornavn": colGiven,
	"lastname": colFamily, "surname": colFamily, "familyname": colFamily, "nachname": colFamily, "familienname": colFamily, "nom": colFamily,
	"apellido": colFamily, "apellidos": colFamily, "cognome": colFamily, "achternaam": colFamily, "efternamn": colFamily, "etternavn": colFamily,
	"emailaddressrequired": colMail, "firstnamerequired": colGiven, "lastnamerequired": colFamily, "statusreadonly": colStatus, // of Google
	"status": colStatus, "active": colStatus, "isactive": colStatus, "enabled": colStatus, "accountenabled": colStatus, "state": colStatus,
	"employmentstatus": colStatus, "employeestatus": colStatus, "aktiv": colStatus, "zustand": colStatus, "statut": colStatus,
	"kontoaktiv": colStatus, "kontoaktiviert": colStatus, "aktiviert": colStatus, "kontostatus": colStatus, "kontozustand": colStatus,
	"benutzerstatus": colStatus, "mitarbeiterstatus": colStatus, "beschäftigungsstatus": colStatus, "benutzeraktiv": colStatus,
	"accountactive": colStatus, "activeaccount": colStatus, "accountstatus": colStatus, "userstatus": colStatus, "useractive": colStatus,
	"activeuser": colStatus, "isenabled": colStatus, "userenabled": colStatus, "currentlyemployed": colStatus, "employed": colStatus,
	"compteactif": colStatus, "compteactivé": colStatus, "activé": colStatus, "étatducompte": colStatus, "état": colStatus,
	"statutducompte": colStatus, "cuentaactiva": colStatus, "actif": colStatus, "estado": colStatus, "activo": colStatus, "stato": colStatus, "situação": colStatus, "stav": colStatus, "tila": colStatus, "állapot": colStatus, "durum": colStatus, "статус": colStatus,
	"состояние": colStatus, "状态": colStatus, "状態": colStatus, "在籍状況": colStatus, "상태": colStatus, "workerstatus": colStatus, "ativo": colStatus, "aktywny": colStatus, "aktivní": colStatus, "attivo": colStatus, "actief": colStatus,
	"disabled": colEnded, "inactive": colEnded, "blocked": colEnded, "suspended": colEnded, "terminated": colEnded, "gesperrt": colEnded,
	"deaktiviert": colEnded, "inaktiv": colEnded, "ausgeschieden": colEnded, "inactif": colEnded, "archived": colEnded,
	"accountdisabled": colEnded, "isdisabled": colEnded, "userdisabled": colEnded, "deactivated": colEnded, "accountinactive": colEnded,
	"isinactive": colEnded, "kontodeaktiviert": colEnded, "kontogesperrt": colEnded, "kontoinaktiv": colEnded, "benutzerdeaktiviert": colEnded,
	"désactivé": colEnded, "comptedésactivé": colEnded, "compteinactif": colEnded, "ausgetreten": colEnded, "leaver": colEnded,
	"desactivado": colEnded, "disattivato": colEnded, "blockcredential": colEnded, "blocksignin": colEnded, "signinblocked": colEnded,
	"isblocked": colEnded, "userblocked": colEnded, "accountblocked": colEnded, "loginblocked": colEnded, "logindisabled": colEnded,
	"issuspended": colEnded, "isterminated": colEnded, "isarchived": colEnded, "deleted": colEnded, "isdeleted": colEnded, "accountdeleted": colEnded,
	"nsaccountlock": colEnded, "gelöscht": colEnded, "geloescht": colEnded, "blockiert": colEnded, "anmeldunggesperrt": colEnded,
	"anmeldungblockiert": colEnded, "benutzergesperrt": colEnded, "archiviert": colEnded, "supprimé": colEnded, "bloqué": colEnded,
	"suspendu": colEnded, "comptebloqué": colEnded, "archivé": colEnded, "bloqueado": colEnded, "eliminado": colEnded, "suspendido": colEnded,
	"inactivo": colEnded, "bloccato": colEnded, "eliminato": colEnded, "sospeso": colEnded, "inattivo": colEnded, "geblokkeerd": colEnded,
	"verwijderd": colEnded, "uitgeschakeld": colEnded, "inactief": colEnded, "spärrad": colEnded, "inaktiverad": colEnded, "borttagen": colEnded,
	"disabilitato": colEnded, "inativo": colEnded, "desligado": colEnded, "demitido": colEnded, "wyłączony": colEnded, "kontowyłączone": colEnded,
	"neaktivní": colEnded, "neaktívny": colEnded, "zablokovaný": colEnded, "letiltva": colEnded, "inaktív": colEnded, "poistettu": colEnded, "estetty": colEnded,
	"fratrådt": colEnded, "sluttet": colEnded, "slutat": colEnded, "уволен": colEnded, "заблокирован": colEnded, "отключен": colEnded, "无效": colEnded, "禁用": colEnded,
	"spærret": colEnded, "slettet": colEnded, "deaktiveret": colEnded, "deaktivert": colEnded, "zablokowany": colEnded, "nieaktywny": colEnded,
	"useraccountcontrol": colControl, "msdsuseraccountcontrolcomputed": colControl, "uac": colControl,
	"id": colPersonID, "personid": colPersonID, "employeeid": colPersonID, "employeenumber": colPersonID, "employeeno": colPersonID,
	"personnelnumber": colPersonID, "staffid": colPersonID, "staffnumber": colPersonID, "workerid": colPersonID, "objectid": colPersonID,
	"objectguid": colPersonID, "externalid": colPersonID, "personalnummer": colPersonID, "mitarbeiternummer": colPersonID,
	"personalnr": colPersonID, "matricule": colPersonID, "matrícula": colPersonID, "matricola": colPersonID, "personeelsnummer": colPersonID,
	"anställningsnummer": colPersonID, "medarbejdernummer": colPersonID,
	"formeraccount": colFormer, "formerlogin": colFormer, "previousaccount": colFormer, "previouslogin": colFormer, "oldaccount": colFormer,
	"oldlogin": colFormer, "oldusername": colFormer, "previoususername": colFormer, "renamedfrom": colFormer, "altesbenutzerkonto": colFormer,
	"früheresbenutzerkonto": colFormer, "ancienidentifiant": colFormer,
})

// choosable are the columns that a person can choose, in the order in which they are
// named.
var choosable = []struct {
	word   string
	column personColumn
}{{"account", colLogin}, {"name", colFullName}, {"status", colStatus}, {"disabled", colEnded}, {"id", colPersonID}, {"former", colFormer}}

// columnWords are what columns are taken for.
var columnWords = [...]string{colLogin: "account", colFullName: "name", colGiven: "given name", colFamily: "family name",
	colStatus: "status", colEnded: "disabled", colControl: "disabled", colPersonID: "id", colFormer: "former account", colMail: "account"}

// activeWords and endedWords are what a status says.
var (
	activeWords = wordSet(`active aktiv actif active activo activa attivo actief ativo ativa aktywny current employed enabled yes ja oui si sí
		true wahr vrai verdadero 1 y j x angestellt beschäftigt onleave leave
		sim sì tak ano áno да igen kyllä jah evet ναι da はい 是 예
		aktivní aktív aktiivinen активен активна активный работает включен aktywna zatrudniony 在职 启用 有効 在籍 正常 활성`)
	endedWords = wordSet(`inactive inaktiv inactif inactivo inactiva inattivo inactief left leaver terminated disabled deactivated suspended blocked
		locked former exited resigned retired archived deleted ended no nein non nee false falsch faux falso 0 n ausgeschieden ausgetreten
		gesperrt deaktiviert gekündigt parti sorti baja cessato deprovisioned gelöscht geloescht blockiert bloqué supprimé désactivé suspendu
		bloqueado eliminado desactivado suspendido bloccato eliminato disattivato sospeso geblokkeerd verwijderd uitgeschakeld spärrad inaktiverad
		não no nej nie ne нет nem ei hayır όχι nu いいえ 否 아니요
		demitido desligado inativo inativa disabilitato nieaktywny nieaktywna zablokowany zwolniony neaktivní neaktívny zablokovaný letiltva inaktív poistettu
		estetty fratrådt sluttet slutat avslutad уволен уволена заблокирован отключен неактивен pasif 离职 禁用 停用 退職 退社 無効 비활성`)
)

func wordSet(text string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		set[w] = true
	}
	return set
}

// Names of columns that tell who left without saying it in words that fob knows.
// Their stems are whole words, or stand where no other word ends in them.
var (
	likeStatus = damage.Pattern(`^status|status$|^statut|zustand$|a[kc]ti(v|f|ve|vo|va)$|a[kc]ti(viert|vated|vé)$|a[kc]tiv(e|er)?(flag|kennzeichen|yn|jn)$|enabled$|disabled$|` +
		`gesperrt$|blocked$|suspended$|terminated$|ausgeschieden$|ausgetreten$|^leaver`)
	likeLeaving = damage.Pattern(`austritt|kündigung|vertragsende|beschäftigungsende|beschäftigtbis|gültigbis|letzterarbeitstag|inaktivseit|` +
		`ausgeschieden|ausgetreten|ablaufdatum|kontoablauf|^enddat|enddate$|enddatum|contractend|employmentend|terminat|lastday|lastworkingday|` +
		`leav(e|er|ing)(s|on|date)?$|(left|exit|leaving|end)(on|at|date)$|^dateof(leaving|exit)|offboard|validuntil|validto$|accountexpir|expir(y|ation)date|` +
		`deleted(at|on|date)|inactivesince|datede?sortie|datedefin|datededépart|findecontrat|fechade(baja|salida)|datacessazione|uitdienst`)
	// ofOthers are of other things than somebody's work here.
	ofOthers = damage.Pattern(`sync|password|kennwort|passwort|mailbox|phone|marital|famil|civil|visa|tax|steuer|matrimon|mfa|lizenz|licen|impf|vaccin`)
	// ofOtherMoments are columns in which a yes or a date says something else: when
	// somebody began, was born or was seen, and what he is beside his work.
	ofOtherMoments = damage.Pattern(`birth|geburt|naissance|nacimiento|nascita|hire|hiring|start|eintritt|beginn|entry|joined|joining|created|creation|erstellt|anlage|` +
		`modif|changed|geändert|update|aktualisiert|lastlog|lastsign|letzteanmeld|lockedout|bad(pwd|password)|anniversary|jubilä|manager|supervisor|vorgesetzt|leiter|` +
		`remote|homeoffice|extern|guest|gast|contractor|admin|vip|parking|parkplatz|badge|training|schulung|review|newsletter|member|mitglied|group|gruppe|ersthelfer|firstaid|` +
		`brandschutz|betriebsrat|union|disability|behindert|notif|photo|foto|confirm|verif|consent|probation|probezeit|parttime|teilzeit|photo|delegat|hidden|protect`)
)

// yesWords are what a flag says where it is set; what it says elsewhere is nothing, or
// one of noWords.
var (
	yesWords = wordSet("yes ja oui si sí sì sim tak ano áno да igen kyllä jah evet ναι da はい 是 예 y j o x 1 true wahr vrai verdadero vero waar sant sand on ein")
	noWords  = wordSet("no nein non nee não nej nie ne нет nem ei hayır όχι nu いいえ 否 아니요 n 0 false falsch faux falso onwaar off aus")
)

// out is a text that says that an account lets nobody in, or that it lies where those
// lie who left: a shell (/sbin/nologin, /bin/false), a unit, folder or group of a
// directory (OU=Disabled Users, example.test/Leavers, CN=nsManagedDisabledRole), the
// flags of Samba with a D in them. Accounts of services have such shells and places too,
// and so it is asked about: a list of which one row has such a text costs a question.
var out = damage.Pattern(`(?i)^(/.*/(nologin|false)|\[[A-Z]*D[A-Z ]*\])$|` +
	`(^|[=,/\\;|])[^=,/\\;|]*\b(disabled|deactivated|inactive|terminated|leavers?|offboard(ed|ing)?|ex-?employees?|former (employees?|staff|users?)|` +
	`deaktiviert(e|er|en)?|inaktiv(e|er|en)?|gesperrte?|ausgeschieden(e|er)?|ausgetretene?|ehemalige[rn]?|anciens|départs|sortis|bajas|cessati|uit dienst)\b[^=,/\\;|]*($|[,/\\;|])|managedDisabledRole|` +
	`^(left|gone|resigned|exited|terminated|ausgeschieden|ausgetreten|gekündigt|parti|sorti|baja)\b.*\d{4}`)

// namedOut is the same behind a name, as people mark accounts by hand: Ann Example (left).
// It is asked about as well.
var namedOut = damage.Pattern(`(?i)[([{<*](left|gone|disabled|deactivated|inactive|terminated|leaver|resigned|retired|former|deleted|old account|` +
	`deaktiviert|inaktiv|gesperrt|ausgeschieden|ausgetreten|gekündigt|ehemalig|parti|sorti|désactivé|baja|uit dienst)( [^)\]]*)?[)\]}>*]`)

// saysOut reports whether a text says so. A single word is what a status says, and is
// looked at there.
func saysOut(text []byte) bool {
	return len(text) > 2 && len(text) < 500 && !endedWords[statusWord(string(text))] && out().Match(text)
}

// mayTellWhoLeft reports whether a yes or a date in a column of this name may say that
// somebody left.
func mayTellWhoLeft(heading []byte) bool {
	name := rows.Name(heading)
	return !ofOthers().MatchString(name) && !ofOtherMoments().MatchString(name)
}

// tellsWhoLeft reports whether the name of a column without a meaning looks like one
// that tells who is here.
func tellsWhoLeft(heading []byte) bool {
	name := rows.Name(heading)
	return (likeStatus().MatchString(name) || likeLeaving().MatchString(name)) && !ofOthers().MatchString(name)
}
