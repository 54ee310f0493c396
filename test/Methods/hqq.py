# Computes the expected group of HalfQuadraticTest.cpp with NumPy, in fp64 but
# for the weights. Not run by the tests.
#
#   python hqq.py
import numpy as np

weights = np.array([1, 0.5, 0.46, -0.48, 0.52, -0.5, 0, 0.1], np.float32).astype(np.float64)
p, beta = 0.7, 10.0
scale = np.abs(weights).max()
best = None
for step in range(21):
    levels = np.clip(np.rint(weights / scale), -2, 1)
    value = (np.abs(weights - scale * levels) ** p).sum()
    if best is None or value < best[0]:
        best = (value, scale, levels, step)
    error = weights / scale - levels
    size = np.where(error == 0, 1, np.abs(error))
    excess = np.sign(error) * np.maximum(size - size ** (p - 1) / beta, 0)
    scale *= (levels * (weights / scale - excess)).sum() / (levels * levels).sum()
    beta *= 1.01
print("codes", (best[2] + 2).astype(int).tolist(), "scale", best[1], "step", best[3])
