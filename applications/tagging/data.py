import re

from modzoo.data import brown, conll, conllu, gmb, icon2016, language_id
from modzoo.data.folders import data_files, hint
from modzoo.errors import CallError, some_of

LAYOUTS = (
    f"{gmb.FILE} (GMB), *.conllu (Universal Dependencies), *.iob2 (Universal NER), "
    f"{language_id.TAGS} (language identification), TWT_HI_EN_CR.txt and its like (ICON 2016), "
    "ca01 to cr09 (Brown), or train.txt, dev.txt, test.txt in CoNLL columns, as files or in a zip"
)

PATTERNS = (
    (re.compile(r".*\.conllu"), conllu.load_conllu),
    (re.compile(r".*\.iob2"), conllu.load_uner),
    (icon2016.FILE, icon2016.load_icon2016),
    (brown.FILE, brown.load_brown),
)
KNOWN = {gmb.FILE, *language_id.FILES, *(name for names in conll.FILES.values() for name in names)}


def load_sentences(folder, split=None, columns=(), ner_folder=None):
    """A split of tagged sentences, whichever published format the folder is in.

    Args:
        folder: The data folder.
        split: Name of the split. None: the last labelled one.
        columns: Names of the columns after the word, for CoNLL columns only; by default by
            their number, as in CoNLL-2000 and 2003.
        ner_folder: Folder with the entity tags of the same sentences (Universal NER).
    """
    files = data_files(folder)
    if any(name in files for names in conll.FILES.values() for name in names):
        sentences = conll.load_conll(files, split, list(columns) or None)
    elif columns:
        raise CallError(f"--columns is for CoNLL columns, and {folder} holds none.")
    else:
        sentences = _loader(folder, files)(files, split)
    if ner_folder is None:
        return sentences
    if sentences.ids is None:
        raise CallError(f"The sentences of {folder} have no ids to join {ner_folder} by.")
    return sentences.join(conllu.load_uner(data_files(ner_folder), sentences.split), ["ner"])


def _loader(folder, files):
    if gmb.FILE in files:
        return gmb.load_gmb
    if any(name in files for name in language_id.FILES):
        return language_id.load_language_id
    for pattern, load in PATTERNS:
        if any(pattern.fullmatch(name) for name in files):
            return load
    raise CallError(
        f"{folder} holds no tagged sentences; expected a folder with {LAYOUTS}."
        f"{hint(folder, _is_known)}"
    )


def _is_known(name):
    return name in KNOWN or any(pattern.fullmatch(name) for pattern, _ in PATTERNS)


def require_tasks(sentences, tasks):
    """The sentences with the tags of `tasks` alone; raises if they have none of one."""
    for task in tasks:
        if task not in sentences.tags:
            raise CallError(
                f"{sentences.source} has no tags {task!r}; it has: {some_of(sentences.tasks)}."
            )
    return sentences.only(tasks)
