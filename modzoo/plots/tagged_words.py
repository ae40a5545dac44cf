"""The words and tags beside the gates of a tagger."""

from modzoo.plots.writing import inches, legible

MAX_WORDS, WORD_LETTERS, TASK_LETTERS = 40, 24, 24
ROW = 0.24  # inches


def shown_words(record):
    """The words of a record for which there is room, and `{task: their tags}`."""
    words = [legible(token, WORD_LETTERS) for token in record["tokens"][:MAX_WORDS]]
    tags = {
        task: [legible(tag, WORD_LETTERS) for tag in record[task][:MAX_WORDS]]
        for task in record["tasks"]
    }
    return words, tags


def title_of(record, title):
    """`title`, and how many of the words are shown if not all are."""
    whole = len(record["tokens"])
    return title if whole <= MAX_WORDS else f"{title}: the first {MAX_WORDS} of {whole:,} words"


def column_width(texts):
    """Inches that the widest of texts needs."""
    return max(inches(text, 10) for text in texts) + 0.2
