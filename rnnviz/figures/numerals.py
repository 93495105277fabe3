"""Numbers as they are written in a sentence: a true minus, powers of ten where many noughts would stand."""

from __future__ import annotations

import math

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def short(value: float, digits: int = 2) -> str:
    """At most `digits` significant digits: 0.0028, −1.3, 48,000, 1.4·10⁻⁵; powers of ten from a million on."""
    value = float(value)
    if math.isnan(value):
        return "no number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, power = f"{abs(value):.{digits - 1}e}".split("e")
    size = int(power)
    if value == 0:
        told = "0"
    elif -4 < size < 6:
        told = f"{float(f'{abs(value):.{digits - 1}e}'):,.{max(0, digits - 1 - size)}f}"
        told = told.rstrip("0").rstrip(".") if "." in told else told
    else:
        told = f"{mantissa}·10{str(size).translate(RAISED)}"
    return f"−{told}" if value < 0 else told


def percent(share: float) -> str:
    """A share between 0 and 1 as whole per cent."""
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
