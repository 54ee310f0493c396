"""The CIFAR-10 test images, and the accuracy of a model on them."""

import io
import tarfile

import numpy as np
from PIL import Image

MEAN = np.array([0.4914, 0.4822, 0.4465], np.float32)
DEVIATION = np.array([0.2470, 0.2435, 0.2616], np.float32)


def read_images(archive, count=None):
    """Images [N, 3, 32, 32], normalized, and their classes, in a fixed random order."""
    images, labels = [], []
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if member.name.endswith(".jpg")]
        classes = sorted({member.name.split("/")[1] for member in members})
        order = np.random.default_rng(0).permutation(len(members))[:count]
        for member in sorted((members[i] for i in order), key=lambda member: member.offset):
            data = tar.extractfile(member).read()
            images.append(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
            labels.append(classes.index(member.name.split("/")[1]))
    pixels = np.stack(images).astype(np.float32) / 255
    normalized = ((pixels - MEAN) / DEVIATION).transpose(0, 3, 1, 2)
    order = np.random.default_rng(0).permutation(len(labels))
    return np.ascontiguousarray(normalized[order]), np.array(labels)[order]


def accuracy(run, images, labels):
    """Part of the images that `run`, from images to scores, puts in their class."""
    batches = range(0, len(images), 100)
    found = np.concatenate([run(images[i : i + 100]).argmax(1) for i in batches])
    return float((found == labels).mean())
