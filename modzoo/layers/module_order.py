from keras import ops

from modzoo.layers.module_kinds import MODULE_KINDS
from modzoo.layers.slicing import permute, split


class ModuleOrder:
    """The order of modules inside a RIM, and the way in and out.

    Inside, everything is module-major, `(modules, batch, width)`, so that the maps of all
    modules are one batched matrix product, and modules of one kind stand side by side.
    Outside, states are flat, `(batch, modules * units)`, in the caller's order; memories are
    those of the LSTM modules alone.

    Args:
        kinds: List of the modules' kinds, in the caller's order.
        units: Integer, width of a module's state.
    """

    def __init__(self, kinds, units):
        self.units = units
        # {kind: the caller's indices of its modules}
        self.members = {
            kind: [m for m in range(len(kinds)) if kinds[m] == kind]
            for kind in MODULE_KINDS
            if kind in kinds
        }
        self.indices = [m for members in self.members.values() for m in members]
        self.num_memories = sum(
            len(members) for kind, members in self.members.items() if MODULE_KINDS[kind].has_memory
        )

    def ordered(self, x):
        """Puts the modules along the first axis, in the caller's order, in the order inside."""
        return permute(x, self.indices, axis=0)

    def restored(self, x, axis):
        """Puts the modules along `axis` back in the caller's order."""
        return permute(x, [self.indices.index(m) for m in range(len(self.indices))], axis)

    def by_kind(self, x):
        """Splits `x`, modules along the first axis, into one tensor for each kind."""
        return split(x, [len(members) for members in self.members.values()], axis=0)

    def module_major(self, flat_states):
        """Flat states, `h` and maybe `c`, `(batch, modules * units)`, as module-major ones."""
        states = []
        for i, x in enumerate(flat_states):
            x = ops.reshape(x, (-1, x.shape[-1] // self.units, self.units))
            x = ops.transpose(x, (1, 0, 2))  # (modules, batch, units)
            states.append(self.ordered(x) if i == 0 else x)
        return tuple(states)

    def flat(self, states):
        """Module-major states, `(modules, batch, units)`, as flat ones."""
        flat_states = []
        for i, x in enumerate(states):
            x = self.restored(x, axis=0) if i == 0 else x
            x = ops.transpose(x, (1, 0, 2))  # (batch, modules, units)
            flat_states.append(ops.reshape(x, (-1, x.shape[1] * self.units)))
        return tuple(flat_states)
