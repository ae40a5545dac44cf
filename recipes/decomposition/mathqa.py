"""Word problems: a recurrent network of one step taken apart into a module for each category.

A one-to-one network of Pan and Rajan (2023): which words a problem of MathQA has, in one step, and
one of its six categories out; then its modules.

    modzoo train decomposition/mathqa
    modzoo train decomposition/mathqa --data mathqa
    modzoo train decomposition/mathqa --data mathqa --cell simple_rnn --activation relu
    modzoo train decomposition/mathqa --data mathqa --reads words
    modzoo train decomposition/mathqa --data mathqa --pairs 10

Without `--data` it reads generated requests of eight intents. `--reads words` gives the network the
words one by one. The paper: 97.0 of 100 right, 97.2 by modules.

Accuracy on a tenth of MathQA's dev, seed 0: 0.926, of the network itself 0.923; two minutes on a
busy core of an AMD EPYC.
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import decomposition
from modzoo.applications.decomposition import ModelSettings, ReuseSettings
from modzoo.training import setting


@dataclass(frozen=True)
class Settings(ModelSettings, ReuseSettings):
    reads: str = setting("bag", "words one by one, or all of them as a bag in one step")
    max_length: int = setting(64, "words at which problems are cut")
    max_words: int = setting(2000, "most frequent words to know")


PAPER = [("rolled", 0.970, 0.972)]
VARIANTS = {"paper": {"rule": "tendency"}}
EMBEDDED = {"epochs": 4}


def load(data, split, settings):
    return decomposition.load_problems(data, split)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    if settings.better is not None:
        better = decomposition.require_better(modzoo.load(settings.better), train)
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
            **run.fit_options(epochs_done, "val_accuracy"),
        )
    whole = decomposition.take_apart(run, run.load_model(), examples, watched)
    decomposition.save_plots(run, whole, test.texts)
    notes = {}
    if settings.pairs:
        tested = decomposition.encoded(test, whole)
        notes["reused"] = decomposition.reused(settings, whole, examples, tested)
        run.say(decomposition.reuse_table(notes["reused"]))
    if settings.better is not None:
        notes["replaced"] = decomposition.replaced(whole, better, test)
        run.say(decomposition.replace_table(notes["replaced"]))
    evaluation = decomposition.evaluate(whole, test)
    if run.data is not None:
        run.say(decomposition.beside_paper(evaluation, settings, PAPER))
    return run.save_evaluation(evaluation, **notes)
