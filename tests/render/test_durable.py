"""What a run promises when the machine lets it down; `make prove` tries every point."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from render import lock
from render.__main__ import main
from render.durable import write_whole
from render.errors import DiskError, RenderError
from render.lock import ALONE, alone_in
from render.manifest import read_cells
from render.plan import ROOT
from tests.prove import PROVE


@pytest.fixture
def fake(studio):
    """A plan for the fake backend."""
    studio.arguments = [str(studio.plan), "--out", str(studio.out), "--backend", "fake"]
    return studio


def run(fake, command: str = "run") -> int:
    return main([command, *fake.arguments])


def test_the_proofs_hold():
    """Faults, two runs at once, torn manifests, flipped bytes, signals, a full disk: a sample.

    With SWEETSPOT_PROVE=1 all of them, some 1200 runs of the fake backend.
    """
    done = subprocess.run(
        [sys.executable, "-m", "tests.render.prove", *([] if PROVE else ["--sample"])],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        *(
            "faults",
            "changed",
            "together",
            "holder",
            "torn",
            "flipped",
            "order",
            "signals",
            "full disk",
        ),
        *("strace", "real kills"),
    ]
    assert re.match(r"faults: calls 2\d\d, points \d+, corrupt 0, lost 0, redone [01], ", lines[0])


def test_the_fake_backend_starts_without_torch_or_a_model(fake):
    code = (
        "import sys; from render.__main__ import main;"
        f"assert main(['run', *{fake.arguments!r}]) == 0;"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "rendered 4, reused 0, failed 0" in done.stdout


def test_a_fake_picture_never_stands_for_a_real_one(fake, capsys):
    assert run(fake) == 0
    assert run(fake, "check") == 0
    capsys.readouterr()
    assert main(["check", *fake.arguments[:-2]]) == 1
    assert "4 pictures are missing and 4 pictures are stale" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["fakes", "fake:-1", "fake:x", "fake:nan", "cuda"])
def test_an_unknown_backend_is_named(fake, name, capsys):
    assert main(["run", *fake.arguments[:-1], name]) == 2
    message = f"--backend: expected torch, fake or fake:SECONDS, got '{name}'.\n"
    assert capsys.readouterr().err == message


def test_a_lost_manifest_is_rebuilt_from_the_pictures_and_said_once(fake, capsys):
    run(fake)
    path = fake.folder / "manifest.json"
    whole = path.read_bytes()
    path.unlink()
    capsys.readouterr()
    assert run(fake) == 0
    captured = capsys.readouterr()
    assert "rendered 0, reused 4, failed 0" in captured.out
    assert captured.err == (
        f"{path}: missing or damaged; rebuilt from what 4 pictures say of themselves.\n"
    )
    assert path.read_bytes() == whole


def test_no_time_stamp_decides_anything(fake, capsys):
    """Pictures of tomorrow and plans of 1971 change nothing."""
    run(fake)
    for number, path in enumerate([*fake.folder.glob("*"), fake.plan]):
        os.utime(path, (4_000_000_000 if number % 2 else 40_000_000,) * 2)
    capsys.readouterr()
    run(fake)
    assert "rendered 0, reused 4, failed 0" in capsys.readouterr().out
    for path in (ROOT / "render").glob("*.py"):
        assert not re.search(r"st_[mac]time|getmtime|utime\(", path.read_text()), path.name


def test_a_full_disk_is_one_line_with_the_path_and_the_room(tmp_path, monkeypatch):
    def refuse(handle, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", refuse)
    with pytest.raises(DiskError) as raised:
        write_whole(tmp_path / "x.webp", b"12345")
    assert re.fullmatch(
        re.escape(f"{tmp_path / 'x.webp'}: No space left on device: needed 5 bytes, ")
        + r"[\d,]+ are free\. Finished pictures are kept\. "
        r"Free some room and run the same command\.",
        str(raised.value),
    )
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_takes_only_a_part_is_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, bytes(content)[:3]))
    write_whole(tmp_path / "x", b"0123456789")
    assert (tmp_path / "x").read_bytes() == b"0123456789"


def test_a_plan_too_large_for_the_disk_is_refused_before_anything_is_made(
    fake, capsys, monkeypatch
):
    monkeypatch.setattr("render.store.free_bytes", lambda folder: 3999)
    assert run(fake) == 2
    assert capsys.readouterr().err == (
        f"{fake.folder}: expected room for 4 pictures, about 4,000 bytes, got 3,999 free. "
        "Free some or choose a folder with --out.\n"
    )
    assert not list(fake.folder.glob("*"))


def test_who_waits_for_a_folder_is_told_who_holds_it(tmp_path, capsys, monkeypatch):
    """And gets it as soon as it is free; the lock leaves nothing behind."""
    entered, told, announce = threading.Event(), threading.Event(), lock._announce
    monkeypatch.setattr(lock, "_announce", lambda path: announce(path) and not told.set())

    def wait() -> None:
        with alone_in(tmp_path):
            entered.set()

    with alone_in(tmp_path):
        other = threading.Thread(target=wait)
        other.start()
        assert told.wait(600)
        assert not entered.is_set()
    other.join(600)
    assert entered.is_set()
    assert capsys.readouterr().err == (
        f"{tmp_path}: waiting for process {os.getpid()} on {platform.node()}, which renders here. "
        "Ctrl-C stops.\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def no_flock(monkeypatch):
    """A file system without locks, as some network file systems are."""

    def refuse(handle, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)


def test_without_locks_of_the_system_a_run_waits_with_a_limit(tmp_path, no_flock, capsys):
    with alone_in(tmp_path), pytest.raises(RenderError) as raised, alone_in(tmp_path, limit=0.2):
        pass
    assert str(raised.value) == (
        f"{tmp_path}: expected to be the only run here, got process {os.getpid()} on "
        f"{platform.node()} after 0 s of waiting. This file system has no locks that end with "
        f"their process: if that run is gone, remove {tmp_path / ALONE}."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("owner", ["999999999 5 {host}", "{pid} 5 {host}"])
def test_without_locks_a_dead_owner_here_is_passed_over(tmp_path, no_flock, owner):
    """Gone, or its number taken by a younger process."""
    (tmp_path / ALONE).write_text(owner.format(pid=os.getpid(), host=platform.node()) + "\n")
    with alone_in(tmp_path, limit=0):
        pass


@pytest.mark.parametrize("owner", ["999999999 5 another-host", "", "rubbish"])
def test_without_locks_who_may_be_alive_is_never_passed_over(tmp_path, no_flock, owner):
    (tmp_path / ALONE).write_text(owner)
    with (
        pytest.raises(RenderError, match="expected to be the only run here"),
        alone_in(tmp_path, limit=0.1),
    ):
        pass
    assert (tmp_path / ALONE).read_text() == owner


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_main_thread_that_cannot_hear_does_not_hold_the_process(number):
    """It computes in C, as a batch does; a second signal ends it at once, else four seconds do."""
    code = (
        "import hashlib, signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from render import stopping; stopping.GRACE = 0.4\n"
        "with stopping.stoppable():\n"
        "  print('ready', flush=True); hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)"
    )
    for again in (False, True):
        process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=-1, stderr=-1, text=True
        )
        process.stdout.readline()
        process.send_signal(number)
        if again:
            time.sleep(0.05)
            process.send_signal(number)
        _, words = process.communicate(timeout=600)
        assert process.returncode == 128 + number
        first = {signal.SIGINT: "Interrupted", signal.SIGTERM: "Terminated"}[number]
        assert words == (f"{first}. Finished pictures are kept; the same command continues.\n")


def test_a_run_offline_names_the_command_that_downloads(fake, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "")  # undoes, when the test is over, what main() sets
    name = "nobody/nothing@" + "0f" * 20
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("went to the network"))
    assert main(["run", *fake.arguments[:3], "--model", name, "--offline"]) == 2
    assert capsys.readouterr().err == (
        f"nobody/nothing: expected its files on this machine, found none. Download them with: "
        f"hf download nobody/nothing --revision {'0f' * 20}\n"
    )


def test_a_hub_out_of_reach_is_one_line_with_what_to_run(fake, capsys, monkeypatch, tmp_path):
    """At once, where the hub's library would try for twenty seconds and blame the model."""
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    name = "nobody/nothing@" + "0f" * 20
    assert main(["run", *fake.arguments[:3], "--model", name]) == 2
    assert capsys.readouterr().err == (
        "nobody/nothing: expected its files on this machine, found none or not all, and "
        "http://127.0.0.1:9 cannot be reached ([Errno 111] Connection refused). Download them "
        f"where it can: hf download nobody/nothing --revision {'0f' * 20}\n"
    )


def test_entries_are_in_the_plans_order_whatever_was_finished_first(fake):
    run(fake)
    first = list(read_cells(fake.folder))
    (fake.folder / f"{first[0]}.webp").unlink()
    run(fake)
    assert list(read_cells(fake.folder)) == first


def test_the_proofs_read_what_they_should(tmp_path):
    """A proof that cannot fail proves nothing: a torn picture is reported as torn."""
    from tests.render.children import Scene

    scene = Scene(tmp_path, count=2)
    scene.folder.mkdir(parents=True)
    (scene.folder / ("0" * 16 + ".webp")).write_bytes(b"RIFF")
    (scene.folder / "manifest.json").write_text("{")
    assert scene.wrong() == ["0" * 16 + ".webp", "manifest.json"]
    scene.log.write_text(f"replace {scene.folder / 'gone.webp'}\npaint a\npaint a\n")
    assert (scene.lost(), scene.redone()) == (["gone.webp"], 1)
    assert Path(scene.folder).is_dir()
