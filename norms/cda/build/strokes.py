"""A stroke alphabet of our own: every glyph is a few straight lines, so that a PDF can embed it as a Type 3 font.

PDF/A-1 wants each font embedded; drawing our letters costs 2 kB a document and no font file in the project.
A glyph is ``width`` and polylines; a point is two characters, x then y: digits, ``y`` is -1 and ``z`` is -2.
Capitals are 8 high, small letters 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

Point = tuple[float, float]

_GLYPHS: Mapping[str, str] = {
    "A": "6 003860 1353", "B": "4 00083847463505 3544413000", "C": "4 4738180701103041", "D": "4 00082846422000",
    "E": "4 48080040 0434", "F": "4 480800 0434", "G": "4 47381807011030414424", "H": "4 0008 4048 0444",
    "I": "0 0008", "J": "3 3831201001", "K": "4 0008 4804 1540", "L": "4 080040", "M": "6 0008336860",
    "N": "4 00084048", "O": "4 100107183847413010", "P": "4 00083847453404", "Q": "4 100107183847413010 2240",
    "R": "4 00083847453404 2440", "S": "4 473818070514344341301001", "T": "4 0848 2820", "U": "4 080110304148",
    "V": "4 082048", "W": "6 0810355068", "X": "4 0048 0840", "Y": "4 082448 2420", "Z": "4 08480040",
    "a": "3 0415253430 33130201102031", "b": "3 0800 0415253431201001", "c": "3 3425150401102031",
    "d": "3 3830 3425150401102031", "e": "3 03333425150401102031", "f": "3 38281710 0535",
    "g": "3 353y2z1z0y 3425150401102031", "h": "3 0800 0415253430", "i": "0 0500 0707", "j": "1 151y0z 1717",
    "k": "3 0800 3502 1330", "l": "0 0800", "m": "6 0500 0415253430 3445556460", "n": "3 0500 0415253430",
    "o": "3 100104152534312010", "p": "3 050z 0415253431201001", "q": "3 353z 3425150401102031", "r": "3 0500 04152535",
    "s": "3 351504132332312000", "t": "3 18112030 0535", "u": "3 0501102031 3530", "v": "4 052045", "w": "6 0510345065",
    "x": "3 0035 0530", "y": "4 0520 451z0z", "z": "3 05350030",
    "0": "3 100107182837312010", "1": "2 061810 0020", "2": "3 07182837350030", "3": "3 07182837362515 253431201001",
    "4": "3 20280333", "5": "3 380805253431201001", "6": "3 372818070110203133241403", "7": "3 083810",
    "8": "3 140507182837352414 1403011020313324", "9": "3 011020313728180705142435",
    ".": "0 0000", ",": "1 110y", ":": "0 0000 0404", ";": "1 1414 110y", "-": "2 0424", "–": "3 0434", "—": "4 0444",
    "/": "3 0038", "(": "1 18060210", ")": "1 08161200", "'": "0 0806", '"': "1 0806 1816", "%": "4 0048 0707 4141",
    "+": "4 2226 0444", "=": "3 0333 0535", "°": "2 0718271607", "_": "3 0z3z", "!": "0 0803 0000",
    "?": "3 07182837352423 2020", "*": "2 1518 0527 2507", "<": "3 360330", ">": "3 063300",
    "µ": "3 050z 01102031 3530",
    "«": "3 140211 342231", "»": "3 042201 143211", "•": "1 0404", "×": "3 0135 0531", "≥": "3 073502 0030",
    "≤": "3 370532 0030", "²": "2 0718270525", "³": "2 0828162505", "@": "5 422224334442 4251506070",
    "&": "4 400617263503011020431", "#": "4 1018 3038 0343 0545", "[": "1 18080010", "]": "1 08181000",
}  # fmt: skip
_SAME: Mapping[str, str] = {"’": "'", "“": '"', "”": '"', "−": "–", "\xa0": " ", "\u202f": " ", "ﬁ": "fi"}
_LONG: Mapping[str, str] = {"œ": "oe", "Œ": "OE", "…": "...", "æ": "ae", "€": "EUR"}
_ACCENTS: Mapping[str, tuple[tuple[Point, ...], ...]] = {
    "acute": (((-0.4, 0.0), (0.8, 1.4)),),
    "grave": (((0.4, 0.0), (-0.8, 1.4)),),
    "circ": (((-1.1, 0.0), (0.0, 1.3), (1.1, 0.0)),),
    "trema": (((-0.9, 0.5), (-0.9, 0.5)), ((0.9, 0.5), (0.9, 0.5))),
    "cedil": (((0.1, 0.0), (0.5, -0.9), (0.0, -1.7), (-0.7, -1.6)),),
}
_MARKED: Mapping[str, str] = {
    "é": "e acute", "è": "e grave", "ê": "e circ", "ë": "e trema", "à": "a grave", "â": "a circ", "ä": "a trema",
    "î": "i circ", "ï": "i trema", "ô": "o circ", "ö": "o trema", "ù": "u grave", "û": "u circ", "ü": "u trema",
    "ç": "c cedil", "É": "E acute", "È": "E grave", "Ê": "E circ", "Ë": "E trema", "À": "A grave", "Â": "A circ",
    "Î": "I circ", "Ï": "I trema", "Ô": "O circ", "Ù": "U grave", "Û": "U circ", "Ç": "C cedil",
}  # fmt: skip
_HEIGHTS: Mapping[str, float] = {"y": -1.0, "z": -2.0}
BLANK = 2.6  # the advance of a space; two letters stand 2.2 apart


def spelled(text: str) -> str:
    """The text with the letters that we draw: ligatures opened, unknown characters as ``?``."""
    text = "".join(_LONG.get(c, _SAME.get(c, c)) for c in text)
    return "".join(c if c == " " or c in _GLYPHS or c in _MARKED else "?" for c in text)


def advance(char: str) -> float:
    """How far the pen moves."""
    return BLANK if char == " " else _shape(char)[0] + 2.2


def outline(char: str) -> tuple[tuple[Point, ...], ...]:
    """The polylines of a letter."""
    return () if char == " " else _shape(char)[1]


@cache
def _shape(char: str) -> tuple[float, tuple[tuple[Point, ...], ...]]:
    if char in _MARKED:
        base, mark = _MARKED[char].split()
        width, lines = _shape(base)
        if base == "i":
            lines = lines[:1]
        height = 0.0 if mark == "cedil" else 6.8 if base.islower() else 9.2
        marks = tuple(tuple((width / 2 + x, height + y) for x, y in line) for line in _ACCENTS[mark])
        return width, lines + marks
    width_text, *drawn = _GLYPHS[char].split(" ")
    lines = tuple(
        tuple((float(line[at]), _HEIGHTS.get(line[at + 1]) or float(line[at + 1])) for at in range(0, len(line) - 1, 2))
        for line in drawn
    )
    return float(width_text), lines
