"""An ONNX graph under construction: named nodes, shared constants, scopes."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper


class Graph:
    """Collects nodes. ``load(name)`` gives the tensor of a weight on first use."""

    def __init__(self, load: Callable[[str], TensorProto]) -> None:
        self._load = load
        self._path = ""
        self._nodes: list[NodeProto] = []
        self._initializers: dict[str, TensorProto] = {}

    @contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """Nodes made inside are called ``<outer scopes>/<name>/<node>``."""
        outer, self._path = self._path, f"{self._path}/{name}"
        try:
            yield
        finally:
            self._path = outer

    def weight(self, name: str) -> str:
        if name not in self._initializers:
            self._initializers[name] = self._load(name)
        return name

    def const(self, name: str, value: object, dtype: type) -> str:
        if name not in self._initializers:
            self._initializers[name] = numpy_helper.from_array(np.array(value, dtype), name)
        return name

    def ints(self, name: str, value: object) -> str:
        return self.const(name, value, np.int64)

    def op(
        self, kind: str, inputs: Sequence[str], name: str = "", result: str = "", **attributes: object
    ) -> str:
        """A node with one output, called ``result`` or after the node; returns it.

        The node is called ``name`` in the present scope, by default its kind.
        """
        path = f"{self._path}/{name or kind}"
        return self.ops(kind, inputs, [result or f"{path}_output_0"], name, **attributes)[0]

    def ops(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str], name: str = "", **attributes: object
    ) -> Sequence[str]:
        """A node with the given outputs."""
        path = f"{self._path}/{name or kind}"
        self._nodes.append(helper.make_node(kind, inputs, outputs, name=path, **attributes))
        return outputs

    @property
    def path(self) -> str:
        """Full name of the present scope."""
        return self._path

    def model(
        self,
        name: str,
        inputs: Sequence[ValueInfoProto],
        outputs: Sequence[ValueInfoProto],
        opset: int,
        ir_version: int,
        producer: str,
    ) -> ModelProto:
        graph = helper.make_graph(self._nodes, name, inputs, outputs, list(self._initializers.values()))
        opsets = [helper.make_opsetid("", opset)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=ir_version, producer_name=producer)


def package_file(package: str, path: str, sha256: str) -> Path:
    """A data file of an installed package that is not imported; stops on another content."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        sys.exit(f"error: the package {package} is not installed; scripts/models/make installs it")
    file = Path(next(iter(found.submodule_search_locations))) / path
    if not file.is_file():
        sys.exit(f"error: {file} is missing in the installed package {package}")
    check_sha256(file, sha256)
    return file


def check_sha256(file: Path, expected: str) -> None:
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        sys.exit(f"error: {file} has SHA-256 {found}, expected {expected}")
