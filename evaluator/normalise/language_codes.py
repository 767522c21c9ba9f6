"""Languages by code: ISO 639-1 whole, and what corpora, tools and shared tasks use beyond it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# A language a line: its code of ISO 639-1, those of ISO 639-2 (T, then B), its name.
_TWO_LETTERS = """
aa aar: Afar
ab abk: Abkhazian
ae ave: Avestan
af afr: Afrikaans
ak aka: Akan
am amh: Amharic
an arg: Aragonese
ar ara: Arabic
as asm: Assamese
av ava: Avaric
ay aym: Aymara
az aze: Azerbaijani
ba bak: Bashkir
be bel: Belarusian
bg bul: Bulgarian
bh bih: Bihari languages
bi bis: Bislama
bm bam: Bambara
bn ben: Bengali
bo bod tib: Tibetan
br bre: Breton
bs bos: Bosnian
ca cat: Catalan
ce che: Chechen
ch cha: Chamorro
co cos: Corsican
cr cre: Cree
cs ces cze: Czech
cu chu: Church Slavic
cv chv: Chuvash
cy cym wel: Welsh
da dan: Danish
de deu ger: German
dv div: Divehi
dz dzo: Dzongkha
ee ewe: Ewe
el ell gre: Greek
en eng: English
eo epo: Esperanto
es spa: Spanish
et est: Estonian
eu eus baq: Basque
fa fas per: Persian
ff ful: Fulah
fi fin: Finnish
fj fij: Fijian
fo fao: Faroese
fr fra fre: French
fy fry: Western Frisian
ga gle: Irish
gd gla: Gaelic
gl glg: Galician
gn grn: Guarani
gu guj: Gujarati
gv glv: Manx
ha hau: Hausa
he heb: Hebrew
hi hin: Hindi
ho hmo: Hiri Motu
hr hrv: Croatian
ht hat: Haitian
hu hun: Hungarian
hy hye arm: Armenian
hz her: Herero
ia ina: Interlingua
id ind: Indonesian
ie ile: Interlingue
ig ibo: Igbo
ii iii: Sichuan Yi
ik ipk: Inupiaq
io ido: Ido
is isl ice: Icelandic
it ita: Italian
iu iku: Inuktitut
ja jpn: Japanese
jv jav: Javanese
ka kat geo: Georgian
kg kon: Kongo
ki kik: Kikuyu
kj kua: Kuanyama
kk kaz: Kazakh
kl kal: Kalaallisut
km khm: Central Khmer
kn kan: Kannada
ko kor: Korean
kr kau: Kanuri
ks kas: Kashmiri
ku kur: Kurdish
kv kom: Komi
kw cor: Cornish
ky kir: Kirghiz
la lat: Latin
lb ltz: Luxembourgish
lg lug: Ganda
li lim: Limburgan
ln lin: Lingala
lo lao: Lao
lt lit: Lithuanian
lu lub: Luba-Katanga
lv lav: Latvian
mg mlg: Malagasy
mh mah: Marshallese
mi mri mao: Maori
mk mkd mac: Macedonian
ml mal: Malayalam
mn mon: Mongolian
mr mar: Marathi
ms msa may: Malay
mt mlt: Maltese
my mya bur: Burmese
na nau: Nauru
nb nob: Bokmål
nd nde: Ndebele
ne nep: Nepali
ng ndo: Ndonga
nl nld dut: Dutch
nn nno: Norwegian Nynorsk
no nor: Norwegian
nr nbl: Ndebele
nv nav: Navajo
ny nya: Chichewa
oc oci: Occitan
oj oji: Ojibwa
om orm: Oromo
or ori: Oriya
os oss: Ossetian
pa pan: Panjabi
pi pli: Pali
pl pol: Polish
ps pus: Pushto
pt por: Portuguese
qu que: Quechua
rm roh: Romansh
rn run: Rundi
ro ron rum: Romanian
ru rus: Russian
rw kin: Kinyarwanda
sa san: Sanskrit
sc srd: Sardinian
sd snd: Sindhi
se sme: Northern Sami
sg sag: Sango
si sin: Sinhala
sk slk slo: Slovak
sl slv: Slovenian
sm smo: Samoan
sn sna: Shona
so som: Somali
sq sqi alb: Albanian
sr srp: Serbian
ss ssw: Swati
st sot: Sotho
su sun: Sundanese
sv swe: Swedish
sw swa: Swahili
ta tam: Tamil
te tel: Telugu
tg tgk: Tajik
th tha: Thai
ti tir: Tigrinya
tk tuk: Turkmen
tl tgl: Tagalog
tn tsn: Tswana
to ton: Tonga
tr tur: Turkish
ts tso: Tsonga
tt tat: Tatar
tw twi: Twi
ty tah: Tahitian
ug uig: Uighur
uk ukr: Ukrainian
ur urd: Urdu
uz uzb: Uzbek
ve ven: Venda
vi vie: Vietnamese
vo vol: Volapük
wa wln: Walloon
wo wol: Wolof
xh xho: Xhosa
yi yid: Yiddish
yo yor: Yoruba
za zha: Zhuang
zh zho chi: Chinese
zu zul: Zulu
"""

# Languages without a code of two letters: those of ISO 639-2, and those of ISO 639-3 that are in
# FLORES, in the shared tasks of WMT, or known to simplemma or py3langid.
_THREE_LETTERS = """
ace ach acm acq ada ady aeb afh ain ajp akk ale alt ang anp apc arc arn arp ars arw ary arz ast
awa azb bal ban bar bas bcl bej bem bho bik bin bjn bla bra bua bug bxr byn cad car cdo ceb chb
chg chk chm chn cho chp chr chy cjk ckb cnr cop cpx crh csb dak dar del den dgr dik din doi dsb
dua dum dyu efi egy eka elx enm ewo ext fan fat fil fon frm fro frr frs fur fuv gaa gan gay gba
gcf gcr gez gil gmh goh gom gon gor got grb grc gsw guw gwi hai hak haw hbo hbs hil hit hmn hne
hsb hsn hup iba ilo inh jbo jpr jrb kaa kab kac kam kaw kbd kbp kea kha kho kjh kmb knc koi kok
kos kpe kpv krc krl kru ksh kum kut lad lah lam lez lij liv lmo lol loz ltg lua lui lun luo lus
lzh mad mag mai mak man mas mdf mdr men mga mhr mic min mnc mni moh mos mrj mus mwl mwr myv nan
nap nds new nia niu nog non nqo nso nus nwc nym nyn nyo nzi olo osa ota pag pal pam pap pau pcm
peo phn pon pro prs raj rap rar rom rue rup sad sah sam sas sat scn sco sdh sel sga sgs shn sid
sma smj smn sms snk sog srn srr stq suk sus sux syc syr szl taq tem ter tet tig tiv tkl tlh tli
tmh tog tpi tsi tum tvl tyv tzm udm uga umb uzs vai vec vep vot vro wal war was wuu xal yao yap
yue zap zbl zen zgh zun zza
"""

# Codes that stand for others: languages that one of ISO 639-1 encompasses, and old codes.
_ENCOMPASSED = """
als sq arb ar ayr ay azj az cmn zh ekk et fuc ff gaz om gug gn khk mn kmr ku lvs lv npi ne
ory or pbt ps pbu ps pes fa plt mg quy qu quz qu swh sw twi tw uzn uz ydd yi zsm ms
in id iw he ji yi mo ro mol ro scc sr scr hr
"""

# Codes of countries that are taken for those of their languages, and are no language's.
COUNTRIES: Mapping[str, str] = MappingProxyType(
    {
        "cn": "zh",
        "cz": "cs",
        "dk": "da",
        "gb": "en",
        "gr": "el",
        "ir": "fa",
        "jp": "ja",
        "kz": "kk",
        "rs": "sr",
        "ua": "uk",
        "us": "en",
        "vn": "vi",
    }
)


def _names() -> dict[str, str]:
    lines = (line.partition(": ") for line in _TWO_LETTERS.strip().splitlines())
    return {codes.split()[0]: name for codes, _, name in lines}


def _aliases() -> dict[str, str]:
    lines = (line.partition(": ")[0].split() for line in _TWO_LETTERS.strip().splitlines())
    found = {alias: code for code, *aliases in lines for alias in aliases}
    words = _ENCOMPASSED.split()
    return found | dict(zip(words[::2], words[1::2], strict=True))


NAMES: Mapping[str, str] = MappingProxyType(_names())  # of those with two letters
ALIASES: Mapping[str, str] = MappingProxyType(_aliases())
CODES: frozenset[str] = frozenset(NAMES) | frozenset(_THREE_LETTERS.split())
