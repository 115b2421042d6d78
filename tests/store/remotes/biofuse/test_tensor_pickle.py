"""Pickles of tensors: what torch and NumPy write is read, and nothing else has any effect."""

import ast
import contextlib
import os
import pickle
import pickletools
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes.biofuse import tensor_pickle
from fuseboard.store.vectors.pickles import numpy_pickle, pickle_machine, torch_pickle
from fuseboard.store.vectors.pickles.pickle_machine import Machine
from fuseboard.store.vectors.pickles.pickled import Refused

REPOSITORY = Path(__file__).parents[4]
SMALL = 4 * 2**20
"""Bytes that refusing a hostile file of a few kilobytes may take."""


@pytest.fixture
def torch():
    return pytest.importorskip("torch", reason="torch is not installed: real tensors cannot be pickled")


@pytest.fixture
def read(tmp_path):
    def read_(data):
        path = tmp_path / "x.pkl"
        path.write_bytes(data)
        return tensor_pickle.read(path)

    return read_


# An assembler, with which a pickle can say what no pickler would write.


def text(value):
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def data(value):
    return b"B" + len(value).to_bytes(4, "little") + value


def number(value):
    size = (value.bit_length() + 8) // 8
    return b"\x8a" + bytes([size]) + value.to_bytes(size, "little", signed=True)


def numbers(*values):
    return b"(" + b"".join(map(number, values)) + b"t"


def name(module, qualname):
    return f"c{module}\n{qualname}\n".encode()


def call(module, qualname, *arguments):
    return name(module, qualname) + b"(" + b"".join(arguments) + b"tR"


def whole(*parts, protocol=2):
    return b"\x80" + bytes([protocol]) + b"".join(parts) + b"."


def pair(embeddings, labels):
    return whole(embeddings, labels, b"\x86")


def blob(
    values, kind=("torch", "FloatStorage"), location="cpu", size=None, count=None, body=None, little=True, view=b"N"
):
    """A storage as torch's older format has it."""
    raw, size = values.tobytes(), len(values) if size is None else size
    identity = b"(" + text("storage") + name(*kind) + text("1") + text(location) + number(size) + view + b"tQ"
    return (
        whole(number(torch_pickle.MAGIC))
        + whole(number(torch_pickle.PROTOCOL))
        + pickle.dumps({"protocol_version": 1001, "little_endian": little, "type_sizes": {}}, protocol=2)
        + whole(identity if body is None else body)
        + whole(b"](" + text("1") + b"e")
        + (size if count is None else count).to_bytes(8, "little", signed=True)
        + raw
    )


def storage(*arguments, **options):
    return call("torch.storage", "_load_from_bytes", data(blob(*arguments, **options)))


def tensor(store, offset=0, size=(2, 3), stride=(3, 1), hooks=None):
    hooks = call("collections", "OrderedDict") if hooks is None else hooks
    return call(
        "torch._utils", "_rebuild_tensor_v2", store, number(offset), numbers(*size), numbers(*stride), b"\x89", hooks
    )


SIX = np.arange(6, dtype="<f4")
GOOD = tensor(storage(SIX))
LABELS = b"(K\x00K\x01t"


def test_the_assembler_writes_what_torch_reads(read):
    found = read(pair(GOOD, LABELS))
    assert found.embeddings.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found.labels.tolist() == [0, 1]


# What is read


def variants(torch):
    table = torch.arange(70.0).reshape(10, 7) / 3
    labels = torch.arange(10)
    yield from [
        (table, labels),
        (table.half(), labels.to(torch.uint8)),
        (table.double(), labels.int()),
        (table.bfloat16(), labels.to(torch.int16)),
        (table.T.contiguous().T, labels.reshape(10, 1)),
        (table[2:5, 1:6], labels[2:5]),
        (table.unsqueeze(1), torch.ones(10, 1, 14, dtype=torch.bool)),
        (table.clone().requires_grad_(), labels.to(torch.uint16)),
        (table.numpy(), labels.numpy()),
        (np.asfortranarray(table.numpy()), labels.numpy().astype(">i2")),
        (table.numpy().T, list(range(7))),
        (table, [float(n) for n in range(10)]),
        (table, tuple(torch.tensor(n) for n in range(10))),
        (table, [torch.tensor([n, 1]) for n in range(10)]),
        (table, [np.int64(n) for n in range(10)]),
        (table, [[0, 1, n] for n in range(10)]),
        (table, [[[0, 1, n]] for n in range(10)]),
        (table, [n % 2 == 0 for n in range(10)]),
    ]


