"""The kinds of left-overs: name, pattern and remedy of each."""

from __future__ import annotations

import re
import unicodedata

from evaluator.checking.beginnings import has_number_near_start
from evaluator.checking.leftover_signs import (
    APOLOGY,
    CODE,
    LIST_SIGN,
    MOJIBAKE,
    NO_ANSWER,
    NOTE,
    NOTHING,
    OTHER_FORM,
    PLACEHOLDER,
    QUOTED,
    SCORE_FIRST,
    SCORE_LAST,
    SPECIAL,
    begins_with_preface,
)
from evaluator.checking.leftovers import LeftoverKind, is_repeated, is_spelled, search_for

SOME = 0.1  # of the lines that hold a text
OFTEN = 0.3  # in between: of what a text may have now and then

KINDS: tuple[LeftoverKind, ...] = (
    LeftoverKind(
        "quotation marks around the whole text",
        QUOTED,
        "Take the quotation marks off, unless they are meant.",
    ),
    LeftoverKind(
        "the bars ||| of an n-best list of Moses",
        search_for(r"\|\|\|", "|||"),
        "Keep the text of each best hypothesis only.",
        SOME,
    ),
    LeftoverKind(
        "the marks of SentencePiece or byte-level BPE (▁, Ġ)",
        search_for("[\u2581Ġ]", "\u2581", "Ġ"),
        "Decode the pieces to text.",
        SOME,
    ),
    LeftoverKind(
        "the marks of BPE (@@, ￭, </w>)",
        search_for(r"\S@@(?:\s|$)|￭|</w>", "@@", "￭", "</w>"),
        "Join the pieces to words.",
        SOME,
    ),
    LeftoverKind(
        "the marks of WordPiece (##)",
        search_for(r"\s##[^\W_]", "##"),
        "Join the pieces to words.",
        SOME,
    ),
    LeftoverKind(
        "letters in two characters, a letter and an accent (Unicode's form NFD)",
        # Not everything that NFC changes: it takes some Indic letters apart.
        lambda text: not text.isascii() and len(unicodedata.normalize("NFC", text)) < len(text),
        "Write the text in the form NFC.",
        OFTEN,
    ),
    LeftoverKind(
        "the character U+FFFD (�), which stands for what could not be read",
        search_for("\ufffd", "\ufffd"),
        "Look for the step that read bytes in a wrong encoding.",
        SOME,
    ),
    LeftoverKind(
        "letters such as Ã© for é: UTF-8 that was read as Latin-1",
        lambda text: not text.isascii() and MOJIBAKE(text),
        "Read the file as UTF-8 where it was read as something else.",
        SOME,
    ),
    LeftoverKind(
        "the tag of a language (<2fr>, fra_Latn, >>fra<<)",
        search_for(
            rf"^\s*(?:<2{CODE}>|>>{CODE}<<|__{CODE}__|<{CODE}>|\[{CODE}\]|[a-z]{{3}}_[A-Z][a-z]{{3}}\b"
            rf"|[a-z]{{2}}_[A-Z]{{2}}\b|(?-i:<\|[a-z]{{2}}\|>))|\b[a-z]{{3}}_[A-Z][a-z]{{3}}\s*$",
            *"<>[_",
        ),
        "Leave the tag out of what is decoded.",
        SOME,
    ),
    LeftoverKind(
        "special tokens of a model (</s>, <pad>, [CLS], <|im_end|>)",
        search_for(SPECIAL, "<", "["),
        "Leave special tokens out of what is decoded.",
        SOME,
    ),
    LeftoverKind(
        "tokens that stand for unknown words (<unk>)",
        search_for(r"<unk>|\[UNK\]|⁇", "<unk>", "[UNK]", "⁇", "<UNK>", flags=re.IGNORECASE),
        "Decode with a vocabulary that has these words, or put the words in their place.",
        SOME,
    ),
    LeftoverKind(
        "placeholders (__TERM0__)",
        search_for(PLACEHOLDER, *"_<[{⟦⟨$#%", "TERM", "ENT", "PLACE", flags=re.IGNORECASE),
        "Put the words in their place.",
        SOME,
    ),
    LeftoverKind(
        "braces or double brackets around words",
        search_for(r"\{[^{}\d]{1,80}+\}|\[\[[^\[\]\d]{1,80}+\]\]", "{", "[["),
        "Take them off and keep the words.",
        SOME,
    ),
    LeftoverKind(
        "the marks of Moses around joined characters (@-@)",
        search_for(r"@[^\s\w@]@", "@"),
        "Detokenise the text.",
        SOME,
    ),
    LeftoverKind(
        "a space between all letters",
        is_spelled,
        "Join the letters to words.",
        OFTEN,
    ),
    LeftoverKind(
        "nothing but nan, None or null",
        lambda text: text.strip().lower() in NOTHING,
        "Look for the step that wrote these words in the place of a translation.",
        SOME,
    ),
    LeftoverKind(
        "a number like a score or an index at the start or the end",
        lambda text: SCORE_FIRST(text) or SCORE_LAST(text),
        "Send the translations only.",
    ),
    LeftoverKind(
        "a number or a sign before the text, as in a list",
        LIST_SIGN,
        "Take them off, unless they are meant.",
        allowed_by=lambda text: has_number_near_start(text) or LIST_SIGN(text),
    ),
    LeftoverKind(
        "a note to the reader (Note: …)",
        search_for(NOTE, ":", "：", flags=re.IGNORECASE),
        "Send the translations only.",
        OFTEN,
    ),
    LeftoverKind(
        "characters of private use",
        search_for("[\ue000-\uf8ff\U000f0000-\U0010ffff]"),
        "Look for the step that wrote them: no reader has the same letters for them.",
        SOME,
    ),
    LeftoverKind(
        "<term> tags",
        search_for(r"</?term\b[^<>]*>", "<term", "</term", "<TERM", flags=re.IGNORECASE),
        "Take the tags off and keep the words.",
        SOME,
    ),
    LeftoverKind(
        "escapes (\\u00e9, \\n) in the place of characters",
        search_for(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[nt]", "\\"),
        "Write the characters themselves.",
        SOME,
    ),
    LeftoverKind(
        "a preface (“Here is the translation:”)",
        begins_with_preface,
        "Send the translations only.",
        OFTEN,
    ),
    LeftoverKind(
        "Markdown (**…**, #)",
        search_for(r"\*\*[^*]+\*\*|^\s*#{1,6} |^\s*> |^\s*([*_])[^\s*_][^*_]*+\1\s*$", *"*#>_"),
        "Send plain text.",
        OFTEN,
    ),
    LeftoverKind(
        "the marks of a code block (```)",
        search_for("```", "```"),
        "Send plain text.",
        SOME,
    ),
    LeftoverKind(
        "words of a model that does not translate (“I'm sorry, but I can't …”)",
        NO_ANSWER,
        "Translate these segments again, or leave them empty.",
        SOME,
        allowed_by=lambda text: NO_ANSWER(text) or APOLOGY(text),
    ),
    LeftoverKind(
        "another form of a text (Base64, numbers of tokens, %C3%A9)",
        OTHER_FORM,
        "Decode it to plain text.",
        OFTEN,
    ),
    LeftoverKind(
        "a progress bar or a log's time",
        re.compile(r"\s*(?:\d{1,3}%\s?\||\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d)").match,
        "Keep what a program reports out of its output.",
        SOME,
    ),
    LeftoverKind("the same words several times over", is_repeated, "Keep them once."),
    LeftoverKind(
        "zero-width characters (U+FEFF, U+200B and the like)",
        search_for("[\ufeff\u2060\u200e\u200f\u202a-\u202e\u2066-\u2069\u00ad]"),
        "Take them out: words that hold them match nothing.",
        OFTEN,
        not_in=("ar", "fa", "he", "ur", "ps", "yi", "ug", "sd", "ckb", "dv"),
    ),
    LeftoverKind(
        "zero-width spaces (U+200B)",
        search_for("\u200b", "\u200b"),
        "Take them out: words that hold them match nothing.",
        OFTEN,
        not_in=("th", "km", "lo", "my", "bo", "dz"),
    ),
    LeftoverKind(
        "control characters",
        search_for("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"),
        "Take them out.",
        SOME,
    ),
    LeftoverKind(
        "a carriage return at the end",
        lambda text: text[-1:] == "\r",
        "Write each line's end once: LF, or CR LF.",
        SOME,
    ),
    LeftoverKind("tabs", search_for("\t", "\t"), "Write a space.", OFTEN),
    LeftoverKind(
        "tags of HTML or XML",
        search_for(
            r"<(?:p|br|b|i|em|strong|span|div|seg|hyp|target|think|translation)\b[^<>]*>"
            r"|</(?!(?:s|w|term|unk|pad)\b)[a-z][\w:-]{0,40}\s*>",
            "<",
            flags=re.IGNORECASE,
        ),
        "Take the tags off and keep the words.",
        OFTEN,
    ),
)
