"""PyTorch's old (pre-zip) file of a state dict, read without PyTorch and without running what is in it."""

import collections
import pickle

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read(path):
    """The tensors of a state dict, by name."""
    with open(path, "rb") as file:
        if pickle.load(file) != MAGIC or pickle.load(file) != PROTOCOL:
            raise ValueError(f"{path} is not a state dict in PyTorch's old format")
        pickle.load(file)  # the machine it was written on
        unpickler = _Unpickler(file)
        views = unpickler.load()
        storages = {}
        for key in pickle.load(file):
            dtype, size = unpickler.storages[key]
            if int(np.frombuffer(file.read(8), "<i8")[0]) != size:
                raise ValueError(f"{path}: storage {key} has another size than it says")
            storages[key] = np.frombuffer(file.read(size * dtype.itemsize), dtype)
        if file.read(1):
            raise ValueError(f"{path} goes on after its last storage")
    return {name: view.of(storages) for name, view in views.items()}


class _View(collections.namedtuple("_View", "key offset shape stride")):
    def of(self, storages):
        storage = storages[self.key]
        stride = [step * storage.itemsize for step in self.stride]
        view = np.lib.stride_tricks.as_strided(storage[self.offset :], self.shape, stride)
        return np.array(view)


class _Unpickler(pickle.Unpickler):
    """Knows the four names that a state dict needs; every other would let the file run code."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda key, offset, shape, stride, *_: _View(key, offset, shape, stride)
        if module == "torch" and name in TYPES:
            return TYPES[name]
        raise pickle.UnpicklingError(f"a state dict has no business with {module}.{name}")

    def persistent_load(self, identity):
        kind, dtype, key, _location, size, view = identity
        if kind != "storage" or view is not None:
            raise pickle.UnpicklingError(f"unknown storage {identity}")
        self.storages[key] = (dtype, size)
        return key
