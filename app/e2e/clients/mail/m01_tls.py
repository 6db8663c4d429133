# Mail through a real mail server: TLS from the start and by STARTTLS, certificates, sign-ins, and what was held meanwhile.
# needs: pypi:aiosmtpd==1.4.6+cryptography+requests
# seconds: 300
import asyncio, contextlib, datetime, json, logging, os, pathlib, signal, socket, ssl, subprocess, tempfile, threading, time, warnings
import requests
from aiosmtpd.smtp import AuthResult, SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
S = json.load(open(os.environ["SIGNALBOX_SEED"]))
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="mail-", dir=S["data"]))
USER, PASSWORD = "box@hub.example", "päss word"


def pem(name, key, certificate):
    (FOLDER / f"{name}.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (FOLDER / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return FOLDER / f"{name}.pem"


def certificate(name, issuer=None, host="localhost", days=30):
    """A certificate for a host, or an authority when nobody issues it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - datetime.timedelta(days=60)).not_valid_after(now + datetime.timedelta(days=days))
    made = made.add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    if issuer:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        made = made.add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    issuer_name, issuer_key = issuer or (subject, key)
    made = made.issuer_name(issuer_name).sign(issuer_key, hashes.SHA256())
    return pem(name, key, made), (subject, key)


trusted, authority = certificate("authority")
_, strange = certificate("stranger")
CERTIFICATES = {
    "good": certificate("good", authority)[0],
    "strange": certificate("strange", strange)[0],
    "other": certificate("other", authority, host="mail.example.com")[0],
    "old": certificate("old", authority, days=-1)[0],
}


class Postbox:
    def __init__(self):
        self.mails, self.tries = [], []

    def sign_in(self, server, session, envelope, mechanism, data):
        self.tries.append((mechanism, data.login.decode(), data.password.decode(), server.transport.get_extra_info("ssl_object") is not None))
        is_right = (data.login.decode(), data.password.decode()) == (USER, PASSWORD)
        # What is not handled here is answered as the library does: 535.
        return AuthResult(success=is_right, handled=False)

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((envelope.rcpt_tos, envelope.content.decode(), server.transport.get_extra_info("ssl_object") is not None, bool(session.authenticated)))
        return "250 kept"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def mail_server(kind, name="good", port=None, mechanisms=("PLAIN", "LOGIN"), wants_sign_in=True):
    """`tls` from the start, `starttls`, or `plain`."""
    postbox, port = Postbox(), port or free_port()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES[name], CERTIFICATES[name].with_suffix(".key"))
    options = dict(hostname="mail.test", authenticator=postbox.sign_in, auth_exclude_mechanism=[m for m in ("PLAIN", "LOGIN") if m not in mechanisms])
    options |= dict(auth_required=wants_sign_in, auth_require_tls=kind != "tls" and kind != "plain")
    if kind == "starttls":
        options |= dict(tls_context=context, require_starttls=True)

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    listening = loop.create_server(lambda: SMTP(postbox, loop=loop, **options), "localhost", port, ssl=context if kind == "tls" else None)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result(30)
    try:
        yield postbox, port
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)


class Hub:
    """A server of its own on the data in `folder`, whose clock is moved by hand."""
    def __init__(self, folder, **settings):
        self.base = f"http://127.0.0.1:{free_port()}"
        # What stands in for the program, where each server gets a database of its own, is told by this one which program that is.
        environment = {k: v for k, v in os.environ.items() if k == "SIGNALBOX_BIN" or not k.startswith(("SIGNALBOX_", "SSL_CERT"))}
        environment |= dict(SIGNALBOX_ADMIN_EMAIL="ann@hub.example", SIGNALBOX_ADMIN_PASSWORD="correct horse battery", SIGNALBOX_ADMIN_TOKEN="adm_" + "x" * 32)
        environment |= {name if name.startswith("SSL") else "SIGNALBOX_" + name: str(value) for name, value in settings.items()}
        self.environment = environment
        folder.mkdir(exist_ok=True)
        log = open(folder / "server.log", "ab")
        command = [S["bin"], "serve", "--data", str(folder), "--listen", self.base.split("//")[1], "--test-clock", "2026-11-01T00:00:00Z", "--agents", "0"]
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def __enter__(self):
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(self.base + "/readyz", timeout=5).ok:
                    return self
            assert self.process.poll() is None and time.monotonic() < deadline, "the server is not ready"
            time.sleep(0.05)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def call(self, method, path, body=None):
        headers = {"Authorization": "Bearer adm_" + "x" * 32}
        answer = requests.request(method, self.base + path, json=body, headers=headers, timeout=120)
        assert answer.ok, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else {}

    def advance(self, length):
        self.call("POST", "/test/clock", {"advance": length})

    def test_mail(self, state):
        """Sends a test mail and waits for what becomes of its next try."""
        made = self.call("POST", "/api/v1/deliveries/test", {"to": "bob@hub.example"})
        return self.becomes(made["id"], state)

    def becomes(self, id, state, tries=1):
        deadline = time.monotonic() + 60
        while True:
            it = self.call("GET", f"/api/v1/deliveries/{id}")
            if it["state"] == state and len(it["tries"]) >= tries:
                return it
            assert time.monotonic() < deadline, (state, it)
            time.sleep(0.05)

    def page(self):
        """What an administrator reads at /settings/deliveries."""
        browser = requests.Session()
        browser.headers.update({"Accept": "text/html", "Origin": self.base, "Sec-Fetch-Site": "same-origin"})
        signed_in = browser.post(self.base + "/login", data={"email": "ann@hub.example", "password": "correct horse battery"}, timeout=60)
        assert signed_in.ok, signed_in.text
        self.browser = browser
        return browser.get(self.base + "/settings/deliveries", timeout=60).text

    def command(self, *words):
        environment = dict(self.environment, SIGNALBOX_URL=self.base, SIGNALBOX_TOKEN="adm_" + "x" * 32)
        done = subprocess.run([S["bin"], *words], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        return done.stdout


def hub(name, address, user=USER, password=PASSWORD, trusts=trusted, **more):
    settings = dict(MAIL_SERVER=address, MAIL_FROM="Signalbox <signalbox@hub.example>", **more)
    if user:
        settings |= dict(MAIL_USER=user, MAIL_PASSWORD=password)
    if trusts:
        settings["SSL_CERT_FILE"] = trusts
    return Hub(FOLDER / name, **settings)


# Both ways into TLS, and both ways to sign in: the mail arrives over TLS, signed in, with what it says.
for kind, scheme, mechanism in (("tls", "smtps", "PLAIN"), ("tls", "smtps", "LOGIN"), ("starttls", "smtp", "PLAIN"), ("starttls", "smtp", "LOGIN")):
    with mail_server(kind, mechanisms=[mechanism]) as (postbox, port), hub(f"{kind}-{mechanism}", f"{scheme}://localhost:{port}") as one:
        one.test_mail("sent")
        [(to, text, is_tls, is_signed_in)] = postbox.mails
        assert (to, is_tls, is_signed_in) == (["bob@hub.example"], True, True), postbox.mails
        assert "From: Signalbox <signalbox@hub.example>" in text and postbox.tries == [(mechanism, USER, PASSWORD, True)], (text, postbox.tries)
        print(f"ok: {kind} with AUTH {mechanism}")

# A certificate that is not right: nothing is said to such a server, the page tells why, and it goes when the certificate is right.
for name, words in (("strange", "nobody whom this machine trusts has issued it"), ("other", "it is not for the name localhost"), ("old", "it has expired")):
    for kind, scheme in (("tls", "smtps"), ("starttls", "smtp")):
        with mail_server(kind, name) as (postbox, port), hub(f"{name}-{kind}", f"{scheme}://localhost:{port}") as one:
            it = one.test_mail("waiting")
            assert words in it["sentence"] and f"localhost:{port}" in it["sentence"], it["sentence"]
            assert (postbox.mails, postbox.tries) == ([], []), "neither the password nor the mail was told"
            page = one.page()
            assert "The certificate of the mail server" in page and "Tried again" in page, page
            print(f"ok: {kind} with the {name} certificate: {it['sentence']}")
with hub("mended", f"smtps://localhost:{(here := free_port())}") as one:
    with mail_server("tls", "strange", port=here):
        id = one.test_mail("waiting")["id"]
    with mail_server("tls", "good", port=here) as (postbox, _):
        one.advance("10m")
        one.becomes(id, "sent")
        assert len(postbox.mails) == 1
    print("ok: it goes when the certificate is right")

# The wrong way into TLS says which is the right one.
with mail_server("starttls") as (postbox, port), hub("wrong-way", f"smtps://localhost:{port}") as one:
    said = one.test_mail("waiting")["sentence"]
    assert "does not begin with TLS" in said and "smtp://" in said, said
with mail_server("plain") as (postbox, port), hub("no-tls", f"smtp://localhost:{port}") as one:
    said = one.test_mail("waiting")["sentence"]
    assert "offers no STARTTLS" in said and (postbox.mails, postbox.tries) == ([], []), (said, postbox.tries)
with hub("nobody", f"smtps://localhost:{free_port()}") as one:
    said = one.test_mail("waiting")["sentence"]
    assert "could not be reached" in said and "refused" in said, said
print("ok: the wrong way into TLS, and nobody there")

# A password that is wrong: it says so, does not go on for ever, and all that was held goes at once when it is right.
for kind, scheme in (("tls", "smtps"), ("starttls", "smtp")):
    name = f"password-{kind}"
    with mail_server(kind) as (postbox, port):
        with hub(name, f"{scheme}://localhost:{port}", password="wrong") as one:
            first = one.test_mail("waiting")
            assert "535" in first["sentence"] and f"refused the sign-in of {USER}" in first["sentence"], first
            assert "SIGNALBOX_MAIL_PASSWORD" in first["sentence"], first
            for _ in range(3):
                one.advance("2h")
            held = one.becomes(first["id"], "held", tries=3)
            count = len(postbox.tries)
            one.advance("90h")
            assert len(postbox.tries) == count and len(one.call("GET", f"/api/v1/deliveries/{first['id']}")["tries"]) == 3, "it was not tried again"
            assert held["tries"][-1]["outcome"] == "sign_in", held["tries"]
            page = one.page()
            assert "refused the sign-in" in page and "Send it now" in page, page
        # Without a mail server the rest is held as well.
        with Hub(FOLDER / name) as one:
            answer = requests.post(one.base + "/api/v1/deliveries/resend-held", headers={"Authorization": "Bearer adm_" + "x" * 32}, timeout=60)
            assert answer.status_code == 409 and answer.json()["code"] == "mail.no_server", answer.text
            assert "Send it now" not in one.page(), "there is nothing to send it by"
        with hub(name, f"{scheme}://localhost:{port}") as one:
            if kind == "tls":
                assert "one message is on its way" in one.command("delivery", "resend", "--held")
            else:
                assert "Send it now" in one.page()
                pressed = one.browser.post(one.base + "/settings/deliveries/held", timeout=60)
                assert pressed.ok, pressed.text
            one.becomes(first["id"], "sent")
            assert len(postbox.mails) == 1 and postbox.mails[0][3], postbox.mails
            assert "nothing was held" in one.command("delivery", "resend", "--held")
    print(f"ok: a wrong password over {kind}")

# How often and how long are limits with names.
with mail_server("tls") as (postbox, port), hub("limits", f"smtps://localhost:{port}", password="wrong", LIMIT_MAIL_SIGN_INS="1") as one:
    one.test_mail("held")
    assert len(postbox.tries) <= 2, postbox.tries
    listed = one.command("doctor", "--limits")
    assert all(name in listed for name in ("mail_sign_ins", "delivery_hours", "mail_seconds", "mails_in_a_row")), listed
print("ok: limits have names")
