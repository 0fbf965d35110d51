"""Single operations in PyTorch, repeated on operands of random numbers, and how fast a device could do them at most."""

import ctypes
import math
import os
import time

import numpy
import torch

import solvers

# Double-precision flops of one multiprocessor in a clock cycle, by tensor cores, as NVIDIA's white papers on A100 and
# H100 have them; by the device's compute capability.
FLOPS_OF_A_CYCLE = {(8, 0): 128, (9, 0): 256}
CLOCK_RATE = 13  # CU_DEVICE_ATTRIBUTE_CLOCK_RATE: the highest, in kHz


class Operations:
    def __init__(self, folder, device):
        self.numbers = numpy.load(os.path.join(folder, "normal.npy")).ravel()
        self.device = torch.device(device)

    @torch.inference_mode()
    def run(self, name, shape, repeats):
        """Seconds of an operation, the mean of several behind each other, and the value of its result."""
        sizes = [int(size) for size in shape.split("x")]
        return {"gram": self.gram, "patches": self.patches, "prox": self.prox}[name](repeats, *sizes)

    @torch.inference_mode()
    def bound(self, name, shape, repeats):
        """The least seconds that the device allows; nan where they are not known."""
        sizes = [int(size) for size in shape.split("x")]
        return {"gram": self.bound_of_gram, "prox": self.bound_of_prox}[name](repeats, *sizes)

    def normal(self, dtype, *shape):
        """The numbers, repeated."""
        numbers = torch.from_numpy(self.numbers).to(self.device, dtype)
        count = math.prod(shape)
        return numbers.repeat(-(-count // len(numbers)))[:count].reshape(shape)

    def wait(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def time(self, repeats, work):
        for _ in range(2):  # the first time wakes the device
            self.wait()
            start = time.perf_counter()
            for _ in range(repeats):
                work()
            self.wait()
            seconds = (time.perf_counter() - start) / repeats
        return seconds

    def gram(self, repeats, n, d):
        """S = S + X' X, summed in double precision, as LNR does."""
        x, s = self.normal(torch.float32, n, d), torch.zeros(d, d, dtype=torch.float64, device=self.device)

        def work():
            wide = x.double()
            s.addmm_(wide.T, wide)

        return self.time(repeats, work), s.trace().item() / (2 * repeats)

    def patches(self, repeats, n, channels, height, width, kernel):
        """The same over all patches, unfolded and multiplied in single precision."""
        x = self.normal(torch.float32, n, channels, height, width)
        d = channels * kernel * kernel
        s = torch.zeros(d, d, device=self.device)

        def work():
            rows = torch.nn.functional.unfold(x, kernel).transpose(1, 2).reshape(-1, d)
            s.addmm_(rows.T, rows)

        return self.time(repeats, work), s.trace().item() / (2 * repeats)

    def prox(self, repeats, h, d):
        m = self.normal(torch.float64, d, h).T.contiguous()
        out = [m]

        def work():
            out[0] = solvers.prox(m, math.sqrt(h))

        return self.time(repeats, work), torch.linalg.vector_norm(out[0], dim=0).sum().item()

    def copying(self, repeats, numbers, dtype):
        """Seconds of a copy within the device's memory: on a GPU, cudaMemcpyAsync from device to device."""
        source = self.normal(dtype, numbers)
        target = torch.empty_like(source)
        return self.time(repeats, lambda: target.copy_(source))

    def bound_of_prox(self, repeats, h, d):
        """A copy of M: it too reads and writes M once."""
        return self.copying(repeats, h * d, torch.float64)

    def bound_of_gram(self, repeats, n, d):
        """n d^2 flops, those of one triangle, or the reading of X at the speed of a copy: whichever takes longer."""
        if self.device.type != "cuda":
            return math.nan
        properties = torch.cuda.get_device_properties(self.device)
        cycle = FLOPS_OF_A_CYCLE.get((properties.major, properties.minor))
        kilohertz = ctypes.c_int()
        failed = ctypes.CDLL("libcuda.so.1").cuDeviceGetAttribute(
            ctypes.byref(kilohertz), CLOCK_RATE, torch.cuda.current_device()
        )
        if cycle is None or failed:
            return math.nan
        flops = n * d * d / (cycle * properties.multi_processor_count * 1e3 * kilohertz.value)
        return max(flops, self.copying(repeats, n * d, torch.float32) / 2)
