"""Labelled arrays, and the examples of them that a module is observed on."""

from dataclasses import dataclass

import numpy as np

from modzoo.errors import CallError, some_of

UNLABELLED = -1


@dataclass(frozen=True)
class Observed:
    """The examples of one label: as many without it as with it, where there are as many.

    Attributes:
        rows: Integer array, rows of the data; one may come twice, where its steps have labels.
        steps: Integer array, the step of each that has the label or another. None: the data
            have a label an example.
        is_positive: Boolean array, whether it has the label.
    """

    rows: np.ndarray
    steps: np.ndarray | None
    is_positive: np.ndarray

    def positives(self):
        """Those with the label alone."""
        steps = None if self.steps is None else self.steps[self.is_positive]
        own = self.is_positive[self.is_positive]
        return Observed(self.rows[self.is_positive], steps, own)

    def thinned(self, most):
        """So many of them at most, of both kinds in the same proportion."""
        if len(self.rows) <= most:
            return self
        kept = np.linspace(0, len(self.rows) - 1, most).round().astype("int64")
        steps = None if self.steps is None else self.steps[kept]
        return Observed(self.rows[kept], steps, self.is_positive[kept])


def checked_inputs(model, x):
    """The arrays of `x` as a list, once each fits the model's input.

    Returns:
        List of arrays of the types of numbers that the model reads.

    Raises:
        CallError: If one does not: in number, width, or values.
    """
    inputs = model.inputs
    if isinstance(x, dict):
        if not isinstance(model.input, dict):
            raise CallError("The model reads a list of inputs or a single one, x is a dictionary.")
        known = sorted(model.input)  # as Keras has them in `model.inputs`
        if known != sorted(x):
            raise CallError(f"The model's inputs are {some_of(known)}, received {some_of(x)}.")
        x = [x[name] for name in known]
    arrays = list(map(np.asarray, x)) if isinstance(x, (list, tuple)) else [np.asarray(x)]
    if len(arrays) != len(inputs):
        raise CallError(f"The model has {len(inputs)} inputs, received {len(arrays)} arrays.")
    if len({len(array) for array in arrays if array.ndim}) > 1:
        raise CallError(
            "All arrays of x have as many examples, received "
            f"{some_of(f'{len(a):,}' for a in arrays if a.ndim)}."
        )
    return [_as_read(array, tensor) for array, tensor in zip(arrays, inputs, strict=True)]


def _as_read(array, tensor):
    """The array in the type of numbers of the input that it is for."""
    wanted, found = tensor.shape, array.shape
    same = len(wanted) == len(found) and all(
        w in (None, f) for w, f in zip(wanted[1:], found[1:], strict=True)
    )
    if not same:
        raise CallError(
            f"The model reads examples of shape {shown(wanted[1:])} as its input {tensor.name}, "
            f"x has examples of shape {shown(found[1:])}."
        )
    if not len(array):
        raise CallError("x has no example.")
    if array.dtype.kind not in "biuf":
        raise CallError(f"x holds numbers, received an array of {array.dtype}.")
    with np.errstate(over="ignore", invalid="ignore"):
        read = array.astype(tensor.dtype, copy=False)
    is_float = read.dtype.kind not in "biu"
    fits = (np.isfinite(array) & np.isfinite(read)) if is_float else read == array
    if not fits.all():
        row, *place = np.argwhere(~fits)[0]
        raise CallError(
            f"The model reads {'finite' if is_float else 'whole'} numbers as its input "
            f"{tensor.name}, {tensor.dtype}; example {row} of x has {array[(row, *place)]}."
        )
    return read


def require_ids(anatomy, arrays, vocabulary=None):
    """Raises unless the inputs that an `Embedding` reads hold ids that it knows, or those of a
    vocabulary that they are read by."""
    for layer, place in anatomy.embeddings:
        size = layer.input_dim if vocabulary is None else len(vocabulary)
        array = arrays[0 if place is None else place]
        if place is not None and not 0 <= array.min() <= array.max() < size:
            raise CallError(
                f"The embedding {layer.name} knows the ids 0 to {size - 1}, x has {array.min()} "
                f"to {array.max()}; read the data with the model's vocabulary."
            )
        if place is not None and (array != np.round(array)).any():
            raise CallError(f"The embedding {layer.name} reads ids, whole numbers; x has others.")


def require_whole(y):
    """Raises unless an array holds whole numbers."""
    if y.dtype.kind not in "biuf" or not (y == np.round(y)).all():
        raise CallError(
            f"y holds whole numbers, received others, of {y.dtype}; give the place of each "
            "label in `labels`."
        )


