"""Downloads against a server on this machine that does everything wrong that servers do."""

import hashlib
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mytorch.data import download as downloads
from mytorch.data import storage
from mytorch.data.download import download
from mytorch.data.recipe import File
from mytorch.utils.errors import DataError

pytest.importorskip("pooch")

CONTENT = bytes(range(256)) * 12_000  # 3 MB
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT, in the way that the first part of the path names, and notes each request."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        self.url = f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up."""


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        how = self.path.split("/")[1]
        start = int((self.headers["Range"] or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        self.server.requests.append((how, start))
        getattr(self, how)(start)

    def answer(self, content, status=200, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def good(self, start):
        if start:
            ranges = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
            self.answer(CONTENT[start:], 206, Content_Range=ranges)
        else:
            self.answer(CONTENT)

    def html(self, start):
        self.answer(b"<html>moved</html>", Content_Type="text/html; charset=utf-8")

    def disguised(self, start):
        self.answer(b"<html>moved</html>", Content_Type="application/octet-stream")

    def login(self, start):
        """Send another page as if it were the file, and break off."""
        self.answer(b"?" * (400 - start), 206 if start else 200, 10_000, Content_Range="none")
        self.close_connection = True

    def wrong(self, start):
        self.answer(CONTENT[:-1] + b"?")

    def gone(self, start):
        self.answer(b"", 404)

    def truncated(self, start):
        """Promise all, and end early every time."""
        self.piece(start, 1000)
        self.close_connection = True

    def piece(self, start, size):
        """Send some bytes, and promise all that are left."""
        ranges = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        status = 206 if start else 200
        content = CONTENT[start : start + size]
        self.answer(content, status, len(CONTENT) - start, Content_Range=ranges)

    def breaking(self, start):
        """Break off twice, a megabyte further each time."""
        self.piece(start, 1_200_000)
        self.close_connection = True

    def whole_only(self, start):
        """Know nothing of ranges."""
        self.answer(CONTENT)

    def other_range(self, start):
        self.answer(CONTENT, 206, Content_Range=f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}")

    def stalled(self, start):
        self.piece(start, 500_000)
        self.wfile.flush()
        time.sleep(20)

    def slow(self, start):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        for begin in range(0, len(CONTENT), 300_000):
            self.wfile.write(CONTENT[begin : begin + 300_000])
            time.sleep(0.05)

    def no_range(self, start):
        self.answer(b"", 416 if start else 500)

    def chunked(self, start):
        self.protocol_version = "HTTP/1.1"
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for begin in range(0, len(CONTENT), 1 << 16):
            piece = CONTENT[begin : begin + (1 << 16)]
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def file(server, *ways):
    return File("made-up", "file.bin", MD5, tuple(f"{server.url}{way}/file.bin" for way in ways))


def visible(folder):
    return [path.name for path in folder.iterdir() if path.name[0] != "."]


@pytest.mark.parametrize("way", ["good", "chunked", "breaking", "whole_only"])
def test_what_is_served_arrives_whole(way, server, tmp_path):
    path = download(file(server, way), tmp_path / "made-up")
    assert path == tmp_path / "made-up" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert visible(path.parent) == ["file.bin"]
    assert not (path.parent / ".file.bin.part").exists()


def test_a_connection_that_breaks_off_is_resumed_where_it_did(server, tmp_path):
    download(file(server, "breaking"), tmp_path)
    assert server.requests == [("breaking", 0), ("breaking", 1_200_000), ("breaking", 2_400_000)]


def test_what_an_earlier_process_got_is_built_upon(server, tmp_path):
    (tmp_path / ".file.bin.part").write_bytes(CONTENT[:1_000_000])
    assert download(file(server, "good"), tmp_path).read_bytes() == CONTENT
    assert server.requests == [("good", 1_000_000)]


def test_a_server_that_knows_no_ranges_sends_all_of_it_again(server, tmp_path):
    (tmp_path / ".file.bin.part").write_bytes(b"x" * 1_000_000)
    assert download(file(server, "whole_only"), tmp_path).read_bytes() == CONTENT


def test_what_was_begun_with_other_bytes_is_begun_anew(server, tmp_path):
    (tmp_path / ".file.bin.part").write_bytes(b"x" * 1000)
    assert download(file(server, "good", "good"), tmp_path).read_bytes() == CONTENT
    assert server.requests == [("good", 1000), ("good", 0)]


def test_what_a_broken_mirror_sent_does_not_spoil_the_next(server, tmp_path):
    path = download(file(server, "login", "good"), tmp_path)
    assert path.read_bytes() == CONTENT
    assert server.requests[-2:] == [("good", 400), ("good", 0)]


WRONG = {
    "html": "answers with a web page instead of the file",
    "disguised": "sent another file",
    "wrong": "sent another file",
    "gone": "answers 404 Not Found",
    "truncated": "the connection broke off",
    "no_range": "answers 500 Internal Server Error",
}


@pytest.mark.parametrize("way", WRONG)
def test_the_next_mirror_is_tried_where_one_is_wrong(way, server, tmp_path):
    assert download(file(server, way, "good"), tmp_path).read_bytes() == CONTENT
    assert server.requests[0] == (way, 0)
    assert server.requests[-1][0] == "good"


@pytest.mark.parametrize("way", WRONG)
def test_where_no_mirror_serves_it_one_line_says_why_and_what_to_do(way, server, tmp_path):
    folder = tmp_path / "made-up"
    with pytest.raises(DataError) as caught:
        download(file(server, way, "html"), folder)
    message = str(caught.value)
    assert "\n" not in message
    assert f"127.0.0.1: {WRONG[way]}" in message
    assert f"put it into {folder}" in message
    assert "digits, which needs no file" in message
    assert visible(folder) == []


def test_a_stalled_connection_is_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "STALL", 0.3)
    begun = time.monotonic()
    assert download(file(server, "stalled", "good"), tmp_path).read_bytes() == CONTENT
    assert time.monotonic() - begun < 10
    assert server.requests[-1][1] > 400_000  # what the stalled one had sent is built upon


def test_a_stalled_connection_is_told(server, tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "STALL", 0.2)
    monkeypatch.setattr(downloads, "TRIES", 1)
    with pytest.raises(DataError, match=r"broke off 1 times|nothing came for 0\.2 seconds"):
        download(file(server, "stalled"), tmp_path)


def test_a_range_that_was_not_asked_for_is_refused(server, tmp_path):
    (tmp_path / ".file.bin.part").write_bytes(CONTENT[:1000])
    with pytest.raises(DataError, match="another part of the file than asked for"):
        download(file(server, "other_range"), tmp_path)


def test_a_file_longer_than_the_servers_is_begun_anew_the_next_time(server, tmp_path):
    (tmp_path / ".file.bin.part").write_bytes(CONTENT + b"more")
    with pytest.raises(DataError, match="run again to begin anew"):
        download(file(server, "no_range"), tmp_path)
    assert download(file(server, "good"), tmp_path).read_bytes() == CONTENT


def test_without_a_network_one_line_says_so(tmp_path):
    nowhere = File("made-up", "file.bin", MD5, ("http://127.0.0.1:9/file.bin",))
    with pytest.raises(DataError, match=r"cannot be downloaded \(127\.0\.0\.1: no connection\)"):
        download(nowhere, tmp_path)


def test_a_folder_that_cannot_be_written_is_told(server, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="cannot be written"):
        download(file(server, "good"), tmp_path / "taken")


def test_a_file_that_is_there_is_not_asked_for(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(CONTENT)
    download(file(server, "good"), tmp_path)
    assert server.requests == []


FETCH = """
import sys
from pathlib import Path
from mytorch.data.download import download
from mytorch.data.recipe import File
url, md5, folder = sys.argv[1:]
print(download(File("made-up", "file.bin", md5, (url,)), Path(folder)))
"""


def test_two_processes_at_once_download_it_once(server, tmp_path):
    command = [sys.executable, "-c", FETCH, f"{server.url}slow/file.bin", MD5, str(tmp_path)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert out.strip() == str(tmp_path / "file.bin")
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.requests == [("slow", 0)]


def test_the_data_folder_is_read_first_and_never_written(server, tmp_path, monkeypatch):
    given, cache = tmp_path / "given", tmp_path / "cache"
    given.mkdir()
    monkeypatch.setenv("MYTORCH_DATA", str(given))
    monkeypatch.setattr(storage, "cache_folder", lambda: cache)
    wanted = file(server, "good")
    assert storage.find(wanted) == cache / "made-up" / "file.bin"
    assert list(given.iterdir()) == []
    (given / "made-up").mkdir()
    (given / "made-up" / "file.bin").write_bytes(CONTENT)
    assert storage.find(wanted) == given / "made-up" / "file.bin"
    assert server.requests == [("good", 0)]


def test_a_file_that_another_library_keeps_is_found(tmp_path, monkeypatch):
    monkeypatch.delenv("MYTORCH_DATA", raising=False)
    monkeypatch.setattr(storage, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    kept = tmp_path / ".elsewhere" / "file.bin"
    kept.parent.mkdir()
    kept.write_bytes(CONTENT)
    from pathlib import Path

    wanted = File("made-up", "file.bin", MD5, elsewhere=Path("~/.elsewhere/file.bin"))
    assert storage.find(wanted) == kept
