#!/usr/bin/env python3
"""Make one HTTP request.

    echo '{"url": "http://127.0.0.1:7295/healthz"}' | ./request.py

An answer of 2xx is the output. 408, 425, 429 and 5xx are errors worth trying again, after the server's
Retry-After if it gave one; every other answer is a permanent error. A request that changes something carries
the step's idempotency key. With public_only no address of this network is talked to, whatever a name or a
redirect says.
"""

import email.utils
import http.client
import ipaddress
import json
import os
import socket
import sys
import time
import urllib.error
import urllib.request

EX_DATAERR, EX_TEMPFAIL = 65, 75
BODY_LIMIT_BYTES = 3 * 1024 * 1024  # a step's output may be 4 MiB, and JSON adds to a body
RETRYABLE = {408, 425, 429}
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
OF_ONE_HOST = ("authorization", "cookie", "idempotency-key")


class PrivateAddress(Exception):
    pass


def is_public(address):
    """Whether an address is one of the Internet's, also the one that an IPv6 address stands for."""
    address = ipaddress.ip_address(address.partition("%")[0])
    if address.version == 6:
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner:
            address = inner
        elif address in NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast


def connect_public(host, port, timeout):
    """Connect to the address that was checked, so that a name cannot change its mind in between."""
    for _, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if not is_public(address[0]):
            raise PrivateAddress(f"{host} is {address[0]}, which is not a public address")
        return socket.create_connection(address[:2], timeout)


class PublicHTTP(http.client.HTTPConnection):
    def connect(self):
        self.sock = connect_public(self.host, self.port, self.timeout)


class PublicHTTPS(http.client.HTTPSConnection):
    def connect(self):
        plain = connect_public(self.host, self.port, self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


class PublicHandler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    def http_open(self, request):
        return self.do_open(PublicHTTP, request)

    def https_open(self, request):
        return self.do_open(PublicHTTPS, request)


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but tells another host, or this one without TLS, nothing meant for the first."""

    def redirect_request(self, request, *answer):
        following = super().redirect_request(request, *answer)
        if following and (following.type, following.host) != (request.type, request.host):
            following.headers = {
                name: value for name, value in following.headers.items() if name.lower() not in OF_ONE_HOST
            }
        return following


def opener(public_only):
    """Only what is needed: no file: or ftp: URLs, no proxy from the environment."""
    director = urllib.request.OpenerDirector()
    anywhere = (urllib.request.HTTPHandler(), urllib.request.HTTPSHandler())
    for handler in (
        *((PublicHandler(),) if public_only else anywhere),
        Redirects(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        director.add_handler(handler)
    return director


def build(step):
    if not step["url"].startswith(("http://", "https://")):
        raise ValueError(f"'{step['url']}' is not an http or https URL")
    method = step.get("method", "GET")
    headers = {"User-Agent": "pawl-http/1", **step.get("headers", {})}
    body = step.get("body")
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    if method not in ("GET", "HEAD"):
        headers.setdefault("Idempotency-Key", os.environ.get("PAWL_IDEMPOTENCY_KEY", ""))
    if trace := os.environ.get("TRACEPARENT"):
        headers.setdefault("traceparent", trace)
    headers = {name: value for name, value in headers.items() if value}
    return urllib.request.Request(step["url"], body and body.encode(), headers, method=method)


def read_body(response):
    data = response.read(BODY_LIMIT_BYTES + 1)
    if len(data) > BODY_LIMIT_BYTES:
        fail("BodyTooLarge", f"the answer is over {BODY_LIMIT_BYTES} bytes")
    if response.length:
        raise http.client.IncompleteRead(data, response.length)
    text = decoded(data, response.headers.get_content_charset("utf-8"))
    if response.headers.get_content_subtype().endswith("json") and text:
        try:
            value = json.loads(text)
            json.dumps(value, allow_nan=False)
            return value
        except ValueError:
            return text  # not what its header says: Python alone takes NaN and 1e400
    return text


def decoded(data, charset):
    try:
        return data.decode(charset, "replace")
    except LookupError:  # an encoding that nobody knows
        return data.decode("utf-8", "replace")


def beginning(answer):
    """What a refusal says in words, as far as it comes."""
    try:
        return answer.read(2000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""


def retry_after(headers):
    """The server's Retry-After, in seconds or as a date, as a duration."""
    value = headers.get("Retry-After", "")
    if value.isdigit():
        return f"{value}s"
    if date := email.utils.parsedate_tz(value):
        return f"{max(0, round(email.utils.mktime_tz(date) - time.time()))}s"
    return None


def fail(type, message, retryable=False, retry_after=None, details=None):
    error = {"type": type, "message": message, "retryable": retryable}
    if retry_after is not None:
        error["retry_after"] = retry_after
    if details is not None:
        error["details"] = details
    print(json.dumps(error))
    sys.exit(EX_TEMPFAIL if retryable else EX_DATAERR)


def main():
    step = json.load(sys.stdin)
    try:
        request = build(step)
        with opener(step.get("public_only")).open(request, timeout=step.get("timeout", 20)) as response:
            body = read_body(response)
            output = {"status": response.status, "headers": dict(response.headers), "body": body}
    except urllib.error.HTTPError as answer:
        retryable = answer.code in RETRYABLE or answer.code >= 500
        details = {"status": answer.code, "body": beginning(answer)}
        message = f"{request.get_method()} {request.full_url}: {answer.code} {answer.reason}"
        fail("HTTPStatus", message, retryable, retry_after(answer.headers), details)
    except PrivateAddress as refusal:
        fail("PrivateAddress", str(refusal))
    except ValueError as refusal:
        fail("InvalidRequest", str(refusal))
    except urllib.error.URLError as trouble:
        fail("Unreachable", f"{request.full_url}: {trouble.reason}", retryable=True)
    except (OSError, http.client.HTTPException) as trouble:
        fail("Unreachable", f"{request.full_url}: {trouble}", retryable=True)
    print(json.dumps(output))


if __name__ == "__main__":
    main()
