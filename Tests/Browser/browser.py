"""The system's Chromium, driven by PyPI's `playwright`."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
REQUIREMENT = "playwright==1.65.2"

# As root there is no sandbox; `gc()` and exact figures are for what is measured of memory.
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--enable-precise-memory-info",
           "--js-flags=--expose-gc"]


def find_browser():
    """The path of a browser that works, or None: Ubuntu's without its snap is a script that says so."""
    for name in NAMES:
        path = shutil.which(name)
        if path and subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0:
            return path
    return None


def has_playwright(python):
    return os.path.exists(python) and subprocess.run([python, "-c", "import playwright"]).returncode == 0


def with_playwright():
    """Goes on in a virtual environment that has it; else says why there is none."""
    if "PAWL_PLAYWRIGHT" in os.environ:
        return None
    folder = os.path.join(tempfile.gettempdir(), f"pawl-{REQUIREMENT.replace('==', '-')}-{os.getuid()}")
    python = os.path.join(folder, "bin", "python")
    pip = [python, "-m", "pip", "install", "-q", REQUIREMENT]
    for command in ([sys.executable, "-m", "venv", folder], pip) if not has_playwright(python) else ():
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            return (done.stderr or done.stdout).strip()[-300:]
    os.environ["PAWL_PLAYWRIGHT"] = folder
    os.execv(python, [python, *sys.argv])


class Browser:
    """A headless browser; its pages are tabs of one window, and share what tabs share."""

    def __init__(self, path):
        from playwright.sync_api import sync_playwright
        self.driver = sync_playwright().start()
        self.chromium = self.driver.chromium.launch(executable_path=path, args=OPTIONS)
        self.context = self.chromium.new_context()

    def close(self):
        self.chromium.close()
        self.driver.stop()

    def page(self, origin, width=1360, height=900):
        return Page(self.context.new_page(), origin, width, height)


class Page:
    """One tab; it notes what must not happen: errors on the console, requests to elsewhere."""

    def __init__(self, tab, origin, width, height):
        self.tab, self.origin = tab, origin
        self.problems = []
        self.expected = []
        self.requests = 0
        tab.on("console", self.said)
        tab.on("pageerror", lambda error: self.note(f"{error}"))
        tab.on("request", self.requested)
        tab.set_viewport_size({"width": width, "height": height})

    def close(self):
        self.tab.close()

    def said(self, message):
        if message.type in ("error", "warning", "assert"):
            self.note(f"{message.text} {message.location.get('url', '')}")

    def requested(self, request):
        self.requests += 1
        if not request.url.startswith((self.origin + "/", "data:", "blob:", "about:")):
            self.note(f"a request to {request.url}")

    def note(self, text):
        if not any(one in text for one in self.expected):
            self.problems.append(text)

    def scheme(self, name):
        self.tab.emulate_media(color_scheme=name)

    def open(self, path):
        self.tab.goto(self.origin + path, wait_until="commit")

    def run(self, expression):
        return self.tab.evaluate(expression)

    def wait(self, what, expression, seconds=30):
        """Waits until an expression is true; what the page shows is in the failure.

        Playwright's own way to wait for one needs `eval` in the page, which our policy forbids.
        """
        from playwright.sync_api import Error
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.run(f"Promise.resolve({expression}).then(Boolean)"):
                    return
            except Error:  # the page has just been left, or is not there yet
                pass
            if time.monotonic() > deadline:
                text = self.run("document.body.innerText.slice(0, 1500)")
                raise AssertionError(f"never: {what}. {self.problems} The page says: {text}")
            self.tab.wait_for_timeout(30)

    def wait_for(self, text, seconds=30):
        self.wait(f"“{text}”", f"document.body.innerText.includes({json.dumps(text)})", seconds)

    def click(self, text, within="body"):
        """Clicks the button or link with this text."""
        whole = re.compile(rf"^\s*{re.escape(text)}\s*$")
        area = self.tab.locator(within).locator("button, a, summary")
        area.filter(has_text=whole, visible=True).first.click()

    def type(self, field, text):
        self.tab.locator(field).first.fill(text)

    def choose(self, field, value):
        self.tab.locator(field).select_option(value)

    def key(self, key):
        self.tab.keyboard.press(key)

    def shot(self, path):
        self.tab.screenshot(path=path)
