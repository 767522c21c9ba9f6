"""How sources begin: with a number, a quotation mark, a bullet or a label.

Their honest translations may then begin with a number or with a mark of a list.
"""

from __future__ import annotations

import re

NEAR = 12  # characters from the start in which a number is near it
NEARER = 4  # of characters such as 一, which stand for numbers and are a part of words, too
MARKS = frozenset("\"'“”„‟«»‹›‘’‚「」『』《》`-‐‑‒–—―−*+•・･‣⁃◦▪·●○■□►▶→")

_WORD = re.compile(r"\w+")
# Cardinals and ordinals in the languages of most sources.
_NUMBER_WORDS = frozenset(
    _WORD.findall(
        """
    zero one two three four five six seven eight nine ten eleven twelve
    first second third fourth fifth sixth seventh eighth ninth tenth
    firstly secondly thirdly fourthly finally once twice
    null eins ein eine zwei drei vier fünf sechs sieben acht neun zehn erstens zweitens drittens
    viertens fünftens erste erster zweite zweiter dritte dritter vierte vierter fünfte fünfter
    un une deux trois quatre cinq sept huit neuf dix premier première deuxième troisième quatrième
    cinquième premièrement deuxièmement troisièmement
    uno una dos tres cuatro cinco seis siete ocho nueve diez primero primera segundo segunda tercero
    tercera cuarto cuarta quinto quinta um uma dois duas três quatro sete oito nove dez primeiro
    primeira terceiro terceira
    due tre quattro cinque sei sette otto nove dieci primo prima secondo seconda terzo terza
    een twee drie vijf zes zeven acht negen tien eerste tweede derde vierde vijfde
    один одна одно два две три четыре пять шесть семь восемь девять десять первый первая первое
    второй вторая второе третий третья третье четвёртый четвертый пятый
    """
    )
)
_ROMAN = re.compile(r"\b(?:[IVX]{2,6}|[VX])\b")
_LABEL = re.compile(r"\W{0,3}\w[\w .'’/-]{0,30}[:=\uff1a]")


def has_number_near_start(text: str) -> bool:
    """Return whether a number in digits, signs (①, 三, IV) or words stands near a text's start."""
    head = text[: NEAR + NEARER].lstrip()[:NEAR]
    if any(char.isdigit() for char in head) or any(char.isnumeric() for char in head[:NEARER]):
        return True
    if _ROMAN.search(head):
        return True
    return any(word in _NUMBER_WORDS for word in _WORD.findall(text[: 2 * NEAR].lower())[:2])


def begins_with_mark(text: str) -> bool:
    """Return whether a text begins with a quotation mark, a dash or a bullet."""
    return text.lstrip()[:1] in MARKS if text.strip() else False


def has_label(text: str) -> bool:
    """Return whether a text begins with some words and a colon or an equals sign."""
    return _LABEL.match(text) is not None
