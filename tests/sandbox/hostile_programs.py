"""Programs that try to get out of a sandbox, or to take the machine down.

This is the one place that says what is held and what gets through at which level;
`docs/sandboxes.md` shows the same as a table. Each program is bounded by itself, so
that a fault of the sandbox costs no machine.
"""

from dataclasses import dataclass

LEVELS = ("bubblewrap", "landlock", "subprocess")
HELD, THROUGH, DEPENDS = "held", "**gets through**", "depends on the machine"

# What programs find as names: see `World` in `local/test_hostile.py`.
BEGIN = """
import ctypes, os, resource, signal, socket, subprocess, sys, threading, time
def got(): print("GOT THROUGH", flush=True)
def held_for_a_while(): time.sleep(HOLD); got()
libc = ctypes.CDLL(None, use_errno=True)
"""


@dataclass(frozen=True)
class Hostile:
    """One program.

    Attributes:
        tries: What it tries, as the table has it.
        code: Its source.
        open_at: The levels at which that gets through.
        depends_at: The levels at which that depends on who one is, and where.
        sign: What shows that it got through; else it says so.
        seconds: How long it may run.
    """

    tries: str
    code: str
    open_at: tuple[str, ...] = ()
    depends_at: tuple[str, ...] = ()
    sign: str = "says"
    seconds: float = 20

    def at(self, level: str) -> str:
        """Return what is documented for `level`."""
        if level in self.open_at:
            return THROUGH
        return DEPENDS if level in self.depends_at else HELD


PLAIN = ("subprocess",)
NO_NAMESPACE = ("landlock", "subprocess")

SECRETS = (
    Hostile(
        "reads the environment of the kernel",
        "if b'=' in open(f'/proc/{KERNEL}/environ', 'rb').read(): got()",
        PLAIN,
    ),
    Hostile(
        "reads the environments of all its parents",
        """
pid = os.getppid()
while pid > 1:
    if b'PYTEST' in open(f'/proc/{pid}/environ', 'rb').read() or pid == KERNEL: got()
    pid = int(open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[1])
""",
        PLAIN,
    ),
    Hostile("looks for keys in its own environment", "if KEY in os.environ: got()"),
    Hostile(
        "reads the memory of the kernel as a file",
        "open(f'/proc/{KERNEL}/mem', 'rb'); got()",
        depends_at=PLAIN,
    ),
    Hostile(
        "reads the memory of another process by a call",
        """
buffer = ctypes.create_string_buffer(8)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
if libc.process_vm_readv(VICTIM, vector, 1, vector, 1, 0) >= 0 \\
        or ctypes.get_errno() != 1: got()
""",
    ),
    Hostile(
        "attaches to another process as a debugger",
        "if libc.ptrace(16, VICTIM, 0, 0) == 0: got()",
    ),
    Hostile(
        "reads how the kernel was started",
        "if open(f'/proc/{KERNEL}/cmdline').read(): got()",
        PLAIN,
    ),
    Hostile(
        "lists the open files of the kernel",
        "if os.listdir(f'/proc/{KERNEL}/fd'): got()",
        PLAIN,
    ),
    Hostile(
        "lists the processes of the machine",
        "if str(KERNEL) in os.listdir('/proc'): got()",
        PLAIN,
    ),
    Hostile(
        "uses open files that it was left",
        """
for number in range(3, 256):
    try: os.fstat(number)
    except OSError: continue
    got()
""",
    ),
    Hostile(
        "reads the name of the machine",
        "if os.uname().nodename == MACHINE: got()",
        NO_NAMESPACE,
    ),
)

