"""Language of each word of code-switched messages, read from all units or from two.

The proof of concept of Choudhary and Rijhwani, Towards Interpretable Multi-Task Learning in
Language: table 1. Do the other units help where only two are read?

    modzoo train tagging/language_id                                  generated messages
    modzoo train tagging/language_id --data LID                       all 512 units are read
    modzoo train tagging/language_id --data LID --read fixed          one unit of each direction
    modzoo train tagging/language_id --data LID --read small          there are no others

Without `--data` it learns generated messages in two made-up languages. The figures to expect
are in the application's card.
"""

from dataclasses import dataclass

from modzoo.applications.tagging.settings import TaggingSettings
from modzoo.recipes.tagging._common import disable, explain, predict  # noqa: F401
from modzoo.training import setting

READS = ("all", "fixed", "small")
TASK = "language"


@dataclass(frozen=True)
class Settings(TaggingSettings):
    learning_rate: float = setting(1e-3, "step size of Adam")
    read: str = setting("all", "units the classifier reads: all, fixed, small", of="model")
    units: int = setting(512, "width of the word BiLSTM; with --read small it is 2", of="model")
    character_units: int = setting(256, "width of characters, their BiLSTM, the MLP", of="model")

    def __post_init__(self):
        super().__post_init__()
        self.require_one_of("read", READS)
        self.require_even("units", "character_units")


VARIANTS = {"paper": {}, "quick": {"units": 64, "character_units": 64}}
EMBEDDED = {}

EXAMPLE = "I felt como si me kemara por dentro !"


def load(data, split, config):
    from modzoo.applications import tagging
    from modzoo.applications.tagging.data import require_tasks
    from modzoo.data.code_switching import generate_switched_messages

    if data is None:
        return generate_switched_messages(split)
    return require_tasks(tagging.load_split(data, split, config.columns), [TASK])


def main(config, run):
    from modzoo.applications import tagging
    from modzoo.recipes import load_start
    from modzoo.recipes.tagging._common import fit, save_metrics, save_plots
    from modzoo.training import prepare

    train, validation, _ = (  # the test's too: what cannot be read is said before training
        load(run.data, split, config).limit(config.limit) for split in ("train", "validation", None)
    )
    prepare(config)

    labels = {TASK: train.labels(TASK)}
    start = load_start(run)
    if start is None:
        tokenizer = tagging.CharacterTokenizer.learn(train.tokens)
        units = 2 if config.read == "small" else config.units
        backbone = tagging.TaggingBackbone(
            tokenizer.vocabulary_size(),
            num_tasks=1,
            units=units,
            character_dim=config.character_units,
            character_units=config.character_units,
            gate_mode="fixed" if config.read == "fixed" else "none",
            # The first unit of each direction.
            fixed_units=[[0, units // 2]] if config.read == "fixed" else None,
            dropout=config.dropout,
        )
        preprocessor = tagging.TaggingPreprocessor(tokenizer, config.max_characters)
        model = tagging.Tagger(backbone, labels, preprocessor, head_units=config.character_units)
    else:
        model = start.with_labels(labels)
    best = fit(config, run, model, train, validation)
    save_plots(run, best, validation, EXAMPLE)
    return save_metrics(run, config, train, evaluate(best, config, run.data, limit=config.limit))


def evaluate(model, config, data, split=None, limit=None):
    from modzoo.recipes.tagging import _common

    return _common.evaluate(model, load(data, split, config).limit(limit))
