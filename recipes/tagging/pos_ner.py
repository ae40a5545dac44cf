"""Parts of speech and named entities from shared units, with one gate vector per task.

Characters, a word BiLSTM and task gates of Choudhary and Rijhwani, Towards Interpretable
Multi-Task Learning in Language: tables 2 and 3.

    modzoo train tagging/pos_ner
    modzoo train tagging/pos_ner --data GMB                       gated, n = 64
    modzoo train tagging/pos_ner --data GMB --gates fixed         units shared out
    modzoo train tagging/pos_ner --data GMB --separate            one model per task
    modzoo train tagging/pos_ner --data CONLL --tasks pos,chunk   any CoNLL columns

`--units n` is the width of the word BiLSTM; characters and their BiLSTM are as wide, the MLPs
twice. With fixed gates the word BiLSTM is twice as wide, n for each of two tasks. Without
`--data` it learns sentences generated from a grammar, in which endings tell the part of speech
and neighbours the kind of a name. The figures to expect are in the application's card.
"""

import dataclasses
from dataclasses import dataclass

from modzoo.applications.tagging.settings import TaggingSettings
from modzoo.errors import CallError
from modzoo.recipes.tagging._common import disable, explain, predict  # noqa: F401
from modzoo.training import setting

GATES = ("learned", "fixed", "none")


@dataclass(frozen=True)
class Settings(TaggingSettings):
    tasks: tuple[str, ...] = setting(("pos", "ner"), "tasks to learn", of="model")
    gates: str = setting("learned", "gates: learned, fixed or none", of="model")
    units: int = setting(64, "width n of the word BiLSTM, of each task if fixed", of="model")
    separate: bool = setting(False, "train one model per task, without gates")
    ner_data: str | None = setting(None, "folder of the entity tags (Universal NER)", of="data")

    def __post_init__(self):
        super().__post_init__()
        self.require_even("units")
        self.require_one_of("gates", GATES)
        if not all(self.tasks) or len(set(self.tasks)) != len(self.tasks):
            raise CallError(f"--tasks must name distinct tasks, received {','.join(self.tasks)!r}.")
        if not all(task.isidentifier() for task in self.tasks):
            raise CallError(f"--tasks must be plain words, received {','.join(self.tasks)!r}.")


VARIANTS = {"paper32": {"units": 32}, "paper64": {"units": 64}}
EMBEDDED = {}

EXAMPLE = "outlawed in South Africa"


def load(data, split, config):
    from modzoo.applications import tagging
    from modzoo.data.tag_grammar import generate_tagged_sentences

    if data is None:
        return generate_tagged_sentences(split)
    return tagging.load_split(data, split, config.columns, config.ner_data)


def main(config, run):
    from modzoo.applications.tagging.data import require_tasks

    train, validation, _ = (  # the test's too: what cannot be read is said before training
        require_tasks(load(run.data, split, config), config.tasks).limit(config.limit)
        for split in ("train", "validation", None)
    )
    if not config.separate:
        return train_tagger(config, run, train, validation)
    run.write_config()
    metrics = {}
    for task in config.tasks:
        part = dataclasses.replace(config, tasks=(task,), gates="none", separate=False)
        report = train_tagger(part, run.part(task, part), train.only([task]), validation)
        metrics |= report["metrics"]
    return run.save_metrics(report["split"], report["examples"], metrics)


def train_tagger(config, run, train, validation):
    from modzoo.applications import tagging
    from modzoo.recipes import load_start
    from modzoo.recipes.tagging._common import fit, save_metrics, save_plots
    from modzoo.training import prepare

    prepare(config)
    labels = {task: train.labels(task) for task in config.tasks}
    start = load_start(run)
    if start is None:
        tokenizer = tagging.CharacterTokenizer.learn(train.tokens)
        backbone = tagging.TaggingBackbone(
            tokenizer.vocabulary_size(),
            num_tasks=len(config.tasks),
            units=config.units * (len(config.tasks) if config.gates == "fixed" else 1),
            character_dim=config.units,
            character_units=config.units,
            gate_mode=config.gates,
            context=config.context,
            dropout=config.dropout,
        )
        preprocessor = tagging.TaggingPreprocessor(tokenizer, config.max_characters)
        model = tagging.Tagger(backbone, labels, preprocessor, head_units=2 * config.units)
    else:
        model = start.with_labels(labels)
    best = fit(config, run, model, train, validation)
    save_plots(run, best, validation, EXAMPLE)
    return save_metrics(run, config, train, evaluate(best, config, run.data, limit=config.limit))


def evaluate(model, config, data, split=None, limit=None):
    from modzoo.recipes.tagging import _common

    return _common.evaluate(model, load(data, split, config).limit(limit))
