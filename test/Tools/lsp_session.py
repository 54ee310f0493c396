"""One session with quant-lsp-server: opens each file and prints what it is told of it.

lsp_session.py SERVER FILE...
"""

import json
import subprocess
import sys
from pathlib import Path


class Session:
    def __init__(self, server):
        self.process = subprocess.Popen(
            [server], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def send(self, method, params, number=None):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if number is not None:
            message["id"] = number
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            name, value = line.split(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the server ended before it answered"
        return json.loads(self.process.stdout.read(length))

    def wait_for(self, is_wanted):
        while not is_wanted(message := self.receive()):
            pass
        return message


session = Session(sys.argv[1])
session.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, 1)
answer = session.wait_for(lambda message: message.get("id") == 1)
print("server:", answer["result"]["serverInfo"]["name"])
session.send("initialized", {})
for path in map(Path, sys.argv[2:]):
    uri = path.resolve().as_uri()
    document = {"uri": uri, "languageId": "mlir", "version": 1, "text": path.read_text(encoding="utf-8")}
    session.send("textDocument/didOpen", {"textDocument": document})
    told = session.wait_for(
        lambda message, uri=uri: message.get("method") == "textDocument/publishDiagnostics"
        and message["params"]["uri"] == uri
    )
    found = told["params"]["diagnostics"]
    print(f"{path.name}: {len(found)} diagnostics")
    for one in found:
        print(f"  line {one['range']['start']['line'] + 1}: {one['message']}")
session.send("shutdown", None, 2)
session.wait_for(lambda message: message.get("id") == 2)
session.send("exit", None)
print("exit code", session.process.wait(timeout=30))
