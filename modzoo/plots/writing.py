"""Texts of any origin, written as the fonts that are there can draw them."""

import functools
import unicodedata

from matplotlib import font_manager, rc_context

MAIN = "DejaVu Sans"  # comes with Matplotlib
FURTHER = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Zen Hei"),
    *("PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Arial Unicode MS"),
    *("Noto Sans Devanagari", "Noto Sans Thai", "Noto Emoji", "Symbola"),
)
UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}  # Unicode's categories


def plainly(draw):
    """Makes a drawing function write every text as it stands, `$x$` too, in `families()`."""

    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        with rc_context({"text.parse_math": False, "font.family": families()}):
            return draw(*args, **kwargs)

    return drawn


def legible(text, most):
    """`text` in at most `most` characters, each of which can be drawn.

    A character that no font has, or that would not be seen, is escaped as in Python, `\\u4e0d`;
    of a text that is longer the rest is an ellipsis.
    """
    pieces, length = [], 0
    for character in unicodedata.normalize("NFC", text):
        piece = character if _is_seen(character) else ascii(character)[1:-1]
        pieces.append(piece)
        length += len(piece)
        if length > most:
            break
    else:
        return "".join(pieces)
    while length > most - 1:
        length -= len(pieces.pop())
    return "".join(pieces) + "…"


def inches(text, size):
    """The width of `text`, drawn in points of `size`."""
    font = font_manager.get_font(list(_files()))
    font.set_size(size, 72)
    font.set_text(text)
    return font.get_width_height()[0] / 64 / 72


@functools.cache
def families():
    """The fonts that are there, in order of preference."""
    there = set(font_manager.get_font_names())
    return [MAIN, *(family for family in FURTHER if family in there)]


@functools.cache
def _files():
    return tuple(font_manager.findfont(family) for family in families())


@functools.cache
def _characters():
    return frozenset().union(*(font_manager.get_font(file).get_charmap() for file in _files()))


def _is_seen(character):
    return unicodedata.category(character) not in UNSEEN and ord(character) in _characters()