FILES = (
    Hostile("reads a file in the home folder", "open(HOME_FILE).read(); got()", PLAIN),
    Hostile("lists the home folder", "if os.listdir(HOME): got()", PLAIN),
    Hostile(
        "asks for the size of a file in the home folder",
        "os.stat(HOME_FILE); got()",
        NO_NAMESPACE,
    ),
    Hostile("reads the notebook's folder", "open(NOTEBOOK).read(); got()", PLAIN),
    Hostile("writes over the notebook", "open(NOTEBOOK, 'w').write('x'); got()", PLAIN),
    Hostile(
        "makes a file in the home folder",
        "open(HOME + '/new', 'w').write('x'); got()",
        PLAIN,
    ),
    Hostile("removes a file in the home folder", "os.remove(HOME_FILE); got()", PLAIN),
    Hostile(
        "renames a file in the home folder",
        "os.rename(HOME_FILE, HOME_FILE + '.gone'); got()",
        PLAIN,
    ),
    Hostile(
        "cuts a file in the home folder short",
        "os.truncate(HOME_FILE, 0); got()",
        PLAIN,
    ),
    Hostile(
        "empties a file by opening it for reading",
        "os.open(HOME_FILE, os.O_RDONLY | os.O_TRUNC); got()",
        PLAIN,
    ),
    Hostile(
        "changes the mode of a file in the home folder",
        "os.chmod(HOME_FILE, 0o777)",
        PLAIN,
        sign="the mode is another",
    ),
    Hostile(
        "changes the times of a file in the home folder",
        "os.utime(HOME_FILE, (1, 1))",
        PLAIN,
        sign="the time is another",
    ),
    Hostile(
        "makes a hard link to a file in the home folder, and reads it",
        "os.link(HOME_FILE, 'x'); open('x').read(); got()",
        PLAIN,
    ),
    Hostile(
        "makes a symbolic link to a file in the home folder, and reads it",
        "os.symlink(HOME_FILE, 'x'); open('x').read(); got()",
        PLAIN,
    ),
    Hostile(
        "has a symbolic link handed back as a file",
        "os.symlink(HOME_FILE, 'x')",
        sign="the secret is handed back",
    ),
    Hostile(
        "has a folder handed back through a symbolic link",
        "os.symlink(HOME, 'x')",
        sign="the secret is handed back",
    ),
    Hostile(
        "puts a link in the place of its working directory",
        """
here = os.getcwd()
try: os.rename(here, here + '.old'); os.symlink(HOME, here)
finally: print('tried')
""",
        sign="the secret is handed back",
    ),
    Hostile(
        "hands back a pipe, so that reading it never ends",
        "os.mkfifo('result.csv')",
        sign="the pipe is handed back",
    ),
    Hostile(
        "hands back text as a figure",
        """
for name in (os.path.join(os.path.dirname(os.getcwd()), 'figures', '000.png'), 'f.png'):
    open(name, 'w').write('<script>')
""",
        sign="a figure is no picture",
    ),
    Hostile("reads the temporary files of others", "open(OTHERS).read(); got()", PLAIN),
    Hostile(
        "leaves a file in the folder for temporary files",
        "open(LEFT, 'w').write('x')",
        PLAIN,
        sign="something is left",
    ),
    Hostile(
        "leaves a file in shared memory",
        "open(LEFT_SHARED, 'w').write('x')",
        PLAIN,
        sign="something is left in shared memory",
    ),
    Hostile("reads who has an account", "open('/etc/passwd').read(); got()", PLAIN),
    Hostile(
        "changes the packages that are installed",
        "open(os.path.join(PACKAGES, 'nbagents_was_here'), 'w').close()",
        depends_at=PLAIN,
        sign="the packages are changed",
    ),
    Hostile(
        "changes nbagents itself",
        "open(LAUNCHER, 'ab').close(); got()",
        depends_at=PLAIN,
    ),
    Hostile(
        "changes a setting of the operating system",
        "open('/proc/sys/kernel/hostname', 'r+').close(); got()",
        depends_at=PLAIN,
    ),
    Hostile(
        "reads the messages of the operating system",
        "os.open('/dev/kmsg', os.O_RDONLY); got()",
        depends_at=PLAIN,
    ),
    Hostile("opens the terminal", "open('/dev/tty', 'rb'); got()"),
)

NETWORK = (
    Hostile(
        "connects to a server on this machine (TCP)",
        "socket.create_connection(('127.0.0.1', PORT)); got()",
        PLAIN,
    ),
    Hostile(
        "sends a datagram (UDP)",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', UDP_PORT))",
        PLAIN,
        sign="a datagram arrived",
    ),
    Hostile(
        "connects to a socket that is a file",
        "socket.socket(socket.AF_UNIX).connect(SOCKET_FILE); got()",
        PLAIN,
    ),
    Hostile(
        "connects to a socket without a file",
        "socket.socket(socket.AF_UNIX).connect('\\0' + ABSTRACT); got()",
        PLAIN,
    ),
    Hostile(
        "lists the connections of the machine",
        "if f':{PORT:04X} ' in open('/proc/net/tcp').read(): got()",
        PLAIN,
    ),
    Hostile(
        "lists the network interfaces of the machine",
        "if len(socket.if_nameindex()) > 1: got()",  # More than the one to itself.
        depends_at=PLAIN,
    ),
)

