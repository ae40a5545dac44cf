"""The recurrence of `fused_recurrence` on PyTorch, with a backward pass of its own.

One autograd function stands for all steps: what the backward pass needs is written into stacks
that are allocated once, and the gradients of the weights add up from step to step.
"""

from typing import NamedTuple

import torch


def runs(keys):
    """Whether the recurrence runs where `keys` are to be read: not on shapes alone, in mixed
    precision, nor under `torch.func`."""
    return (
        keys.device.type != "meta"
        and not torch.is_autocast_enabled(keys.device.type)
        and not torch._C._are_functorch_transforms_active()
    )


def recurrence(inputs, weights, masks, states, num_active, num_heads):
    """See `fused_recurrence`."""
    keep = torch.is_grad_enabled()  # inside the function it cannot be told
    return _apply(*inputs, *weights, *masks, *states, num_active, num_heads, keep)


@torch.compiler.disable
def _apply(*args):
    return _Recurrence.apply(*args)


class _Kept(NamedTuple):
    """What the steps leave for the backward pass; `time` or `time + 1` places along axis 0."""

    read: torch.Tensor  # (modules, batch, units + value_dim): h of the step before, and the input
    memory: torch.Tensor  # (modules, batch, units): c of the step before
    gates: torch.Tensor  # (modules, batch, 4 * units): i, f, o, g
    squashed: torch.Tensor  # (modules, batch, units): tanh(c)
    state: torch.Tensor  # (modules, batch, units): h before communication
    query: torch.Tensor  # (modules, batch, key_dim)
    weight: torch.Tensor  # (batch * heads, modules, modules): what each reads of each
    heads: torch.Tensor  # (3, batch, heads, modules, head_dim): queries, keys and values
    attention: torch.Tensor  # (modules, batch, 1)
    activity: torch.Tensor  # (modules, batch, 1)


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx,
        keys,
        values,
        available,
        gate_kernel,
        gate_bias,
        query_kernel,
        communication_kernel,
        value_mask,
        message_mask,
        h,
        c,
        num_active,
        num_heads,
        keep,
    ):
        modules, units, key_dim = query_kernel.shape
        time, batch, value_dim = len(keys), keys.shape[-2], values.shape[-1]
        by_head = (num_heads, units // num_heads)

        def stack(places, *shape):
            # Without a backward pass all steps write to one place.
            return keys.new_empty(places if keep else 1, *shape)

        kept = _Kept(
            read=stack(time + 1, modules, batch, units + value_dim),
            memory=stack(time + 1, modules, batch, units),
            gates=stack(time, modules, batch, 4 * units),
            squashed=stack(time, modules, batch, units),
            state=stack(time, modules, batch, units),
            query=stack(time, modules, batch, key_dim),
            weight=stack(time, batch * num_heads, modules, modules),
            heads=stack(time, 3, batch, num_heads, modules, by_head[1]),
            attention=keys.new_empty(time, modules, batch, 1),
            activity=keys.new_empty(time, modules, batch, 1),
        )
        hidden = keys.new_empty(time, modules, batch, units)

        def at(x):
            """Views of the places of all steps."""
            return x.unbind(0) if len(x) > 1 else [x[0]] * (time + 1)

        read, memory, gates, squashed, state, query, weight, _, _, _ = map(at, kept)
        attention, activity = kept.attention.unbind(0), kept.activity.unbind(0)
        attention_out, activity_out = (
            x.squeeze(-1).unbind(0) for x in (kept.attention, kept.activity)
        )
        shares = _shares(kept.activity, message_mask, by_head)
        hs, attended = at(kept.read[..., :units]), at(kept.read[..., units:])
        hs_by_head = at(kept.read[..., :units].unflatten(-1, by_head))
        state_by_head = at(kept.state.unflatten(-1, by_head))
        sigmoids, g = at(kept.gates[..., : 3 * units]), at(kept.gates[..., 3 * units :])
        i, f, o = (at(x) for x in kept.gates[..., : 3 * units].split(units, -1))
        heads_in = at(kept.heads.permute(0, 4, 2, 1, 3, 5))  # (modules, batch, 3, heads, head_dim)
        queries, others, contents = _batched_heads(kept.heads)
        queries, others, contents = at(queries), at(others.mT), at(contents)

        is_active = _selector(available, num_active, modules, keys.device)
        hs[0].copy_(h)
        memory[0].copy_(c)
        for t in range(time):
            torch.bmm(hs[t], query_kernel, out=query[t])
            logits = (query[t] * keys[t]).sum(-1)
            torch.sigmoid(logits, out=attention_out[t])
            activity_out[t].copy_(is_active(t, logits))

            torch.mul(attention[t], values[t], out=attended[t])
            if value_mask is not None:
                attended[t].mul_(value_mask)
            torch.baddbmm(gate_bias, read[t], gate_kernel, out=gates[t])
            sigmoids[t].sigmoid_()
            g[t].tanh_()
            candidate = (f[t] * memory[t]).addcmul_(i[t], g[t])
            torch.lerp(memory[t], candidate, activity[t], out=memory[t + 1])
            torch.tanh(memory[t + 1], out=squashed[t])
            torch.lerp(hs[t], o[t] * squashed[t], activity[t], out=state[t])

            projected = torch.bmm(state[t], communication_kernel)
            heads_in[t].copy_(projected.view(modules, batch, 3, *by_head))
            torch.bmm(queries[t], others[t], out=weight[t])
            # Written out: over so short an axis `softmax` takes many times as long.
            weight[t].sub_(weight[t].amax(-1, keepdim=True)).exp_()
            weight[t].div_(weight[t].sum(-1, keepdim=True))
            message = torch.bmm(weight[t], contents[t]).view(batch, num_heads, modules, by_head[1])
            message = message.permute(2, 0, 1, 3)  # (modules, batch, heads, head_dim)
            torch.addcmul(state_by_head[t], shares(t), message, out=hs_by_head[t + 1])
            hidden[t].copy_(hs[t + 1])

        if keep:
            parameters = (gate_kernel, query_kernel, communication_kernel)
            ctx.save_for_backward(keys, values, *parameters, value_mask, message_mask, *kept)
        ctx.by_head = by_head
        decisions = (kept.activity.squeeze(-1).clone(), kept.attention.squeeze(-1).clone())
        ctx.mark_non_differentiable(decisions[0])
        ctx.set_materialize_grads(False)
        return hidden, memory[time].clone(), *decisions

    @staticmethod
    def backward(ctx, hidden_grad, c_grad, _, attention_grad):
        if torch.is_grad_enabled():
            raise RuntimeError("For second derivatives a RIM on PyTorch needs `unroll=True`.")
        (
            keys,
            values,
            gate_kernel,
            query_kernel,
            communication_kernel,
            value_mask,
            message_mask,
            *kept,
        ) = ctx.saved_tensors
        kept, by_head = _Kept(*kept), ctx.by_head
        modules, units, _ = query_kernel.shape
        time, batch, value_dim = len(keys), keys.shape[-2], values.shape[-1]
        num_heads, head_dim = by_head
        is_shared = keys.dim() == 3  # one input of all modules

        new = keys.new_empty
        d_gate_kernel, d_query_kernel, d_communication_kernel = (
            torch.zeros_like(x) for x in (gate_kernel, query_kernel, communication_kernel)
        )
        d_gate_bias = keys.new_zeros(modules, 1, 4 * units)
        d_keys, d_values = torch.empty_like(keys), torch.empty_like(values)
        # Written anew at each step.
        d_gates = new(modules, batch, 4 * units)
        d_sigmoids, d_g = d_gates[..., : 3 * units], d_gates[..., 3 * units :]
        d_i, d_f, d_o = d_sigmoids.split(units, -1)
        d_read = new(modules, batch, units + value_dim)
        d_h, d_attended = d_read.split([units, value_dim], -1)
        d_query = new(modules, batch, query_kernel.shape[-1])
        d_logits = new(modules, batch, 1)
        d_projected = new(modules, batch, 3 * units)
        d_projected_in = d_projected.view(modules, batch, 3, *by_head)
        d_heads = new(3, batch * num_heads, modules, head_dim)
        d_heads_out = d_heads.view(3, batch, num_heads, modules, head_dim).permute(3, 1, 0, 2, 4)
        d_message = new(batch, num_heads, modules, head_dim)
        d_message_in = d_message.permute(2, 0, 1, 3)
        d_message = d_message.view(batch * num_heads, modules, head_dim)
        d_queries_keys_values = d_heads.unbind(0)

        _, memory, _, squashed, _, query, weight, _, attention, activity = (
            x.unbind(0) for x in kept
        )
        sigmoids, g = kept.gates[..., : 3 * units].unbind(0), kept.gates[..., 3 * units :].unbind(0)
        i, f, o = (x.unbind(0) for x in kept.gates[..., : 3 * units].split(units, -1))
        queries, others, contents = _batched_heads(kept.heads)
        queries, others, contents_T = queries.unbind(0), others.unbind(0), contents.mT.unbind(0)
        weight_T = kept.weight.mT.unbind(0)
        read_T, hs_T, state_T = (
            x.mT.unbind(0) for x in (kept.read, kept.read[..., :units], kept.state)
        )
        shares = _shares(kept.activity, message_mask, by_head)
        transposed = [x.transpose(1, 2).contiguous() for x in (gate_kernel, query_kernel)]
        gate_kernel, query_kernel = transposed
        communication_kernel = communication_kernel.transpose(1, 2).contiguous()

        if attention_grad is not None:
            attention_grad = attention_grad.unsqueeze(-1)
        dh = keys.new_zeros(modules, batch, units)
        dc = torch.zeros_like(dh) if c_grad is None else c_grad.clone()
        for t in range(time - 1, -1, -1):
            active = activity[t]
            if hidden_grad is not None:
                dh += hidden_grad[t]

            torch.mul(dh.view(modules, batch, *by_head), shares(t), out=d_message_in)
            torch.bmm(weight_T[t], d_message, out=d_queries_keys_values[2])
            d_weight = torch.bmm(d_message, contents_T[t]).mul_(weight[t])
            d_weight.addcmul_(weight[t], d_weight.sum(-1, keepdim=True), value=-1)
            torch.bmm(d_weight, others[t], out=d_queries_keys_values[0])
            torch.bmm(d_weight.mT, queries[t], out=d_queries_keys_values[1])
            d_projected_in.copy_(d_heads_out)
            dh.baddbmm_(d_projected, communication_kernel)

            d_candidate = dh * active
            dh -= d_candidate
            d_memory = _tanh_backward(d_candidate * o[t], squashed[t]).addcmul_(dc, active)
            dc = torch.addcmul(dc, dc, active, value=-1)
            torch.mul(d_memory, g[t], out=d_i)
            torch.mul(d_memory, memory[t], out=d_f)
            torch.mul(d_candidate, squashed[t], out=d_o)
            _sigmoid_backward(d_sigmoids, sigmoids[t], grad_input=d_sigmoids)
            _tanh_backward_out(d_memory * i[t], g[t], grad_input=d_g)
            dc.addcmul_(d_memory, f[t])

            torch.bmm(d_gates, gate_kernel, out=d_read)
            if value_mask is not None:
                d_attended.mul_(value_mask)
            d_attention = (d_attended * values[t]).sum(-1, keepdim=True)
            if attention_grad is not None:
                d_attention += attention_grad[t]
            _sigmoid_backward(d_attention, attention[t], grad_input=d_logits)
            torch.mul(d_logits, keys[t], out=d_query)
            _sum_to(query[t] * d_logits, d_keys[t], is_shared)
            _sum_to(d_attended * attention[t], d_values[t], is_shared)
            dh += d_h
            dh.baddbmm_(d_query, query_kernel)

            d_gate_kernel.baddbmm_(read_T[t], d_gates)
            d_gate_bias += d_gates.sum(1, keepdim=True)
            d_query_kernel.baddbmm_(hs_T[t], d_query)
            d_communication_kernel.baddbmm_(state_T[t], d_projected)
        weights = (d_gate_kernel, d_gate_bias, d_query_kernel, d_communication_kernel)
        return d_keys, d_values, None, *weights, None, None, dh, dc, None, None, None


_sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input
_tanh_backward = torch.ops.aten.tanh_backward
_tanh_backward_out = torch.ops.aten.tanh_backward.grad_input


def _batched_heads(heads):
    """Queries, keys and values, each `(time, batch * heads, modules, head_dim)`."""
    return heads.flatten(2, 3).unbind(1)


def _shares(activity, message_mask, by_head):
    """A function of the step: what is taken of messages, so that heads have an axis."""
    steps = activity.unsqueeze(-1).unbind(0)  # (modules, batch, 1, 1)
    if message_mask is None:
        return steps.__getitem__
    mask = message_mask.unflatten(-1, by_head)  # (modules, batch, heads, head_dim)
    return lambda t: steps[t] * mask


def _sum_to(x, out, is_shared):
    """Writes the gradient of each module's input, or their sum where they share one."""
    torch.sum(x, 0, out=out) if is_shared else out.copy_(x)


def _selector(available, num_active, modules, device):
    """A function of step and logits, `(modules, batch)`, that says which modules are active."""
    index = torch.arange(modules, device=device)
    comes_first = (index < index[:, None])[..., None]  # where logits are equal

    def is_active(t, logits):
        usable = None if available is None else available[t]
        if num_active == modules:
            return logits.new_ones(()) if usable is None else usable
        mine, other = logits[:, None], logits[None]
        ahead = torch.where(comes_first, other >= mine, other > mine)
        if usable is not None:
            ahead = ahead & usable
        active = ahead.sum(1) < num_active
        return active if usable is None else active & usable

    return is_active
