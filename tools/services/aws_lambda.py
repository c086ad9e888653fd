"""moto, with functions that run: uploaded code in AWS's own Lambda runtime, fed from Kinesis in batches.

moto emulates AWS's services. Its Lambda runs functions in Docker, and it passes each record of a stream on alone. Two of its
methods are replaced here, so its version is pinned:

- A function runs in a process of its own: `awslambdaric`, the runtime that AWS installs in its Python images, takes each event
  from a small server of the Runtime API on loopback. What the function prints goes to the log group of its name.
- An event source mapping reads each shard in order, in batches of its size. A batch that fails is sent again; with
  `ReportBatchItemFailures`, from the first record that failed. It begins at the records that are put after it was made, and
  it repeats a batch for as long as it fails.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from moto.awslambda import models
from moto.server import main

from tools.services.server import LOOPBACK

LOOK_SECONDS = 0.05
RETRY_SECONDS = 0.2
"""Between two deliveries of a batch that fails; AWS waits longer each time."""

LOG_SECONDS = 0.02
"""The last lines of an invocation reach the log file a moment after its answer."""


class Runtime:
    """A function's process, kept for its next event, and the Runtime API that it asks."""

    def __init__(self, function: models.LambdaFunction, endpoint: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="lambda-", dir=Path.cwd()))
        code = folder / "task"
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            archive.extractall(code)
        self._events: queue.Queue[tuple[str, bytes, float]] = queue.Queue()
        self._answers: dict[str, queue.Queue[tuple[str, bool]]] = {}
        self._one_at_a_time = threading.Lock()
        handler = type("Of", (_RuntimeApi,), {"runtime": self, "function_arn": function.function_arn})
        api = ThreadingHTTPServer((LOOPBACK, 0), handler)
        api.daemon_threads = True
        threading.Thread(target=api.serve_forever, daemon=True).start()
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "awslambdaric", str(function.handler)],
                cwd=code,
                env={
                    **_environment(function, endpoint, code),
                    "AWS_LAMBDA_RUNTIME_API": f"{LOOPBACK}:{api.server_port}",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        atexit.register(self._process.kill)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def invoke(self, event: bytes, seconds: float) -> tuple[str, bool, str]:
        """The answer, whether it is an error, and what the function printed."""
        with self._one_at_a_time:
            request, began = str(uuid.uuid4()), self._log.stat().st_size
            self._answers[request] = queue.Queue()
            deadline = time.time() + seconds
            self._events.put((request, event, deadline))
            answer, is_error = self._answer(request, deadline, seconds)
            del self._answers[request]
            time.sleep(LOG_SECONDS)
            return answer, is_error, self._log.read_bytes()[began:].decode(errors="replace")

    def _answer(self, request: str, deadline: float, seconds: float) -> tuple[str, bool]:
        while True:
            try:
                return self._answers[request].get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if not self.is_running:
                    return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": "the runtime ended"}), True
                if time.time() > deadline:
                    self._process.kill()  # as AWS does
                    return json.dumps({"errorMessage": f"Task timed out after {seconds:.2f} seconds"}), True

    def next_event(self) -> tuple[str, bytes, float]:
        return self._events.get()

    def answered(self, request: str, answer: str, *, is_error: bool) -> None:
        if request in self._answers:
            self._answers[request].put((answer, is_error))


class _RuntimeApi(BaseHTTPRequestHandler):
    """The part of Lambda's Runtime API (2018-06-01) that its clients need."""

    protocol_version = "HTTP/1.1"
    runtime: Runtime
    function_arn: str

    def do_GET(self) -> None:
        """`runtime/invocation/next`: answered when there is an event."""
        request, event, deadline = self.runtime.next_event()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", request)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(deadline * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", self.function_arn)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        """`runtime/invocation/<id>/response` and `/error`, and `runtime/init/error`, after which the process ends."""
        answer = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        *_, request, kind = self.path.split("/")
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.runtime.answered(request, answer, is_error=kind == "error")

    def log_message(self, *_: object) -> None:
        pass


def _environment(function: models.LambdaFunction, endpoint: str, code: Path) -> dict[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ},
        "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "emulated"),
        "AWS_ENDPOINT_URL": endpoint,
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(code),
        "PYTHONPATH": str(code),
        **{name: str(value) for name, value in function.environment_vars.items()},
    }


