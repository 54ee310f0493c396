"""Makes or checks arrays for the tests of quantc.

npz.py make FILE NAME=SHAPE...   random fp32 arrays from a fixed seed, SHAPE as 2x4
npz.py relu IN OUT               checks that OUT's y is max(IN's x, 0)
npz.py same A B                  checks that both hold the same arrays
"""

import sys

import numpy as np


def make(path, *shapes):
    random = np.random.default_rng(1)
    arrays = {}
    for text in shapes:
        name, shape = text.split("=")
        sizes = [int(size) for size in shape.split("x")]
        arrays[name] = random.standard_normal(sizes).astype(np.float32)
    np.savez(path, **arrays)


def relu(inputs, outputs):
    wanted, found = np.maximum(np.load(inputs)["x"], 0), np.load(outputs)
    assert found.files == ["y"], found.files
    np.testing.assert_array_equal(found["y"], wanted)


def same(first, second):
    wanted, found = np.load(first), np.load(second)
    assert wanted.files == found.files, found.files
    for name in wanted.files:
        assert wanted[name].dtype == found[name].dtype
        np.testing.assert_array_equal(wanted[name], found[name])


{"make": make, "relu": relu, "same": same}[sys.argv[1]](*sys.argv[2:])
