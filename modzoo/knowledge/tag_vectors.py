from modzoo.errors import CallError


def learn_tag_vectors(sequences, dimensions=20, window=5, epochs=5, seed=0):
    """A vector for each tag, by word2vec (skip-gram) on sequences of tags.

    A window of 5 and 20 dimensions are those of the paper's part-of-speech embeddings.

    Args:
        sequences: Lists of tags, one for each sentence.
        dimensions: Integer.
        window: Integer, the tags on either side that a tag is to foretell.
        epochs: Integer, passes over the sequences.
        seed: Integer.

    Returns:
        Dictionary from tags to arrays `(dimensions,)`.

    Raises:
        CallError: If the package `gensim` is not installed, which only this needs.

    Reference:
    - Bagherzadeh and Bergler, 2021, Multi-input Recurrent Independent Mechanisms for leveraging
      knowledge sources, "Embeddings"
    """
    try:
        from gensim.models import Word2Vec
    except ImportError as error:
        raise CallError(
            "Learning tag vectors needs the package gensim; install it with pip install gensim."
        ) from error
    learned = Word2Vec(
        [list(tags) for tags in sequences],
        vector_size=dimensions,
        window=window,
        min_count=1,
        sg=1,
        epochs=epochs,
        seed=seed,
        workers=1,  # so that the seed decides
    ).wv
    return {tag: learned[tag] for tag in learned.index_to_key}
