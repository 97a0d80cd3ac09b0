#!/bin/sh
# A health software in one page of shell: it searches an INS by traits and keeps the answer in a file per patient.
# The bench runs it once per action: JSON on stdin, JSON on stdout. Needs curl, jq and an XPath reader (xmllint).
set -eu
data="${LPS_DATA:-./lps-data}"
mkdir -p "$data"
request=$(cat)
patient=$(printf %s "$request" | jq -r '.body.patient // empty')
record="$data/$patient.json"

now() { date -u +%Y-%m-%dT%H:%M:%S.000Z; }
uuid() { cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen | tr 'A-Z' 'a-z'; }
trait() { jq -r ".traits.$1" "$record"; }
read_xml() { xmllint --xpath "string(//*[local-name()='$1'])" "$data/answer.xml"; }

search() { # one WS_INS2 call; the answer goes to answer.xml
  sender=$(openssl x509 -in "$SEGUR_CREDENTIALS/insi-manu/cert.pem" -noout -subject -nameopt RFC2253 |
    sed 's/.*OU=\([^,]*\).*/\1/')
  cat > "$data/request.xml" <<XML
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">
 <s:Header>
  <a:Action>urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite</a:Action>
  <a:MessageID>uuid:$(uuid)</a:MessageID>
  <b:ContexteBAM xmlns:b="urn:siram:bam:ctxbam" Version="01_02"><b:Id>$(uuid)</b:Id><b:Temps>$(now)</b:Temps>
   <b:Emetteur>$sender</b:Emetteur><b:COUVERTURE/></b:ContexteBAM>
  <l:ContexteLPS xmlns:l="urn:siram:lps:ctxlps" Nature="CTXLPS" Version="01_00"><l:Id>$(uuid)</l:Id><l:Temps>$(now)</l:Temps>
   <l:Emetteur>$sender</l:Emetteur><l:LPS><l:IDAM R="4">LPS000001</l:IDAM><l:Version>1.0</l:Version>
   <l:Instance>7f4e3c5a-1f5b-4c62-9f0e-2d9a54f1c001</l:Instance><l:Nom>urn:lps:tutoriel:1.0</l:Nom></l:LPS></l:ContexteLPS>
 </s:Header>
 <s:Body><r:RECSANSVITALE xmlns:r="http://www.cnamts.fr/INSiRecSans">
  <r:NomNaissance>$(trait birth_name)</r:NomNaissance><r:Prenom>$(trait first_given_name)</r:Prenom>
  <r:Sexe>$(trait sex)</r:Sexe><r:DateNaissance>$(trait birth_date)</r:DateNaissance>
 </r:RECSANSVITALE></s:Body>
</s:Envelope>
XML
  curl --silent --show-error --cacert "$SEGUR_CA" \
    --cert "$SEGUR_CREDENTIALS/insi-manu/chain.pem" --key "$SEGUR_CREDENTIALS/insi-manu/key.pem" \
    --header 'Content-Type: application/soap+xml; charset=utf-8' \
    --data-binary "@$data/request.xml" --output "$data/answer.xml" "$SEGUR_INSI_TLSM"
}

case $SEGUR_ACTION in
  reset) rm -f "$data"/*.json "$data"/*.xml; echo '{"ok": true}' ;;
  settle) echo '{"ok": true}' ;;
  patient.create)
    id=$(uuid)
    printf %s "$request" | jq --arg id "$id" \
      '{patient: $id, traits: .body.traits, ins: null, status: "provisoire", history: []}' > "$data/$id.json"
    jq -n --arg id "$id" '{ok: true, result: {patient: $id}, shown: [{kind: "message", text: "Dossier créé."}]}' ;;
  patient.get) jq '{ok: true, result: .}' "$record" ;;
  ins.search)
    search
    code=$(read_xml CodeCR)
    if [ "$code" = 00 ]; then # règle 6: INSi's data replace the local ones; the list comes from ListePrenom
      jq --arg ins "$(read_xml NumIdentifiant)" --arg key "$(read_xml Cle)" --arg oid "$(read_xml OID)" \
        --arg name "$(read_xml NomNaissance)" --arg given "$(read_xml ListePrenom)" --arg sex "$(read_xml Sexe)" \
        --arg date "$(read_xml DateNaissance)" --arg place "$(read_xml LieuNaissance)" --arg time "$(now)" \
        '.ins = {value: $ins, key: $key, oid: $oid, kind: "NIR", history: []}
         | .traits += {birth_name: $name, given_names: $given, sex: $sex, birth_date: $date, birth_place: $place}
         | .history += [{time: $time, user: "tutoriel", from: .status, to: "recuperee", reason: "INSi"}]
         | .status = "recuperee"' "$record" > "$record.new"
      mv "$record.new" "$record"
    fi
    jq -n --arg code "${code:-error}" --slurpfile kept "$record" \
      '{ok: true, result: {code: $code, applied: ($code == "00"), status: $kept[0].status},
        shown: [{kind: "message", text: ("INSi : " + $code)}]}' ;;
  *) echo '{"offered": false}' ;;
esac
