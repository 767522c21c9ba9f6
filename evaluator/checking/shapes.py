"""Recognises other formats sent as plain text: tables, JSON, markup, subtitles, lists.

Each shape is a rule about lines. It counts only as far as the sources do not have it: a text full
of braces, digits or tabs is an honest translation of a source full of them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from evaluator.checking.beginnings import begins_with_mark, has_label, has_number_near_start
from evaluator.checking.signs import Signs

Rule = Callable[[Sequence[str]], list[bool]]  # of each line: whether it has the shape
Look = Callable[[str], bool]

TEXTS_ONLY = "Send the translations only, one a line"
OR_JSON = 'or JSON lines, {"id": "…", "translation": "…"}'
COLUMN_ONLY = f"Send the column with the translations only, one a line, {OR_JSON}."
SHARE = 0.5  # of the lines, beyond the sources' share
CELLS = 50  # looked at in a row
# Tags that systems leave in a text: warnings name them, and the text is scored.
LEFT_OVER_TAGS = r"(?!/?(?:s|unk|pad|term|bos|eos|cls|sep|mask)\b)"


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape that is refused: how it is called, how it shows, what to do about it."""

    name: str
    rule: Rule
    signs: Signs  # without them no file has the shape, and the rule is not tried
    remedy: str = f"{TEXTS_ONLY}, {OR_JSON}."
    share: float = SHARE
    allowed_by: tuple[Look, ...] = ()  # sources whose honest translations may have it, too


@dataclass(frozen=True, slots=True)
class Finding:
    """The shape of a file, and the first line that shows it (0-based)."""

    message: str
    line: int


def find_shape(lines: Sequence[str], sources: Sequence[str]) -> Finding | None:
    """Return what a file of plain text is instead; None if it is plain text.

    A shape counts if more lines have it than sources, by half of all lines. Linear in the texts.
    """
    for shape in SHAPES:
        marks = shape.rule(lines)
        if not any(marks):
            continue
        filled = sum(bool(line.strip()) for line in lines)
        pairs = zip(shape.rule(sources), sources, strict=True)
        count = sum(mark or any(look(text) for look in shape.allowed_by) for mark, text in pairs)
        own = count / max(len(sources), 1)
        if sum(marks) / max(filled, 1) - own >= shape.share:
            message = f"The file is {shape.name}, not plain text. {shape.remedy}"
            return Finding(message, marks.index(True))
    return None


def _pattern(pattern: str, flags: int = 0) -> Rule:
    match = re.compile(pattern, flags).match
    return lambda lines: [match(line) is not None for line in lines]


def _json_values(lines: Sequence[str]) -> list[bool]:
    """Recognise whole objects and arrays, as JSON or as Python prints them."""
    texts = [line.strip().removesuffix(",") for line in lines]
    return [
        (text[-1:] == "}" and _OBJECT.match(text) is not None)
        or (text[-1:] == "]" and _ARRAY.match(text) is not None)
        for text in texts
    ]


_OBJECT = re.compile(r"""\{\s*["'][^"']*["']\s*:""")
_ARRAY = re.compile(r"""\[\s*["']""")


def _json_strings(lines: Sequence[str]) -> list[bool]:
    """Recognise strings that are JSON's beyond doubt, by an escape in some of them."""
    are = [_is_string(line) for line in lines]
    escaped = sum(is_string and "\\" in line for is_string, line in zip(are, lines, strict=True))
    return are if escaped else [False] * len(lines)


def _is_string(line: str) -> bool:
    line = line.strip()
    if len(line) < 2 or line[0] != '"' or line[-1] != '"':
        return False
    try:
        return isinstance(json.loads(line), str)
    except ValueError:
        return False


