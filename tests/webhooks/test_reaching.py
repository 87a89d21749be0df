"""One POST, to servers that behave and to servers that do not."""

import datetime
import socket
import ssl
import threading

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sora_social.webhooks import reaching, services
from sora_social.webhooks.reaching import post
from tests.webhooks.receiving import answering, dripping, flooding, receiving


def posted(url):
    return post(url, b"{}", {"Content-Type": "application/json"})


def test_a_post_says_what_the_receiver_said(loopback):
    with receiving() as receiver:
        answer = posted(f"{receiver.url}?a=b")
    taken = receiver.taken[0]
    assert (answer.status, answer.error, answer.is_good) == (200, "", True)
    assert (taken.line, taken.body) == ("POST /hook?a=b HTTP/1.1", b"{}")
    assert taken.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(loopback, status):
    with receiving() as elsewhere:
        with receiving(answering(status, f"Location: {elsewhere.url}")) as receiver:
            answer = posted(receiver.url)
        assert (answer.status, answer.error, elsewhere.taken) == (status, "redirect", [])


@pytest.mark.parametrize("status", [400, 410, 500, 503])
def test_other_answers_are_failures(loopback, status):
    with receiving(answering(status)) as receiver:
        answer = posted(receiver.url)
    assert (answer.status, answer.error, answer.is_good) == (status, "status", False)


def test_an_answer_that_drips_is_cut_at_the_limit(loopback, monkeypatch):
    monkeypatch.setattr(reaching, "TOTAL", 0.5)
    with receiving(dripping) as receiver:
        answer = posted(receiver.url)
    assert (answer.status, answer.error) == (None, "timeout")
    assert 450 <= answer.milliseconds < 2000


def test_one_that_never_answers_is_left_at_the_limit(loopback, monkeypatch):
    monkeypatch.setattr(reaching, "TOTAL", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = posted(f"http://127.0.0.1:{silent.getsockname()[1]}/")
    assert (answer.status, answer.error) == (None, "timeout")


def test_one_that_is_silent_for_30_seconds_is_left_after_10(loopback):
    over = threading.Event()
    with receiving(lambda connection: over.wait(30)) as receiver:
        answer = posted(receiver.url)
        over.set()
    assert (answer.status, answer.error) == (None, "timeout")
    assert 10_000 <= answer.milliseconds < 20_000


def test_a_name_that_turned_private_since_is_refused_when_it_is_sent_to(monkeypatch):
    addresses = iter(["93.184.215.14", "10.0.0.1"])

    def turning(host, port, *more, **how):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(addresses), port))]

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    monkeypatch.setattr(socket, "create_connection", lambda *where, **how: pytest.fail("connected"))
    services.require_public("https://turning.example/")
    assert posted("https://turning.example/").error == "refused_private"


def test_a_head_without_end_is_not_read(loopback):
    with receiving(flooding) as receiver:
        answer = posted(receiver.url)
    assert (answer.status, answer.error) == (None, "answer_too_large")


def test_a_huge_body_is_not_read_and_the_status_counts(loopback):
    huge = answering(200, body=b"x" * (8 << 20))
    with receiving(huge) as receiver:
        answer = posted(receiver.url)
    assert (answer.status, answer.error) == (200, "")


def test_what_is_no_http_is_a_failure(loopback):
    with receiving(lambda connection: connection.sendall(b"hello\r\n\r\n")) as receiver:
        assert posted(receiver.url).error == "not_http"


def test_one_that_hangs_up_or_is_not_there_is_a_failure(loopback):
    with receiving(lambda connection: None) as receiver:
        assert posted(receiver.url).error == "connection"
    assert posted(receiver.url).error == "connection"


def test_private_addresses_are_refused_without_a_connection():
    with receiving() as receiver:
        answer = posted(receiver.url.replace("http:", "https:").replace(f":{receiver.port}", ""))
    assert (answer.error, receiver.taken) == ("refused_private", [])


def test_no_proxy_of_the_environment_is_asked(loopback, monkeypatch):
    with receiving() as proxy, receiving() as receiver:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        assert posted(receiver.url).status == 200
    assert (len(proxy.taken), len(receiver.taken)) == (0, 1)


def test_the_name_is_looked_up_once_and_the_judged_address_connected_to(loopback, monkeypatch):
    """A name that answers something else the second time gains nothing."""
    asked = []

    def changing(host, port, *more, **how):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    reached = []

    def connected(address, timeout):
        reached.append(address[0])
        bare = socket.socket()
        bare.settimeout(timeout)
        bare.connect(address)
        return bare

    monkeypatch.setattr(socket, "create_connection", connected)
    with receiving() as receiver:
        assert posted(f"http://changing.example:{receiver.port}/").status == 200
    assert (asked, reached) == (["changing.example"], ["127.0.0.1"])


def test_tls_speaks_of_the_name_and_its_certificate_is_checked(loopback, tmp_path, monkeypatch):
    names = []
    tls = certified(tmp_path, "localhost", monkeypatch)
    tls.sni_callback = lambda connection, name, context: names.append(name)
    with receiving(tls=tls) as receiver:
        answer = posted(f"https://localhost:{receiver.port}/hook")
        other = posted(f"https://127.0.0.1:{receiver.port}/hook")
    assert (answer.status, names[0]) == (200, "localhost")
    assert receiver.taken[0].headers["host"] == f"localhost:{receiver.port}"
    assert (other.status, other.error, len(receiver.taken)) == (None, "tls", 1)


def test_a_certificate_that_nobody_vouches_for_is_refused(loopback, tmp_path, monkeypatch):
    tls = certified(tmp_path, "localhost", monkeypatch, is_trusted=False)
    with receiving(tls=tls) as receiver:
        assert posted(f"https://localhost:{receiver.port}/hook").error == "tls"


@pytest.fixture(autouse=True)
def _authorities():
    """The machine's authorities are read anew after a test of its own."""
    reaching.trusted.cache_clear()
    yield
    reaching.trusted.cache_clear()


def certified(folder, name, monkeypatch, *, is_trusted=True):
    """A server's TLS with a certificate of its own for a name."""
    key, subject = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
    )
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, pkcs8, plain) + made.public_bytes(pem))
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    return tls
