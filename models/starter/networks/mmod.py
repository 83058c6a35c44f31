"""dlib's face detector (max-margin object detection), here the judge of another detector's proposals."""

import numpy as np

from ..graph import Graph, fold_norm
from ..readers import dlib

MEAN = [122.782, 117.001, 104.298]
# The running variances are of this order, so any other value breaks the network.
EPSILON = 1e-4
# Filters, kernel, stride, padding of the layers with a norm behind them.
LAYERS = [(16, 5, 2, 0), (32, 5, 2, 0), (32, 5, 2, 0), (45, 5, 1, 2), (45, 5, 1, 2), (45, 5, 1, 2)]


def build(weights_path, path):
    tensors = [tensor.astype(np.float64).ravel() for tensor in dlib.read(weights_path, _shapes())]
    # Small weights: rounding them to 16 bits would be felt.
    graph = Graph("mmod_face", half=False)
    value = graph.input("image", [1, 3, "h", "w"])
    channels = 3
    for layer, (filters, kernel, stride, pad) in enumerate(LAYERS):
        parameters, affine, _mean, _deviation, mean, variance = tensors[6 * layer : 6 * layer + 6]
        weight = parameters[:-filters].reshape(filters, channels, kernel, kernel)
        gamma, beta = affine[:filters], affine[filters:]
        mean = mean - parameters[-filters:]
        weight, bias = fold_norm(weight, gamma, beta, mean, variance, EPSILON)
        if layer == 0:
            weight, bias = _fold_input(weight, bias)
        value = graph.relu(graph.conv(value, weight, bias, stride, [pad] * 4))
        channels = filters
    last = tensors[-1]
    graph.conv(value, last[:-1].reshape(1, channels, 9, 9), last[-1:], 1, [4] * 4, name="score_map")
    graph.output("score_map", [1, 1, "hh", "ww"])
    graph.save(path)


def _shapes():
    """Of the convolution's parameters and of its norm's five, layer by layer; 37 in all."""
    channels = 3
    for filters, kernel, _stride, _pad in LAYERS:
        yield dlib.vector(channels * filters * kernel * kernel + filters)
        yield dlib.vector(2 * filters)
        yield from [(1, filters, 1, 1)] * 4
        channels = filters
    yield dlib.vector(channels * 9 * 9 + 1)


def _fold_input(weight, bias):
    """The first layer takes (v - mean) / 256; it has no padding, so this is exact."""
    weight = weight / 256
    return weight, bias - (weight * np.float64(MEAN).reshape(1, 3, 1, 1)).sum(axis=(1, 2, 3))