_ITEM = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*(?::.*)?,\s*$""")


def _json_items(lines: Sequence[str]) -> list[bool]:
    """Recognise the inner lines of an array or object that is written on several."""
    return [line.rstrip().endswith(",") and _ITEM.match(line) is not None for line in lines]


def _tabs(lines: Sequence[str]) -> list[bool]:
    """Recognise rows of as many cells as most others have."""
    widths = [len(line.strip().split("\t", CELLS)) for line in lines]
    counts = Counter(width for width in widths if width > 1)
    most = max(counts, key=counts.__getitem__, default=0)
    return [width == most for width in widths]


_KEY = r"[\w.:/-]{1,60}+"  # with a digit; bounded, as search tries each place
# A comma between digits is a decimal's.
_FIRST_CELL = re.compile(rf'("[^"]*+(?:""[^"]*+)*"|{_KEY})\s?(?:;|,(?!\d))(?=\S|\s")')
_LAST_CELL = re.compile(rf"(?:;|(?<!\d),|,\s)\s?({_KEY})$")
# Without a space, as after it the words of a speaker may stand: He said, "No."
_QUOTED_LAST = re.compile(r'[,;]"[^"]*+(?:""[^"]*+)*"$')


def _csv(lines: Sequence[str]) -> list[bool]:
    """Recognise a cell with a digit or in quotes, and a mark, at an end: in CSV most lines."""
    for look in (_FIRST_CELL.match, _LAST_CELL.search):
        cells = [match[1] if (match := look(line)) else "" for line in lines]
        keys = [c if c[:1] == '"' or any(map(str.isdigit, c)) else None for c in cells]
        # Decimals are not keys: "1,5 mg" and "1,8 mg" begin alike.
        count = len(lines) - keys.count(None)
        if count > 1 and 2 * count >= len(lines) and len(set(keys) - {None}) > 0.9 * count:
            return [key is not None for key in keys]
    return [_QUOTED_LAST.search(line) is not None for line in lines]


_NUMBER = re.compile(
    r"\s*[(\[#\uff08]?(\d{1,7}+)(?!\s*\|\|\|)(?:[.):\]|\uff0e\u3001\uff09\uff1a](?!\d)|\s)\s*+\S"
)
_LABELLED = re.compile(
    r"\s*[^\W\d_]{1,20}[ _-]?(\d{1,7}+)[行句段]?\s?[:.)\uff1a](?!\d)\s*+\S"
)  # Line 1:
SURE_OF_NUMBERS = 5  # lines; fewer have to begin with 0 or 1


def _numbered(lines: Sequence[str]) -> list[bool]:
    """Recognise lines that begin with a number, after a word or not, each with the next number."""
    matches = [_NUMBER.match(line) or _LABELLED.match(line) for line in lines]
    numbers = [int(match[1]) if match else None for match in matches]
    if len(lines) < SURE_OF_NUMBERS and not {0, 1} & set(numbers[:1]):
        return [False] * len(lines)
    nexts = [a is not None and b == a + 1 for a, b in pairwise(numbers)]
    return [any(pair) for pair in zip([False, *nexts], [*nexts, False], strict=True)]


def _bars(lines: Sequence[str]) -> list[bool]:
    """Recognise two cells between bars; n-best lists, which have more, get a warning."""
    return [line.count("|||") == 1 for line in lines]


def _fence(lines: Sequence[str]) -> list[bool]:
    """Recognise a first and a last line of three backticks, and the text between them."""
    filled = [n for n, line in enumerate(lines) if line.strip()]
    is_fenced = len(filled) > 1 and all(
        re.fullmatch(r"\s*(?:```|~~~)\w*\s*", lines[n]) for n in (filled[0], filled[-1])
    )
    return [is_fenced] * len(lines)


def _subtitles(lines: Sequence[str]) -> list[bool]:
    timed = re.compile(r"\s*(?:\d{1,3}:)?\d\d:\d\d[.,]\d{2,3}\s*-->")
    return [timed.match(line) is not None for line in lines]


def _po(lines: Sequence[str]) -> list[bool]:
    return [line.startswith(("msgid ", "msgstr ", "msgstr[", "msgctxt ")) for line in lines]


_NAMED = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w.-]{1,60}+)\s*(?:=|:\s)\s*\S""")


