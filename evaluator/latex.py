"""Text and tables in LaTeX, of names that may be anything."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

PREAMBLE = r"% \usepackage{booktabs}\usepackage[T1]{fontenc}; for other scripts XeLaTeX or LuaLaTeX"
ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # BibTeX counts the braces of `\{`, too
    "}": r"\textbraceright{}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # after the end of a row it would begin an optional argument
    "*": "{*}",
    "\u2013": "--",
    "\u2212": "$-$",
}


def escape(text: str) -> str:
    """Return text that LaTeX prints as it is; a character that cannot be shown becomes `?`."""
    return "".join(ESCAPED.get(letter, letter) for letter in _make_printable(text))


def write_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    columns: str,
    lines: Collection[int] = (),
    comments: Iterable[str] = (),
) -> Iterator[str]:
    """Yield the lines of a booktabs table, with a rule after the n-th row for each n in `lines`.

    Takes plain text and escapes it. `columns` is the argument of `tabular`, such as `llrr`.
    """
    yield from (f"% {_make_printable(comment)}" for comment in comments)
    yield rf"\begin{{tabular}}{{{columns}}}"
    yield r"\toprule"
    yield _write_row(headings)
    yield r"\midrule"
    for number, row in enumerate(rows, start=1):
        yield _write_row(row)
        if number in lines:
            yield r"\midrule"
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _write_row(cells: Iterable[str]) -> str:
    return rf"{' & '.join(map(escape, cells))} \\"


def _make_printable(text: str) -> str:
    """Return text on one line, without control characters and marks of direction."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
