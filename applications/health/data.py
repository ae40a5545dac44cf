import functools

from modzoo.applications.annotated_texts.reading import load_texts
from modzoo.data.ade import load_ade
from modzoo.data.health_grammar import generate_health_texts
from modzoo.data.smm4h import BIRTH_DEFECTS, INTAKE, load_smm4h


def load_ade_texts(data, split=None, text_column=None, label_column=None, skip_unlabelled=False):
    """Labelled sentences: ADE corpus V2 (dose, effect, neither), a csv or tsv, or generated ones.
    Arguments as in `annotated_texts.reading.load_texts`."""
    own = text_column, label_column, skip_unlabelled
    return load_texts(data, split, own, load_ade, _generated("ade"))


def load_intake(data, split=None, text_column=None, label_column=None, skip_unlabelled=False):
    """Labelled tweets: SMM4H's of medication intake, a csv or tsv, or generated ones. Arguments
    as in `annotated_texts.reading.load_texts`."""
    own = text_column, label_column, skip_unlabelled
    load = functools.partial(load_smm4h, label_names=INTAKE)
    return load_texts(data, split, own, load, _generated("medication"))


def load_birth_defects(
    data, split=None, text_column=None, label_column=None, skip_unlabelled=False
):
    """Labelled tweets: SMM4H's of birth defects, a csv or tsv, or generated ones. Arguments as in
    `annotated_texts.reading.load_texts`."""
    own = text_column, label_column, skip_unlabelled
    load = functools.partial(load_smm4h, label_names=BIRTH_DEFECTS)
    return load_texts(data, split, own, load, _generated("birth_defects"))


def _generated(task):
    return lambda split: generate_health_texts(task, split or "test")
