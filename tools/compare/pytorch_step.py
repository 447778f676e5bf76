#!/usr/bin/python3
"""Times a SandwichQ training step of ResNet-50 in PyTorch.

The step is written as a PyTorch user would write it: learned step size
quantization (LSQ) as an autograd function that fakes it in floating point,
narrow subnets as slices of one weight, images channels last. Images, labels
and weights are random, so this is about time and memory, not about accuracy.

    pytorch_step.py --precision=bf16 --batch=8 --steps=3 --threads=2

One more step runs before those that are timed. The last line is a JSON object.
"""

import argparse
import functools
import json
import resource
import statistics
import time
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 31
# So small that losses stay finite, which random weights do not promise.
LEARNING_RATE = 1e-6
# Channels of a stage's 3x3 convolutions, and its blocks.
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
EXPANSION = 4  # outputs of a block for each of these channels
# The first and the last layer have these bits in every subnet.
OUTER_BITS = 8


class Subnet(NamedTuple):
    """One network of the supernet."""

    resolution: int
    width_percent: int
    bits: int

    def __str__(self):
        return f"r{self.resolution}-w{self.width_percent}-q{self.bits}"


# What one step of training draws: the largest, two in between, the smallest.
# The teacher runs all but the last.
SUBNETS = (Subnet(224, 100, 8), Subnet(192, 86, 6), Subnet(160, 73, 4),
           Subnet(128, 60, 4))


def channels_at(channels, width_percent):
    """Returns the channels left at a width, a multiple of 8."""
    return max(8, int(channels * (width_percent / 100) / 8 + 0.5) * 8)


class LsqFunction(torch.autograd.Function):
    """Rounds values to steps, with the gradients of LSQ."""

    @staticmethod
    def forward(ctx, values, step, lowest, highest, gradient_scale):
        scaled = values / step
        ctx.save_for_backward(scaled)
        ctx.constants = lowest, highest, gradient_scale
        return torch.round(scaled.clamp(lowest, highest)) * step

    @staticmethod
    def backward(ctx, gradient):
        (scaled,) = ctx.saved_tensors
        lowest, highest, gradient_scale = ctx.constants
        below = scaled < lowest
        above = scaled > highest
        by_step = torch.where(
            below, lowest * torch.ones_like(scaled),
            torch.where(above, highest * torch.ones_like(scaled),
                        torch.round(scaled) - scaled))
        return (gradient * ~(below | above),
                (gradient * by_step).sum() * gradient_scale, None, None, None)


class Quantizer(nn.Module):
    """Fake quantization with one learned step for each number of bits."""

    def __init__(self, all_bits, signed):
        super().__init__()
        self.signed = signed
        self.steps = nn.ParameterDict(
            {str(bits): nn.Parameter(torch.tensor(0.05)) for bits in all_bits})

    def forward(self, values, bits):
        lowest = -2**(bits - 1) if self.signed else 0
        highest = 2**(bits - 1) - 1 if self.signed else 2**bits - 1
        return LsqFunction.apply(values, self.steps[str(bits)], lowest,
                                 highest, (values.numel() * highest)**-0.5)


class SlicedConv(nn.Module):
    """A convolution whose subnets use the first channels of one weight."""

    def __init__(self, outputs, inputs, kernel, stride, all_bits):
        super().__init__()
        self.weight = nn.Parameter(
            torch.randn(outputs, inputs, kernel, kernel) * 0.02)
        self.quantizer = Quantizer(all_bits, signed=True)
        self.stride = stride
        self.padding = kernel // 2

    def forward(self, x, outputs, bits):
        weight = self.weight[:outputs, :x.shape[1]]
        return F.conv2d(x, self.quantizer(weight, bits), stride=self.stride,
                        padding=self.padding)


class BatchNormBanks(nn.Module):
    """A batch norm with a scale and a shift for each domain and subnet."""

    def __init__(self, channels, expansion=1):
        super().__init__()
        self.scales = nn.ParameterDict()
        self.shifts = nn.ParameterDict()
        for domain in ("source", "target"):
            for subnet in SUBNETS:
                bank = f"{domain}-{subnet}"
                count = expansion * channels_at(channels, subnet.width_percent)
                self.scales[bank] = nn.Parameter(torch.ones(count))
                self.shifts[bank] = nn.Parameter(torch.zeros(count))

    def forward(self, x, bank):
        return F.batch_norm(x, None, None, self.scales[bank],
                            self.shifts[bank], training=True)


class Bottleneck(nn.Module):
    """A residual block with quantized inputs of its convolutions."""

    def __init__(self, inputs, channels, stride, has_projection):
        super().__init__()
        all_bits = sorted({subnet.bits for subnet in SUBNETS})
        outputs = EXPANSION * channels
        self.channels = channels
        self.conv1 = SlicedConv(channels, inputs, 1, 1, all_bits)
        self.conv2 = SlicedConv(channels, channels, 3, stride, all_bits)
        self.conv3 = SlicedConv(outputs, channels, 1, 1, all_bits)
        self.bn1 = BatchNormBanks(channels)
        self.bn2 = BatchNormBanks(channels)
        self.bn3 = BatchNormBanks(channels, EXPANSION)
        self.quantizers = nn.ModuleList(
            Quantizer(all_bits, signed=False) for _ in range(3))
        self.projection = None
        if has_projection:
            self.projection = SlicedConv(outputs, inputs, 1, stride, all_bits)
            self.projection_bn = BatchNormBanks(channels, EXPANSION)

    def forward(self, x, subnet, bank):
        bits = subnet.bits
        channels = channels_at(self.channels, subnet.width_percent)
        outputs = EXPANSION * channels
        # Both paths begin with the same quantized values.
        x_hat = self.quantizers[0](x, bits)
        y = F.relu(self.bn1(self.conv1(x_hat, channels, bits), bank))
        y = self.quantizers[1](y, bits)
        y = F.relu(self.bn2(self.conv2(y, channels, bits), bank))
        y = self.quantizers[2](y, bits)
        y = self.bn3(self.conv3(y, outputs, bits), bank)
        if self.projection is not None:
            x = self.projection_bn(self.projection(x_hat, outputs, bits), bank)
        return F.relu(y + x)


