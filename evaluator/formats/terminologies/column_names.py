"""What the name of a column says: the role of its cells, their language, or both."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import langcodes

from evaluator.formats.terminologies.listed import is_language
from evaluator.normalise import find_meant, find_tag

MAX_LANGUAGE_NAME = 30  # characters
# Names that the list of languages lacks.
OTHER_NAMES = {
    "castellano": "es", "castellà": "es", "castelán": "es", "castelhano": "es", "vasco": "eu",
    "汉语": "zh", "漢語": "zh", "国语": "zh", "國語": "zh", "华语": "zh", "華語": "zh",
    "朝鲜语": "ko", "韩文": "ko", "韓文": "ko", "한국말": "ko", "日文": "ja",
}  # fmt: skip
CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE | re.ASCII)
_NAMES = {
    "source": "source, sources, src, source term, source terms, source string, source text, "
    "source word, src term, term, terms, word, phrase, expression, original, begriff, quelle, "
    "quellterm, quellbegriff, quelltext, quellwort, ausgangsterm, terme, terme source, "
    "texte source, término, término origen, origen, texto origen, fuente, termo, termo de origem, "
    "termine, termine di origine, термин, исходный термин, оригинал, termin, termin źródłowy, "
    "terminoa, jatorrizko terminoa, 术语, 源术语, 原文, 源文, 術語, 用語, 原語, 용어, 원문, 원어, "
    "keyword, headword, lemma, ausgangsbegriff, ausgangswort, bronterm, brontekst, "
    "källterm, ord, uttryck, kildeterm, begreb, begrep, termi, lähdetermi, hakusana, kifejezés, "
    "forrás, terim, kaynak, kaynak terim, pojem, výraz, zdroj, zdrojový termín, pojam, izraz, "
    "izvor, termen, termen sursă, терминология, термін, вихідний термін, изходен термин, όρος, "
    "مصطلح, المصطلح, מונח, शब्द, istilah, thuật ngữ, คำศัพท์, orixinal, mõiste, termins, terminas",
    "target": "target, targets, tgt, trg, target term, target terms, target string, target text, "
    "target word, tgt term, trg term, translation, translations, translated term, equivalent, "
    "übersetzung, ziel, zielterm, zielbegriff, zieltext, zielwort, traduction, terme cible, "
    "texte cible, traducción, término meta, término destino, destino, texto destino, tradução, "
    "termo de destino, termo traduzido, traduzione, termine di destinazione, перевод, "
    "tłumaczenie, termin docelowy, itzulpena, 译文, 译语, 目标术语, 翻译, 翻譯, 譯文, 訳語, 訳文, "
    "訳, 번역, 번역어, 역어, zielbegriffe, zielübersetzung, vertaling, doelterm, doeltekst, "
    "översättning, målterm, oversættelse, måltekst, oversettelse, käännös, kohdetermi, fordítás, "
    "cél, çeviri, hedef, hedef terim, překlad, cílový termín, preklad, prijevod, prevod, превод, "
    "traducere, termen țintă, переклад, μετάφραση, ترجمة, الترجمة, תרגום, अनुवाद, terjemahan, "
    "bản dịch, คำแปล, traducció, tradución, tõlge, tulkojums, vertimas, þýðing",
    "id": "id, stringid, string id, term id, entry id, no, nr, #",
    "status": "status, term status, usage status, administrative status, approval, "
    "approval status, usage, term usage, term info, statut, estado, stato, статус, 状态, 狀態",
    # A cell such as `yes` or `x` says that the translation must not be used.
    "forbidden": "forbidden, is forbidden, deprecated, is deprecated, prohibited, obsolete, "
    "do not use, don't use, dnu, avoid, to avoid, not allowed, not recommended, not approved, "
    "disallowed, rejected, blacklisted, blocked, outdated, banned, verboten, veraltet, gesperrt, "
    "nicht verwenden, interdit, obsolète, prohibido, obsoleto, proibido, vietato, deprecato, "
    "запрещено, запрещён, устарело, verboden, verouderd, zabroniony, 禁用, 禁止, 使用禁止, 금지",
    # Here the cell `no` says so.
    "allowed": "allowed, is allowed, approved, is approved, permitted, accepted, acceptable, "
    "valid, usable, use, recommended, erlaubt, zugelassen, freigegeben, autorisé, accepté, "
    "permitido, aceptado, aceito, ammesso, approvato, разрешено, toegestaan, dozwolony, 允许, "
    "使用可, 허용",
    "seen": "seen, seen in training",
    "source_language": "sourcelang, source lang, source language, src lang, from, "
    "ausgangssprache, quellsprache, langue source, idioma de origen, idioma origen, "
    "源语言, 원본 언어",
    "target_language": "targetlang, target lang, target language, tgt lang, to, zielsprache, "
    "langue cible, idioma de destino, idioma destino, 目标语言, 대상 언어",
}
_ROLES = {name: role for role, names in _NAMES.items() for name in names.split(", ")}
_JOINED = {"sourcestring": "source", "targetstring": "target", "sourceterm": "source",
           "targetterm": "target", "terminfo": "status"}  # fmt: skip
_WORD = (
    r"(?:source|src|target|tgt|trg|terms?|translations?|text|string|begriff|terme|t[eé]rmino|"
    r"termo|termine|termin|термин)"
)
# Words of a role before or after a language: `source (English)`, `term fr`, `French term`.
_ROLE_FIRST = re.compile(rf"{_WORD}(?: {_WORD})*\b[ :]*")
_ROLE_LAST = re.compile(rf" {_WORD}(?: {_WORD})*$")
_ROLE_JOINED = re.compile("(?:源|目标)?(?:术语|術語|用語|词汇|原文|译文|訳語|訳|용어)$")
_ROLE_IN_BRACKETS = re.compile(rf"\s*\({_WORD}(?: {_WORD})*\)$")
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_COUNTRY_IN_BRACKETS = re.compile(r"\s*\(.*\)\s*$")


def simplify_name(name: str) -> str:
    """Return a column's name in lower case, with single spaces in the place of _ and -.

    Wide brackets become plain ones; the mark of a comment before a name goes.
    """
    plain = unicodedata.normalize("NFKC", name).strip().strip('"').casefold()
    bare = (plain.lstrip("#") or plain).rstrip(":?!*.").strip() or plain
    return " ".join(re.sub(r"[_\-\s]+", " ", bare).split())


def find_role(name: str) -> str:
    """Return the role that a plain name says, or nothing; accents may be left out."""
    return _ROLES.get(name) or _JOINED.get(name, "") or _PLAIN_ROLES.get(_drop_accents(name), "")


def _drop_accents(name: str) -> str:
    """Return a name in Latin letters without accents, another name as it is."""
    plain = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode()
    return plain if len(plain) == len(name) else name


def has_role_word(name: str) -> bool:
    """Return whether a plain name begins or ends with the word of a role: `source en`."""
    return bool(_ROLE_FIRST.match(name) or _ROLE_LAST.search(name))


def find_language(name: str) -> str:
    """Return the code of a language by its code or its name in any language, or nothing."""
    bare = _ROLE_LAST.sub("", _ROLE_FIRST.sub("", name.strip(), count=1)).strip(" .")
    bare = _ROLE_JOINED.sub("", _ROLE_IN_BRACKETS.sub("", bare))
    inside = _IN_BRACKETS.fullmatch(bare)
    bare = inside[1].strip() if inside else bare
    in_brackets = _IN_BRACKETS.search(bare)
    if not in_brackets:
        return _find_plain_language(bare)
    plain = _COUNTRY_IN_BRACKETS.sub("", bare)
    language, country = _find_plain_language(plain), _look_up_country(in_brackets[1])
    if language and country:
        return f"{language}-{country}"
    # Or a script stands in brackets: traditional chinese, 繁體中文.
    space = " " if bare.isascii() else ""
    return _find_plain_language(f"{in_brackets[1]}{space}{plain}") or language


def _find_plain_language(name: str) -> str:
    code = name.replace(" ", "-")
    if is_code(code):
        return code
    is_name = (3 if name.isascii() else 1) < len(name) <= MAX_LANGUAGE_NAME
    return OTHER_NAMES.get(name, "") or (_look_up_language(name) if is_name else "")


def is_code(cell: str) -> bool:
    """Return whether a text has the form of a language's code, and the language exists."""
    code = cell.strip().replace("_", "-")
    return CODE.fullmatch(code) is not None and langcodes.tag_is_valid(code.split("-")[0])


