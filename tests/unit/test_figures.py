"""The figures on the tree, on small files whose figures are plain to see."""

from __future__ import annotations

import pytest

from tests.figures.functions import find_called_once, find_private, measure_functions
from tests.figures.rooms import measure_packages
from tests.figures.sources import parse
from tests.figures.words import find_word


@pytest.mark.parametrize(
    ("word", "text", "count"),
    [
        ("one", "one = other_one(one_by_one, ones, phone)", 4),
        ("one", '"""One fact.\n\nNo one."""\nlabel = "one"  # one file', 3),
        ("one", "f'{one}'; 'one'; b'one'", 1),  # the literals are no identifiers
        ("found", "class Found(errors.found):\n    found: int", 3),
        ("found", "import lost.found as found_again\nNotFoundError", 2),
        ("who / whom", "def who_may(*, whom): ...  # whose? who knows", 3),
        ("is no / are no", "# there is\n# no such file", 1),  # a sentence crosses lines
        ("is no / are no", "x = 1  # it is\n\ny = 2  # no", 0),  # two comments
        ("is no / are no", 'def f():\n    """Files that are\n    no longer here."""', 1),
        ("is no / are no", "is_no_file = is_not_here", 1),
    ],
)
def test_words_are_counted_in_names_comments_and_docstrings(word, text, count):
    assert len(find_word(word, [parse("evaluator/a.py", text)])) == count


def test_a_word_is_named_by_its_line():
    text = '"""All of it:\n\nis it\nno one?\n"""\n\nx = 1  # this is\n# no one, is it?\n'

    ones = find_word("one", [parse("evaluator/a.py", text)])
    nones = find_word("is no / are no", [parse("evaluator/a.py", text)])

    assert [str(place) for place in ones] == [
        "evaluator/a.py:4: no one?",
        "evaluator/a.py:8: # no one, is it?",
    ]
    assert [place.line for place in nones] == [7]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def _a(): ...\n_a()", ["_a"]),
        ("def _a(): ...\n_a()\n_a()", []),
        ("def _a(n): return n and _a(n - 1)\n_a(3)", ["_a"]),  # its own call is not a caller
        ("def _a(): ...\nsorted([], key=_a)", []),  # handed on as a value
        ("def _a(): ...", []),
        ("def a(): ...\na()", []),
        ("class A:\n    def _b(self): ...\n    def __c__(self): self._b()", ["_b"]),
    ],
)
def test_private_functions_with_one_call(text, names):
    assert [place.text for place in find_called_once([parse("evaluator/a.py", text)])] == names


def test_only_a_leading_underscore_is_private():
    text = (
        "class A:\n    def __init__(self): ...\n    async def _b(self): ...\n    def c_(self): ..."
    )

    assert [place.text for place in find_private([parse("evaluator/a.py", text)])] == ["_b"]


def test_a_function_is_as_long_as_it_reads():
    text = (
        '@cache\ndef a(\n    n\n):\n    """Doc."""\n\n    def b():\n        return n\n    return b'
    )

    measured = measure_functions([parse("platform/x/a.py", text)])

    assert [(str(f.place), f.length) for f in measured] == [
        ("platform/x/a.py:2: a", 8),
        ("platform/x/a.py:7: b", 2),
    ]


def test_rooms_and_arrows():
    # `pages` is one room, and both of its modules import `rows`: one arrow. Whether an import
    # stands in a function, or names what a room holds, makes no difference.
    files = {
        "platform/shop/__init__.py": "from shop import rows",
        "platform/shop/__main__.py": "import shop.till",
        "platform/shop/rows.py": "import rows\nfrom evaluator import till",
        "platform/shop/till.py": "from shop import rows, __version__\nimport shop.till",
        "platform/shop/pages/__init__.py": "",
        "platform/shop/pages/front.py": "from shop.rows import Row\nfrom shop.pages import back",
        "platform/shop/pages/back.py": "def f():\n    import shop.rows.deep, shop.till as till",
    }

    shop, pages = measure_packages([parse(*file) for file in files.items()])

    assert shop.rooms == {"rows", "till", "pages"}
    assert shop.arrows == {("till", "rows"), ("pages", "rows"), ("pages", "till")}
    assert pages.rooms == {"front", "back"}
    assert pages.arrows == {("front", "back")}
