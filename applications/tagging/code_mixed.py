"""Code-mixed posts, and the sentences of one language each that are to help with them."""

from dataclasses import replace

from modzoo.applications.tagging.data import load_sentences, require_tasks
from modzoo.data import conllu
from modzoo.data.folders import data_files
from modzoo.data.romanisation import FILE, read_romanisation, romanise
from modzoo.data.splits import SPLITS, hash_split, require_some, require_split
from modzoo.data.tagged_sentences import of_several_tasks


def load_code_mixed(folder, split=None, auxiliaries=None, romanised=True):
    """A split of code-mixed posts, and the same of the auxiliary tasks, by turns.

    Args:
        folder: Folder of the posts, or of any sentences with `pos` tags.
        split: Name of the split. None: the last labelled one.
        auxiliaries: `{task: folder}` of sentences with `pos` tags; a task whose folder is None is
            left out.
        romanised: Whether words of the task `hindi` that the posts' folder spells in Latin
            letters are read in them, as they stand in posts.

    Returns:
        `TaggedSentences`, each sentence with tags of one task; the primary one is `pos`.
    """
    parts = {"pos": require_tasks(load_sentences(folder, split), ["pos"])}
    for task, place in (auxiliaries or {}).items():
        if place is not None:
            parts[task] = load_auxiliary(place, split)
    spellings = data_files(folder).get(FILE)
    if romanised and spellings is not None and "hindi" in parts:
        parts["hindi"] = romanise(parts["hindi"], read_romanisation(spellings))
    return of_several_tasks(parts)


def load_auxiliary(folder, split):
    """A split of sentences with `pos` tags, whichever published format the folder is in.

    Of a treebank of which there is no file to train on, a hash of the sentences' ids makes the
    splits.
    """
    if not conllu.is_part_of_treebank(data_files(folder)):
        return require_tasks(load_sentences(folder, split), ["pos"])
    whole = require_tasks(load_sentences(folder), ["pos"])
    split = require_split(split or "test", SPLITS, whole.source)
    chosen = [i for i, name in enumerate(whole.ids) if hash_split(name) == split]
    return replace(whole, split=split).take(require_some(chosen, folder, split, "sentence's id"))
