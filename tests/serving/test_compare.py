import ml_dtypes
import numpy as np
import pytest

from modzoo.serving.compare import largest_difference

pytestmark = pytest.mark.one_backend

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "found, expected, difference",
    [
        ([1.0, 2.0], [1.0, 2.0], 0),
        ([0.5], [0.25], 0.25),
        ([1000.0], [1001.0], 1 / 1001),  # its share
        ([-3.0], [-4.0], 0.25),
        ([NAN, INF], [NAN, INF], 0),
        ([NAN], [0.0], INF),
        ([0.0], [NAN], INF),
        ([INF], [1.0], INF),
        ([1.0], [[1.0]], INF),
        ([], [], 0),
        ([True], [False], 1),
        ([7], [8], 1 / 8),
    ],
)
def test_numbers(found, expected, difference):
    answers = [{"a": np.zeros(2), "b": np.array(x)} for x in (found, expected)]
    value, output = largest_difference(*answers)
    assert value == pytest.approx(difference)
    assert output == "b" or value == 0


@pytest.mark.parametrize(
    "found, expected, difference",
    [(["é", ""], ["é".encode(), b""], 0), ([b"a\0"], [b"a"], INF), (["a", "b"], ["a", "c"], INF)],
)
def test_strings(found, expected, difference):
    answers = [{"a": np.array(x, object)} for x in (found, expected)]
    assert largest_difference(*answers) == (difference, "a")


@pytest.mark.parametrize(
    "found, expected, difference",
    [
        (np.zeros(1, "float32"), np.array([b"0"], object), INF),
        (np.array([b"0"], object), np.zeros(1, "float32"), INF),
        (np.zeros(1, "int64"), np.zeros(1, "float32"), INF),
        (np.zeros(1, bool), np.zeros(1, "int64"), INF),
        (np.zeros(1, "int32"), np.zeros(1, "int64"), 0),
        (np.zeros(1, "float16"), np.zeros(1, "float64"), 0),
        (np.array([1 + 2j]), np.array([1 + 1j]), 1 / 2**0.5),
        (np.ones(1, "float32"), np.full(1, 1.5, ml_dtypes.bfloat16), 1 / 3),
        (np.full(1, 1.5, ml_dtypes.bfloat16), np.ones(1, "float32"), 0.5),
    ],
)
def test_other_types(found, expected, difference):
    value, output = largest_difference({"a": found}, {"a": expected})
    assert value == pytest.approx(difference) and output == "a"


def test_no_outputs():
    assert largest_difference({}, {}) == (0, "")


def test_other_outputs():
    answers = [{name: np.zeros(1) for name in names} for names in ("ab", "ac")]
    assert largest_difference(*answers) == (INF, "b, c")