class Functions:
    """The runtimes of all functions, by their code."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._runtimes: dict[tuple[str, str, str], Runtime] = {}
        self._lock = threading.Lock()

    def invoke(self, function: models.LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        """In the place of `LambdaFunction._invoke_lambda`."""
        variables = json.dumps(function.environment_vars, sort_keys=True)
        key = (function.function_arn, function.code_sha_256, variables)
        with self._lock:
            if key not in self._runtimes or not self._runtimes[key].is_running:
                self._runtimes[key] = Runtime(function, self._endpoint)
            runtime = self._runtimes[key]
        text = event if isinstance(event, str) else json.dumps(event or {})
        answer, is_error, printed = runtime.invoke(text.encode(), float(function.timeout))
        function.logs_backend.ensure_log_group(function.logs_group_name)
        function.save_logs(printed)
        return answer, is_error, printed


class Mappings:
    """A thread for each shard that a function reads."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._shards: dict[tuple[str, str, str], queue.Queue[dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def send(self, backend: models.LambdaBackend, **given: str) -> None:
        """In the place of `LambdaBackend.send_kinesis_message`."""
        function, stream, shard = given["function_name"], given["kinesis_stream"], given["kinesis_shard_id"]
        record = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": given["kinesis_partition_key"],
                "sequenceNumber": given["kinesis_sequence_number"],
                "data": given["kinesis_data"],
                "approximateArrivalTimestamp": round(time.time(), 3),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{given['kinesis_sequence_number']}",
            "eventName": "aws:kinesis:record",
            "awsRegion": backend.region_name,
            "eventSourceARN": stream,
        }
        with self._lock:
            key = (function, stream, shard)
            if key not in self._shards:
                self._shards[key] = queue.Queue()
                threading.Thread(target=self._deliver, args=(backend, *key), daemon=True).start()
        self._shards[key].put(record)

    def _deliver(self, backend: models.LambdaBackend, function_arn: str, stream: str, shard: str) -> None:
        records = self._shards[function_arn, stream, shard]
        while True:
            mapping = next(
                each for each in backend.list_event_source_mappings(stream, "") if each.function_arn == function_arn
            )
            batch = _batch(records, int(mapping.batch_size), float(mapping.max_batch_window or 0))
            while batch:
                answer, is_error, _ = self._functions.invoke(backend.get_function(function_arn), {"Records": batch})
                batch = batch if is_error else _failed(batch, answer, mapping.function_response_types or [])
                if batch:
                    time.sleep(RETRY_SECONDS)


def _batch(records: queue.Queue[dict[str, Any]], size: int, window: float) -> list[dict[str, Any]]:
    """The next records: as many as there are within the window after the first, at most `size`."""
    found = [records.get()]
    deadline = time.monotonic() + window
    while len(found) < size:
        try:
            found.append(records.get(timeout=max(0.0, deadline - time.monotonic())))
        except queue.Empty:
            break
    return found


def _failed(batch: list[dict[str, Any]], answer: str, response_types: list[str]) -> list[dict[str, Any]]:
    """What of a batch is to be sent again: everything from the first failure on; the whole batch where none of its records
    has the identifier.
    """
    if "ReportBatchItemFailures" not in response_types:
        return []
    found = json.loads(answer) or {}
    failures = {each.get("itemIdentifier") for each in found.get("batchItemFailures") or []}
    if not failures:
        return []
    numbers = [record["kinesis"]["sequenceNumber"] for record in batch]
    first = min((numbers.index(each) for each in failures if each in numbers), default=0)
    return batch[first:]


def serve(port: int) -> None:
    """Until the process is stopped."""
    functions = Functions(f"http://{LOOPBACK}:{port}")
    mappings = Mappings(functions)

    def invoke(function: models.LambdaFunction, event: Any = None) -> tuple[str, bool, str]:
        return functions.invoke(function, event)

    def send(backend: models.LambdaBackend, **given: str) -> None:
        mappings.send(backend, **given)

    for owner, name, method in (
        (models.LambdaFunction, "_invoke_lambda", invoke),
        (models.LambdaBackend, "send_kinesis_message", send),
    ):
        if not hasattr(owner, name):
            raise SystemExit(f"moto has no {owner.__name__}.{name}: this file is written for another version of it")
        setattr(owner, name, method)
    main(["-H", LOOPBACK, "-p", str(port)])


if __name__ == "__main__":
    serve(int(sys.argv[1]))
