import torch

from modzoo.layers.masking import lowest_logit


def softmax_attention(query, key, value, mask=None, bias=None, dropout_layer=None):
    """Attention of `(batch, time, heads, key_dim)` on PyTorch, without its kernel.

    `mask`, boolean, and `bias` are of shapes that broadcast to `(batch, heads, time,
    source_time)`.
    """
    batch, time, heads, key_dim = query.shape
    # (batch * heads, time, key_dim)
    query, key, value = (
        x.transpose(1, 2).reshape(-1, x.shape[1], key_dim) for x in (query, key, value)
    )
    offset = _offset(mask, bias, query.dtype)
    if offset is None:
        logits = torch.bmm(query * key_dim**-0.5, key.mT)
    else:
        offset = offset.expand(batch, heads, -1, -1).reshape(batch * heads, *offset.shape[2:])
        logits = torch.baddbmm(offset, query, key.mT, alpha=key_dim**-0.5)
    weights = torch.softmax(logits, dim=-1)
    if dropout_layer is not None:
        weights = dropout_layer(weights, training=True)
    return torch.bmm(weights, value).reshape(batch, heads, time, key_dim).transpose(1, 2)


def _offset(mask, bias, dtype):
    """What is added to the logits, or None."""
    if bias is not None:
        bias = bias.to(dtype)
    if mask is None:
        return bias
    lowest = torch.tensor(lowest_logit(dtype), dtype=dtype, device=mask.device)
    return torch.where(mask, torch.zeros_like(lowest) if bias is None else bias, lowest)
