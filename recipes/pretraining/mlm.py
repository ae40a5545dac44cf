"""Words foretold from those around them: TIM-BERT, pretrained on masked text.

The masked language model of Lamb et al., Transformers with Competitive Ensembles of Independent
Mechanisms: section 4.3, table 2, figure 4 and appendix A.3.

    modzoo train pretraining/mlm                              text generated from grammars
    modzoo train pretraining/mlm --data wikitext-2            its last tenth is test
    modzoo train pretraining/mlm --data wikitext-2 --more gutenberg,brown --fallback latin-1
    modzoo train pretraining/mlm --data DIR --variant bert    an ordinary Transformer of its size
    modzoo train pretraining/mlm --data DIR --variant paper   the paper's sizes

For hours of one core: a model of 3.8 M parameters, 4.5 million word pieces an epoch:

    modzoo train pretraining/mlm --data wikitext-2 --fallback latin-1 \\
        --more gutenberg,brown,wiki_sents,tatoeba,sst2 --epochs 9 --short-epochs 7 \\
        --batch-size 16 --learning-rate 2e-3 --precision mixed_bfloat16 --backend torch

Perplexity of a word piece of the generated test, seed 0: 14.10, accuracy 0.411; two and a half
minutes of one core of an AMD EPYC (PyTorch).
"""

from dataclasses import dataclass

import modzoo
from modzoo import training
from modzoo.applications import pretraining
from modzoo.applications.pretraining import MaskedTrainingSettings, ModelSettings


@dataclass(frozen=True)
class Settings(ModelSettings, MaskedTrainingSettings):
    pass


VARIANTS = pretraining.VARIANTS
EMBEDDED = {
    "vocabulary_size": 1000,
    "max_length": 32,
    "num_layers": 4,
    "width": 64,
    "intermediate_dim": 128,
    "num_heads": 4,
    "epochs": 8,
    "batch_size": 16,
    "learning_rate": 2e-3,
}


def load(data, split, settings):
    return pretraining.load_passages(data, split, settings.more, settings.fallback)


def main(settings, run):
    import keras

    train, validation, test = training.read_splits(
        lambda split: load(run.data, split, settings).limit(settings.limit)
    )
    with training.prepared(settings, run.distribution):
        start = modzoo.load(run.start) if run.start else None
        model = pretraining.build_masked_lm(settings, train, start)
        tokenizer, length = model.preprocessor.tokenizer, settings.max_length
        text = pretraining.encode_passages(train, tokenizer, length)
        held_back = pretraining.encode_passages(validation, tokenizer, length)
        run.say([f"train: {text.summary}", f"validation: {held_back.summary}"])
        if start is None:
            model.set_output_bias(pretraining.log_frequencies(text))
        steps = training.steps_per_epoch(text, settings.batch_size)
        model.compile(
            **pretraining.masked_lm_training(settings, steps),
            # On TensorFlow a step takes as long without, and begins a minute sooner.
            jit_compile=keras.backend.backend() == "jax",
        )
        epochs_done = run.restore(model)
        model.fit(
            pretraining.masked_batches(text, settings, epochs_done),
            steps_per_epoch=steps,
            validation_data=training.evaluation_batches(held_back, settings.batch_size),
            **run.fit_options(
                epochs_done, "val_perplexity", "min", [pretraining.PerplexityOfLoss()]
            ),
        )
    best = run.load_model()
    pretraining.save_plots(run, best, test)
    return run.save_evaluation(pretraining.evaluate(best, test))