def shown(shape):
    """A shape in a sentence."""
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"


class Targets:
    """What examples are labelled with.

    Args:
        anatomy: The `Anatomy` of the network.
        y: Integer array: `(examples,)`, the column of each one's label; where the network has an
            output a step `(examples, steps)`, -1 for a step without a label; where its labels
            are sigmoids 0 or 1, `(examples, labels)` or `(examples, steps, labels)`, there -1 for
            each label of a step without any.
        groups: List of a name an example, for networks that translate: what modules are made of.

    Attributes:
        y: The array.
        names: The groups' names, in order. None: there are no groups.
        group: Integer array `(examples,)`, the place of each one's group in `names`.

    Raises:
        CallError: If `y` is of another shape or has other values.
    """

    def __init__(self, anatomy, y, groups=None):
        self.anatomy = anatomy
        self.y = y = np.asarray(y)
        rank = 1 + anatomy.is_per_step + anatomy.is_multi_label
        last = (anatomy.num_outputs,) if anatomy.is_multi_label else ()
        if y.ndim != rank or y.shape[y.ndim - len(last) :] != last:
            words = ["examples"] + anatomy.is_per_step * ["steps"] + [str(size) for size in last]
            raise CallError(f"The model needs y of shape ({', '.join(words)}), received {y.shape}.")
        require_whole(y)
        low = UNLABELLED if anatomy.is_per_step else 0
        high = 1 if anatomy.is_multi_label else anatomy.num_outputs - 1
        if len(y) and not low <= y.min() <= y.max() <= high:
            raise CallError(
                f"The model needs y from {low} to {high}, received {y.min()} to {y.max()}."
            )
        self.y = y.astype("int64")
        self.names = None
        if groups is not None:
            self._set_groups(groups)

    def _set_groups(self, groups):
        if len(groups) != len(self.y):
            raise CallError(
                f"groups has a name an example, received {len(groups):,} for {len(self.y):,}."
            )
        self.names, self.group = np.unique(np.asarray(groups, "str"), return_inverse=True)
        self.names = self.names.tolist()

    def observed(self, column, max_positives, seed):
        """The `Observed` of the label of a column, or of a group.

        Negatives come in equal parts from all other labels, as far as there are some.
        """
        rng = np.random.default_rng([seed, column])
        if self.names is not None:
            places, labels = np.arange(len(self.y))[:, None], self.group
        elif self.anatomy.is_multi_label:
            is_labelled = (self.y != UNLABELLED).all(-1)
            labels = self.y[is_labelled][:, column]
            places, column = np.argwhere(is_labelled), 1
        else:
            places = np.argwhere(self.y != UNLABELLED)
            labels = self.y[self.y != UNLABELLED]
        positive = rng.permutation(np.flatnonzero(labels == column))[:max_positives]
        negative = _spread(labels, np.flatnonzero(labels != column), len(positive), rng)
        chosen = places[np.concatenate([positive, negative]).astype("int64")]
        return Observed(
            chosen[:, 0],
            chosen[:, 1] if chosen.shape[1] > 1 else None,
            np.repeat([True, False], [len(positive), len(negative)]),
        )

    def selectors(self, column, observed):
        """What is asked of the outputs: the margin of the label, or all that was translated.

        Args:
            column: Integer, the output that is the label.
            observed: Its `Observed`.

        Returns:
            Float32 array of the outputs' shape, an example of `observed` a row.
        """
        size, rows = self.anatomy.num_outputs, observed.rows
        if self.names is not None:
            y = self.y[rows]
            return ((y[..., None] == np.arange(size)) & (y[..., None] >= 0)).astype("float32")
        margins = self.anatomy.margin_weights([column]).astype("float32").repeat(len(rows), 0)
        if observed.steps is None:
            return margins
        spread = np.zeros((len(rows), self.y.shape[1], size), "float32")
        spread[np.arange(len(rows)), observed.steps] = margins
        return spread


def _spread(labels, among, count, rng):
    """So many places, drawn from `among` in turn from each label."""
    drawn = rng.permutation(among)
    values, of_value = np.unique(labels[drawn], return_inverse=True)
    order = np.argsort(of_value, kind="stable")
    first = np.searchsorted(of_value[order], np.arange(len(values)))
    turn = np.empty(len(drawn), "int64")
    turn[order] = np.arange(len(drawn)) - first[of_value[order]]
    return drawn[np.lexsort((rng.permutation(len(values))[of_value], turn))[:count]]
