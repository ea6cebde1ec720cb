"""A receiver of traces, of PyPI's `oteltest`: prints each span as a line of JSON.

The first line is `ready PORT PYTHON`, where PYTHON has OpenTelemetry's SDK for plugins.
Exit status 75: the packages cannot be had.
"""
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time

UNAVAILABLE = 75
PACKAGES = ["oteltest>=0.40", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"]


def with_packages():
    """Goes on in a virtual environment that has them."""
    if "PAWL_OTEL_VENV" in os.environ:
        return
    folder = os.path.join(tempfile.gettempdir(), f"pawl-otel-{os.getuid()}")
    python = os.path.join(folder, "bin", "python")
    pip = ["-m", "pip", "install", "-q", "--timeout", "5", "--retries", "1", *PACKAGES]
    for command in ([sys.executable, "-m", "venv", folder], [python, *pip]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print((done.stderr or done.stdout).strip().splitlines()[-1:] or command)
            sys.exit(UNAVAILABLE)
    # Whoever may run plugins runs this Python: as root, another user.
    os.chmod(folder, 0o755)
    os.environ["PAWL_OTEL_VENV"] = folder
    os.execv(python, [python, *sys.argv])


def lines(request):
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield {"name": span.name, "trace": span.trace_id.hex(), "id": span.span_id.hex(),
                       "parent": span.parent_span_id.hex(), "error": span.status.code == 2}


def main():
    with_packages()
    from oteltest.sink import HttpSink
    from oteltest.sink.handler import RequestHandler

    class Printer(RequestHandler):
        def handle_trace(self, request, headers):
            text = "".join(json.dumps(one) + "\n" for one in lines(request))
            os.write(1, text.encode())

        def handle_metrics(self, request, headers):
            pass

        def handle_logs(self, request, headers):
            pass

    sink = HttpSink(Printer(), logging.getLogger("sink"), port=0)
    sink.start()
    while not sink.httpd:
        time.sleep(0.01)
    print(f"ready {sink.httpd.server_port} {sys.executable}", flush=True)
    threading.Event().wait()


main()
