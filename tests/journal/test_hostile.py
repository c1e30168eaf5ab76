"""A journal from somebody else can do nothing but be refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbagents

ROOT = Path(nbagents.__file__).parents[1]

WATCHED = r'''
import json, shutil, sqlite3, sys
from pathlib import Path
from nbagents.engine import events as e
from nbagents.engine.fold import replay
from nbagents.errors import NbagentsError
from nbagents.graph import Plan, Task
from nbagents.journal import Journal, Summary, decode_all, encode
from nbagents.journal.chain import Link, checksum

folder = Path(sys.argv[1])
created = encode(e.RunCreated(1.0, "r", Plan([Task("a", "a", "x")])))


def edited(result):
    return '{"event":"TaskEdited","at":1,"task":"a","result":%s}' % result


BODIES = [
    '{"event":"posix.system","at":"touch /tmp/owned"}',
    '{"event":"__reduce__","at":1}',
    '{"py/object":"os.system","py/reduce":[{"py/function":"os.system"},["id"]]}',
    '{"event":"RunStarted","at":1,"__class__":"subprocess.Popen"}',
    '{"event":"RunStarted","at":{"py/function":"os.system"}}',
    '{"__reduce__":["os.system",["id"]]}',
    '{"lc":1,"type":"constructor","id":["os","system"],"kwargs":{}}',
    "[" * 200_000,
    '{"a":' * 200_000,
    edited('{"value":' + "[" * 900 + "]" * 900 + "}"),
    '{"event":"RunStarted","at":' + "9" * 1_000_000 + "}",
    '{"event":"RunStarted","at":true}',
    edited('{"unstored":{"kind":"os.system","preview":1}}'),
    '{"event":"RunPlanned","at":1,"plan":{"tasks":[{"id":"__import__"}]}}',
    '{"event":"RunRewound","at":1,"to":-1}',
    '{"event":"RunRewound","at":1,"to":99999999999999999999}',
    "\u0000", "null", "NaN", "", "cos\nsystem\n(S'id'\ntR.",
]
HARMLESS = edited('{"value":{"py/object":"os.system","__reduce__":["os.system"]}}')
BYTES = b"\x80\x04\x95cposix\nsystem\n\xff"


def make(name, bodies, raw=None):
    """Write a journal whose checksums are right, as whoever is hostile would."""
    journal = Journal(folder / name)
    with journal.begin("r") as ledger:
        ledger.write([created, *bodies])
    if raw is not None:
        connection = sqlite3.connect(journal.path)
        for column in ("records SET body", "runs SET summary", "claims SET host"):
            connection.execute(f"UPDATE {column} = CAST(? AS TEXT)", (raw,))
        connection.commit()
        connection.close()
    return journal


def view():
    """Write a journal in which what looks like a table never comes to an end."""
    path = folder / "view"
    Journal(path).begin("r").close()
    connection = sqlite3.connect(path)
    connection.executescript("""
        DROP TABLE records;
        CREATE VIEW records(run, number, body, checksum) AS
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT 0 FROM n)
        SELECT 'r', i, 'x', x'00' FROM n;
    """)
    connection.close()
    return Journal(path)


def use(journal):
    journal.runs()
    return replay(decode_all(journal.read("r")))


hostile = [make(f"j{n}", [body]) for n, body in enumerate(BODIES)]
hostile += [make("bytes", ["x"], BYTES), make("summary", ["x"], b"[" * 100_000), view()]
(folder / "pickle").write_bytes(BYTES)
(folder / "magic").write_bytes(b"SQLite format 3\0" + BYTES * 100)
hostile += [Journal(folder / "pickle"), Journal(folder / "magic")]
harmless = make("harmless", [HARMLESS])
use(harmless)
try:
    use(hostile[0])
except NbagentsError:
    pass

seen = []
FORBIDDEN = ("import", "exec", "compile", "os.", "subprocess.", "pickle.", "ctypes.",
             "shutil.", "socket.", "code.__new__", "object.__setattr__", "marshal.",
             "sqlite3.enable_load_extension", "sqlite3.load_extension")
watching = False


def is_harmless(file, mode):
    known = str(file).startswith((str(folder), "/proc/", "/etc/machine-id"))
    return known and mode in (None, "r", "rb")


def hook(name, args):
    if not watching:
        return
    if name.startswith(FORBIDDEN):
        seen.append((name, args))
    if name == "open" and not is_harmless(*args[:2]):
        seen.append((name, args))


sys.addaudithook(hook)
outcomes = []
watching = True
for journal in hostile:
    try:
        use(journal)
        outcomes.append("read")
    except NbagentsError as error:
        outcomes.append(type(error).__name__)
result = use(harmless).tasks["a"].result
watching = False
print(json.dumps({"seen": [repr(each)[:300] for each in seen], "outcomes": outcomes,
                  "harmless": result}))
'''


def test_opening_a_hostile_journal_imports_and_calls_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, tmp_path],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=100,  # A file that never ends would have us read for ever.
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["seen"] == []
    assert set(told["outcomes"]) == {
        "JournalRecordError",
        "JournalDamagedError",
        "NotAJournalError",
    }
    assert told["harmless"] == {"py/object": "os.system", "__reduce__": ["os.system"]}
