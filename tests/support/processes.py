"""A process and all below it, as /proc shows them."""
import os
import pathlib


def children_of(pid):
    """All below it, also what its threads started."""
    below = []
    try:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            below += [int(each) for each in (task / "children").read_text().split()]
    except OSError:
        return below
    return below + [each for child in below for each in children_of(child)]


def resident(pid):
    """Bytes of memory that it holds now, shared ones too; 0 where it is gone."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def resident_together(pid):
    return sum(resident(each) for each in [pid, *children_of(pid)])
