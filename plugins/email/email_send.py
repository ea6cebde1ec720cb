#!/usr/bin/env python3
"""Send an e-mail by SMTP.

    echo '{"server": {"host": "127.0.0.1", "port": 25, "security": "none"}, "from": "a@x.example",
           "to": ["b@x.example"], "subject": "hi", "text": "hello"}' | ./email_send.py
"""

import base64
import email.message
import email.utils
import hashlib
import json
import os
import pathlib
import smtplib
import ssl
import sys

EX_DATAERR, EX_TEMPFAIL, EX_NOPERM = 65, 75, 77
DEFAULT_PORTS = {"none": 25, "starttls": 587, "tls": 465}


def compose(step):
    """The message. Line ends in a header are refused by EmailMessage, so none can be smuggled in."""
    for field in ("to", "cc", "bcc"):
        for address in step.get(field, []):
            if any(not character.isprintable() for character in address):
                raise ValueError(f"the address {address!r} in `{field}` holds a character that none may")
    message = email.message.EmailMessage()
    message["From"] = step["from"]
    for field in ("to", "cc"):
        if step.get(field):
            message[field.capitalize()] = ", ".join(step[field])
    if step.get("reply_to"):
        message["Reply-To"] = step["reply_to"]
    message["Subject"] = step.get("subject", "")
    message["Date"] = email.utils.localtime()
    message["Message-ID"] = message_id(step["from"])
    for name, value in step.get("headers", {}).items():
        message[name] = value
    message.set_content(step.get("text", ""))
    if step.get("html"):
        message.add_alternative(step["html"], subtype="html")
    for attachment in step.get("attachments", []):
        kind, _, subtype = attachment.get("media_type", "application/octet-stream").partition("/")
        content = attachment_bytes(attachment)
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=attachment["name"])
    return message


def message_id(sender):
    """The same for every attempt of a step, so that a mailbox can tell the second copy from a new letter."""
    domain = email.utils.parseaddr(sender)[1].rpartition("@")[2] or "localhost"
    key = os.environ.get("PAWL_IDEMPOTENCY_KEY")
    if not key:
        return email.utils.make_msgid(domain=domain)
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def attachment_bytes(attachment):
    if "path" in attachment:
        return pathlib.Path(attachment["path"]).read_bytes()
    if "base64" in attachment:
        return base64.b64decode(attachment["base64"], validate=True)
    return attachment.get("text", "").encode()


def connect(server, timeout):
    security = server.get("security", "starttls")
    port = server.get("port", DEFAULT_PORTS[security])
    if security == "tls":
        return smtplib.SMTP_SSL(server["host"], port, timeout=timeout, context=ssl.create_default_context())
    connection = smtplib.SMTP(server["host"], port, timeout=timeout)
    if security == "starttls":
        connection.starttls(context=ssl.create_default_context())
    return connection


def password(server):
    """The secret that the server's entry names; it is never part of the input."""
    name = server.get("password_secret", "smtp_password")
    path = pathlib.Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / name
    try:
        return path.read_text().rstrip("\n")
    except OSError:
        fail(EX_NOPERM, "NoPassword", f"there is no secret {name}; list it in the step's `secrets`")


def send(step, message):
    server = step["server"]
    recipients = [address for field in ("to", "cc", "bcc") for address in step.get(field, [])]
    secret = password(server) if server.get("user") else None
    with connect(server, step.get("timeout", 30)) as connection:
        if secret is not None:
            connection.login(server["user"], secret)
        refused = connection.send_message(message, step["from"], recipients)
    return {
        "message_id": message["Message-ID"],
        "accepted": [address for address in recipients if address not in refused],
        "refused": {address: answer(*reply) for address, reply in refused.items()},
    }


def answer(code, text):
    return f"{code} {text.decode('utf-8', 'replace') if isinstance(text, bytes) else text}"


def fail(status, type, message, **more):
    print(json.dumps({"type": type, "message": message, "retryable": status == EX_TEMPFAIL, **more}))
    sys.exit(status)


def refuse(code, text):
    """4xx of SMTP is for now, 5xx for good."""
    status = EX_TEMPFAIL if 400 <= code < 500 else EX_DATAERR
    fail(status, "Refused", f"the mail server says {answer(code, text)}", details={"status": code})


def main():
    step = json.load(sys.stdin)
    try:
        message = compose(step)
    except (ValueError, OSError) as trouble:
        fail(EX_DATAERR, "InvalidMessage", str(trouble))
    try:
        print(json.dumps(send(step, message)))
    except smtplib.SMTPRecipientsRefused as refusal:
        # One that may be taken later is reason enough to come back.
        refuse(*min(refusal.recipients.values(), key=lambda reply: reply[0]))
    except smtplib.SMTPResponseException as refusal:
        refuse(refusal.smtp_code, refusal.smtp_error)
    except smtplib.SMTPNotSupportedError as trouble:
        fail(EX_DATAERR, "NotSupported", str(trouble))
    except ssl.SSLCertVerificationError as trouble:
        fail(EX_DATAERR, "CertificateRefused", str(trouble))
    except ValueError as trouble:  # an address that no command of SMTP can hold
        fail(EX_DATAERR, "InvalidMessage", str(trouble))
    except (OSError, smtplib.SMTPException) as trouble:
        fail(EX_TEMPFAIL, "Unreachable", f"{step['server']['host']}: {trouble}")


if __name__ == "__main__":
    main()
