"""The dashboard in a real browser: every page, live changes, actions, keys, looks.

Arguments: the program, and optionally a folder for screenshots and the names of tests to run. Ends with 0 if
all is well or there is no browser, or no playwright.
"""

import os
import sys
import time
import traceback

import looks  # The tests are in these three, which list themselves.
import hostile
import actions
from browser import Browser, find_browser, with_playwright
from suite import Suite, TESTS


def main():
    path = find_browser()
    if not path:
        return print("browser tests: skipped, there is no Chromium; install the package chromium") or 0
    missing = with_playwright()
    if missing:
        return print(f"browser tests: skipped, playwright cannot be had: {missing}") or 0
    shots = sys.argv[2] if len(sys.argv) > 2 else None
    if shots:
        os.makedirs(shots, exist_ok=True)
    wanted = sys.argv[3:]
    browser = Browser(path)
    suite = None
    ran = failed = 0
    begin = time.monotonic()
    try:
        suite = Suite(sys.argv[1], browser, shots)
        for body in TESTS:
            if wanted and body.__name__ not in wanted:
                continue
            start = time.monotonic()
            ran += 1
            try:
                body(suite)
                print(f"ok   {body.__name__} ({time.monotonic() - start:.1f} s)", flush=True)
            except Exception:
                failed += 1
                print(f"FAIL {body.__name__}\n{traceback.format_exc(limit=-3)}", flush=True)
    finally:
        browser.close()
        if suite:
            suite.engine.close()
    print(f"browser tests: {ran} ran, {failed} failed, {time.monotonic() - begin:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
