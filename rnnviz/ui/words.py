"""Interface strings, one table a language. A second language adds a table and `<page>.<language>.md` files."""

from __future__ import annotations

ENGLISH = {
    "bar": "Time",
    "play": "Play",
    "pause": "Pause",
    "back": "One frame back (←)",
    "next": "One frame forward (→)",
    "scrub": "Training step",
    "speed": "Speed",
    "step": "step",
    "link": "Copy link",
    "linkHelp": "Copy a link that opens exactly this picture",
    "copied": "Copied",
    "broke": "This run stopped with an error; change a setting to go on.",
    "difference": "largest difference",
    "agrees": "Two ways of computing it agree",
    "differs": "Two ways of computing it differ: do not trust this picture",
    "tolerance": "tolerance",
}
