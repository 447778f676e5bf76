#!/usr/bin/python3
"""Writes a ResNet-50 as ONNX Runtime's own static quantizer would write it.

The graph is that of quantize_static with QuantFormat.QDQ, per_channel=True,
int8 weights and uint8 activations, made of a model whose batch norms are
folded into its convolutions. ONNX Runtime replaces all of it by its integer
kernels. Weights are random, always the same ones, so the model is good for its
speed alone.

    onnx_runtime_model.py --width-percent=100 --resolution=224 --out=r50.onnx
    onnx_runtime_model.py --float --out=r50_f32.onnx
"""

import argparse
import math
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
IR_VERSION = 7
# Channels of a stage's 3x3 convolutions, and its blocks.
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
EXPANSION = 4  # outputs of a block for each of these channels
# A calibrated range of normally distributed values, in standard deviations.
RANGE_IN_DEVIATIONS = 4


def channels_at(channels, width_percent):
    """Returns the channels left at a width, a multiple of 8."""
    return max(8, int(channels * (width_percent / 100) / 8 + 0.5) * 8)


class Tensor(NamedTuple):
    """An activation."""

    name: str  # of what the next node reads
    channels: int
    rms: float  # root of its mean square, roughly; sets weights and ranges
    # Of its quantizer, where it has one: names of the initializers, the value.
    step: str = ""
    zero_point: str = ""
    step_value: float = 0.0


