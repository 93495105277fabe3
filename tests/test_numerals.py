"""Numbers in sentences."""

import math

from hypothesis import given
from hypothesis import strategies as st

from rnnviz.figures.numerals import RAISED, percent, short

LOWERED = {raised: chr(plain) for plain, raised in RAISED.items()}


def value_of(told: str) -> float:
    """What a reader makes of it."""
    plain = "".join(LOWERED.get(ord(c), c) for c in told).replace("−", "-").replace(",", "")
    mantissa, _, power = plain.partition("·10")
    return float(mantissa) * 10.0 ** int(power or 0)


@given(st.floats(-1e30, 1e30).filter(lambda v: v == 0 or abs(v) > 1e-30), st.integers(1, 5))
def test_a_short_number_is_read_back_to_its_digits(value: float, digits: int) -> None:
    told = short(value, digits)
    assert "e" not in told
    assert "-" not in told
    assert math.isclose(value_of(told), value, rel_tol=10.0 ** (1 - digits), abs_tol=0)


def test_examples() -> None:
    told = [short(v) for v in (0, 0.0028, 1.4e-5, -1.31, 2.0, 5.7e2, 4.8e4, 2.5e7, math.inf)]
    assert told == ["0", "0.0028", "1.4·10⁻⁵", "−1.3", "2", "570", "48,000", "2.5·10⁷", "∞"]
    assert short(math.nan) == "no number"
    assert percent(0.976) == "98\N{NO-BREAK SPACE}%"
