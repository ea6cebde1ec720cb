#!/usr/bin/env python3
"""A mail server that keeps what it takes: FOLDER/letters, one JSON object a line. FOLDER/port says where it is.

It knows one user, shop with the password sesame. A recipient no@… is refused for good, later@… for now.
"""

import base64
import json
import os
import pathlib
import socketserver
import sys

folder = pathlib.Path(sys.argv[1])


class Session(socketserver.StreamRequestHandler):
    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self):
        self.letter = {"user": None, "to": []}
        self.say("220 mail.test ready")
        while line := self.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            if verb.upper() == "QUIT":
                return self.say("221 bye")
            getattr(self, f"do_{verb.lower()}", lambda rest: self.say("502 unknown"))(rest)

    def do_ehlo(self, rest):
        self.say("250-mail.test\r\n250 AUTH PLAIN")

    def do_auth(self, rest):
        _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
        self.letter["user"] = user
        self.say("235 welcome" if (user, password) == ("shop", "sesame") else "535 who are you")

    def do_mail(self, rest):
        self.letter["from"] = rest
        self.say("250 ok")

    def do_rcpt(self, rest):
        if "<no@" in rest:
            return self.say("550 no such user")
        if "<later@" in rest:
            return self.say("450 mailbox busy")
        self.letter["to"].append(rest)
        self.say("250 ok")

    def do_rset(self, rest):
        self.say("250 ok")

    def do_data(self, rest):
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.decode())
        with open(folder / "letters", "a") as file:
            file.write(json.dumps({**self.letter, "data": "".join(lines)}) + "\n")
        self.say("250 taken")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True


with Server(("127.0.0.1", 0), Session) as server:
    (folder / "draft").write_text(str(server.server_address[1]))
    os.rename(folder / "draft", folder / "port")
    server.serve_forever()
