"""Language of each word of code-switched messages, read from all units or from two.

The proof of concept of Choudhary and Rijhwani, Towards Interpretable Multi-Task Learning in
Language: table 1. Do the other units help where only two are read?

    modzoo train tagging/language_id                                  generated messages
    modzoo train tagging/language_id --data LID --epochs 3            all 512 units are read
    modzoo train tagging/language_id --data LID --gates fixed --num-read 2      one unit a direction
    modzoo train tagging/language_id --data LID --units 2             there are no others

Without `--data` it learns generated messages in two made-up languages.

Accuracy on EMNLP 2014's tweets after three epochs, means of seeds 0 to 2: 0.962 read from all
units, 0.956 from two, 0.955 where there are no others; minutes on two cores of an AMD EPYC.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import tagging
from modzoo.applications.tagging import ModelSettings, TaggingTrainingSettings
from modzoo.data.code_switching import generate_switched_messages
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, TaggingTrainingSettings):
    learning_rate: float = setting(1e-3, "step size of Adam")
    tasks: tuple[str, ...] = setting(("language",), "tasks to learn")
    units: int = setting(512, "width of the word BiLSTM")
    character_units: int | None = setting(256, "width of characters and their BiLSTM")
    head_units: int | None = setting(256, "width of the MLP's hidden layer")
    gates: str = setting("none", "units that are read: none: all of them; fixed: --num-read")


VARIANTS = {"paper": {}, "quick": {"units": 64, "character_units": 64, "head_units": 64}}
EMBEDDED = {}
EXAMPLE = "I felt como si me kemara por dentro !"


def load(data, split, settings):
    if data is None:
        sentences = generate_switched_messages(split)
    else:
        sentences = tagging.load_sentences(data, split, settings.columns)
    return tagging.require_tasks(sentences, settings.tasks)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = tagging.build_tagger(settings, train, start)
        run.say(tagging.cut_remarks(model, train.tokens, validation.tokens))
        examples, watched = (
            tagging.LabelledSentences(tagging.in_pieces(model, s), model.labels)
            for s in (train, validation)
        )
        model.compile(
            optimizer=keras.optimizers.Adam(settings.learning_rate, clipnorm=5.0),
            loss=tagging.tag_losses(model.tasks),
            weighted_metrics=tagging.tag_metrics(model.tasks),
            # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(examples, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=training.steps_per_epoch(examples, settings.batch_size),
            validation_data=training.evaluation_batches(watched),
            **run.fit_options(epochs_done, [f"val_{task}_accuracy" for task in model.tasks]),
        )
    best = run.load_model()
    tagging.save_plots(run, best, validation, EXAMPLE)
    padded = training.padded_share(examples, settings.batch_size, settings.seed)
    return run.save_evaluation(tagging.evaluate(best, test), padded=round(padded, 4))
