import keras
import numpy as np
from keras import ops

from modzoo.layers.counts import check_counts
from modzoo.layers.fixed_routes import SAMPLINGS, policies_of
from modzoo.layers.group_mlp import GroupMLP
from modzoo.layers.routes import check_num_layers, check_num_routes, checked_places, read_connected
from modzoo.layers.slicing import split
from modzoo.layers.straight_through_router import StraightThroughRouter


class RoutedCore(keras.layers.Layer):
    """Options, sub-encoders and their policies of MT-RMN's encoder (see `RoutedEncoder`).

    Subclasses hold the layer of recurrent cells, `cells`, and the `router`.
    """

    def __init__(
        self,
        num_cells,
        units,
        num_layers,
        num_modules,
        *,
        cell,
        module_units,
        policy_units,
        activation,
        connection_bias,
        temperature,
        kernel_initializer,
        recurrent_initializer,
        disabled,
        recursive,
        routing,
        **kwargs,
    ):
        super().__init__(**kwargs)
        module_units = units if module_units is None else module_units
        policy_units = module_units if policy_units is None else policy_units
        check_counts(
            num_layers=num_layers,
            num_cells=num_cells,
            units=units,
            num_modules=num_modules,
            module_units=module_units,
            policy_units=policy_units,
        )
        check_num_layers(num_layers)
        if recursive and module_units != units:
            raise ValueError(
                "With `recursive=True` sub-encoders read cells and each other, so `module_units` "
                f"must be `units`. Received: module_units={module_units}, units={units}."
            )
        self.num_cells = num_cells
        self.units = units
        self.num_layers = num_layers
        self.num_modules = num_modules
        self.cell = cell if isinstance(cell, str) else list(cell)
        self.module_units = module_units
        self.policy_units = policy_units
        self.activation = keras.activations.get(activation)
        self.connection_bias = connection_bias
        self.temperature = temperature
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.disabled = disabled
        self.recursive = recursive
        self.routing = routing
        self.num_sources = [num_cells] + [num_modules] * (num_layers - 2)
        self.num_routes = num_modules * sum(self.num_sources)
        check_num_routes(self.num_routes)
        self.policies, self.networks = [], []
        for layer in range(1 if recursive else num_layers - 1):
            self.policies.append(
                policies_of(
                    routing,
                    num_modules,
                    policy_units,
                    self.activation,
                    connection_bias,
                    self.kernel_initializer,
                    dtype=self.dtype_policy,
                    name=f"policies_{layer}",
                )
            )
            self.networks.append(
                GroupMLP(
                    num_modules,
                    module_units,
                    self.activation,
                    self.kernel_initializer,
                    dtype=self.dtype_policy,
                    name=f"modules_{layer}",
                )
            )

    def _cells(self, cls, **options):
        """The first layer: recurrent modules that neither compete nor communicate."""
        return cls(
            self.num_cells,
            self.units,
            cell=self.cell,
            input_attention=False,
            communication=False,
            kernel_initializer=self.kernel_initializer,
            recurrent_initializer=self.recurrent_initializer,
            dtype=self.dtype_policy,
            name="cells",
            **options,
        )

    def _router(self, sampling, seed=None):
        sampling = SAMPLINGS.get(self.routing, sampling)
        return StraightThroughRouter(
            self.temperature, sampling, seed, dtype=self.dtype_policy, name="router"
        )

    @property
    def output_width(self):
        """Width of the outputs of all sub-encoders, side by side."""
        return (self.num_layers - 1) * self.num_modules * self.module_units

    @property
    def disabled(self):
        """Routes and sub-encoders that are switched off; may be set at any time before a
        function that uses the layer is traced."""
        return self._disabled

    @disabled.setter
    def disabled(self, places):
        self._disabled = checked_places(
            places, self._sizes, "pairs (layer, module) and triples (layer, source, module)"
        )

    def _sizes(self, place):
        layers = self.num_layers - 1
        if len(place) == 2:
            return layers, self.num_modules
        first = place[0] == 0 if place else False
        sources = self.num_cells if first else self.num_modules
        return (layers, sources, self.num_modules) if len(place) == 3 else ()

    def build_modules(self):
        """Creates the weights of sub-encoders, policies and router."""
        width = self.units
        for policy, network in zip(self.policies, self.networks, strict=True):
            policy.build((None, width))
            network.build((None, self.num_modules * width))
            width = self.module_units
        self.router.build()

    def route(self, states, noise=None):
        """Sends the cells' states through the layers of sub-encoders.

        Args:
            states: Tensor `(..., num_cells * units)`, all axes but the last the rows.
            noise: Tensor `(..., num_routes)` for the router, or None.

        Returns:
            The outputs of all sub-encoders, layer by layer, `(rows, output_width)`, and the
            routes of each layer, `(sources, modules, rows)`.
        """
        states = ops.reshape(states, (-1, self.num_cells * self.units))
        u = split(states, [self.units] * self.num_cells, axis=-1)
        is_drawn = noise is not None and self.routing != "all"
        noises = self._noise_by_layer(noise) if is_drawn else [None] * len(self.num_sources)
        networks = list(zip(self.policies, self.networks, strict=True))
        if self.recursive:
            networks *= self.num_layers - 1
        outputs, routes = [], []
        for layer, (policy, network) in enumerate(networks):
            connected = self.router.decide(policy.compare(u), noises[layer])
            if self.disabled:
                connected = connected * ops.cast(self._open(layer)[..., None], connected.dtype)
            u = network.map_each(read_connected(u, connected))
            for module in self._off(layer):
                u[module] = ops.zeros_like(u[module])
            outputs += u
            routes.append(connected)
        return ops.concatenate(outputs, axis=-1), routes

    def _noise_by_layer(self, noise):
        """Noise of each layer, `(sources, modules, rows)`."""
        sizes = [sources * self.num_modules for sources in self.num_sources]
        noise = ops.transpose(ops.reshape(noise, (-1, self.num_routes)))
        rows = ops.shape(noise)[-1]
        parts = zip(split(noise, sizes, axis=0), self.num_sources, strict=True)
        return [ops.reshape(x, (sources, self.num_modules, rows)) for x, sources in parts]

    def _open(self, layer):
        """Boolean array `(sources, modules)`: the routes that are not switched off."""
        opened = np.ones((self.num_sources[layer], self.num_modules), "bool")
        for place in self.disabled:
            if len(place) == 3 and place[0] == layer:
                opened[place[1:]] = False
        opened[:, self._off(layer)] = False
        if layer:
            opened[self._off(layer - 1)] = False
        return opened

    def _off(self, layer):
        """Indices of the sub-encoders of `layer` that are switched off."""
        return [place[1] for place in self.disabled if len(place) == 2 and place[0] == layer]

    def get_config(self):
        return {
            **super().get_config(),
            "num_cells": self.num_cells,
            "units": self.units,
            "num_layers": self.num_layers,
            "num_modules": self.num_modules,
            "cell": self.cell if isinstance(self.cell, str) else list(self.cell),
            "module_units": self.module_units,
            "policy_units": self.policy_units,
            "activation": keras.activations.serialize(self.activation),
            "connection_bias": self.connection_bias,
            "temperature": self.temperature,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
            "disabled": [list(place) for place in self.disabled],
            "recursive": self.recursive,
            "routing": self.routing,
        }
