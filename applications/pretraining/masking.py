"""What is hidden from a masked language model (Devlin et al., 2019, section 3.1)."""

import numpy as np

from modzoo.applications.pretraining.tokenizer import SPECIAL

SHARE, REPLACED, KEPT = 0.15, 0.1, 0.1  # of the tokens; and of those that are hidden
MASK = SPECIAL.index("[MASK]")


def num_masks(length):
    """How many tokens of a row of `length` are hidden."""
    return max(1, round(SHARE * length))


def hide(rows, numbers, turns, vocabulary_size):
    """Hides as many tokens of each row: of ten eight become `[MASK]`, one any other token, and one
    stays as it is.

    Special tokens are not hidden, nor put in a place. Each row has an order of its tokens, drawn by
    its number: the first so many are hidden in turn 0, the next ones in turn 1, and so on, until
    every token was hidden once.

    Args:
        rows: Integers `(rows, length)`, token ids.
        numbers: Integers `(rows,)` that the draws depend on, and on nothing else.
        turns: Integers `(rows,)`.
        vocabulary_size: Integer.

    Returns:
        Token ids with some hidden, int32 `(rows, length)`; the places of those, `(rows, masks)`;
        and what stood there, 0 where no tokens are left to hide.
    """
    length, count = rows.shape[1], num_masks(rows.shape[1])
    draws = np.stack([np.random.default_rng(n).random(3 * length) for n in numbers])
    order, fate, other = np.split(draws, 3, axis=1)
    order[rows < len(SPECIAL)] = 2  # last
    ordered = np.pad(order.argsort(axis=1, kind="stable"), [(0, 0), (0, count)])
    columns = turns[:, None] * count + np.arange(count)
    places = np.take_along_axis(ordered, np.minimum(columns, length + count - 1), axis=1)
    hidden = np.take_along_axis(rows, places, axis=1)
    is_left = (hidden >= len(SPECIAL)) & (columns < length)
    fate, other = (np.take_along_axis(x, places, axis=1) for x in (fate, other))
    others = len(SPECIAL) + (other * (vocabulary_size - len(SPECIAL))).astype(int)
    put = np.where(fate < KEPT, hidden, np.where(fate < KEPT + REPLACED, others, MASK))
    shown = rows.copy()
    for i in range(count):
        row = np.flatnonzero(is_left[:, i])
        shown[row, places[row, i]] = put[row, i]
    targets = np.where(is_left, hidden, 0)
    return tuple(x.astype("int32") for x in (shown, np.where(is_left, places, 0), targets))
