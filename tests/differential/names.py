"""Names as tuples of labels (octets), leftmost first, without the root: (b"www", b"a", b"s1")."""

NAME_OCTETS_MAX = 255


def octets(name):
    """How long the name is on the wire."""
    return sum(len(label) + 1 for label in name) + 1


def text(name):
    """Presentation form, absolute; every octet that could mean something is escaped."""
    return "".join(_label_text(label) + "." for label in name) or "."


def _label_text(label):
    shown = []
    for octet in label:
        if chr(octet).isascii() and (chr(octet).isalnum() or octet in b"-_*"):
            shown.append(chr(octet))
        else:
            shown.append(f"\\{octet:03d}")
    return "".join(shown)


def wire(name):
    return b"".join(bytes([len(label)]) + label for label in name) + b"\0"


def lower(name):
    return tuple(label.lower() for label in name)


def is_at_or_below(name, top):
    """By whole labels, without regard to case."""
    return len(name) >= len(top) and lower(name[len(name) - len(top):]) == lower(top)


def is_below(name, top):
    return len(name) > len(top) and is_at_or_below(name, top)


def mixed_case(rng, name):
    """0x20: each letter in a case of its own."""
    def turn(octet):
        is_letter = 65 <= (octet & 0xDF) <= 90
        return octet ^ 0x20 if is_letter and rng.random() < 0.5 else octet
    return tuple(bytes(turn(octet) for octet in label) for label in name)