def as_numpy(torch, value):
    if isinstance(value, torch.Tensor):
        value = value.detach()
        return (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    return np.array([as_numpy(torch, item) if isinstance(item, torch.Tensor) else item for item in value])


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_what_torch_and_numpy_pickle_is_read_exactly(torch, read, protocol):
    for embeddings, labels in variants(torch):
        found = read(pickle.dumps((embeddings, labels), protocol=protocol))
        wanted = as_numpy(torch, embeddings)
        assert found.embeddings.dtype.newbyteorder("=") == wanted.dtype.newbyteorder("=")
        assert np.array_equal(found.embeddings, wanted)
        assert np.array_equal(found.labels, as_numpy(torch, labels))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_the_later_form_with_metadata_is_read(torch, read, protocol):
    table = torch.arange(6.0).reshape(3, 2)
    metadata = {"shape": table.shape, "dtype": torch.float32, "img_size": 224, "cached_at": "2025", "best": 0.5}
    held = {"embeddings": table.numpy(), "labels": np.arange(3), "metadata": metadata}
    found = read(pickle.dumps(held, protocol=protocol))
    assert found.embeddings.tolist() == table.tolist()
    assert found.labels.tolist() == [0, 1, 2]


def test_file_names_as_labels_stay_texts(torch, read):
    names = [f"ILSVRC2012_test_{n:08d}.JPEG" for n in range(3)]
    assert read(pickle.dumps((torch.zeros(3, 2), names))).labels == names


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_cuda_tensors_load_without_a_gpu(torch, read, monkeypatch, protocol):
    with monkeypatch.context() as patched:
        patched.setattr(torch.serialization, "location_tag", lambda _: "cuda:0")
        saved = pickle.dumps((torch.arange(6.0).reshape(3, 2), torch.tensor([2, 0, 1])), protocol=protocol)
    assert b"cuda:0" in saved
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="CUDA"):
            pickle.loads(saved)
    found = read(saved)
    assert found.embeddings.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert found.labels.tolist() == [2, 0, 1]


@pytest.mark.parametrize("kind", [("torch.cuda", "FloatStorage"), ("torch", "FloatStorage")])
def test_older_names_of_storages_and_tensors_are_known(read, kind):
    old = call("torch._utils", "_rebuild_tensor", storage(SIX, kind=kind), b"K\x00", numbers(2, 3), numbers(3, 1))
    assert read(pair(old, LABELS)).embeddings.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_older_and_newer_names_of_numpy_are_known(read):
    table = np.arange(6.0).reshape(2, 3)
    for protocol in (2, 4):
        saved = pickle.dumps((table, [0, 1]), protocol=protocol)
        old = saved.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
        if protocol == 4:  # a short text with its length before it, and no frame around it
            old = old.replace(b"\x8c\x16numpy.core", b"\x8c\x15numpy.core").replace(saved[2:11], b"")
        assert np.array_equal(read(old).embeddings, table)
    newest = saved.replace(b"numpy.core.multiarray", b"numpy._core.multiarray")
    assert np.array_equal(read(newest).embeddings, table)


@pytest.mark.parametrize("make", ["torch", "numpy"])
def test_a_large_array_is_a_view_of_the_file(torch, tmp_path, make):
    table = torch.arange(2**22, dtype=torch.float32).reshape(-1, 512)
    held = (table if make == "torch" else table.numpy(), torch.zeros(len(table), dtype=torch.int64))
    path = tmp_path / "large.pkl"
    path.write_bytes(pickle.dumps(held, protocol=5))
    tracemalloc.start()
    found = tensor_pickle.read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not found.embeddings.flags.owndata
    assert not found.embeddings.flags.writeable
    assert np.array_equal(found.embeddings, table.numpy())
    assert peak < 2**18


PLAIN = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text() | st.binary()


@given(
    st.recursive(PLAIN, lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner)),
    st.integers(3, 5),
)
@settings(deadline=None)
def test_plain_data_comes_out_as_the_standard_library_has_it(value, protocol):
    found = Machine(memoryview(pickle.dumps(value, protocol=protocol)), {}).run()
    assert repr(plain(found)) == repr(value)


def plain(value):
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def test_what_is_understood_are_opcodes_of_the_standard_library():
    known = {opcode.name for opcode in pickletools.opcodes}
    assert set(pickle_machine._STEPS) <= known
    never = {"INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID", "NEXT_BUFFER", "READONLY_BUFFER"}
    assert set(pickle_machine._STEPS) & never == set()


