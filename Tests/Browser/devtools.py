"""Chromium over its DevTools protocol, with nothing but Python's standard library."""

import base64
import json
import os
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


def find_browser():
    """The path of a browser that works, or None: Ubuntu's without its snap is a script that says so."""
    for name in NAMES:
        path = shutil.which(name)
        if path and subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0:
            return path
    return None


class Socket:
    """A WebSocket client (RFC 6455): whole messages of text, as the protocol sends them."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(65536)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert b" 101 " in head, head

    def send(self, text):
        data = text.encode()
        mask = os.urandom(4)
        size = len(data)
        length = (struct.pack("!B", 0x80 | size) if size < 126
                  else struct.pack("!BH", 0xFE, size) if size < 65536 else struct.pack("!BQ", 0xFF, size))
        masked = bytes(byte ^ mask[index & 3] for index, byte in enumerate(data))
        self.socket.sendall(b"\x81" + length + mask + masked)

    def read(self, count):
        while len(self.buffer) < count:
            more = self.socket.recv(1 << 20)
            if not more:
                raise ConnectionError("the browser is gone")
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def has_data(self, seconds):
        return bool(self.buffer) or bool(select.select([self.socket], [], [], seconds)[0])

    def receive(self):
        text = b""
        while True:
            first, second = self.read(2)
            size = second & 0x7F
            if size == 126:
                size, = struct.unpack("!H", self.read(2))
            elif size == 127:
                size, = struct.unpack("!Q", self.read(8))
            data = self.read(size)
            if first & 0x0F in (0, 1):
                text += data
                if first & 0x80:
                    return text.decode()


class Browser:
    """A headless browser with a profile of its own, gone at the end."""

    def __init__(self, path):
        self.folder = tempfile.mkdtemp(prefix="pawl-browser-")
        self.process = subprocess.Popen(
            [path, "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-default-apps",
             "--enable-precise-memory-info", "--js-flags=--expose-gc", "--remote-debugging-port=0",
             f"--user-data-dir={self.folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        place = f"{self.folder}/DevToolsActivePort"
        deadline = time.monotonic() + 60
        while not (os.path.exists(place) and len(open(place).read().split()) == 2):
            assert time.monotonic() < deadline and self.process.poll() is None, "the browser does not start"
            time.sleep(0.05)
        port, path = open(place).read().split()
        self.socket = Socket(int(port), path)
        self.number = 0
        self.answers = {}
        self.pages = {}

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def send(self, method, session=None, **parameters):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self.socket.send(json.dumps(message))
        deadline = time.monotonic() + 60
        while number not in self.answers:
            assert time.monotonic() < deadline, f"no answer to {method}"
            self.pump(1)
        answer = self.answers.pop(number)
        assert "error" not in answer, f"{method}: {answer.get('error')}"
        return answer["result"]

    def pump(self, seconds):
        """Takes what the browser has said; waits for something at most so long."""
        if not self.socket.has_data(seconds):
            return
        message = json.loads(self.socket.receive())
        if "id" in message:
            self.answers[message["id"]] = message
        elif message.get("sessionId") in self.pages:
            self.pages[message["sessionId"]].heard(message["method"], message["params"])

    def page(self, origin, width=1360, height=900):
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target, origin)
        self.pages[session] = page
        for domain in ["Page", "Runtime", "Network", "Log"]:
            page.send(f"{domain}.enable")
        page.size(width, height)
        return page


class Page:
    """One tab; it notes what must not happen: errors on the console, requests to elsewhere."""

    def __init__(self, browser, session, target, origin):
        self.browser, self.session, self.target, self.origin = browser, session, target, origin
        self.problems = []
        self.expected = []

    def send(self, method, **parameters):
        return self.browser.send(method, self.session, **parameters)

    def close(self):
        del self.browser.pages[self.session]
        self.browser.send("Target.closeTarget", targetId=self.target)

    def heard(self, method, data):
        if method == "Runtime.exceptionThrown":
            details = data["exceptionDetails"]
            self.note(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and data["type"] in ("error", "warning", "assert"):
            self.note(" ".join(str(one.get("value", one.get("description"))) for one in data["args"]))
        elif method == "Log.entryAdded" and data["entry"]["level"] in ("error", "warning"):
            self.note(f"{data['entry']['text']} {data['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            url = data["request"]["url"]
            if not url.startswith((self.origin + "/", "data:", "blob:", "about:")):
                self.note(f"a request to {url}")

    def note(self, text):
        if not any(one in text for one in self.expected):
            self.problems.append(text)

    def size(self, width, height, scale=1):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=False)

    def scheme(self, name):
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, path):
        self.send("Page.navigate", url=self.origin + path)

    def run(self, expression):
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True,
                           userGesture=True)
        assert "exceptionDetails" not in answer, f"{expression}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait(self, what, expression, seconds=30):
        """Waits until an expression is true; what the page shows is in the failure."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                value = self.run(f"Promise.resolve({expression}).then(Boolean)")
            except AssertionError:  # the page has just been left
                value = None
            if value:
                return value
            if time.monotonic() > deadline:
                text = self.run("document.body.innerText.slice(0, 1500)")
                raise AssertionError(f"never: {what}. {self.problems} The page says: {text}")
            self.browser.pump(0.03)

    def wait_for(self, text, seconds=30):
        self.wait(f"“{text}”", f"document.body.innerText.includes({json.dumps(text)})", seconds)

    def click(self, text, within="document"):
        """Clicks the button or link with this text."""
        self.wait(f"a button “{text}”", f"""(() => {{
            const found = [...({within})?.querySelectorAll('button, a, summary') ?? []].find((one) =>
                one.textContent.trim() === {json.dumps(text)} && one.checkVisibility() && !one.disabled);
            found?.click();
            return Boolean(found);
        }})()""")

    def type(self, selector, text):
        self.wait(f"a field {selector}", f"""(() => {{
            const found = document.querySelector({json.dumps(selector)});
            found?.focus();
            found?.select?.();
            return Boolean(found);
        }})()""")
        self.send("Input.insertText", text=text)

    def key(self, key, code=None, text=None):
        names = {"Enter": ("Enter", 13, "\r"), "Tab": ("Tab", 9, None), "Escape": ("Escape", 27, None)}
        code, number, text = names.get(key, (f"Key{key.upper()}", ord(key[0].upper()), key))
        event = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        if text:
            event["text"] = text
        self.send("Input.dispatchKeyEvent", type="keyDown", **event)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=code, windowsVirtualKeyCode=number)

    def shot(self, path):
        image = self.send("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(image))
