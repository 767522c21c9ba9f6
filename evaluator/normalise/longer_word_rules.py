"""Languages in which a term may stand inside a longer word: their endings, links and limits.

Data for evaluator/terms/longer_words.py, which has the rule (docs/longer-words.md). A change to
any list raises the entry's version, which is in the signature.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from itertools import product
from types import MappingProxyType
from typing import Literal

from evaluator.normalise.languages import dictionary_code


@dataclass(frozen=True, slots=True)
class ChangedFinal:
    """A last letter of a variant that changes inside a longer word."""

    letter: str
    becomes: str
    before: Literal["rest", "ending"]  # what has to follow

    def fits(self, kind: str, right: str) -> bool:
        """Return whether it may have changed before `right`, which is of this kind."""
        return kind == self.before and not (kind == "rest" and right.startswith(self.letter))


@dataclass(frozen=True, slots=True)
class LongerWordRules:
    """An entry of the table; strings are folded."""

    version: int
    is_measured: bool  # False: provisional, and said so wherever a number is shown
    endings: frozenset[str] = frozenset()
    # A rest of a word that is made of these alone is an ending, too, up to `longest_chain` letters.
    suffix_chain: frozenset[str] = frozenset()
    longest_chain: int = 0
    # The dictionary of simplemma for the other parts of a compound; None: endings only.
    dictionary: str | None = None
    linking: tuple[str, ...] = ()
    prefixes: frozenset[str] = frozenset()
    suffixes: re.Pattern[str] | None = None  # rests that make another word, not a compound
    guards: tuple[tuple[str, str], ...] = ()  # a word's end, and what a variant then ends in
    changed_finals: tuple[ChangedFinal, ...] = ()
    least: int = 4  # letters of a variant's word that is only part of a longer word
    nouns_are_capital: bool = False
    spellings: tuple[tuple[str, str], ...] = ()  # folded, and as the dictionary may write it
    not_words: frozenset[str] = frozenset()  # in the dictionary by mistake


def find_rules(language: str) -> tuple[str, LongerWordRules] | None:
    """Return a language's entry (BCP 47) with its code, None where the tier is off."""
    code = dictionary_code(language)
    return (code, RULES[code]) if code in RULES else None


@lru_cache(maxsize=256)  # a version is read from a file
def sign_rules(language: str) -> str:
    """Name the entry, its version and its dictionary; `p` for provisional, `off` without one."""
    entry = find_rules(language)
    if entry is None:
        return "off"
    code, rules = entry
    dictionary = f"+simplemma-{version('simplemma')}" if rules.dictionary else ""
    return f"{code}-{rules.version}{'' if rules.is_measured else 'p'}{dictionary}"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _combine(*parts: str) -> Iterable[str]:
    """Join every word of each part with every word of the next; `-` stands for nothing."""
    choices = [["" if word == "-" else word for word in part.split()] for part in parts]
    return map("".join, product(*choices))


# What makes another word of a German word: Speicherung, Produktion, Terminologie is none of them.
_GERMAN_SUFFIXES = re.compile(
    r"""
    (?:ig|er|ier|at|it|e|s)?
        (?:ung|ion|ität|heit|keit|igkeit|schaft|ling|ismus|nis|tum)
        (?:en|e|s|(?:en|s)\w{3,})?
    | (?:ig|lich|isch|bar|haft|sam|los|iv|ell|al|är|ös) (?:e[mnrs]?|keit\w*)?
    | ier (?:e|en|t|te|ten|ter|tes|end\w*|bar\w*)
    | chen | lein | in | innen | erin | ers? | ern | lern? | nern? | ist(?:en)? | ings?
    """,
    re.VERBOSE,
)

_GERMAN = LongerWordRules(
    version=1,
    is_measured=True,
    endings=_words("e en er ern es n s em ens se sen ses"),
    dictionary="de",
    linking=("es", "en", "er", "ns", "ens", "s", "n", "e"),
    prefixes=_words(
        """ab an anti auf aus be bei da dar des dis durch ein empor ent entgegen er erz ex fort ge
        gegen gegenüber her heran herauf heraus herbei herein hervor hin hinaus hinein hinter hinzu
        im in ko kom kon los miss mit nach nicht nieder pro prä re rück sub teil über um un unter
        ur ver vor voran voraus vorbei weg weiter wider wieder zer zu zurecht zurück zusammen"""
    ),
    suffixes=_GERMAN_SUFFIXES,
    guards=(("ungen", "ung"),),
    changed_finals=(ChangedFinal("e", "", "rest"),),
    nouns_are_capital=True,
    spellings=(("ss", "ß"),),
    not_words=_words("imp kata res sch"),
)