@pytest.mark.parametrize("module", [pickle_machine, tensor_pickle, torch_pickle, numpy_pickle])
def test_the_reader_has_nothing_to_execute_with(module):
    tree = ast.parse(Path(module.__file__).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported & {"pickle", "_pickle", "importlib", "torch", "builtins", "ctypes", "subprocess"} == set()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names & {"eval", "exec", "compile", "__import__", "getattr", "setattr", "globals", "vars", "open"} == set()


# What has no effect


class Evil:
    """What `pickle.loads` would call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def touch(path):
    return f"open({str(path)!r}, 'w').close()"


def shell(path):
    return text(f"touch {path}")


def with_system(path):
    return call("os", "system", shell(path))


def evil_storage(path):
    return call("torch.storage", "_load_from_bytes", data(blob(SIX, body=with_system(path))))


LIVE = {
    "os.system": lambda p: whole(with_system(p)),
    "posix.system": lambda p: pickle.dumps(Evil(os.system, f"touch {p}")),
    "subprocess.check_call": lambda p: pickle.dumps(Evil(subprocess.check_call, ["touch", str(p)]), protocol=2),
    "subprocess.run": lambda p: pickle.dumps(Evil(subprocess.run, ["touch", str(p)])),
    "builtins.eval": lambda p: pickle.dumps(Evil(eval, touch(p))),
    "__builtin__.eval": lambda p: pickle.dumps(Evil(eval, touch(p)), protocol=2),
    "builtins.exec": lambda p: pickle.dumps(Evil(exec, touch(p))),
    "builtins.getattr": lambda p: whole(
        call("builtins", "getattr", call("importlib", "import_module", text("os")), text("system")),
        b"(" + shell(p) + b"tR", protocol=3,
    ),
    "builtins.__import__": lambda p: whole(call("builtins", "__import__", text("os")), with_system(p), b"\x86"),
    "importlib.import_module": lambda p: whole(call("importlib", "import_module", text("os")), with_system(p), b"\x86"),
    "pickle.loads": lambda p: whole(call("pickle", "loads", data(whole(with_system(p)))), protocol=3),
    "_pickle.loads": lambda p: pickle.dumps(Evil(pickle.loads, whole(with_system(p)))),
    "functools.partial": lambda p: whole(
        call("functools", "partial", name("os", "system"), shell(p)) + b")R"
    ),
    "operator.attrgetter": lambda p: whole(
        call("operator", "attrgetter", text("system")) + b"(" + call("importlib", "import_module", text("os")) + b"tR",
        b"(" + shell(p) + b"tR",
    ),
    "os.path.os.system": lambda p: whole(
        text("os") + text("path.os.system") + b"\x93(" + shell(p) + b"tR", protocol=4
    ),
    "collections._sys.modules": lambda p: whole(
        text("collections") + text("_sys.modules") + b"\x93", with_system(p), b"\x86", protocol=4
    ),
    "INST": lambda p: whole(b"(" + shell(p) + b"ios\nsystem\n"),
    "OBJ": lambda p: whole(b"(" + name("os", "system") + shell(p) + b"o"),
    "NEWOBJ": lambda p: whole(name("builtins", "object") + b")\x81", with_system(p), b"\x86"),
    "numpy object array": lambda p: pickle.dumps(np.array([Evil(os.system, f"touch {p}")], object), protocol=4),
    "evil labels": lambda p: pair(GOOD, with_system(p)),
    "evil offset": lambda p: pair(call("torch._utils", "_rebuild_tensor_v2", storage(SIX), with_system(p)), LABELS),
    "evil hooks": lambda p: pair(tensor(storage(SIX), hooks=with_system(p)), LABELS),
    "evil key": lambda p: whole(b"}" + with_system(p) + b"Ns"),
    "evil state": lambda p: pickle.dumps(np.zeros(2), protocol=4)[:-2] + with_system(p) + b"b.",
    "evil storage": lambda p: whole(evil_storage(p)),
    "evil storage of a tensor": lambda p: pair(tensor(evil_storage(p)), LABELS),
}  # fmt: skip
"""Pickles that the standard library would execute, and the test proves that it does."""

NAMED = {
    "os.system": "refuses os.system",
    "posix.system": "refuses posix.system",
    "subprocess.check_call": "refuses commands.check_call",  # so protocol 2 spells it
    "subprocess.run": "refuses subprocess.run",
    "builtins.eval": "refuses builtins.eval",
    "__builtin__.eval": "refuses __builtin__.eval",
    "builtins.exec": "refuses builtins.exec",
    "builtins.getattr": "refuses builtins.getattr",
    "builtins.__import__": "refuses builtins.__import__",
    "importlib.import_module": "refuses importlib.import_module",
    "pickle.loads": "refuses pickle.loads",
    "_pickle.loads": "refuses _pickle.loads",
    "functools.partial": "refuses functools.partial",
    "operator.attrgetter": "refuses operator.attrgetter",
    "os.path.os.system": "refuses os.path.os.system",
    "collections._sys.modules": "refuses collections._sys.modules",
    "INST": "refuses INST",
    "NEWOBJ": "refuses builtins.object",
    "numpy object array": "refuses NumPy numbers of type 'O8'",
    "evil state": "refuses os.system",
}


@pytest.mark.skipif(os.name != "posix", reason="the payloads are commands of a POSIX shell")
@pytest.mark.parametrize("attack", LIVE)
def test_what_pickle_would_execute_is_refused_by_name_and_without_effect(read, tmp_path, attack):
    sentinel = tmp_path / "sentinel"
    hostile = LIVE[attack](sentinel)
    if b"torch" in hostile:
        pytest.importorskip("torch", reason="torch is not installed, so plain pickle would not run the payload either")
    with contextlib.suppress(Exception):
        pickle.loads(hostile)
    assert sentinel.exists(), "plain pickle does not execute it, so this would prove nothing"
    sentinel.unlink()
    refused(read, hostile, NAMED.get(attack, "refuses os.system"))
    assert not sentinel.exists()


def refused(read, hostile, reason):
    """Asserts that a file is refused in one line with the reason, and quickly of little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(FuseboardError) as caught:
            read(hostile)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.startswith("x.pkl: ")
    assert message.endswith("nothing of it was executed: get the file again from its publisher")
    assert reason in message
    assert message.isprintable()
    assert len(message) < 500
    assert peak < SMALL + 10 * len(hostile)


GADGETS = [
    ("torch", "load"), ("torch.serialization", "load"), ("torch.hub", "load"), ("torch.jit", "load"),
    ("torch.hub", "load_state_dict_from_url"), ("torch._utils", "_import_dotted_name"), ("torch.storage", "os.system"),
    ("torch.utils.cpp_extension", "load_inline"), ("torch.distributed.rpc.internal", "_run_function"),
    ("torch", "Tensor"), ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_sparse_tensor"),
    ("torch.ao.quantization", "get_default_qconfig"), ("torch._dynamo.guards", "GuardBuilder.get"),
    ("numpy", "load"), ("numpy", "fromfile"), ("numpy", "save"), ("numpy.testing._private.utils", "runstring"),
    ("numpy.f2py.crackfortran", "myeval"), ("numpy.f2py.diagnose", "run_command"), ("numpy.ctypeslib", "load_library"),
    ("numpy.core.multiarray", "fromfile"), ("numpy", "vectorize"), ("numpy", "matrix"),
    ("shutil", "rmtree"), ("webbrowser", "open"), ("pty", "spawn"), ("code", "interact"),
    ("subprocess", "Popen"), ("types", "CodeType"),
    ("types", "FunctionType"), ("ctypes", "CDLL"), ("socket", "socket"), ("pip", "main"),
    ("sys", "exit"), ("os", "_exit"), ("signal", "raise_signal"), ("builtins", "open"), ("builtins", "compile"),
    ("copyreg", "_reconstructor"), ("copyreg", "__newobj__"), ("copyreg", "add_extension"), ("_codecs", "decode"),
    ("codecs", "encode"), ("collections", "defaultdict"), ("collections", "_sys.exit"), ("pathlib", "PosixPath"),
    ("datetime", "datetime"), ("builtins", "set"), ("fuseboard.store.errors", "FuseboardError"),
    ("antigravity", "geohash"),
]  # fmt: skip


@pytest.mark.parametrize("gadget", GADGETS, ids=".".join)
@pytest.mark.parametrize("how", ["GLOBAL", "STACK_GLOBAL"])
def test_every_other_name_is_refused_before_anything_is_imported(read, gadget, how):
    before = set(sys.modules)
    named = name(*gadget) if how == "GLOBAL" else text(gadget[0]) + text(gadget[1]) + b"\x93"
    refused(read, whole(named + b"(K\x01tR", LABELS, b"\x86"), f"refuses {'.'.join(gadget)};")
    assert set(sys.modules) == before


def test_a_module_that_a_file_names_is_never_imported(read, tmp_path, monkeypatch):
    (tmp_path / "evil_module_of_a_test.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    refused(read, whole(call("evil_module_of_a_test", "anything")), "refuses evil_module_of_a_test.anything")


def test_a_name_cannot_write_to_the_terminal(read):
    refused(read, whole(text("os\n\x1b[2Jerror: all is well") + text("x") + b"\x93"), r"\n\x1b[2Jerror")
    refused(read, whole(text("os" * 400) + text("system") + b"\x93"), "refuses osososos")
    refused(read, whole(text("\u202e" * 500) + text("x") + b"\x93"), r"\u202e")


REFUSED = {
    "INST": (whole(b"(" + text("f4") + b"inumpy\ndtype\n"), "refuses INST at byte"),
    "OBJ": (whole(b"(" + name("numpy", "dtype") + text("f4") + b"o"), "refuses OBJ at byte"),
    "NEWOBJ": (whole(name("numpy", "ndarray") + b")\x81"), "refuses NEWOBJ at byte"),
    "NEWOBJ_EX": (whole(name("numpy", "ndarray") + b")}\x92"), "refuses NEWOBJ_EX at byte"),
    "EXT1": (whole(b"\x82\x01"), "refuses EXT1 at byte"),
    "EXT4": (whole(b"\x84\x01\x00\x00\x00"), "refuses EXT4 at byte"),
    "PERSID": (whole(b"Pevil\n"), "refuses PERSID at byte"),
    "BINPERSID": (whole(text("evil") + b"Q"), "refuses a persistent id"),
    "NEXT_BUFFER": (whole(b"\x97", protocol=5), "refuses NEXT_BUFFER at byte"),
    "INT of 10 MB": (whole(b"I" + b"9" * 10**7 + b"\n"), "refuses INT at byte"),
    "LONG4 of 2 GB": (whole(b"\x8b\xff\xff\xff\x7f" + b"\xff" * 1000), "refuses LONG4 at byte"),
    "an unknown opcode": (whole(b"\xff"), "refuses unknown opcode 0xff at byte 2"),
    "protocol 6": (whole(b"N", protocol=6), "protocol 6"),
    "BUILD on a function": (whole(name("_codecs", "encode") + b"}" + text("a") + b"Nsb"), "refuses BUILD"),
    "BUILD on a class": (whole(name("numpy", "ndarray") + b"}" + text("a") + b"Nsb"), "refuses BUILD"),
    "BUILD on a tensor": (whole(GOOD + b"}" + text("shape") + b"Nsb"), "refuses BUILD"),
    "BUILD on a list": (whole(b"]N" + b"b"), "refuses BUILD"),
    "REDUCE of a class": (whole(name("numpy", "ndarray") + b")R"), "refuses to call numpy.ndarray"),
    "REDUCE of a text": (whole(text("os.system") + b")R"), "refuses to call what is no name"),
    "REDUCE with a list": (whole(name("numpy", "dtype") + b"]R"), "refuses to call what is no name"),
    "REDUCE with a name": (whole(name("numpy", "dtype") * 2 + b"R"), "refuses to call what is no name"),
    "a name of numbers": (whole(b"K\x01K\x02\x93", protocol=4), "refuses a name that is no text"),
    "BINBYTES8 of 2^60": (whole(b"\x8e" + (2**60).to_bytes(8, "little"), protocol=4), "1152921504606846976 bytes"),
    "BINBYTES8 of 2^64": (whole(b"\x8e" + b"\xff" * 8, protocol=4), "cut off or damaged"),
    "BYTEARRAY8 of 2^62": (whole(b"\x96" + (2**62).to_bytes(8, "little"), protocol=5), "cut off or damaged"),
    "BINUNICODE8 of 2^40": (whole(b"\x8d" + (2**40).to_bytes(8, "little"), protocol=4), "cut off or damaged"),
    "BINUNICODE of 4 GB": (whole(b"X\xff\xff\xff\xff"), "cut off or damaged"),
    "FRAME of 2^63": (whole(b"\x95" + (2**63).to_bytes(8, "little") + b"N", protocol=4), "a frame of"),
    "memo index of 2^32": (whole(b"Nr\xff\xff\xff\xff"), "refuses the memo index 4,294,967,295"),
    "a memo that is empty": (whole(b"h\x07"), "empty memo"),
    "an empty stack": (whole(b"R"), "empty stack"),
    "a tuple from nothing": (whole(b"t"), "empty stack"),
    "below a mark": (whole(b"N(\x85"), "empty stack"),
    "nothing at all": (whole(b""), "does not end with one object"),
    "two objects": (whole(b"NN"), "does not end with one object"),
    "an open mark": (whole(b"(N"), "does not end with one object"),
    "append to a tuple": (whole(b")Na"), "refuses to append"),
    "a key that is a list": (whole(b"}]Ns"), "keys are no texts"),
    "a key without value": (whole(b"}(" + text("a") + b"u"), "keys are no texts"),
    "bytes behind the end": (pair(GOOD, LABELS) + b"\x80\x02N.", "4 bytes behind its pickle"),
    "text that is not UTF-8": (whole(b"X\x02\x00\x00\x00\xff\xfe"), "cut off or damaged"),
    "an endless name": (whole(b"c" + b"a" * 10**6), "a name of more than 256 bytes"),
    "a name with escapes": (whole(name(r"\x6fs", "system")), r"refuses \x6fs.system"),
    "no file": (b"", "is empty"),
    "one byte": (b"\x80", "cut off"),
    "a zip archive": (b"PK\x03\x04" + b"\0" * 100, "is a zip archive, such as torch.save writes"),
    "a web page": (b"\n<!DOCTYPE html><html>404</html>", "is a web page"),
    "gzip": (b"\x1f\x8b\x08" + b"\0" * 100, "compressed by gzip"),
    "protocol 0": (b"cos\nsystem\n(S'true'\ntR.", "no pickle of protocol 2 or later"),
    "a storage alone": (blob(SIX), "was written by torch.save"),
    "a list of one": (whole(GOOD, b"\x85"), "holds neither (embeddings, labels) nor a dict"),
    "another dict": (whole(b"}" + text("model") + b"Ns"), "holds neither (embeddings, labels) nor a dict"),
    "no embeddings": (pair(b"N", LABELS), "no array where the embeddings should be"),
    "no labels": (pair(GOOD, b"N"), "neither an array nor a list where the labels should be"),
    "labels of all kinds": (pair(GOOD, b"(K\x01" + text("a") + b"t"), "neither numbers nor texts"),
    "labels of two shapes": (pair(GOOD, b"(K\x01K\x01\x85t"), "neither numbers nor texts"),
    "labels of two lengths": (pair(GOOD, b"(K\x01\x85)t"), "neither numbers nor texts"),
    "a label of 2^64": (pair(GOOD, b"(" + number(2**64) + b"K\x01t"), "a label beyond 64 bits"),
    "a label of 600 digits": (pair(GOOD, number(2**2000) + b"\x85"), "a label beyond 64 bits"),
    "a label that is NaN": (pair(GOOD, b"G\x7f\xf8" + b"\0" * 6 + b"\x85"), "a label beyond 64 bits"),
    "hooks": (pair(tensor(storage(SIX), hooks=b"}" + text("a") + b"Ns"), LABELS), "hooks or metadata"),
    "hooks that are a list": (pair(tensor(storage(SIX), hooks=b"]"), LABELS), "hooks or metadata"),
    "an OrderedDict with content": (whole(call("collections", "OrderedDict", b"]")), "an OrderedDict with content"),
    "encode in another way": (whole(call("_codecs", "encode", text("a"), text("idna"))), "refuses _codecs.encode"),
    "encode of bytes": (whole(call("_codecs", "encode", data(b"a"), text("latin1"))), "refuses _codecs.encode"),
    "a size of all kinds": (whole(call("torch", "Size", b"(" + text("a") + b"t")), "whole numbers of sensible size"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_tensor_needs_is_refused(read, kind):
    refused(read, *REFUSED[kind])


TENSORS = {
    "a negative size": ({"size": (-2, 3)}, "whole numbers of sensible size"),
    "a negative stride": ({"stride": (3, -1)}, "whole numbers of sensible size"),
    "a negative offset": ({"offset": -1}, "impossible offset"),
    "an offset behind the end": ({"offset": 1}, "element 6 in a storage of 6"),
    "an offset of 2^70": ({"offset": 2**70}, "impossible offset"),
    "a size of 2^62": ({"size": (2**62, 3)}, "whole numbers of sensible size"),
    "a size of 2^47": ({"size": (2**47, 3), "stride": (3, 1)}, "in a storage of 6"),
    "a stride of 2^47": ({"stride": (2**47, 1)}, "in a storage of 6"),
    "a size of 600 digits": ({"size": (2**2000, 1)}, "whole numbers of sensible size"),
    "stride 0": ({"size": (1000, 3), "stride": (0, 1)}, "elements overlap"),
    "equal strides": ({"stride": (1, 1)}, "elements overlap"),
    "rows that overlap": ({"stride": (2, 1)}, "elements overlap"),
    "more axes than strides": ({"size": (2, 3), "stride": (1,)}, "more strides than axes"),
    "no elements": ({"size": (0, 3)}, "is empty"),
    "nine axes": ({"size": (1,) * 9, "stride": (1,) * 9}, "up to 8 whole numbers"),
}


@pytest.mark.parametrize("kind", TENSORS)
def test_a_tensor_that_reaches_outside_of_its_storage_is_refused(read, kind):
    options, reason = TENSORS[kind]
    refused(read, pair(tensor(storage(SIX), **options), LABELS), reason)


STORAGES = {
    "another storage inside": ({"body": storage(SIX)}, "refuses torch.storage._load_from_bytes"),
    "a list": ({"body": b"]"}, "in the place of a torch storage"),
    "a module": ({"body": text("module") + name("torch", "FloatStorage") + b"\x86Q"}, "persistent id that is no torch"),
    "no type": ({"body": b"(" + text("storage") + b"NNNNNtQ"}, "without type, key or location"),
    "unknown type": ({"kind": ("torch", "ComplexFloatStorage")}, "refuses torch.ComplexFloatStorage"),
    "type of elsewhere": ({"kind": ("os", "FloatStorage")}, "refuses os.FloatStorage"),
    "2^60 numbers": ({"size": 2**60}, "of impossible size"),
    "2^40 numbers": ({"size": 2**40}, "a torch storage of 4,398,046,511,104 bytes has 24"),
    "more than it says": ({"size": 5}, "a torch storage of 20 bytes has 24"),
    "negative numbers": ({"size": -6}, "of impossible size"),
    "another count": ({"count": 5}, "cut off or damaged"),
    "negative count": ({"count": -1}, "cut off or damaged"),
    "a view": ({"view": b"(" + text("2") + b"K\x00K\x06t"}, "a view of another"),
    "big-endian": ({"little": False}, "not written on a little-endian machine"),
    "a hundred opcodes": ({"body": b"]" * 100}, "more than 64 opcodes"),
}


@pytest.mark.parametrize("kind", STORAGES)
def test_a_storage_that_is_not_as_torch_writes_it_is_refused(read, kind):
    options, reason = STORAGES[kind]
    refused(read, pair(tensor(storage(SIX, **options)), LABELS), reason)


def test_a_storage_of_other_bytes_is_refused(read):
    for inside in (b"", b"\x80\x02N.", whole(number(torch_pickle.MAGIC)), blob(SIX)[:-1], blob(SIX) + b"\0"):
        refused(read, whole(call("torch.storage", "_load_from_bytes", data(inside))), "x.pkl: ")
    refused(read, whole(call("torch.storage", "_load_from_bytes", text("a"))), "a torch storage that is no bytes")


ARRAYS = {
    "objects": (np.array([{}], object), "refuses NumPy numbers of type 'O8'"),
    "a structure": (np.zeros(2, [("a", "f4"), ("b", "i4")]), "refuses NumPy numbers of type 'V8'"),
    "complex": (np.zeros(2, complex), "refuses NumPy numbers of type 'c16'"),
    "texts": (np.array(["abc"]), "refuses NumPy numbers of type 'U3'"),
    "dates": (np.array(["2026-01-01"], "M8[D]"), "refuses NumPy numbers of type 'M8'"),
    "a matrix": (np.zeros((2, 2)).view(np.matrix), "refuses numpy"),
    "a masked array": (np.ma.zeros(2), "refuses numpy.ma"),
    "nothing": (np.zeros((0, 3)), "refuses a NumPy array of shape"),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("protocol", [3, 5])
def test_arrays_of_other_than_numbers_are_refused(read, kind, protocol):
    array, reason = ARRAYS[kind]
    refused(read, pickle.dumps((array, [0, 1]), protocol=protocol), reason)


def array(shape, content, dtype=b"", fortran=b"\x89"):
    empty = call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), b"K\x00\x85", data(b"b"))
    dtype = dtype or call("numpy", "dtype", text("f4"), b"\x89", b"\x88")
    return empty + b"(K\x01" + numbers(*shape) + dtype + fortran + data(content) + b"tb"


def test_an_array_must_fill_its_shape_exactly(read):
    assert read(pair(array((2, 3), SIX.tobytes()), LABELS)).embeddings.tolist() == [[0, 1, 2], [3, 4, 5]]
    for shape in ((2, 4), (1, 3), (-2, -3), (2**62, 4), (2**47, 2**47), (2**31, 2**31)):
        refused(read, pair(array(shape, SIX.tobytes()), LABELS), "refuses a")
    twice = array((2, 3), SIX.tobytes()) + b"(K\x01" + numbers(1, 6) + b"NNNtb"
    refused(read, pair(twice, LABELS), "whose state is not five values")
    state = b"(K\x03" + text("<") + b"(" + text("a") + b"tN}NNNtb"
    structure = call("numpy", "dtype", text("f4")) + state
    refused(read, pair(array((6,), SIX.tobytes(), structure), LABELS), "more than a type of numbers")
    never = call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), b"K\x00\x85", data(b"b"))
    refused(read, pair(never, LABELS), "array without content")


# What must not take time or memory


def test_lists_that_hold_each_other_a_million_times_stay_small(read):
    laughs = b"](" + b"K\x01" * 10 + b"eq\x00"
    for level in range(1, 30):
        laughs = b"](" + laughs + (b"h" + bytes([level - 1])) * 9 + b"eq" + bytes([level])
    refused(read, pair(GOOD, laughs), "neither numbers nor texts")
    thousand = b"](" + b"K\x01" * 1000 + b"eq\x00"
    refused(read, pair(GOOD, b"](" + thousand + b"h\x00" * 999 + b"e"), "far more than its own size")
    refused(read, pair(GOOD, b"](" + GOOD + b"q\x00" + b"h\x00" * 5000 + b"e"), "far more than its own size")


def test_one_storage_used_a_million_times_stays_small(read):
    many = np.arange(200_000, dtype="<u2")
    wide = storage(many, kind=("torch", "BFloat16Storage")) + b"q\x00"
    one = tensor(b"h\x00", size=(200_000,), stride=(1,))
    refused(read, whole(wide + one * 50 + b"t"), "far more than its own size")
    loads = (
        data(blob(SIX)) + b"q\x00" + b"".join(call("torch.storage", "_load_from_bytes", b"h\x00") for _ in range(99))
    )
    refused(read, whole(loads), "far more than its own size")
    long = text("a" * 100_000) + b"q\x00" + call("_codecs", "encode", b"h\x00", text("latin1")) * 50
    refused(read, whole(long), "far more than its own size")


DEPTH = 100_000
NESTS = {
    "tuples": b")" + b"\x85" * DEPTH,
    "lists": b"]" * DEPTH + b"N" + b"a" * DEPTH,
    "dicts": (b"}" + text("a")) * DEPTH + b"N" + b"s" * DEPTH,
}


@pytest.mark.parametrize("kind", NESTS)
def test_nesting_a_hundred_thousand_deep_is_refused_and_does_not_crash(tmp_path, kind):
    """In a process of its own, which reads one file after the other and would not come to its end."""
    code = """
import sys
from pathlib import Path
from fuseboard.store.errors import FuseboardError
from fuseboard.store.remotes.biofuse import tensor_pickle
for name in sys.argv[1:]:
    try:
        tensor_pickle.read(Path(name))
    except FuseboardError as error:
        print(error)
"""
    contents = (
        (pair(NESTS[kind], NESTS[kind]), "holds no array where the embeddings should be"),
        (pair(GOOD, b"](" + NESTS[kind] + b"e"), "holds labels that are neither numbers nor texts"),
        (pair(tensor(NESTS[kind]), LABELS), "refuses a tensor without a storage"),
    )
    for number, (content, _) in enumerate(contents):
        (tmp_path / f"deep-{number}.pkl").write_bytes(content)
    command = [sys.executable, "-c", code, *map(str, sorted(tmp_path.iterdir()))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY)
    assert (done.returncode, done.stderr) == (0, "")
    for number, ((_, reason), said) in enumerate(zip(contents, done.stdout.splitlines(), strict=True)):
        assert said.startswith(f"deep-{number}.pkl: {reason}")


def test_opcodes_are_counted():
    with pytest.raises(Refused, match="more than 1,000 opcodes"):
        Machine(memoryview(whole(b"]" * 2000)), {}, steps=1000).run()
    assert pickle_machine.STEPS >= 2 * 1_281_167 + 2 * 1_281_167 // 1000, "ImageNet's labels as texts, with their memos"


def test_a_file_that_is_cut_off_anywhere_is_refused(read):
    saved = pair(GOOD, LABELS)
    for length in range(len(saved)):
        refused(read, saved[:length], "x.pkl: ")


# What nobody thought of


SEEDS = [
    pair(GOOD, LABELS),
    pair(array((2, 3), SIX.tobytes()), array((2,), SIX.tobytes()[:8])),
    pickle.dumps((np.arange(6.0).reshape(2, 3), np.arange(2)), protocol=5),
    pickle.dumps({"embeddings": np.arange(6.0).reshape(2, 3).T, "labels": [0, 1, 2], "metadata": {"a": 1}}, protocol=4),
]


def outcome(path, content):
    """Reads a damaged pickle: arrays, or one line, and nothing else."""
    path.write_bytes(content)
    try:
        found = tensor_pickle.read(path)
    except FuseboardError as error:
        line = str(error)
        assert (line.isprintable(), len(line) < 600) == (True, True)
    else:
        assert np.isscalar(found.embeddings.astype(np.float64).sum())
        assert isinstance(found.labels, np.ndarray | list)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_flipped_bytes_give_arrays_or_one_line(tmp_path, data):
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[at] = data.draw(st.integers(0, 255))
        else:
            content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    outcome(tmp_path / "fuzz.pkl", bytes(content))


PARTS = [
    GOOD, LABELS, storage(SIX), data(b"b"), data(SIX.tobytes()), text("f4"), text("<"), text("K"), text("latin1"),
    call("numpy", "dtype", text("f4")), call("numpy.core.multiarray", "_reconstruct", name("numpy", "ndarray"), b"NN"),
    name("numpy.core.numeric", "_frombuffer"), name("numpy.core.multiarray", "scalar"), name("torch", "bfloat16"),
    name("torch._utils", "_rebuild_tensor_v3"), name("torch.storage", "_load_from_bytes"), name("torch", "Size"),
    name("_codecs", "encode"),
    number(2**50), number(-1), b"K\x02", b"K\x03", b"N", b"\x88", b"\x89", b"G" + b"\x7f" * 8, b")", b"]", b"}", b"(",
    b"t", b"\x85", b"\x86", b"\x87", b"a", b"e", b"s", b"u", b"R", b"b", b"q\x00", b"h\x00", b"q\x01", b"h\x01",
    b"\x94", b"Q", b"\x93",
]  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(PARTS), max_size=25))
def test_opcodes_in_any_order_give_arrays_or_one_line(tmp_path, parts):
    outcome(tmp_path / "fuzz.pkl", whole(*parts))
    outcome(tmp_path / "fuzz.pkl", pair(b"".join(parts), LABELS))
    outcome(tmp_path / "fuzz.pkl", pair(GOOD, b"".join(parts)))