OTHERS = (
    Hostile("may signal the kernel", "os.kill(KERNEL, 0); got()"),
    Hostile(
        "kills another process",
        "os.kill(VICTIM, signal.SIGKILL)",
        sign="the victim is dead",
    ),
    Hostile(
        "kills another process by one of its threads",
        """
NUMBER = 200 if os.uname().machine == 'x86_64' else 130
libc.syscall(NUMBER, VICTIM, signal.SIGKILL)
""",
        sign="the victim is dead",
    ),
    Hostile(
        "kills another process by a descriptor",
        "signal.pidfd_send_signal(os.pidfd_open(VICTIM), signal.SIGKILL)",
        sign="the victim is dead",
    ),
    Hostile(
        "has a pipe kill another process",
        """
import fcntl
inlet, outlet = os.pipe()
fcntl.fcntl(inlet, fcntl.F_SETOWN, VICTIM)
fcntl.fcntl(inlet, 10, signal.SIGKILL)
fcntl.fcntl(inlet, fcntl.F_SETFL, os.O_ASYNC)
os.write(outlet, b'x')
""",
        sign="the victim is dead",
    ),
    Hostile(
        "signals everybody",
        "os.kill(-1, signal.SIGURG)",  # Which nobody dies of.
        sign="a signal arrived",
    ),
    Hostile(
        "kills whoever watches it",
        """
parent = os.getppid()
try: os.kill(parent, signal.SIGKILL)
finally:
    time.sleep(0.2)
    if os.getppid() != parent: got()
""",
    ),
    Hostile(
        "limits another process",
        "resource.prlimit(VICTIM, resource.RLIMIT_NOFILE, (9, 9)); got()",
    ),
    Hostile("slows another process down", "os.setpriority(0, VICTIM, 19); got()"),
    Hostile(
        "pins another process to one processor",
        "os.sched_setaffinity(VICTIM, {0}); got()",
    ),
    Hostile(
        "leaves shared memory that outlives it",
        "libc.shmget(SHARED_KEY, 4096, 0o1600)",
        sign="shared memory is left",
    ),
    Hostile(
        "leaves a key in the keyring of the operating system",
        """
NUMBER = 248 if os.uname().machine == 'x86_64' else 217
if libc.syscall(NUMBER, b'user', b'nbagents', b'x', 1, -5) >= 0: got()
""",
    ),
)

RIGHTS = (
    Hostile(
        "may gain rights by programs such as sudo",
        "if 'NoNewPrivs:\\t1' not in open('/proc/self/status').read(): got()",
    ),
    Hostile(
        "raises its own limits",
        """
most = resource.RLIM_INFINITY
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)); got()
""",
    ),
    Hostile(
        "mounts a file system",
        "if libc.mount(b'none', os.getcwd().encode(), b'tmpfs', 0, None) == 0: got()",
    ),
    Hostile(
        "makes itself root of a namespace",
        "if libc.unshare(0x10000000) == 0: got()",
    ),
    Hostile(
        "makes itself root of a namespace as a child",
        """
NUMBER = 56 if os.uname().machine == 'x86_64' else 220
pid = libc.syscall(NUMBER, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
if pid == 0: os._exit(0)
if pid > 0: got()
""",
    ),
    Hostile(
        "goes around filters with io_uring",
        "if libc.syscall(425, 4, (ctypes.c_char * 120)()) >= 0: got()",
    ),
    Hostile(
        "changes the name of the machine",
        "if libc.sethostname(MACHINE.encode(), len(MACHINE)) == 0: got()",
    ),
)

LEFTOVERS = (
    Hostile(
        "leaves a process",
        "subprocess.Popen(['sleep', MARK])",
        sign="a process is left",
    ),
    Hostile(
        "leaves a process in a session of its own",
        "subprocess.Popen(['sleep', MARK], start_new_session=True)",
        sign="a process is left",
    ),
    Hostile(
        "leaves a process whose parents have ended",
        """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: os.execvp('sleep', ['sleep', MARK])
    os._exit(0)
time.sleep(0.1)
""",
        sign="a process is left",
    ),
    Hostile(
        "leaves a process that ignores signals and has no environment",
        """
if os.fork() == 0:
    os.setsid()
    for number in range(1, 32):
        if number not in (9, 19): signal.signal(number, signal.SIG_IGN)
    os.execve('/bin/sleep', ['sleep', MARK], {})
time.sleep(0.1)
""",
        sign="a process is left",
    ),
    Hostile(
        "leaves a process when its time is up",
        "subprocess.Popen(['sleep', MARK], start_new_session=True); time.sleep(600)",
        sign="a process is left",
        seconds=0.5,
    ),
    Hostile(
        "leaves processes faster than they are looked for",
        """
end = time.monotonic() + 2
for _ in range(300):  # Each begins the next and ends.
    if os.fork(): os._exit(0)
    os.setsid()
os.execvp('sleep', ['sleep', MARK])
""",
        sign="a process is left",
    ),
    Hostile(
        "never ends",
        "time.sleep(600); got()",
        sign="it ended by itself",
        seconds=0.5,
    ),
    Hostile(
        "never ends, and ignores all signals",
        """
for number in range(1, 32):
    if number not in (9, 19): signal.signal(number, signal.SIG_IGN)
while True: time.sleep(1)
""",
        sign="it ended by itself",
        seconds=0.5,
    ),
)

