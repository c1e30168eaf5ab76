"""How much one program may take of this machine."""

from dataclasses import dataclass

_MB = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramLimits:
    """How much one program in a local sandbox may take.

    Attributes:
        memory: Bytes that it and all its processes hold, counted each for itself.
        cpu_seconds: CPU time of one process.
        file_bytes: The largest file.
        disk_bytes: All its files together, also such as have no name any more.
        disk_entries: Files and folders.
        processes: Processes at a time.
        output_bytes: What is kept of stdout, and of stderr; of what is longer the
            beginning and the end.
        flood_bytes: What it may print before it is killed.
        result_files: Most files that are handed back.
        result_bytes: Most bytes of these together.
        figures: Most figures that are handed back.
    """

    memory: int = 2_000 * _MB
    cpu_seconds: int = 600
    file_bytes: int = 200 * _MB
    disk_bytes: int = 500 * _MB
    disk_entries: int = 10_000
    processes: int = 64
    output_bytes: int = 200_000
    flood_bytes: int = 50 * _MB
    result_files: int = 100
    result_bytes: int = 50 * _MB
    figures: int = 20
