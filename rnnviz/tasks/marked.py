"""Tasks that are marked at some steps only: read much, answer late."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cross_entropy

from rnnviz.settings import Checked
from rnnviz.tasks.spec import Batch


class Marked(Checked):
    """Base of classifications whose loss and score read the steps `marked`, and no others.

    y holds the classes of those steps, (batch, marked steps), or (batch) where one step is marked.
    """

    @property
    def marked(self) -> slice:
        """The steps that count; the last one unless a task says otherwise."""
        return slice(-1, None)

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Mean cross-entropy of the marked steps, in nats."""
        return cross_entropy(logits[:, self.marked].flatten(0, 1), batch.y.flatten())

    def score(self, logits: Tensor, batch: Batch) -> Tensor:
        """Share of the marked steps that are right."""
        return (logits[:, self.marked].argmax(-1).flatten() == batch.y.flatten()).float().mean()
