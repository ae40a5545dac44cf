from modzoo.applications.tagging.backbone import TaggingBackbone
from modzoo.applications.tagging.model import Tagger
from modzoo.applications.tagging.preprocessor import TaggingPreprocessor
from modzoo.applications.tagging.tokenizer import CharacterTokenizer
from modzoo.errors import CallError, quoted
from modzoo.layers import MultiTaskRNN


def build_tagger(settings, sentences, start=None):
    """The tagger that a recipe trains.

    Args:
        settings: The application's `ModelSettings`.
        sentences: `TaggedSentences` whose characters and tags it is to know.
        start: `Tagger` to train further. It keeps its characters and weights; its heads too if it
            knows all tags.

    Raises:
        CallError: If all words have the same tag.
    """
    labels = {task: sentences.labels(task) for task in settings.tasks}
    for task, tags in labels.items():
        if len(tags) == 1:
            raise CallError(
                f"{sentences.source} has one tag of {task!r} alone, {quoted(tags[0])}; there is "
                "nothing to learn."
            )
    if start is not None:
        return start.with_labels(labels)
    words = settings.min_word_count if settings.embedding_dim else None
    tokenizer = CharacterTokenizer.learn(sentences.tokens, min_word_count=words)
    units = settings.units * (len(labels) if settings.gates == "fixed" else 1)
    character_units = settings.character_units or settings.units
    backbone = TaggingBackbone(
        tokenizer.vocabulary_size(),
        num_tasks=len(labels),
        units=units,
        character_dim=character_units,
        character_units=character_units if settings.characters else 0,
        gate_mode=settings.gates,
        context=settings.context,
        fixed_units=_fixed_units(settings.num_read, len(labels), units),
        dropout=settings.dropout,
        num_words=tokenizer.num_words,
        embedding_dim=settings.embedding_dim,
        multi_task=None if settings.base == "gates" else _multi_task(settings),
    )
    preprocessor = TaggingPreprocessor(
        tokenizer,
        settings.max_characters,
        sequence_length=settings.max_length,
        letters=settings.characters,
    )
    head_units = settings.head_units or 2 * settings.units
    return Tagger(backbone, labels, preprocessor, head_units=head_units)


def _multi_task(settings):
    """The layer that stands in place of the BiLSTM and its gates."""
    return MultiTaskRNN(
        len(settings.tasks),
        settings.units,
        return_decisions=True,
        name="multi_task",
        **settings.multi_task_options(),
    )


def _fixed_units(num_read, num_tasks, units):
    """For each task the units it reads, the next ones of each direction; None: its share."""
    if num_read is None:
        return None
    half = num_read // 2
    firsts = [list(range(task * half, (task + 1) * half)) for task in range(num_tasks)]
    return [[*first, *(units // 2 + i for i in first)] for first in firsts]
