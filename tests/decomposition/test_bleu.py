"""BLEU, of words and of ids."""

import builtins

import numpy as np
import pytest

from modzoo.decomposition.bleu import bleu, bleu_of_ids, until_end
from modzoo.errors import CallError

pytestmark = pytest.mark.one_backend


def test_closed_forms():
    true = [["a", "b", "c", "d", "e"]]
    assert bleu(true, true) == pytest.approx(100)
    # Four of five words, three of four pairs, two of three triples and one of two quadruples.
    wanted = 100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    assert bleu([["a", "b", "c", "d", "x"]], true) == pytest.approx(wanted)
    assert bleu([["a", "b", "c", "d"]], true) == pytest.approx(100 * np.exp(1 - 5 / 4))
    assert bleu([[]], true) == 0


def test_ids_until_their_end():
    assert until_end([4, -1, 5, 0, 6]) == [4, 5]
    assert until_end(np.array([7, 7])) == [7, 7]
    said = np.array([[3, 4, 5, 6, 0, 9], [2, 2, 1, 2, 2, 0]])
    true = np.array([[3, 4, 5, 6, 0, -1], [2, 2, 1, 2, 2, 0]])
    assert bleu_of_ids(said, true, has_vocabulary=False) == pytest.approx(100)
    # Eight of nine words, five of seven pairs, ... : 1 is a word that the vocabulary has not.
    wanted = 100 * (8 / 9 * 5 / 7 * 2 / 5 * 1 / 3) ** 0.25
    assert bleu_of_ids(said, true, has_vocabulary=True) == pytest.approx(wanted)


def test_without_sacrebleu(monkeypatch):
    plain = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "sacrebleu":
            raise ImportError(name)
        return plain(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CallError, match=r"pip install 'modzoo\[translation\]'"):
        bleu([["a"]], [["a"]])
