"""LeNet-5 (20-50-500-10; convolution, max-pooling, ReLU) and its passes over a data set, in PyTorch."""

import os
import time

import numpy
import torch
from torch import nn

TRAINING_BATCH = 256
FORWARD_BATCH = 1000
CORRELATION_BATCH = 256


def lenet5():
    """The network in four steps; the first three give the input of fc2."""
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.ReLU()),
        nn.Sequential(nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()),
        nn.Sequential(nn.Linear(800, 500), nn.ReLU()),
        nn.Linear(500, 10),
    )


class Passes:
    """One network that every epoch trains further, and images, normalised once and kept in single precision."""

    def __init__(self, folder, device):
        self.device = torch.device(device)
        pixels = torch.from_numpy(numpy.fromfile(os.path.join(folder, "images.bin"), numpy.uint8))
        labels = torch.from_numpy(numpy.fromfile(os.path.join(folder, "labels.bin"), numpy.uint8))
        self.images = ((pixels.view(-1, 1, 28, 28).float() / 255 - 0.1307) / 0.3081).to(self.device)
        self.labels = labels.long().to(self.device)
        self.network = lenet5().to(self.device)
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3)

    def run(self, name):
        """Seconds that a pass took, and what it found."""
        work = {"epoch": self.epoch, "forward": self.forward, "correlation": self.correlation}[name]
        start = time.perf_counter()
        value = work()
        return time.perf_counter() - start, value

    def epoch(self):
        """Trains once through the images in random order; returns the accuracy met on the way."""
        correct = torch.zeros((), dtype=torch.long, device=self.device)  # read at the end: a GPU then need not wait
        for chosen in torch.randperm(len(self.labels), device=self.device).split(TRAINING_BATCH):
            target = self.labels[chosen]
            logits = self.network(self.images[chosen])
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(logits, target).backward()
            self.optimizer.step()
            correct += (logits.detach().argmax(1) == target).sum()
        return correct.item() / len(self.labels)

    @torch.inference_mode()
    def forward(self):
        """The accuracy on all images, in their order."""
        correct = torch.zeros((), dtype=torch.long, device=self.device)
        for x, target in zip(self.images.split(FORWARD_BATCH), self.labels.split(FORWARD_BATCH)):
            correct += (self.network(x).argmax(1) == target).sum()
        return correct.item() / len(self.labels)

    @torch.inference_mode()
    def correlation(self):
        """R = sum x x' / (d n) and C = sum (W x) x' / (d n) for fc2, summed in single precision; returns R's trace."""
        weight = self.network[3].weight
        d, n = weight.shape[1], len(self.labels)
        r, c = torch.zeros(d, d, device=self.device), torch.zeros(weight.shape[0], d, device=self.device)
        for images in self.images.split(CORRELATION_BATCH):
            x = self.network[:3](images).T
            r += (x / d) @ (x.T / n)
            c += (weight @ x / d) @ (x.T / n)
        return r.trace().item()
