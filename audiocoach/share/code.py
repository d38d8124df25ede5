"""An address as a QR code, for a camera that looks at the terminal."""

from __future__ import annotations

_QUIET = 4
"""Modules of light around the code (ISO/IEC 18004, section 6.3.8)."""
_BLOCKS = {(1, 1): " ", (0, 1): "\N{UPPER HALF BLOCK}", (1, 0): "\N{LOWER HALF BLOCK}"}
_FULL = "\N{FULL BLOCK}"
_LIGHT_ON_DARK, _RESET = "\x1b[97;40m", "\x1b[0m"
"""Said outright, so that the code is dark on light whatever the terminal's colours."""


def qr_lines(address: str) -> list[str]:
    """The code in half blocks: two rows of modules in each line."""
    import segno

    code = segno.make(address, error="m", micro=False)
    rows = [[int(bool(module)) for module in row] for row in code.matrix_iter(border=_QUIET)]
    if len(rows) % 2:
        rows.append([0] * len(rows[0]))
    lines = []
    for upper, lower in zip(rows[::2], rows[1::2], strict=True):
        blocks = (_BLOCKS.get(pair, _FULL) for pair in zip(upper, lower, strict=True))
        lines.append(f"{_LIGHT_ON_DARK}{''.join(blocks)}{_RESET}")
    return lines
