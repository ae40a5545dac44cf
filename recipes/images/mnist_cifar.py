"""Digits left, photographs right: do two mechanisms take a side each?

The task of two independent sources of Lamb et al., Transformers with Competitive Ensembles of
Independent Mechanisms: section 4.1 and figure 2. An Image-GPT draws a picture whose left side
is a digit of MNIST and whose right side is an image of CIFAR-10, chosen apart. The relative
variance of the competition between the sides (`between_sides_<layer>`, `plots/sides.png`) says
how far the mechanisms divide the sides between themselves.

    modzoo train images/mnist_cifar                          scikit-learn's digits and photographs
    modzoo train images/mnist_cifar --data DIR               DIR/mnist and DIR/cifar10, 14 x 28
    modzoo train images/mnist_cifar --data DIR --variant baseline       a plain one of its size
    modzoo train images/mnist_cifar --data DIR --variant paper          32 x 64, 512 colours

Every epoch passes over the smaller of the two sets once, in pairs drawn anew. The paper
takes 24 pictures a step, of ten times as many: of a few thousand, 8 a step draw better, and part
the sides where 24 were seen to part light from dark. The figures are in the application's card.
"""

from dataclasses import dataclass
from pathlib import Path

from modzoo.applications.images.settings import ImageSettings
from modzoo.errors import CallError
from modzoo.recipes.images import _common
from modzoo.recipes.images._common import VARIANTS, Drawing, disable, predict  # noqa: F401
from modzoo.training import setting

EMBEDDED = {"side": 8, "epochs": 20, "batch_size": 24, "learning_rate": 1e-3}
SIDES = ("digit", "photograph")


@dataclass(frozen=True)
class Settings(ImageSettings):
    batch_size: int = setting(8, "pictures a step")


def load(data, split):
    from modzoo.data.cifar10 import load_cifar10
    from modzoo.data.mnist import load_mnist
    from modzoo.data.sample_images import load_digits, load_patches

    if data is None:
        return [load_digits(split), load_patches(split)]
    mnist, cifar10 = Path(data, "mnist"), Path(data, "cifar10")
    for folder in (mnist, cifar10):
        if not folder.is_dir():
            raise CallError(
                f"{data} has no folder {folder.name}; expected a folder that holds mnist, with "
                "the files of MNIST, and cifar10, with those of CIFAR-10."
            )
    return [load_mnist(mnist, split), load_cifar10(cifar10, split)]


def main(config, run):
    return _common.train(config, run, load, SIDES)


def evaluate(model, config, data, split=None, limit=None):
    return _common.evaluate(load, model, config, data, SIDES, split, limit)


def explain(model, path):
    return _common.explain(model, path, SIDES)
