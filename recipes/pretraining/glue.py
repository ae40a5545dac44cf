"""Texts and pairs of texts judged: a pretrained TIM-BERT, fine-tuned on a task of GLUE.

Fine-tuning as in Lamb et al., Transformers with Competitive Ensembles of Independent Mechanisms:
section 4.3, table 2 and appendix A.3, which gives medians and deviations of five seeds.

    modzoo train pretraining/glue                                            generated requests
    modzoo train pretraining/glue --data SST-2 --from RUN
    modzoo train pretraining/glue --data STS-B --from RUN --seeds 5
    modzoo train pretraining/glue --data RTE                                 from scratch
    modzoo train pretraining/glue --data DIR --text-column one --pair-column two

Without `--data` it learns what generated requests are for. With `--data` it reads the folder of a
task of GLUE, which its columns tell, or any csv or tsv. Without `--from` a new model is trained
from scratch, of word pieces learned from the texts. 5 % of `train` are held back to choose the
epoch; `dev`, which is reported, is not looked at before.

Accuracy on the generated requests' test, seed 0: 1.000; half a minute on one core of an AMD EPYC
(PyTorch).
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import pretraining
from modzoo.applications.pretraining import FineTuningSettings, ModelSettings


@dataclass(frozen=True)
class Settings(ModelSettings, FineTuningSettings):
    pass


VARIANTS = pretraining.VARIANTS
EMBEDDED = {
    "num_layers": 4,
    "width": 64,
    "intermediate_dim": 128,
    "num_heads": 4,
    "vocabulary_size": 1000,
    "learning_rate": 2e-3,
}


def load(data, split, settings):
    columns = settings.text_column, settings.label_column, settings.pair_column
    return pretraining.load_judged(data, split, *columns, settings.skip_unlabelled)


def main(settings, run):
    return training.sum_up_seeds(run, [train(own, part) for part, own in training.seed_runs(run)])


def train(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = pretraining.build_classifier(settings, train, start)
        run.say(pretraining.text_remarks(model, train.texts, validation.texts))
        steps = training.steps_per_epoch(train, settings.batch_size)
        model.compile(
            **pretraining.classifier_training(settings, model, steps),
            # Each length of batch is compiled anew: on TensorFlow that costs more than it gains.
            jit_compile=keras.backend.backend() == "jax",
        )
        monitor, mode = pretraining.chosen_by(model)
        epochs_done = run.restore(model)
        model.fit(
            training.train_batches(train, settings.batch_size, settings.seed, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(validation, 128),
            **run.fit_options(epochs_done, monitor, mode),
        )
    best = run.load_model()
    pretraining.save_judging_plots(run, best, test.texts)
    return run.save_evaluation(pretraining.evaluate(best, test))
