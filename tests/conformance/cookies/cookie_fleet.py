"""A fleet that gives cookies and serves one zone: what the tests here begin with."""
from asking import ORIGIN, ZONE  # makes the folder of the next known
from fleet import Fleet


def start(add_cleanup, edges, option, secret):
    """Each edge gets `option` with a file that holds `secret`; the fleet ends with its test."""
    fleet = Fleet("sqlite", edges=edges)
    file = fleet.folder / "secret"
    file.write_text(secret + "\n")
    file.chmod(0o400)
    for edge in fleet.edges:
        edge.arguments += [option, str(file)]
    add_cleanup(fleet.__exit__, None)
    fleet.__enter__()
    fleet.import_zone(ORIGIN, ZONE)
    fleet.wait_everywhere("www." + ORIGIN, "A", ["192.0.2.1"])
    return fleet
