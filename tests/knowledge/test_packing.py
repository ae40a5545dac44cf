import numpy as np
import pytest
import tensorflow as tf

from modzoo.knowledge.packing import pack


def first_fit(lengths, width):
    """Rows of packed words, one after another, by the textbook."""
    rows = []
    for length in sorted(lengths, reverse=True):
        slot = max(length, 1) + 1
        for n, free in enumerate(rows):
            if slot <= free:
                rows[n] -= slot
                break
        else:
            rows.append(width + 1 - slot)
    return len(rows)


@pytest.mark.parametrize("width", [9, 12, 40])
@pytest.mark.parametrize("count", [0, 1, 300])
def test_words_are_packed(count, width):
    lengths = np.random.default_rng(count).integers(0, 10, count).astype("int32")
    starts, rows = pack(tf.constant(lengths, tf.int32), width)
    taken = np.zeros(int(rows) * width, int)
    for start, length in zip(starts.numpy(), lengths, strict=True):
        cells = np.arange(start, start + max(length, 1))
        assert len(set(cells // width)) == 1
        after = cells[-1] + 1
        taken[cells] += 1
        if after % width:
            taken[after] += 1
    assert taken.max(initial=0) <= 1
    assert rows == first_fit(lengths, width)
