"""Stands in for xllamacpp, in the process that is to serve a model.

It is copied to a folder of a test as `xllamacpp.py`. What the file of the model holds
after its magic bytes says what it does. It writes down beside itself which processes
have loaded what (`loads`) and what they were asked (`asked`).
"""

import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).parent
PLAN = {
    "tasks": [
        {"id": "t1", "description": "look", "agent": "writer", "dependencies": []},
        {"id": "t2", "description": "say", "agent": "writer", "dependencies": ["t1"]},
    ]
}
TOO_LONG = {
    "code": 400,
    "message": "request (9031 tokens) exceeds the available context size",
    "type": "exceed_context_size_error",
}


class CommonParams:
    def __init__(self):
        self.model = SimpleNamespace(path="")
        self.cpuparams = SimpleNamespace(n_threads=-1)
        self.cpuparams_batch = SimpleNamespace(n_threads=-1)


class Server:
    def __init__(self, params):
        note("loads", {"process": os.getpid(), "file": params.model.path})
        os.write(1, b"chatter on stdout\n")
        os.write(2, b"chatter on stderr\n")
        self.does = Path(params.model.path).read_text().removeprefix("GGUF").strip()
        if self.does == "corrupt":
            os.write(2, b"0.00.034.637 E load: error loading model: it is corrupted\n")
            raise RuntimeError("Failed to init server")
        if self.does == "crashes":
            os._exit(6)
        while self.does == "waits" and not (HERE / "go").exists():
            time.sleep(0.005)
        server = ThreadingHTTPServer((params.hostnames[0], params.port), handler(self))
        self.key = params.api_keys[0]
        self.name = next(iter(params.model_alias))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.listening_address = f"http://127.0.0.1:{server.server_port}"


def note(name, what):
    with (HERE / name).open("a") as file:
        file.write(json.dumps(what) + "\n")


def handler(server):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            note("asked", body)
            if self.headers["authorization"] != f"Bearer {server.key}":
                self.answer(401, {"error": {"message": "Invalid API Key"}})
            elif server.does == "dies":
                os._exit(6)
            elif server.does == "short":
                self.answer(400, {"error": TOO_LONG})
            else:
                self.answer(200, completion(body, server.name))

        def answer(self, status, data):
            content = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    return Handler


def completion(body, name):
    wanted = "response_format" in body
    text = json.dumps(PLAN) if wanted else "from the file"
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": name,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }
