import torch

torch.set_num_threads(1)  # nets of a few dozen units: more threads only wait for one another
