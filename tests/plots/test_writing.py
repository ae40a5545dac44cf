import pytest

from modzoo.plots.writing import families, inches, legible


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("disappointing", "disappointing"),
        ("$x_1$", "$x_1$"),
        ("שלום", "שלום"),
        ("e\u0301", "é"),
        ("a\nb\x00c", "a\\nb\\x00c"),
        ("a\u202eb", "a\\u202eb"),
        ("\U000f0000", "\\U000f0000"),
        ("\ud800", "\\ud800"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_escaped(text, drawn):
    assert legible(text, 20) == drawn


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("abcde", "abcde"),
        ("abcdef", "abcd…"),
        ("x" * 100_000, "xxxx…"),
        ("ab\x00f", "ab…"),  # an escape stays whole
        ("\x00\x00", "\\x00…"),
    ],
)
def test_a_long_text_is_cut(text, drawn):
    assert legible(text, 5) == drawn


def test_chinese_is_drawn_where_there_is_a_font():
    drawn = legible("電", 20)
    assert drawn == ("電" if "CJK" in " ".join(families()) else "\\u96fb")


def test_inches_are_of_the_size():
    assert inches("WW", 10) == pytest.approx(2 * inches("W", 10), rel=0.1)
    assert inches("W", 20) == pytest.approx(2 * inches("W", 10), rel=0.1)
    assert 0.1 < inches("W", 10) < 0.16
