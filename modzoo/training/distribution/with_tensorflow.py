"""Devices of one machine, or the TPUs of one host, on TensorFlow, by `tf.distribute`."""

import os
import warnings

import tensorflow as tf

from modzoo.errors import CallError


def make(kind, layout):
    """The strategy over all devices, or None, and the devices for people."""
    if kind == "model":
        raise CallError(
            "--distribute model is not there on tensorflow, where Keras cannot split a model; "
            "--backend jax has it."
        )
    if os.environ.get("TF_CONFIG"):
        raise CallError(
            "TF_CONFIG names several workers, and Keras 3 cannot train with "
            "MultiWorkerMirroredStrategy; unset it, and use --backend jax with "
            "KERAS_DISTRIBUTION_JOB_ADDRESSES, KERAS_DISTRIBUTION_NUM_PROCESSES and "
            "KERAS_DISTRIBUTION_PROCESS_ID."
        )
    if tf.config.list_physical_devices("TPU"):
        return _on_tpus()
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    names = [device.name for device in tf.config.list_logical_devices(kind)]
    if len(names) == 1:
        return None, f"{kind.lower()}:0"
    # Keras counts the devices' shares, and so takes the end of the validation data for a lack.
    warnings.filterwarnings("ignore", "Your input ran out of data")
    return MirroredStrategy(names), f"{len(names)} devices ({kind.lower()})"


def shares(strategy):
    return strategy.num_replicas_in_sync


def current_shares():
    return shares(tf.distribute.get_strategy())


def _on_tpus():
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect(tpu="local")
    strategy = TPUStrategy(resolver)
    return strategy, f"{strategy.num_replicas_in_sync} devices (tpu)"


def clip_together(optimizer):
    """See `modzoo.training.distribution.clip_together`."""
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    clip, shares = optimizer._clip_gradients, current_shares()

    def clip_sums(grads):
        grads = [tf.convert_to_tensor(grad) for grad in grads]
        sums = tf.distribute.get_replica_context().all_reduce("sum", grads)
        return [grad / shares for grad in clip(sums)]

    optimizer._clip_gradients = clip_sums


class SharedBatches:
    """A strategy whose devices take the batches of a dataset in turn: each is a device's share,
    which need not be as long as another's."""

    def experimental_distribute_dataset(self, dataset, options=None):
        return self.distribute_datasets_from_function(lambda context: dataset, options)

    def reduce(self, reduce_op, value, axis):
        # Keras builds metrics on the mean of the devices' first shares, which masks have not.
        if reduce_op == "MEAN" and axis is None:
            return tf.nest.map_structure(lambda x: self.experimental_local_results(x)[0], value)
        return super().reduce(reduce_op, value, axis)


class MirroredStrategy(SharedBatches, tf.distribute.MirroredStrategy):
    """All devices hold the whole model."""


class TPUStrategy(SharedBatches, tf.distribute.TPUStrategy):
    """All cores of a TPU hold the whole model."""