class ModelWriter:
    """Adds the layers of a network to a graph, quantized or not."""

    def __init__(self, quantized):
        self.quantized = quantized
        self.nodes = []
        self.initializers = []
        # RandomState's numbers are the same in every version of numpy.
        self.random = np.random.RandomState(0)

    def constant(self, name, values):
        """Adds an initializer and returns its name."""
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def node(self, kind, inputs, output, **attributes):
        """Adds a node and returns the name of its output."""
        self.nodes.append(
            helper.make_node(kind, inputs, [output], name=f"{output}_{kind}",
                             **attributes))
        return output

    def round_trip(self, name, tensor):
        """Quantizes the value `name` with the step of `tensor` and back."""
        if not self.quantized:
            return tensor._replace(name=name)
        parameters = [tensor.step, tensor.zero_point]
        codes = self.node("QuantizeLinear", [name, *parameters],
                          f"{name}_quantized")
        values = self.node("DequantizeLinear", [codes, *parameters],
                           f"{name}_dequantized")
        return tensor._replace(name=values)

    def activation(self, name, channels, rms, signed):
        """Quantizes the value `name` to uint8 with its own step, and back.

        Where it is not signed the range begins at 0: the clipping of
        QuantizeLinear is then the Relu, which the quantizer removes.
        """
        tensor = Tensor(name, channels, rms)
        if not self.quantized:
            return tensor
        reach = RANGE_IN_DEVIATIONS * rms
        step = np.array((2 if signed else 1) * reach / 255, "f4")
        zero_point = np.array(128 if signed else 0, "u1")
        return self.round_trip(name, tensor._replace(
            step=self.constant(f"{name}_scale", step),
            zero_point=self.constant(f"{name}_zero_point", zero_point),
            step_value=float(step)))

    def parameters(self, name, x, outputs, kernel):
        """Adds weights [outputs, x.channels, ...] and biases; returns names.

        Weights are such that outputs have a mean square of about 1. They are
        int8 with a scale for each output, biases int32 with the scales of the
        products.
        """
        shape = (outputs, x.channels) + kernel
        deviation = 1 / (x.rms * math.sqrt(np.prod(shape[1:])))
        weight = (self.random.standard_normal(shape) * deviation).astype("f4")
        bias = (self.random.standard_normal(outputs) * 0.1).astype("f4")
        if not self.quantized:
            return [self.constant(f"{name}.weight", weight),
                    self.constant(f"{name}.bias", bias)]
        rows = weight.reshape(outputs, -1)
        steps = np.abs(rows).max(axis=1) / np.float32(127)
        codes = np.rint(rows / steps[:, None]).reshape(shape).astype("i1")
        bias_steps = steps * np.float32(x.step_value)
        bias_codes = np.rint(bias / bias_steps).astype("i4")
        return [self.dequantized(f"{name}.weight", codes, steps),
                self.dequantized(f"{name}.bias", bias_codes, bias_steps)]

    def dequantized(self, name, codes, steps):
        """Adds codes and what makes floats of them, by their first axis."""
        zero_points = np.zeros(len(steps), codes.dtype)
        inputs = [self.constant(f"{name}_quantized", codes),
                  self.constant(f"{name}_scale", steps),
                  self.constant(f"{name}_zero_point", zero_points)]
        return self.node("DequantizeLinear", inputs, name, axis=0)

    def conv(self, name, x, outputs, kernel, stride=1, relu=True):
        """A convolution, with the Relu behind it."""
        parameters = self.parameters(name, x, outputs, (kernel, kernel))
        y = self.node("Conv", [x.name, *parameters], name,
                      kernel_shape=[kernel] * 2, strides=[stride] * 2,
                      pads=[kernel // 2] * 4, dilations=[1, 1], group=1)
        if not relu:
            return self.activation(y, outputs, 1, signed=True)
        return self.activation(self.relu(y), outputs, math.sqrt(0.5),
                               signed=False)

    def relu(self, name):
        """A Relu, unless a QuantizeLinear does its work."""
        if self.quantized:
            return name
        return self.node("Relu", [name], f"{name}_relu")

    def max_pool(self, x):
        """The pool behind the first convolution. It keeps the step."""
        y = self.node("MaxPool", [x.name], "maxpool", kernel_shape=[3, 3],
                      strides=[2, 2], pads=[1, 1, 1, 1])
        # The largest of nine values has about four times the mean square.
        return self.round_trip(y, x._replace(rms=2 * x.rms))

    def block(self, name, x, channels, stride, has_projection):
        """A bottleneck block."""
        outputs = EXPANSION * channels
        y = self.conv(f"{name}.conv1", x, channels, 1)
        y = self.conv(f"{name}.conv2", y, channels, 3, stride)
        y = self.conv(f"{name}.conv3", y, outputs, 1, relu=False)
        if has_projection:
            x = self.conv(f"{name}.downsample", x, outputs, 1, stride,
                          relu=False)
        total = self.relu(self.node("Add", [y.name, x.name], f"{name}.add"))
        # A projection has a mean square of 1. The Relu takes half of that sum
        # but little of one whose second term is positive.
        mean_square = 1 if has_projection else x.rms**2 + 1
        return self.activation(total, outputs, math.sqrt(mean_square),
                               signed=False)

    def classifier(self, x, classes):
        """The mean over pixels and the linear layer."""
        mean = self.node("GlobalAveragePool", [x.name], "avgpool")
        mean = self.activation(mean, x.channels, x.rms / 2, signed=False)
        # The quantizer does not know Flatten and leaves it between two pairs.
        flat = self.round_trip(self.node("Flatten", [mean.name], "flatten",
                                         axis=1), mean)
        parameters = self.parameters("fc", flat, classes, ())
        output = "fc" if self.quantized else "logits"
        logits = self.node("Gemm", [flat.name, *parameters], output, transB=1)
        if self.quantized:
            self.activation(logits, classes, 1, signed=True)
            self.nodes[-1].output[0] = "logits"


def resnet50(width_percent, resolution, classes, quantized):
    """Returns the model, checked."""
    writer = ModelWriter(quantized)
    x = writer.activation("images", 3, 1, signed=True)
    x = writer.conv("conv1", x, channels_at(64, width_percent), 7, 2)
    x = writer.max_pool(x)
    for stage, (channels, count) in enumerate(STAGES):
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            x = writer.block(f"layer{stage + 1}.{i}", x,
                             channels_at(channels, width_percent), stride,
                             has_projection=i == 0)
    writer.classifier(x, classes)
    graph = helper.make_graph(
        writer.nodes, "resnet50",
        [helper.make_tensor_value_info(
            "images", TensorProto.FLOAT, ["N", 3, resolution, resolution])],
        [helper.make_tensor_value_info(
            "logits", TensorProto.FLOAT, ["N", classes])],
        writer.initializers)
    model = helper.make_model(
        graph, ir_version=IR_VERSION, producer_name="onnx_runtime_model.py",
        opset_imports=[helper.make_opsetid("", OPSET)])
    onnx.checker.check_model(model, full_check=True)
    return model


def parse_arguments():
    """Returns the command line's arguments."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width-percent", type=int, default=100)
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--classes", type=int, default=31)
    parser.add_argument("--float", action="store_true",
                        help="write the f32 model of the same weights instead")
    parser.add_argument("--out", required=True, help="the file to write")
    arguments = parser.parse_args()
    if min(arguments.width_percent, arguments.classes) < 1:
        parser.error("--width-percent and --classes must be at least 1")
    if arguments.resolution < 32:
        parser.error("--resolution must be at least 32")
    return arguments


def main():
    """Writes the model."""
    arguments = parse_arguments()
    model = resnet50(arguments.width_percent, arguments.resolution,
                     arguments.classes, quantized=not arguments.float)
    onnx.save(model, arguments.out)
    print(f"{arguments.out}: {len(model.graph.node)} nodes, "
          f"{model.ByteSize() / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
