"""Handwritten digits drawn pixel by pixel: scikit-learn's, in minutes, or MNIST's.

An Image-GPT of competing mechanisms (Lamb et al., Transformers with Competitive Ensembles of
Independent Mechanisms, section 4.1) on the smallest pictures there are.

    modzoo train images/digits                               scikit-learn's, 8 x 8 in 17 shades
    modzoo train images/digits --mechanisms 1                by an ordinary Transformer
    modzoo train images/digits --data MNIST                  made smaller to 14 x 14, 16 shades
    modzoo train images/digits --data MNIST --side 28        as they are

The figures to expect are in the application's card.
"""

from modzoo.applications.images.settings import ImageSettings as Settings  # noqa: F401
from modzoo.recipes.images import _common
from modzoo.recipes.images._common import Drawing, disable, predict  # noqa: F401

VARIANTS = {"baseline": {"width": 76, "mechanisms": 1}}
EMBEDDED = {"side": 8, "colors": 17, "epochs": 12}
SIDES = ("digit",)


def load(data, split):
    from modzoo.data.mnist import load_mnist
    from modzoo.data.sample_images import load_digits

    return [load_digits(split) if data is None else load_mnist(data, split)]


def main(config, run):
    return _common.train(config, run, load, SIDES)


def evaluate(model, config, data, split=None, limit=None):
    return _common.evaluate(load, model, config, data, SIDES, split, limit)


def explain(model, path):
    return _common.explain(model, path, SIDES)
