"""Devices and processes on JAX, by `keras.distribution`."""

import contextlib
import os

import jax
import keras
import numpy as np
import tensorflow as tf
from jax.experimental import multihost_utils

from modzoo.errors import CallError

VARIABLES = tuple(
    f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)


def make(kind, layout):
    """The distribution over all devices of all processes, or None, and the devices for people."""
    _join_processes()
    devices = sorted(jax.devices(), key=lambda device: (device.process_index, device.id))
    names = [f"{device.platform}:{device.id}" for device in devices]
    if len(names) == 1:
        return None, names[0]
    processes = jax.process_count()
    shown = f"{len(names)} devices ({devices[0].platform})"
    shown += f" of {processes} processes" if processes > 1 else ""
    if kind == "data":
        return DataParallel(devices=names), shown
    mesh = keras.distribution.DeviceMesh(
        (processes, len(names) // processes), ("batch", "model"), names
    )
    layout_map = keras.distribution.LayoutMap(mesh)
    for path, axes in layout.items():
        layout_map[path] = axes
    return ModelParallel(layout_map=layout_map, batch_dim_name="batch"), shown


def shares(distribution):
    return distribution.num_model_replicas


def current_shares():
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else shares(distribution)


def num_processes():
    return jax.process_count()


def process_id():
    return jax.process_index()


def wait_for_all():
    multihost_utils.sync_global_devices("modzoo")


@contextlib.contextmanager
def readable(variables):
    """See `modzoo.training.distribution.readable`. Every process holds all parts of a value."""
    distribution = keras.distribution.distribution()
    values = [variable.value for variable in variables]
    try:
        keras.distribution.set_distribution(None)
        for variable, value in zip(variables, values, strict=True):
            variable._value = _local(value)
        yield
    finally:
        keras.distribution.set_distribution(distribution)
        for variable, value in zip(variables, values, strict=True):
            variable._value = value


def _local(value):
    sharding = value.sharding
    local = multihost_utils.global_array_to_host_local_array(value, sharding.mesh, sharding.spec)
    return jax.numpy.asarray(np.asarray(local))


def _join_processes():
    """Joins the processes that the environment names, if it does, as one of them."""
    if not any(name in os.environ for name in VARIABLES) or jax.distributed.is_initialized():
        return
    try:
        keras.distribution.initialize()
    except Exception as error:
        given = ", ".join(f"{name}={os.environ.get(name)}" for name in VARIABLES)
        raise CallError(
            f"Cannot join the other processes ({error}); received {given}: host:port of process "
            "0, the number of processes, and the number of this one from 0."
        ) from error


class SharedBatches:
    """A distribution of which each process feeds its share of a batch.

    All processes make the whole batch, which so has one length in all of them, and take their
    rows of it.
    """

    def distribute_dataset(self, dataset):
        if self.num_processes == 1:
            return dataset

        def share(*batch):
            return keras.tree.map_structure(
                lambda x: tf.split(x, self.num_processes)[self._process_id], batch
            )

        return dataset.map(share, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


class DataParallel(SharedBatches, keras.distribution.DataParallel):
    """The batch is split among all devices."""


class ModelParallel(SharedBatches, keras.distribution.ModelParallel):
    """Weights are split among the devices of a process, where these divide them; others, and
    the batch of a process, are on each of its devices."""

    def get_variable_layout(self, variable):
        layout = super().get_variable_layout(variable)
        sizes = dict(zip(self.device_mesh.axis_names, self.device_mesh.shape, strict=True))
        axes = zip(variable.shape, layout.axes, strict=True)
        if all(dim % sizes.get(axis, 1) == 0 for dim, axis in axes):
            return layout
        return keras.distribution.TensorLayout([None] * len(variable.shape), self.device_mesh)
