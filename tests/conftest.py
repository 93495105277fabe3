import torch
from hypothesis import settings

torch.set_num_threads(1)  # nets of a few dozen units: more threads only wait for one another
settings.register_profile(
    "house", deadline=None
)  # a test is never about time: two cores may be busy with something else
settings.load_profile("house")
