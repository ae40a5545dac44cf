"""Generated text: the English of the package's other generated corpora, mixed."""

import itertools

from modzoo.data.generated import corpus_generator
from modzoo.data.intent_grammar import generate_requests
from modzoo.data.passages import Passages
from modzoo.data.review_grammar import generate_reviews
from modzoo.data.tag_grammar import generate_tagged_sentences
from modzoo.data.translation_grammar import generate_translations


def generate_text(scores, split=None):
    """Generates one split: reviews, sentences of names, requests, and sentences to translate.

    Args:
        scores: The lexicon of the reviews, a dictionary from lower-case term to score.
        split: `"train"`, `"validation"` or `"test"`, the default.

    Returns:
        `Passages`.
    """
    split = split or "test"
    rng = corpus_generator(0, split)
    corpora = [
        generate_reviews(scores, split).texts,
        [" ".join(tokens) for tokens in generate_tagged_sentences(split).tokens],
        generate_requests(split).texts,
        generate_translations(split).written_in("eng"),
    ]
    texts = list(itertools.chain(*corpora))
    rng.shuffle(texts)
    return Passages(lambda: iter(texts), split, "text generated from grammars")
