"""Runs a command and prints its exit code behind its output: exit-code.py COMMAND..."""

import subprocess
import sys

result = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
print(f"{result.stdout}exit code {result.returncode}")