class Supernet(nn.Module):
    """ResNet-50 whose weights are shared by all subnets."""

    def __init__(self):
        super().__init__()
        inputs = STAGES[0][0]
        self.image_quantizer = Quantizer([OUTER_BITS], signed=True)
        self.conv1 = SlicedConv(inputs, 3, 7, 2, [OUTER_BITS])
        self.bn1 = BatchNormBanks(inputs)
        self.blocks = nn.ModuleList()
        for stage, (channels, count) in enumerate(STAGES):
            for i in range(count):
                stride = 2 if stage > 0 and i == 0 else 1
                self.blocks.append(
                    Bottleneck(inputs, channels, stride, i == 0))
                inputs = EXPANSION * channels
        self.feature_quantizer = Quantizer([OUTER_BITS], signed=False)
        self.classifier = nn.Parameter(torch.randn(CLASSES, inputs) * 0.02)
        self.classifier_quantizer = Quantizer([OUTER_BITS], signed=True)

    def forward(self, images, subnet, domain):
        """Returns the logits of a subnet for images of any resolution."""
        bank = f"{domain}-{subnet}"
        if images.shape[2] != subnet.resolution:
            images = F.interpolate(images, subnet.resolution, mode="bilinear",
                                   align_corners=True)
        outputs = channels_at(STAGES[0][0], subnet.width_percent)
        x = self.image_quantizer(images, OUTER_BITS)
        x = F.relu(self.bn1(self.conv1(x, outputs, OUTER_BITS), bank))
        x = F.max_pool2d(x, 3, 2, 1)
        for block in self.blocks:
            x = block(x, subnet, bank)
        features = self.feature_quantizer(x.mean((2, 3)), OUTER_BITS)
        weight = self.classifier_quantizer(
            self.classifier[:, :features.shape[1]], OUTER_BITS)
        return F.linear(features, weight)


def target_loss(logits, teacher_logits=None):
    """Wants images sure of a class, all classes in use, the teacher's view."""
    p = logits.softmax(1)
    mean = p.mean(0)
    loss = -(p * (p + 1e-5).log()).sum(1).mean()
    loss = loss + (mean * (mean + 1e-5).log()).sum()
    if teacher_logits is not None:
        wanted = F.softmax(teacher_logits.float() / 0.04, 1)
        loss = loss - (wanted * F.log_softmax(logits / 0.1, 1)).sum(1).mean()
    return loss


def random_images(batch):
    """Returns images of the largest resolution, channels last."""
    side = SUBNETS[0].resolution
    images = torch.randn(batch, 3, side, side)
    return images.contiguous(memory_format=torch.channels_last)


def add_gradients(supernet, images, subnet, domain, loss_of, autocast):
    """Runs a subnet forward and backward; returns the loss, keeps no graph."""
    with autocast():
        loss = loss_of(supernet(images, subnet, domain).float())
    loss.backward()
    return loss.item()


def training_step(supernet, optimizer, batch, autocast):
    """Updates the weights once; returns the losses, two a subnet."""
    source = random_images(batch)
    target = random_images(batch)
    labels = torch.randint(0, CLASSES, (batch,))
    with torch.no_grad(), autocast():
        teacher_logits = [supernet(target, subnet, "target")
                          for subnet in SUBNETS[:-1]]
    source_loss = functools.partial(F.cross_entropy, target=labels)
    losses = []
    for subnet in SUBNETS:
        losses.append(add_gradients(supernet, source, subnet, "source",
                                    source_loss, autocast))
        teacher = None if subnet == SUBNETS[0] else teacher_logits[0]
        losses.append(add_gradients(
            supernet, target, subnet, "target",
            functools.partial(target_loss, teacher_logits=teacher), autocast))
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return losses


def parse_arguments():
    """Returns the command line's arguments."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--precision", choices=("f32", "bf16"), default="bf16",
                        help="bf16 is autocast's")
    parser.add_argument("--batch", type=int, default=8,
                        help="source images of a step, and target images")
    parser.add_argument("--steps", type=int, default=3, help="steps timed")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    if min(arguments.batch, arguments.steps, arguments.threads) < 1:
        parser.error("--batch, --steps and --threads must be at least 1")
    return arguments


def main():
    """Times steps and prints what they took."""
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    supernet = Supernet()
    optimizer = torch.optim.SGD(supernet.parameters(), lr=LEARNING_RATE)
    autocast = functools.partial(torch.autocast, "cpu", torch.bfloat16,
                                 enabled=arguments.precision == "bf16")
    seconds = []
    # The first step makes what later ones find made.
    for step in range(arguments.steps + 1):
        start = time.perf_counter()
        losses = training_step(supernet, optimizer, arguments.batch, autocast)
        elapsed = time.perf_counter() - start
        print(f"step {step}: {elapsed:.2f} s, losses",
              " ".join(f"{loss:.6f}" for loss in losses), flush=True)
        if step > 0:
            seconds.append(elapsed)
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({
        "pairs_per_s": round(arguments.batch / statistics.median(seconds), 3),
        "peak_rss_mib": peak_kib // 1024,
        "torch": torch.__version__, "precision": arguments.precision,
        "batch": arguments.batch, "threads": arguments.threads}))


if __name__ == "__main__":
    main()
