"""Words that ids stand for: a network's own, and those of several networks together."""

import numpy as np

from modzoo.errors import CallError, some_of

PADDING, UNKNOWN = 0, 1  # ids in each vocabulary, whatever their words are called


def require_words(vocabulary):
    """Raises unless a vocabulary has padding, unknown words, and no word twice."""
    if len(vocabulary) < 2:
        raise CallError(
            "A vocabulary has a word for padding and one for unknown words first, received "
            f"{len(vocabulary)} words."
        )
    words, counts = np.unique(np.array(vocabulary, object).astype(str), return_counts=True)
    if counts.max() > 1:
        raise CallError(f"A vocabulary has no word twice, received {some_of(words[counts > 1])}.")


def require_vocabulary(anatomy, vocabulary):
    """Raises unless each `Embedding` of a network reads an input that holds ids of a vocabulary."""
    require_words(vocabulary)
    if not anatomy.embeddings:
        raise CallError(f"The model {anatomy.model.name} has no Embedding, so no vocabulary.")
    for layer, place in anatomy.embeddings:
        if place is None:
            raise CallError(
                f"The embedding {layer.name} reads no input of the model, but what another layer "
                "gives; the ids of a vocabulary must come in as they are."
            )
        if layer.input_dim != len(vocabulary):
            raise CallError(
                f"The embedding {layer.name} knows {layer.input_dim:,} ids, the vocabulary has "
                f"{len(vocabulary):,} words; give the words in the order of the ids."
            )


def joined(one, other):
    """The words of one vocabulary, then those that the other adds."""
    return tuple(dict.fromkeys([*one, *other[UNKNOWN + 1 :]]))


def id_table(vocabulary, own):
    """The id in a network's own vocabulary of each word of another, int32 `(words,)`."""
    first = UNKNOWN + 1
    ids = {word: i for i, word in enumerate(own[first:], start=first)}
    return np.array(
        [PADDING, UNKNOWN, *(ids.get(word, UNKNOWN) for word in vocabulary[first:])], "int32"
    )


def own_ids(network, vocabulary, arrays):
    """What a network reads of arrays whose ids are of a vocabulary."""
    arrays = list(arrays)
    if vocabulary != network.vocabulary:
        table = id_table(vocabulary, network.vocabulary)
        for place in network.anatomy.id_places:
            arrays[place] = table[arrays[place].astype("int64")]
    return arrays
