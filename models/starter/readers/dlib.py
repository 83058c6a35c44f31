"""The tensors of a network that dlib serialised.

An integer is a control byte (how many bytes follow) and its bytes, little-endian. A tensor is the integers version (2),
samples, k, rows, columns, then float32 values. What lies between tensors describes layers, whose definition we know
anyway; so it is enough to look for the headers of the tensors that the definition says must come, in their order.
"""

import numpy as np

TENSOR_VERSION = 2
# More than a layer's description ever takes: a larger gap means that a tensor was missed.
GAP_MAX_BYTES = 4096


def read(path, shapes):
    """The tensors of these shapes (samples, k, rows, columns), in file order; the file must hold no others."""
    with open(path, "rb") as file:
        data = file.read()
    tensors, at = [], 0
    for shape in shapes:
        header = b"".join(_integer(number) for number in (TENSOR_VERSION, *shape))
        found = data.find(header, at)
        if not 0 <= found - at <= GAP_MAX_BYTES:
            raise ValueError(f"{path}: there is no tensor {shape} behind byte {at}")
        count = int(np.prod(shape))
        at = found + len(header)
        tensors.append(np.frombuffer(data, "<f4", count, at).reshape(shape))
        at += 4 * count
    if len(data) - at > GAP_MAX_BYTES:
        raise ValueError(f"{path} goes on behind its last tensor")
    return tensors


def vector(size):
    """The shape that dlib gives a layer's parameters."""
    return (size, 1, 1, 1)


def _integer(number):
    length = (number.bit_length() + 7) // 8
    return bytes([length]) + number.to_bytes(length, "little")
