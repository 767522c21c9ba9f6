"""The kinds of left-overs: name, pattern and remedy of each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from evaluator.beginnings import has_number_near_start

MOST = 0.5  # of the lines that hold a text
SOME = 0.1
OFTEN = 0.3  # in between: of what a text may have now and then
Look = Callable[[str], object]  # truthy for a text that has it


@dataclass(frozen=True, slots=True)
class Kind:
    """Something left over: what it is, how it is told, what to do about it."""

    what: str  # in the middle of a sentence: "Most lines have …"
    has: Look
    remedy: str
    share: float = MOST
    allowed_by: Look | None = None  # of a source, if not by its having the kind itself
    not_in: tuple[str, ...] = ()  # languages in which it is a part of writing


def _pattern(pattern: str, *signs: str, flags: int = 0) -> Look:
    """Search for a pattern; only where one of the signs is, which is faster."""
    search = re.compile(pattern, flags).search
    if not signs:
        return search
    if len(signs) == 1:
        sign = signs[0]
        return lambda text: sign in text and search(text)
    return lambda text: any(sign in text for sign in signs) and search(text)


QUOTES = {
    '"': '"',
    "“": "”",
    "”": "”",
    "„": "“”",
    "«": "»",
    "»": "«",
    "'": "'",
    "‘": "’",
    "‹": "›",
    "「": "」",
    "『": "』",
    "`": "`",
}


def _is_quoted(text: str) -> bool:
    text = text.strip()
    return len(text) > 1 and text[0] in QUOTES and text[-1] in QUOTES[text[0]]


def _is_decomposed(text: str) -> bool:
    # Not everything that NFC changes: it takes some Indic letters apart.
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return False
    return len(unicodedata.normalize("NFC", text)) < len(text)


# UTF-8 read as Windows-1252 or Latin-1: the start of a character of two to four bytes, then as
# many characters as it has further bytes.
_LATER = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_is_mojibake = _pattern(
    f"[\u00c2-\u00df](?!»)[{_LATER}]|[\u00e0-\u00ef][{_LATER}]{{2}}|[\u00f0-\u00f4][{_LATER}]{{3}}"
)


def _is_repeated(text: str) -> bool:
    """Whether a text is the same words several times over."""
    words = text.split()
    count = len(words)
    if count < 4 and len(set(words)) != 1:
        return False
    return any(
        count % times == 0 and words[: count // times] * times == words
        for times in (2, 3, 4, 5, 6, 8, 10)
        if count // times > 1
    )


def _is_spelled(text: str) -> bool:
    """Whether a text is single letters with spaces in between."""
    parts = text.split()
    letters = sum(len(part) == 1 and part.isalpha() for part in parts)
    return letters >= ENOUGH_LETTERS and letters >= 0.7 * len(parts)


ENOUGH_LETTERS = 5
NOTHING = {"nan", "none", "null", "n/a", "undefined", "<na>", "nil"}
SCORE_FIRST = re.compile(r"\s*(?:-\d{1,4}\.\d+|\d\.\d{3,})\s+[^\W\d]").match
SCORE_LAST = re.compile(
    r"\s(?:[-−]\d{1,4}\.\d+|\d\.\d{3,}|\[\d{1,7}\]|\([-−]?\d{1,4}\.\d+\))$"
).search
# A sign of a list before the text: 7. (7) [7/20] 7/20: <7> ⑦ 7° b) iv. #. \item
LIST_SIGN = re.compile(
    r"\s*(?:[(\[#<【]?\d{1,7}(?:\s?/\s?\d{1,7})?(?:[.):\]>】°~](?!\d)|\s+-)|\d{1,7}/\d{1,7}\s"
    r"|[\u2460-\u24ff]|\(?(?:[a-z]|[ivx]{1,5})\)|[ivx]{1,5}\.|#\.\s|\\item\b)\s*[^\W\d]"
).match
_NOTES = (
    r"(?:translat(?:or['’]s|ion) )?notes?|nb|n\.b\.|n\.d\.[tlr]\.|ndt|explanations?|comment"
    r"|note (?:du traducteur|del traduttore)|remarque|explication|hinweis|erklärung"
    r"|anm(?:erkung|\.)(?: d\. ?übers\.)?"
    r"|nota(?: del? (?:traductor|tradutor|traduttore))?|explicación"
    r"|obs(?:ervação|\.)|explicação|spiegazione|opmerking|uwaga"
    r"|прим(?:ечание|\.)(?: переводчика)?|пояснение"
    r"|注意?|译注|註|訳注|補足|説明|说明|解释|주|참고|설명|ملاحظة"
)
# In brackets, or as a sentence of its own.
_NOTE = rf"(?:[(\[（【]|[.!?。！？…][\"»”」]?\s+\*{{0,2}})\s?(?:{_NOTES})\*{{0,2}}\s?[:：]"
_CODE = r"[a-z]{2,3}(?:[_-][A-Za-z]{2,4})?"
_SPECIAL = (
    r"</?(?:s|pad|bos|eos|cls|sep|mask|sos|extra_id_\d+|start_of_turn|end_of_turn)>"
    r"|\[(?:CLS|SEP|PAD|MASK|BOS|EOS|INST|/INST)\]|<\|[\w.-]+\|>"
)
_PLACEHOLDER = (
    r"⟦\d+⟧|(?<!_)_{2,}+[A-Za-z]{0,30}[ _-]?\d"
    r"|[<\[{⟦⟨$#%]/?(?:term|entity|ent|ph|tag|num|url|var|placeholder|x)"
    r"[ _-]?\d+|\b(?:TERM|ENTITY|PLACEHOLDER|XTERM)[_-]?\d+"
)
PREFACE = (
    r"(?:sure|certainly|of course|okay|here(?:'s|’s| is| are)|(?:the )?translation|translated"
    r"|output|answer|target|voici|traduction|aquí|traducción|hier ist|übersetzung|вот|перевод"
    r"|以下|翻译|译文|翻譯|번역)[^:：]{0,80}[:：!]"
)

begins_with_preface = re.compile(rf"\s*{PREFACE}", re.IGNORECASE).match

KINDS: tuple[Kind, ...] = (
    Kind(
        "quotation marks around the whole text",
        _is_quoted,
        "Take the quotation marks off, unless they are meant.",
    ),
    Kind(
        "the bars ||| of an n-best list of Moses",
        _pattern(r"\|\|\|", "|||"),
        "Keep the text of each best hypothesis only.",
        SOME,
    ),
    Kind(
        "the marks of SentencePiece or byte-level BPE (▁, Ġ)",
        _pattern("[\u2581Ġ]", "\u2581", "Ġ"),
        "Decode the pieces to text.",
        SOME,
    ),
    Kind(
        "the marks of BPE (@@, ￭, </w>)",
        _pattern(r"\S@@(?:\s|$)|￭|</w>", "@@", "￭", "</w>"),
        "Join the pieces to words.",
        SOME,
    ),
    Kind(
        "the marks of WordPiece (##)",
        _pattern(r"\s##[^\W_]", "##"),
        "Join the pieces to words.",
        SOME,
    ),
    Kind(
        "letters in two characters, a letter and an accent (Unicode's form NFD)",
        _is_decomposed,
        "Write the text in the form NFC.",
        OFTEN,
    ),
    Kind(
        "the character U+FFFD (�), which stands for what could not be read",
        _pattern("\ufffd", "\ufffd"),
        "Look for the step that read bytes in a wrong encoding.",
        SOME,
    ),
    Kind(
        "letters such as Ã© for é: UTF-8 that was read as Latin-1",
        lambda text: not text.isascii() and _is_mojibake(text),
        "Read the file as UTF-8 where it was read as something else.",
        SOME,
    ),
    Kind(
        "the tag of a language (<2fr>, fra_Latn, >>fra<<)",
        _pattern(
            rf"^\s*(?:<2{_CODE}>|>>{_CODE}<<|__{_CODE}__|<{_CODE}>|\[{_CODE}\]|[a-z]{{3}}_[A-Z][a-z]{{3}}\b"
            rf"|[a-z]{{2}}_[A-Z]{{2}}\b|(?-i:<\|[a-z]{{2}}\|>))|\b[a-z]{{3}}_[A-Z][a-z]{{3}}\s*$",
            *"<>[_",
        ),
        "Leave the tag out of what is decoded.",
        SOME,
    ),
    Kind(
        "special tokens of a model (</s>, <pad>, [CLS], <|im_end|>)",
        _pattern(_SPECIAL, "<", "["),
        "Leave special tokens out of what is decoded.",
        SOME,
    ),
    Kind(
        "tokens that stand for unknown words (<unk>)",
        _pattern(r"<unk>|\[UNK\]|⁇", "<unk>", "[UNK]", "⁇", "<UNK>", flags=re.IGNORECASE),
        "Decode with a vocabulary that has these words, or put the words in their place.",
        SOME,
    ),
    Kind(
        "placeholders (__TERM0__)",
        _pattern(_PLACEHOLDER, *"_<[{⟦⟨$#%", "TERM", "ENT", "PLACE", flags=re.IGNORECASE),
        "Put the words in their place.",
        SOME,
    ),
    Kind(
        "braces or double brackets around words",
        _pattern(r"\{[^{}\d]{1,80}+\}|\[\[[^\[\]\d]{1,80}+\]\]", "{", "[["),
        "Take them off and keep the words.",
        SOME,
    ),
    Kind(
        "the marks of Moses around joined characters (@-@)",
        _pattern(r"@[^\s\w@]@", "@"),
        "Detokenise the text.",
        SOME,
    ),
    Kind(
        "a space between all letters",
        _is_spelled,
        "Join the letters to words.",
        OFTEN,
    ),
    Kind(
        "nothing but nan, None or null",
        lambda text: text.strip().lower() in NOTHING,
        "Look for the step that wrote these words in the place of a translation.",
        SOME,
    ),
    Kind(
        "a number like a score or an index at the start or the end",
        lambda text: SCORE_FIRST(text) or SCORE_LAST(text),
        "Send the translations only.",
    ),
    Kind(
        "a number or a sign before the text, as in a list",
        LIST_SIGN,
        "Take them off, unless they are meant.",
        allowed_by=lambda text: has_number_near_start(text) or LIST_SIGN(text),
    ),
    Kind(
        "a note to the reader (Note: …)",
        _pattern(_NOTE, ":", "：", flags=re.IGNORECASE),
        "Send the translations only.",
        OFTEN,
    ),
    Kind(
        "characters of private use",
        _pattern("[\ue000-\uf8ff\U000f0000-\U0010ffff]"),
        "Look for the step that wrote them: no reader has the same letters for them.",
        SOME,
    ),
    Kind(
        "<term> tags",
        _pattern(r"</?term\b[^<>]*>", "<term", "</term", "<TERM", flags=re.IGNORECASE),
        "Take the tags off and keep the words.",
        SOME,
    ),
    Kind(
        "escapes (\\u00e9, \\n) in the place of characters",
        _pattern(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[nt]", "\\"),
        "Write the characters themselves.",
        SOME,
    ),
    Kind(
        "a preface (“Here is the translation:”)",
        begins_with_preface,
        "Send the translations only.",
        OFTEN,
    ),
    Kind(
        "Markdown (**…**, #)",
        _pattern(r"\*\*[^*]+\*\*|^\s*#{1,6} |^\s*> |^\s*([*_])[^\s*_][^*_]*+\1\s*$", *"*#>_"),
        "Send plain text.",
        OFTEN,
    ),
    Kind(
        "the marks of a code block (```)",
        _pattern("```", "```"),
        "Send plain text.",
        SOME,
    ),
    Kind("the same words several times over", _is_repeated, "Keep them once."),
    Kind(
        "zero-width characters (U+FEFF, U+200B and the like)",
        _pattern("[\ufeff\u2060\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad]"),
        "Take them out: words that hold them match nothing.",
        OFTEN,
        not_in=("ar", "fa", "he", "ur", "ps", "yi", "ug", "sd", "ckb", "dv"),
    ),
    Kind(
        "zero-width spaces (U+200B)",
        _pattern("\u200b", "\u200b"),
        "Take them out: words that hold them match nothing.",
        OFTEN,
        not_in=("th", "km", "lo", "my", "bo", "dz"),
    ),
    Kind(
        "control characters",
        _pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"),
        "Take them out.",
        SOME,
    ),
    Kind(
        "a carriage return at the end",
        lambda text: text[-1:] == "\r",
        "Write each line's end once: LF, or CR LF.",
        SOME,
    ),
    Kind("tabs", _pattern("\t", "\t"), "Write a space.", OFTEN),
    Kind(
        "tags of HTML or XML",
        _pattern(
            r"<(?:p|br|b|i|em|strong|span|div|seg|hyp|target|think|translation)\b[^<>]*>"
            r"|</(?!(?:s|w|term|unk|pad)\b)[a-z][\w:-]{0,40}\s*>",
            "<",
            flags=re.IGNORECASE,
        ),
        "Take the tags off and keep the words.",
        OFTEN,
    ),
)
