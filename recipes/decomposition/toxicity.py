"""Comments of several kinds: a recurrent network taken apart into a module for each label.

A network of many outputs of Pan and Rajan (2023): words in, any number of labels out, each a
sigmoid of its own; then its modules, each a mask of units that says yes or no to one label.

    modzoo train decomposition/toxicity
    modzoo train decomposition/toxicity --data wiki_toxicity
    modzoo train decomposition/toxicity --data goemotions
    modzoo train decomposition/toxicity --data own.csv --text-column text

Without `--data` it reads generated requests of one to three intents. With it any table with a
column of texts and columns of 0 and 1, such as the toxic comments of Wikipedia, or GoEmotions'
folder.

F1 over all labels of GoEmotions' dev with --limit 20000 --epochs 8, seed 0: 0.435, of the network
itself 0.411; two and a half minutes on a core of an AMD EPYC. With --limit 8000 it learns to say
no.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import decomposition
from modzoo.applications.decomposition import DecompositionSettings, ModelSettings
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, DecompositionSettings):
    epochs: int = setting(6, "most epochs to train")
    max_length: int = setting(30, "words at which texts are cut")
    min_count: int = setting(2, "occurrences a word needs to be known")
    text_column: str = setting("comment_text", "column of the text, in a table", is_data=True)


VARIANTS = {"paper": {"rule": "tendency"}}
EMBEDDED = {}


def load(data, split, settings):
    return decomposition.load_flags(data, split, settings.text_column)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = decomposition.build_monolith(settings, train, start)
        examples, watched = (decomposition.encoded(part, model) for part in (train, validation))
        model.compile(
            optimizer=keras.optimizers.Adam(settings.learning_rate, clipnorm=1.0),
            loss=decomposition.loss(model),
            metrics=[decomposition.accuracy(model)],
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(examples, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=training.steps_per_epoch(examples, settings.batch_size),
            validation_data=training.evaluation_batches(watched, 256),
            **run.fit_options(epochs_done, "val_loss", mode="min"),
        )
    whole = decomposition.take_apart(run, run.load_model(), examples, watched)
    decomposition.save_plots(run, whole, test.texts)
    return run.save_evaluation(decomposition.evaluate(whole, test))