AMOUNTS = (
    Hostile("computes without end", "while True: pass", sign="it ended by itself"),
    Hostile(
        "computes without end, deaf to the signal",
        "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        sign="it ended by itself",
    ),
    Hostile(
        "starts 300 processes",
        """
for _ in range(300):
    if os.fork() == 0: time.sleep(HOLD + 1); os._exit(0)
held_for_a_while()
""",
    ),
    Hostile(
        "starts processes that start processes (a fork bomb)",
        """
own = os.getpid()
for _ in range(8): os.fork()
time.sleep(HOLD)
if os.getpid() == own: got()
""",
    ),
    Hostile(
        "starts 500 threads",
        """
threading.stack_size(65536)
for _ in range(500):
    threading.Thread(target=time.sleep, args=[HOLD], daemon=True).start()
held_for_a_while()
""",
    ),
    Hostile("takes 1 GB of memory at once", "x = bytearray(1_000_000_000); got()"),
    Hostile(
        "takes memory in several processes",
        """
for _ in range(4):
    if os.fork() == 0: x = b'x' * 150_000_000; time.sleep(HOLD + 1); os._exit(0)
held_for_a_while()
""",
    ),
    Hostile("writes one large file", "open('x', 'wb').write(bytes(20_000_000)); got()"),
    Hostile(
        "writes many files of some size",
        """
for number in range(15): open(str(number), 'wb').write(bytes(4_000_000))
held_for_a_while()
""",
    ),
    Hostile(
        "writes files that have no name any more",
        """
kept = []
for number in range(15):
    kept.append(open('x', 'wb')); kept[-1].write(bytes(4_000_000)); kept[-1].flush()
    os.remove('x')
held_for_a_while()
""",
    ),
    Hostile(
        "keeps data in files of memory",
        """
kept = []
for number in range(15):
    kept.append(os.memfd_create('x')); os.write(kept[-1], bytes(4_000_000))
held_for_a_while()
""",
    ),
    Hostile(
        "makes 3,000 empty files",
        "for number in range(3000): open(str(number), 'w').close()\nheld_for_a_while()",
    ),
    Hostile(
        "makes folders 500 deep",
        "for _ in range(500): os.mkdir('d'); os.chdir('d')\nheld_for_a_while()",
    ),
    Hostile(
        "makes folders 500 deep, and ends",
        "for _ in range(500): os.mkdir('d'); os.chdir('d')",
        sign="the folder is left",
    ),
    Hostile(
        "prints 2 MB",
        "print('x' * 2_000_000)",
        sign="all of it is kept",
    ),
    Hostile(
        "prints without end",
        "while True: os.write(1, b'x' * 65536)",
        sign="all of it is kept",
    ),
    Hostile(
        "prints errors without end",
        "while True: os.write(2, b'x' * 65536)",
        sign="all of it is kept",
    ),
    Hostile(
        "raises an error with a message of 2 MB",
        "raise ValueError('x' * 2_000_000)",
        sign="all of it is kept",
    ),
)

GROUPS = {
    "Secrets": SECRETS,
    "Files": FILES,
    "Network": NETWORK,
    "Other processes": OTHERS,
    "Rights": RIGHTS,
    "What is left behind": LEFTOVERS,
    "Amounts": AMOUNTS,
}
PROGRAMS = tuple(each for group in GROUPS.values() for each in group)


def table() -> str:
    """Return what is documented, as Markdown."""
    lines = [
        f"| what a program tries | {' | '.join(LEVELS)} |",
        "|---|" + "---|" * len(LEVELS),
    ]
    for name, group in GROUPS.items():
        lines.append(f"| **{name}** |" + " |" * len(LEVELS))
        lines += [
            f"| {each.tries} | {' | '.join(map(each.at, LEVELS))} |" for each in group
        ]
    return "\n".join(lines)
