"""Checks that the help of every command names its options and shows examples of itself."""

import re
import subprocess


def show(*arguments):
    return subprocess.run(["quantc", *arguments], check=True, capture_output=True, text=True).stdout


listed = show("--help").split("commands:\n")[1].split("\n\n")[0]
commands = re.findall(r"^  (\w+) ", listed, re.MULTILINE)
assert {"compile", "bench", "recipe", "targets"} <= set(commands), commands
for command in commands:
    text = show(command, "--help")
    assert text.startswith(f"usage: quantc {command} "), text
    for option in ("-q, --quiet", "-v, --verbose", "-h, --help"):
        assert text.count(option) == 1, (command, option)
    examples = text.split("\nexamples:\n")[1].splitlines()
    assert examples, command
    assert all(line.startswith((f"  quantc {command}", "    ")) for line in examples), (command, examples)
