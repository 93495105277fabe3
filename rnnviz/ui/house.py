"""The one shelf, trainer and list of views of this process."""

from __future__ import annotations

import os

from rnnviz.ui.shelf import Shelf
from rnnviz.ui.trainer import Trainer
from rnnviz.ui.view import Views

SHELF = Shelf(room=int(os.environ.get("RNNVIZ_SHELF_MB", "400")) * 1_000_000)
TRAINER = Trainer(SHELF)
VIEWS = Views()
