# Runs a command and checks its exit code: exit_code.py CODE COMMAND...
# Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
import subprocess
import sys

expected, command = int(sys.argv[1]), sys.argv[2:]
code = subprocess.run(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
if code != expected:
    sys.exit(f"exit code {code}, expected {expected}: {' '.join(command)}")