def find_language_column(language: str, names: Sequence[str]) -> int | None:
    """Return the place of the column that is named by a language, the closest of several.

    For fr-CA that is fr-CA rather than fr, and fr rather than fr-FR; then the first. Of two
    columns `id` the first holds ids, and the other is in Indonesian.
    """

    def distance(place: int) -> tuple[int, int]:
        order = -place if find_role(names[place]) == "id" else place
        if find_tag(codes[place]) == language:
            return 0, order
        return 1 if "-" not in codes[place] else 2, order

    codes = [find_language(name) for name in names]
    places = [place for place, code in enumerate(codes) if is_language(code, language)]
    return min(places, key=distance, default=None)


def find_country_column(language: str, names: Sequence[str]) -> int | None:
    """Return the place of the first column that is named by a language's country, such as `jp`."""
    means = ((find_meant(name) or "").partition(" ")[0] if len(name) == 2 else "" for name in names)
    return next((n for n, code in enumerate(means) if code and is_language(code, language)), None)


def _look_up_language(name: str) -> str:
    try:
        return langcodes.find(name).to_tag()
    except (LookupError, UnicodeError):  # its tables of bytes do not take NUL or half characters
        return ""


def _look_up_country(name: str) -> str:
    try:
        return langcodes.Language.find_name("territory", name).territory or ""
    except (LookupError, UnicodeError):
        return ""


_PLAIN_ROLES = {_drop_accents(name): role for name, role in _ROLES.items()}
