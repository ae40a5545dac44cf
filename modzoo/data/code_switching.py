"""Generated messages that switch between two made-up languages from word to word.

Words of the first are open syllables (`kamori`), of the second closed ones (`strempt`). Some
short words are of both, and belong to the language that is being spoken: that of the words
around them. Handles, numbers, faces and signs are of none. Stems belong to one split each.
"""

from modzoo.data.generated import corpus_generator, pick
from modzoo.data.splits import hash_split
from modzoo.data.tagged_sentences import TaggedSentences

SIZES = {"train": 3000, "validation": 500, "test": 1000}
LANGUAGES = ("lang1", "lang2")
SHARED = ("no", "me", "so", "a", "mi", "pan", "sol", "ten")
SIGNS = (".", ",", "!", "?", "...", ":)", ":D", "<3", "♥", "😂", "lol")
ONSETS, CODAS = ("str", "sk", "pl", "gr", "th", "kn"), ("mpt", "nd", "sk", "lt", "ngth", "rk")


def generate_switched_messages(split, size=None, seed=0):
    """Generates one split of the corpus: `language`, of `lang1`, `lang2`, `other`.

    Args:
        split: `"train"`, `"validation"` or `"test"`. None: `"test"`.
        size: Integer, number of messages. Default: `SIZES[split]`.
        seed: Integer, seed of the corpus.
    """
    split = split or "test"
    rng = corpus_generator(seed, split)
    words = {"lang1": _open_words(split), "lang2": _closed_words(split)}
    messages = [_message(rng, words) for _ in range(SIZES[split] if size is None else size)]
    tokens, tags = ([[word[i] for word in message] for message in messages] for i in range(2))
    return TaggedSentences(tokens, {"language": tags}, split, "messages generated from a grammar")


def _open_words(split):
    syllables = [c + v for c in "bdklmnprst" for v in "aeiou"]
    stems = [a + b + v for a in syllables for b in syllables[::3] for v in ("", "ri", "ndo")]
    return [stem for stem in stems if hash_split(stem) == split]


def _closed_words(split):
    stems = [
        on + v + end + more
        for on in (*ONSETS, *"bdfghlmrw")
        for v in "aeiou"
        for end in CODAS
        for more in ("", "s", "ing", "er")
    ]
    return [stem for stem in stems if hash_split(stem) == split]


def _message(rng, words):
    language, message = int(rng.integers(2)), []
    for position in range(int(rng.integers(4, 18))):
        if position and rng.random() < 0.12:
            language = 1 - language
            # A switch shows in its first word, so that shared words have an answer.
            message.append((pick(rng, words[LANGUAGES[language]]), LANGUAGES[language]))
            continue
        kind = rng.random()
        if kind < 0.15 and position:
            message.append((_no_word(rng, words), "other"))
        elif kind < 0.4 and position:
            message.append((pick(rng, SHARED), LANGUAGES[language]))
        else:
            message.append((pick(rng, words[LANGUAGES[language]]), LANGUAGES[language]))
    return message


def _no_word(rng, words):
    kind = rng.integers(4)
    if kind == 0:
        return "@" + pick(rng, words[pick(rng, LANGUAGES)])
    return str(rng.integers(1, 3000)) if kind == 1 else pick(rng, SIGNS)
