"""Processor time of a training step with a language model, frozen and fine-tuned.

    KERAS_BACKEND=torch OMP_NUM_THREADS=1 python benchmarks/language_model.py --data SST-2 \
        --language-model MINILM

Milliseconds of processor time a sample, forward and backward, of the second of two epochs over the
first `--limit` sentences of SST-2's dev, in batches of 32: the vectors from the cache, computed,
of a language model that is fine-tuned, and adapted by LoRA. The network reads tokens alone, as in
the paper's comparison. Processor time, not wall time, so that other work on the machine matters
little.
"""

import argparse
import math
import tempfile
import time

CASES = {
    "frozen, kept": {},
    "frozen, computed": {"lm_cache_gb": 0.0},
    "fine-tuned": {"lm_mode": "fine_tuned"},
    "LoRA of rank 8": {"lm_mode": "fine_tuned", "lora_rank": 8},
}


def milliseconds(texts, settings):
    """Processor time of a sample in training, and the number of trained weights."""
    import keras
    import tensorflow as tf

    from modzoo.applications import sentiment

    keras.utils.clear_session()
    model = sentiment.build_classifier(settings, texts)
    model.compile(
        sentiment.adam(model, settings, settings.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    batches = tf.data.Dataset.from_tensor_slices((list(texts.texts), texts.labels)).batch(32)
    for _ in range(2):
        start = time.process_time()
        model.fit(batches, shuffle=False, verbose=0)
        spent = time.process_time() - start
    weights = sum(math.prod(variable.shape) for variable in model.trainable_variables)
    return 1000 * spent / len(texts), weights


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--language-model", required=True)
    parser.add_argument("--limit", type=int, default=128)
    args = parser.parse_args()

    from modzoo.training.environment import select_backend

    select_backend()
    from modzoo.applications import sentiment
    from modzoo.recipes.sentiment.sst2 import Settings

    texts = sentiment.load_reviews(args.data, "dev").limit(args.limit)
    print("case,ms_a_sample,trained_weights")
    with tempfile.TemporaryDirectory() as cache:
        for case, options in CASES.items():
            settings = Settings(
                sources=("token",),
                language_model=args.language_model,
                lm_cache=cache,
                **options,
            )
            spent, weights = milliseconds(texts, settings)
            print(f'"{case}",{spent:.1f},{weights}', flush=True)


if __name__ == "__main__":
    main()