_DUTCH = LongerWordRules(
    version=1,
    is_measured=False,
    endings=_words("s n en e es er ers je jes tje tjes"),
    dictionary="nl",
    linking=("s", "e", "en", "er", "n"),
    prefixes=_words(
        """aan af be bij door ge her in mee mis na om on onder ont op over tegen toe uit ver
        voor weg"""
    ),
    changed_finals=(ChangedFinal("e", "", "rest"),),
)

_SWEDISH = LongerWordRules(
    version=1,
    is_measured=False,
    endings=_words("s n en ens et ets t a e ar ars or ors er ers na ns arna arnas orna erna ernas"),
    dictionary="sv",
    linking=("s", "e", "o", "u", "a"),
    prefixes=_words(
        """an av be bi bort efter ent er fram från för genom in med miss mot ned ner om på sam
        till under upp ut van vid å åter över o"""
    ),
    changed_finals=(ChangedFinal("e", "", "rest"),),
)

_DANO_NORWEGIAN_ENDINGS = _words(
    "s e en ens et ets t er ers r ne ene enes erne ernes rne a"
)  # Danish and Bokmål alike

_DANISH = LongerWordRules(
    version=1,
    is_measured=False,
    endings=_DANO_NORWEGIAN_ENDINGS,
    dictionary="da",
    linking=("s", "e"),
    prefixes=_words(
        """af an be bi bort efter er for frem fra gen gennem ind med mis mod ned om op over på sam
        til u ud und under van ved"""
    ),
    changed_finals=(ChangedFinal("e", "", "rest"),),
    spellings=(("ae", "æ"),),
)

_BOKMAL = LongerWordRules(
    version=1,
    is_measured=False,
    endings=_DANO_NORWEGIAN_ENDINGS,
    dictionary="nb",
    linking=("s", "e"),
    prefixes=_words(
        """an av be bi bort er etter for fra frem gjen gjennom inn med mis mot ned om opp over på
        sam til u und under ut van ved"""
    ),
    changed_finals=(ChangedFinal("e", "", "rest"),),
    spellings=(("ae", "æ"),),
)

# Their stems change, so the lemma tier finds inflected forms; this tier is for compounds.
_FINNISH = LongerWordRules(version=1, is_measured=False, dictionary="fi", linking=("n",))
_ESTONIAN = LongerWordRules(version=1, is_measured=False, dictionary="et")

_HUNGARIAN_CASES = """t at et ot öt nak nek val vel ért vá vé ban ben ba be ból ből on en ön n ra re
ról ről nál nél hoz hez höz tól től ig ként"""
_HUNGARIAN_OWNERS = """m am em om öm d ad ed od öd ja je a e nk unk ünk tok tek tök atok etek otok
juk jük uk ük im aim eim jaim jeim id aid eid jaid jeid i ai ei jai jei ink aink eink jaink jeink
itok aitok eitek ik aik eik jaik jeik"""
_HUNGARIAN = LongerWordRules(
    version=1,
    is_measured=False,
    endings=frozenset(
        (
            *_combine("k ak ek ok ök", f"- {_HUNGARIAN_CASES}"),
            *_HUNGARIAN_CASES.split(),
            *_combine(_HUNGARIAN_OWNERS, f"- {_HUNGARIAN_CASES}"),
            *_combine("já jé á é", _HUNGARIAN_CASES),  # -ja, -je, -a, -e before a case
        )
    ),
    dictionary="hu",
    changed_finals=(ChangedFinal("a", "á", "ending"), ChangedFinal("e", "é", "ending")),
)

_TURKISH = LongerWordRules(
    version=1,
    is_measured=False,
    suffix_chain=_words(
        """lar ler m n ım im um üm ın in un ün ı i u ü sı si su sü mız miz muz müz ımız imiz umuz
        ümüz nız niz nuz nüz ınız iniz unuz ünüz yı yi yu yü nı ni nu nü a e ya ye na ne da de ta te
        nda nde dan den tan ten ndan nden nın nin nun nün la le yla yle ca ce ça çe ki dır dir dur
        dür tır tir tur tür"""
    ),
    longest_chain=10,
)

_BASQUE = LongerWordRules(
    version=1,
    is_measured=False,
    endings=_words(
        """a ak ek ari ei aren arena en ena an ean etan tik atik etik etatik ra era etara rako ko
        eko etako rekin arekin ekin z az ez rik ik entzat arentzat gatik engatik raino ren rentzat
        etzat tzat"""
    ),
    changed_finals=(ChangedFinal("a", "", "ending"),),
)

RULES: Mapping[str, LongerWordRules] = MappingProxyType(
    {
        "de": _GERMAN,
        "nl": _DUTCH,
        "sv": _SWEDISH,
        "da": _DANISH,
        "nb": _BOKMAL,
        "fi": _FINNISH,
        "et": _ESTONIAN,
        "hu": _HUNGARIAN,
        "tr": _TURKISH,
        "eu": _BASQUE,
    }
)
