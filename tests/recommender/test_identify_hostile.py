"""Files come from strangers: each bad one is one clear line, quickly, and nothing is run."""

from __future__ import annotations

import json
import os
import pickle
import random
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from recommender import UnreadableError, identify
from tests.pace import slowness, within
from tests.recommender.headers import build, hostile
from tests.recommender.headers.hostile import ONE, entry, packed, two

CHECKOUT = Path(__file__).parents[2]


def refused(path: Path) -> str:
    """Returns the sentence identify() refuses a file with, less its name; one line, in time."""
    with within(5), pytest.raises(UnreadableError) as caught:
        identify(path)
    message = str(caught.value)
    assert "\n" not in message and message.isprintable()
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("case", hostile.SAFETENSORS)
def test_a_lying_safetensors_file_is_one_clear_line(case: str, tmp_path: Path) -> None:
    content, expected = hostile.SAFETENSORS[case]
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    assert refused(path) == expected


@pytest.mark.parametrize("case", hostile.GGUF)
def test_a_lying_gguf_file_is_one_clear_line(case: str, tmp_path: Path) -> None:
    content, expected = hostile.GGUF[case]
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    assert refused(path) == expected


class _Canary:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch CANARY_EXECUTED",)


@pytest.mark.parametrize("name", ["m.ckpt", "m.pt", "m.bin", "m.pth", "m.safetensors", "m"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_is_never_opened(
    name: str, protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / name
    path.write_bytes(pickle.dumps(_Canary(), protocol))
    assert refused(path) == (
        "expected safetensors, GGUF or a diffusers folder, got a pickle. It can run code when it "
        "is read, so it was not opened. Convert it to safetensors."
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Canary(), protocol))
    assert "got a pickle." in refused(path)
    assert sorted(tmp_path.iterdir()) == [path]


def test_pipes_devices_loops_and_odd_names_are_one_line(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.safetensors")
    (tmp_path / "loop.safetensors").symlink_to("loop.safetensors")
    (tmp_path / "gone.safetensors").symlink_to("nowhere")
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "pipe.safetensors") == "expected a regular file, got a pipe."
    assert refused(Path("/dev/zero")) == "expected a regular file, got a device."
    loop = refused(tmp_path / "loop.safetensors")
    assert loop == "cannot be opened: Too many levels of symbolic links."
    nothing = "cannot be opened: No such file or directory."
    assert refused(tmp_path / "gone.safetensors") == nothing
    assert refused(tmp_path / "not-here.safetensors") == nothing
    assert refused(tmp_path / "empty") == (
        "expected a diffusers folder with model_index.json or config.json, got a folder of 0 other "
        "files. Name the file in it."
    )
    with pytest.raises(UnreadableError, match="the name holds a NUL character"):
        identify("a\0b")
    with pytest.raises(UnreadableError, match=r"^a\\x1b\[2J: cannot be opened"):
        identify("a\x1b[2J")


@pytest.mark.parametrize(
    ("shard", "shown"),
    [("../secret.safetensors", "../secret.safetensors"), ("/etc/passwd", "/etc/passwd"),
     ("a\\b", "a\\b"), ("..", ".."), ("", "")],
)  # fmt: skip
def test_an_index_cannot_reach_beyond_its_folder(shard: str, shown: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a": shard}}))
    assert refused(path) == f"weight_map: expected plain file names, got '{shown}'."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[", "not JSON: Expecting value at line 1."),
        ("[]", "expected one JSON object, got something else."),
        ("{}", "weight_map: expected tensor names with the file each is in, got something else."),
        ('{"weight_map":{"a":1}}', "weight_map: expected tensor names with the file each is in, "
         "got something else."),
        ('{"a":' * 100_000, "not JSON that a model folder has: nested too deeply."),
    ],
)  # fmt: skip
def test_a_broken_index_is_one_line(content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors.index.json"
    path.write_text(content)
    assert refused(path) == message


def test_a_broken_config_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text("{")
    assert refused(tmp_path).startswith("model_index.json: not JSON: ")


def test_odd_but_sound_files_are_read(tmp_path: Path) -> None:
    odd = {
        "nothing": packed("{}"),
        "padded": packed("{}" + " " * 1000),
        "metadata-only": packed('{"__metadata__":{"a":"\\ud800"}}'),
        "scalar": packed('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', bytes(4)),
        "empty-tensor": packed('{"a":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]}}'),
        "new-dtype": packed('{"a":{"dtype":"F3","shape":[9],"data_offsets":[0,5]}}', bytes(5)),
        "extra-key": entry(note="hello"),
        "unordered": two([8, 16], [0, 8], 16),
        "length-like-a-pickle": packed('{"a":' + json.dumps(ONE) + "}" + " " * 580, bytes(8)),
    }
    assert odd["length-like-a-pickle"][:2] == b"\x80\x02"
    for name, content in odd.items():
        path = tmp_path / f"{name}.safetensors"
        path.write_bytes(content)
        found = identify(path)
        assert (found.abstained, found.family, found.name) == (True, None, None)


def test_a_hundred_thousand_tensors_take_5_seconds_and_500_mb_at_most(tmp_path: Path) -> None:
    tensors: build.Tensors = {f"block.{n}.weight": ("F32", (1,)) for n in range(100_000)}
    front, _ = build.safetensors(tensors)
    path = tmp_path / "many.safetensors"
    path.write_bytes(front + bytes(400_000))
    nasty = tmp_path / "nasty.safetensors"
    nasty.write_bytes(packed("{" + ",".join(f'"{n}":[]' for n in range(990_000)) + "}"))
    wide = tmp_path / "wide.safetensors"
    wide.write_bytes(packed('{"__metadata__":{"a":"' + "\U0001f600" * 7_900_000 + '"}}'))
    code = (
        "import sys, recommender\n"
        "for path in sys.argv[1:]:\n"
        "    try: print(recommender.identify(path).tensors)\n"
        "    except recommender.UnreadableError as error: print(str(error)[-60:])\n"
    )
    for one in (path, nasty, wide):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([sys.executable, "-c", code, one], check=True, cwd=CHECKOUT,
                       capture_output=True, preexec_fn=_half_a_gigabyte)  # fmt: skip
        spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        assert spent < 5 * slowness()


def _half_a_gigabyte() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (500 * 2**20, 500 * 2**20))


def test_reading_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(entry())
    path.chmod(0o400)
    before = sorted(tmp_path.iterdir())
    identify(path)
    assert sorted(tmp_path.iterdir()) == before


def test_any_bytes_are_an_answer_or_one_line(tmp_path: Path) -> None:
    """Bytes of sound files are changed, left out and doubled; nothing but UnreadableError comes."""
    number = random.Random(20261121)
    some = dict(list(build.load("native")["flux-1-dev"].items())[:40])
    tensors = {name: (kind, ()) for name, (kind, _) in build.stored(some, "bf16").items()}
    fronts = [build.safetensors(tensors)[0] + bytes(80), build.gguf(tensors)[0]]
    for turn in range(1500):
        content = bytearray(fronts[turn % 2])
        for _ in range(number.randint(1, 8)):
            at = number.randrange(min(len(content), 4000))
            way = number.randrange(3)
            if way == 0:
                content[at] = number.choice((0, 1, 34, 44, 58, 91, 93, 123, 125, 128, 255))
            elif way == 1:
                del content[at : at + number.randint(1, 9)]
            else:
                content[at:at] = content[at : at + number.randint(1, 9)]
        path = tmp_path / "model.safetensors"
        path.write_bytes(content)
        try:
            assert identify(path).tensors >= 0
        except UnreadableError as error:
            assert str(error).startswith(f"{path}: ") and str(error).isprintable()