def _keys_and_texts(lines: Sequence[str]) -> list[bool]:
    """Match a key (in quotes, or with a digit, a point or an underscore) and a text."""
    keys = [match[1] if (match := _NAMED.match(line)) else "" for line in lines]
    return [
        key.startswith(("'", '"')) or any(c.isdigit() or c in "_." for c in key) for key in keys
    ]


NUMBERS = (has_number_near_start,)

SHAPES: tuple[Shape, ...] = (
    Shape(
        "a text between the marks of a code block (```)",
        _fence,
        Signs("```|~~~"),
        "Remove the first and the last line.",
    ),
    Shape("a list of JSON or Python values", _json_values, Signs(r"[{\[]")),
    Shape(
        "a list of JSON strings",
        _json_strings,
        Signs('"'),
        f"{TEXTS_ONLY} and without quotes and escapes, {OR_JSON}.",
    ),
    Shape(
        "a list of bytes as Python prints them",
        _pattern(r"""\s*b(["']).*\1\s*$"""),
        Signs("b[\"']"),
    ),
    Shape("JSON that is written on several lines", _json_items, Signs("[\"']")),
    Shape(
        "the output of fairseq-generate",
        _pattern(r"[STHDP]-\d+\t"),
        Signs(marks="\t"),
        f"{TEXTS_ONLY}: the last column of the lines D-… (or H-…), sorted by the numbers after "
        "D- (or H-), since fairseq writes them in another order than the sources.",
    ),
    Shape("a table whose columns are separated by tabs", _tabs, Signs(marks="\t"), COLUMN_ONLY),
    Shape("a table whose columns are separated by |||", _bars, Signs(marks="|"), COLUMN_ONLY),
    Shape("a Markdown table", _pattern(r"\s*\|.*\|\s*$"), Signs(marks="|")),
    Shape(
        "a table with commas or semicolons (CSV)",
        _csv,
        Signs(marks='"', frequent=",;"),
        COLUMN_ONLY,
        allowed_by=NUMBERS,
    ),
    Shape("a PO file", _po, Signs("msg"), f"{TEXTS_ONLY}: those of the lines msgstr.", 0.1),
    Shape(
        "subtitles with their times",
        _subtitles,
        Signs(r"\d"),
        f"{TEXTS_ONLY}, without numbers and times.",
        0.1,
    ),
    Shape(
        "markup, with tags around the lines",
        _pattern(rf"\s*<(?!\d){LEFT_OVER_TAGS}([A-Za-z][\w:.-]*)(?:\s[^<>]*)?>.*</\1>\s*$"),
        Signs("<"),
        f"{TEXTS_ONLY} and without tags, {OR_JSON}.",
    ),
    Shape(
        "markup",
        _pattern(rf"\s*</?(?!\d){LEFT_OVER_TAGS}[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>\s*$"),
        Signs("<"),
        f"{TEXTS_ONLY} and without tags, {OR_JSON}.",
        0.2,
    ),
    Shape(
        "a list with a number before each text",
        _numbered,
        Signs(r"[(\[#\uff08]?\d|[^\W\d_]{1,20}+[ _-]?\d"),
        f"{TEXTS_ONLY}, without numbers.",
        allowed_by=NUMBERS,
    ),
    Shape(
        "a list in YAML or Markdown",
        _pattern(r"\s*[-*•+]\s+\S"),
        Signs(r"[-*•+]\s"),
        f"{TEXTS_ONLY}, without the marks of a list.",
        allowed_by=(begins_with_mark,),
    ),
    Shape(
        "a list of keys and texts",
        _keys_and_texts,
        Signs(r"""["']|[\w.-]{1,60}+\s*[=:]"""),
        allowed_by=(begins_with_mark, has_label, has_number_near_start),
    ),
)
