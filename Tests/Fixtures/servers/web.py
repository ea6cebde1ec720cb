#!/usr/bin/env python3
"""A web server that answers as its path says: FOLDER/port says where it is.

/status/N[?retry_after=V] answers N; /echo gives the request back; /silence never answers; /text?T answers T;
/redirect?URL sends on; /large answers more than a step may take; /nth/N answers 200 from the Nth request on; /cut[?STATUS]
promises more than it gives; /body?TYPE|BODY answers BODY of that TYPE.
"""

import http.server
import json
import os
import pathlib
import sys
import time
import urllib.parse

folder = pathlib.Path(sys.argv[1])


class Requests(http.server.BaseHTTPRequestHandler):
    seen = 0

    def log_message(self, *words):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {**headers, "Content_Length": len(body)}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        Requests.seen += 1
        path, _, query = self.path.partition("?")
        words = path.split("/")[1:]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if words[0] == "status":
            after = urllib.parse.parse_qs(query).get("retry_after")
            return self.answer(int(words[1]), **({"Retry_After": after[0]} if after else {}))
        if words[0] == "silence":
            return time.sleep(60)
        if words[0] == "text":
            return self.answer(200, urllib.parse.unquote(query).encode(), Content_Type="text/plain")
        if words[0] == "redirect":
            return self.answer(302, Location=urllib.parse.unquote(query))
        if words[0] == "large":
            return self.answer(200, b"x" * (4 << 20))
        if words[0] == "cut":
            self.send_response(int(query or 200))
            self.send_header("Content-Length", "100")
            self.end_headers()
            return self.wfile.write(b"ten bytes.")
        if words[0] == "body":
            kind, _, text = urllib.parse.unquote(query).partition("|")
            return self.answer(200, text.encode(), Content_Type=kind)
        if words[0] == "nth":
            return self.answer(200 if Requests.seen >= int(words[1]) else 503)
        request = {"method": self.command, "headers": dict(self.headers), "body": body}
        self.answer(200, json.dumps(request).encode(), Content_Type="application/json")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Requests) as server:
    (folder / "draft").write_text(str(server.server_address[1]))
    os.rename(folder / "draft", folder / "port")
    server.serve_forever()
