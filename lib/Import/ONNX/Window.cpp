//===- Window.cpp - windows of convolutions and pools -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// All numbers are bounded before they are used, so that sizes cannot overflow.

#include "Window.h"
#include "quantc/Dialect/NN/NN.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

/// Kernels, strides, dilations and pads are at most this.
static constexpr int64_t maxWindow = int64_t(1) << 30;

/// A list attribute of `count` numbers from `least` on; nullopt with a problem.
static std::optional<SmallVector<int64_t>> readList(NodeView &n, StringRef name,
                                                    size_t count, int64_t least,
                                                    int64_t fallback) {
  auto list = n.intsAttr(name).value_or(SmallVector<int64_t>(count, fallback));
  if (list.size() != count)
    return (void)n.invalid("attribute '" + name + "' has " +
                           Twine(list.size()) + " numbers, expected " +
                           Twine(count)),
           std::nullopt;
  for (int64_t value : list)
    if (value < least || value > maxWindow)
      return (void)n.invalid("attribute '" + name + "' has " + Twine(value) +
                             ", expected " + Twine(least) + " to " +
                             Twine(maxWindow)),
             std::nullopt;
  return list;
}

/// Padding that makes the output ceil(input / stride); the odd one is at the
/// end with SAME_UPPER. False with a problem.
static bool padToSame(NodeView &n, ArrayRef<Size> spatial, bool isUpper,
                      Window &window) {
  size_t count = spatial.size();
  for (size_t i = 0; i < count; ++i) {
    int64_t stride = window.strides[i],
            reach = window.dilations[i] * (window.kernel[i] - 1) + 1;
    std::optional<int64_t> size = constantOf(spatial[i]);
    if (!size && stride != 1)
      return (void)n.unsupported(
                 "attribute 'auto_pad' with strides on a dynamic dimension"),
             false;
    int64_t rest =
        size ? (*size + stride - 1) / stride * stride - stride + reach - *size
             : reach - 1;
    int64_t total = std::max<int64_t>(rest, 0), less = total / 2;
    window.pads[i] = isUpper ? less : total - less;
    window.pads[i + count] = isUpper ? total - less : less;
  }
  return true;
}

static bool readPads(NodeView &n, ArrayRef<Size> spatial, Window &window) {
  StringRef automatic = n.stringAttr("auto_pad", "NOTSET");
  auto pads = readList(n, "pads", 2 * spatial.size(), 0, 0);
  if (!pads)
    return false;
  window.pads = *pads;
  if (automatic == "NOTSET" || automatic == "VALID")
    return true;
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER")
    return padToSame(n, spatial, automatic == "SAME_UPPER", window);
  return (void)n.invalid("attribute 'auto_pad' = '" + automatic + "'"), false;
}

std::optional<Window> quantc::importer::readWindow(NodeView &n,
                                                   ArrayRef<Size> input,
                                                   ArrayRef<int64_t> kernel) {
  if (input.size() != 3 && input.size() != 4)
    return (void)n.unsupported("an input of rank " + Twine(input.size()) +
                               " (only one or two spatial dimensions)"),
           std::nullopt;
  size_t count = input.size() - 2;
  Window window;
  window.isSignal = count == 1;
  if (kernel.empty() && !n.hasAttribute("kernel_shape"))
    return (void)n.invalid("attribute 'kernel_shape' is missing"), std::nullopt;
  auto shape = readList(n, "kernel_shape", count, 1, 1);
  auto strides = readList(n, "strides", count, 1, 1);
  auto dilations = readList(n, "dilations", count, 1, 1);
  if (!shape || !strides || !dilations)
    return std::nullopt;
  if (!kernel.empty() && n.hasAttribute("kernel_shape") && *shape != kernel)
    return (void)n.invalid(
               "attribute 'kernel_shape' differs from the sizes of the filter"),
           std::nullopt;
  window.kernel = kernel.empty() ? *shape : SmallVector<int64_t>(kernel);
  window.strides = *strides;
  window.dilations = *dilations;
  if (!readPads(n, input.drop_front(2), window))
    return std::nullopt;
  if (window.isSignal) {
    for (auto *list : {&window.kernel, &window.strides, &window.dilations})
      list->insert(list->begin(), 1);
    window.pads = {0, window.pads[0], 0, window.pads[1]};
  }
  return window;
}

Value quantc::importer::toImage(NodeView &n, Value signal) {
  Sizes sizes = n.math.sizesOf(signal);
  sizes.insert(sizes.begin() + 2, n.math.constant(1));
  return reshape(n, signal, sizes);
}

Value quantc::importer::toSignal(NodeView &n, Value image) {
  Sizes sizes = n.math.sizesOf(image);
  sizes.erase(sizes.begin() + 2);
  return reshape(n, image, sizes);
}

SmallVector<NamedAttribute>
quantc::importer::attributesOf(NodeView &n, const Window &window) {
  auto layout = nn::LayoutAttr::get(n.b.getContext(), nn::Layout::NCHW);
  return {n.attr("strides", n.b.getDenseI64ArrayAttr(window.strides)),
          n.attr("pads", n.b.getDenseI64ArrayAttr(window.pads)),
          n.attr("dilations", n.b.getDenseI64ArrayAttr(window.dilations)),
          n.attr("layout", layout)};
}

Sizes quantc::importer::sizesAfter(NodeView &n, ArrayRef<Size> input,
                                   Size channels, const Window &window) {
  Sizes sizes{input[0], channels};
  for (int64_t i : {0, 1}) {
    int64_t reach = window.dilations[i] * (window.kernel[i] - 1) + 1;
    int64_t extra = window.pads[i] + window.pads[i + 2] - reach;
    Size room = n.math.add(input[i + 2], n.math.constant(extra));
    Size steps = n.math.div(room, n.math.constant(window.strides[i]));
    sizes.push_back(n.math.add(steps, n.math.constant(1)));
  }
  return sizes;
}
