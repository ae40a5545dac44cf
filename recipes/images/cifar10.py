"""Small photographs drawn pixel by pixel: do mechanisms part foreground and background?

The Image-GPT on CIFAR-10 of Lamb et al., Transformers with Competitive Ensembles of Independent
Mechanisms: section 4.1, figure 1 and appendix A.1.

    modzoo train images/cifar10                              patches of scikit-learn's photographs
    modzoo train images/cifar10 --data CIFAR                 made smaller to 14 x 14, 16 colours
    modzoo train images/cifar10 --data CIFAR --variant baseline         a plain one of its size
    modzoo train images/cifar10 --data CIFAR --variant paper            32 x 32, 512 colours

CIFAR is a folder of batches, binary or pickled. The figures to expect are in the application's
card.
"""

from modzoo.applications.images.settings import ImageSettings as Settings  # noqa: F401
from modzoo.recipes.images import _common
from modzoo.recipes.images._common import VARIANTS, Drawing, disable, predict  # noqa: F401

EMBEDDED = {"side": 8, "epochs": 12}
SIDES = ("photograph",)


def load(data, split):
    from modzoo.data.cifar10 import load_cifar10
    from modzoo.data.sample_images import load_patches

    return [load_patches(split) if data is None else load_cifar10(data, split)]


def main(config, run):
    return _common.train(config, run, load, SIDES)


def evaluate(model, config, data, split=None, limit=None):
    return _common.evaluate(load, model, config, data, SIDES, split, limit)


def explain(model, path):
    return _common.explain(model, path, SIDES)
