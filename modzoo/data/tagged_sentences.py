from dataclasses import dataclass, replace

import numpy as np

from modzoo.errors import some_of


@dataclass(frozen=True)
class TaggedSentences:
    """Sentences whose words carry one tag for each task.

    Attributes:
        tokens: List of one list of words for each sentence.
        tags: For each task a list along the sentences: the tags of the words, or None where
            the sentence has none for this task.
        split: Name of the split, as the published file names it.
        source: Where they are from, for people.
        ids: List of the sentences' names in their source, or None.
        primary: The task that the others are to help, or None where all count alike.
        remarks: Sentences on what was left out, or changed.
    """

    tokens: list
    tags: dict
    split: str
    source: str
    ids: list | None = None
    primary: str | None = None
    remarks: tuple = ()

    def __len__(self):
        return len(self.tokens)

    @property
    def summary(self):
        """How many there are, and tags of how many kinds, for people."""
        kinds = [f"{task} of {len(self.labels(task)):,} tags" for task in self.tasks]
        return f"{len(self):,} sentences, {self.lengths.sum():,} words: {some_of(kinds)}"

    @property
    def lengths(self):
        """Integer array, for each sentence the number of its words."""
        return np.array([len(words) for words in self.tokens], int)

    @property
    def tasks(self):
        return list(self.tags)

    def labels(self, task):
        """The distinct tags of a task, sorted."""
        return sorted({tag for tags in self.tags[task] if tags is not None for tag in tags})

    def take(self, indices):
        """The sentences at `indices`, in that order."""
        return replace(
            self,
            tokens=[self.tokens[i] for i in indices],
            tags={task: [rows[i] for i in indices] for task, rows in self.tags.items()},
            ids=None if self.ids is None else [self.ids[i] for i in indices],
        )

    def pieces(self, length):
        """The same words and tags, longer sentences in pieces of `length` words."""
        starts = [range(0, max(1, len(words)), length) for words in self.tokens]

        def cut(rows):
            return [
                None if row is None else row[start : start + length]
                for row, places in zip(rows, starts, strict=True)
                for start in places
            ]

        ids = self.ids
        if ids is not None:
            ids = [ids[i] for i, places in enumerate(starts) for _ in places]
        tags = {task: cut(rows) for task, rows in self.tags.items()}
        return replace(self, tokens=cut(self.tokens), tags=tags, ids=ids)

    def limit(self, count):
        """The first `count` sentences; all of them for None."""
        return self if count is None else self.take(range(min(count, len(self))))

    def only(self, tasks):
        """The same sentences with the tags of some tasks, in that order."""
        return replace(self, tags={task: self.tags[task] for task in tasks})

    def tagged(self):
        """Those sentences that have tags of some task."""
        return self.take(
            [
                i
                for i, rows in enumerate(zip(*self.tags.values(), strict=True))
                if any(row is not None for row in rows)
            ]
        )

    def keys(self):
        """What tells the sentences apart: ids alone may repeat."""
        return [(name, *words) for name, words in zip(self.ids, self.tokens, strict=True)]

    def join(self, other, tasks):
        """Adds tags of `tasks` from `other`, a reading of the same sentences in any order.

        Sentences are matched by id and words; one that `other` lacks has none.
        """
        theirs = {key: i for i, key in enumerate(other.keys())}
        matches = [theirs.get(key) for key in self.keys()]
        added = {
            task: [None if i is None else other.tags[task][i] for i in matches] for task in tasks
        }
        source = f"{self.source}, with {other.source}"
        return replace(self, tags={**self.tags, **added}, source=source)


def of_several_tasks(parts):
    """Sentences of several corpora, each tagged for one task.

    Args:
        parts: `{task: TaggedSentences of one task}`, the primary one first.

    Returns:
        `TaggedSentences` of these tasks, in which the corpora take turns as long as they last. Each
        sentence has tags of its own task alone.
    """
    corpora = list(parts.values())
    places = sorted((i, task) for task, corpus in enumerate(corpora) for i in range(len(corpus)))
    rows = [corpus.tags[corpus.tasks[0]] for corpus in corpora]
    return TaggedSentences(
        [corpora[task].tokens[i] for i, task in places],
        {
            name: [rows[task][i] if task == own else None for i, task in places]
            for own, name in enumerate(parts)
        },
        corpora[0].split,
        ", ".join(dict.fromkeys(corpus.source for corpus in corpora)),
        primary=next(iter(parts)),
        remarks=tuple(remark for corpus in corpora for remark in corpus.remarks),
    )
