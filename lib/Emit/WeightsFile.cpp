//===- WeightsFile.cpp - writes the stored weights -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// One function for each order of kern.weight. Memory holds one panel.

#include "quantc/Emit/WeightsFile.h"
#include "quantc/Dialect/Kern/Kern.h"
#include "quantc/Dialect/Qnt/DataReader.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/Safetensors.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;
using namespace quantc;

using Bytes = ArrayRef<uint8_t>;
using Sink = llvm::function_ref<llvm::Error(Bytes)>;

/// Elements of `size` bytes, [rows, columns] read with the given strides, as
/// panels [ceil(rows / 16), columns, 16], zeros behind the last row.
static llvm::Error writePanels(Bytes source, int64_t rows, int64_t columns,
                               int64_t rowStride, int64_t columnStride,
                               int64_t size, Sink sink) {
  std::vector<uint8_t> panel(columns * 16 * size);
  for (int64_t first = 0; first < rows; first += 16) {
    std::fill(panel.begin(), panel.end(), 0);
    int64_t count = std::min<int64_t>(16, rows - first);
    for (int64_t k = 0; k < columns; ++k)
      for (int64_t n = 0; n < count; ++n)
        std::memcpy(&panel[(k * 16 + n) * size],
                    source.data() +
                        ((first + n) * rowStride + k * columnStride) * size,
                    size);
    if (llvm::Error error = sink(panel))
      return error;
  }
  return llvm::Error::success();
}

/// Panels of scales or zero points, each fp32 number as the f16 that it is.
static llvm::Error writeHalfPanels(Bytes source, int64_t rows, int64_t columns,
                                   Sink sink) {
  std::vector<uint8_t> halves(source.size() / 2);
  for (size_t i = 0; i < halves.size(); i += 2) {
    float number;
    std::memcpy(&number, source.data() + 2 * i, sizeof(number));
    llvm::APFloat half(number);
    bool isInexact = false;
    half.convert(llvm::APFloat::IEEEhalf(), llvm::APFloat::rmNearestTiesToEven,
                 &isInexact);
    if (isInexact)
      return makeError(ErrorKind::Internal,
                       "the scale or zero point {0} is no f16", number);
    auto bits = static_cast<uint16_t>(half.bitcastToAPInt().getZExtValue());
    std::memcpy(&halves[i], &bits, sizeof(bits));
  }
  return writePanels(halves, rows, columns, columns, 1, 2, sink);
}

/// Panels of codes below 16, those of rows n and n + 8 in one byte.
static llvm::Error writeNibblePanels(Bytes source, int64_t rows,
                                     int64_t columns, Sink sink) {
  return writePanels(source, rows, columns, columns, 1, 1, [&](Bytes panel) {
    std::vector<uint8_t> pairs(panel.size() / 2);
    for (size_t i = 0; i < pairs.size(); ++i) {
      const uint8_t *low = &panel[i / 8 * 16 + i % 8];
      if (low[0] > 15 || low[8] > 15)
        return makeError(ErrorKind::Internal,
                         "a zero point of {0} has more than 4 bits",
                         unsigned(std::max(low[0], low[8])));
      pairs[i] = uint8_t(low[0] | low[8] << 4);
    }
    return sink(pairs);
  });
}

/// [C, KH, KW, 1] as [KH, KW, C].
static llvm::Error writeTaps(Bytes source, int64_t channels, int64_t taps,
                             int64_t size, Sink sink) {
  std::vector<uint8_t> out(source.size());
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t t = 0; t < taps; ++t)
      std::memcpy(&out[(t * channels + c) * size],
                  source.data() + (c * taps + t) * size, size);
  return sink(out);
}

static llvm::Error writeWeight(kern::WeightOp weight, RankedTensorType source,
                               Bytes bytes, Sink sink) {
  StringRef pack = weight.getPack();
  if (pack == "rows")
    return sink(bytes);
  // Values that each width of planes has of its own, one width after the other.
  if (pack.starts_with("panels_ng") && source.getRank() == 3) {
    auto one = RankedTensorType::get(source.getShape().drop_front(),
                                     source.getElementType());
    size_t size = bytes.size() / std::max<int64_t>(source.getDimSize(0), 1);
    for (; !bytes.empty(); bytes = bytes.drop_front(size))
      if (llvm::Error error =
              writeWeight(weight, one, bytes.take_front(size), sink))
        return error;
    return llvm::Error::success();
  }
  int64_t size = llvm::divideCeil(source.getElementTypeBitWidth(), 8);
  int64_t first = source.getDimSize(0);
  int64_t rest = first ? source.getNumElements() / first : 0;
  if (pack == "panels_kn")
    return writePanels(bytes, rest, first, 1, rest, size, sink);
  if (pack == "panels_nk" || pack == "panels_ng")
    return writePanels(bytes, first, rest, rest, 1, size, sink);
  if (pack == "panels_ng_f16")
    return writeHalfPanels(bytes, first, rest, sink);
  if (pack == "panels_ng_u4")
    return writeNibblePanels(bytes, first, rest, sink);
  if (pack == "panels_gnk") {
    int64_t groups = cast<RankedTensorType>(weight.getType()).getDimSize(0);
    size_t groupBytes = bytes.size() / groups;
    for (int64_t g = 0; g < groups; ++g)
      if (llvm::Error error =
              writePanels(bytes.slice(g * groupBytes, groupBytes),
                          first / groups, rest, rest, 1, size, sink))
        return error;
    return llvm::Error::success();
  }
  if (pack == "taps_c")
    return writeTaps(bytes, first, rest, size, sink);
  return makeError(ErrorKind::Internal,
                   "weight '{0}' has an unknown order '{1}'",
                   weight.getSymName(), pack);
}

/// The safetensors name of an element type.
static StringRef dtypeOf(Type type) {
  if (type.isF32())
    return "F32";
  if (type.isF16())
    return "F16";
  if (type.isBF16())
    return "BF16";
  if (type.isF64())
    return "F64";
  if (type.isInteger(64))
    return "I64";
  if (type.isInteger(32))
    return "I32";
  if (type.isInteger(16))
    return "I16";
  return "U8";
}

static llvm::Expected<SafetensorsLayout>
layOut(ArrayRef<kern::WeightOp> weights) {
  SafetensorsLayout layout;
  for (kern::WeightOp weight : weights) {
    auto type = cast<RankedTensorType>(weight.getType());
    auto offset = layout.add(weight.getSymName(),
                             dtypeOf(type.getElementType()), type.getShape());
    if (!offset)
      return offset.takeError();
    if (*offset != weight.getOffset())
      return makeError(ErrorKind::Internal,
                       "weight '{0}' lies at {1}, the program expects {2}",
                       weight.getSymName(), *offset, weight.getOffset());
  }
  return layout;
}

/// The weights in the order of the file.
static SmallVector<kern::WeightOp> inOrder(ModuleOp module) {
  auto weights = llvm::to_vector(module.getOps<kern::WeightOp>());
  llvm::sort(weights, [](kern::WeightOp a, kern::WeightOp b) {
    return a.getOffset() < b.getOffset();
  });
  return weights;
}

llvm::Expected<WeightsFileSize> quantc::sizeOfWeightsFile(ModuleOp module) {
  auto layout = layOut(inOrder(module));
  if (!layout)
    return layout.takeError();
  uint64_t data = layout->dataBytes();
  return WeightsFileSize{data, data + layout->header().size()};
}

llvm::Expected<StoredWeights> quantc::writeWeights(ModuleOp module,
                                                   StringRef path,
                                                   ProgressReporter &progress) {
  SmallVector<kern::WeightOp> weights = inOrder(module);
  auto layout = layOut(weights);
  if (!layout)
    return layout.takeError();
  auto writer = SafetensorsWriter::create(path, std::move(*layout));
  if (!writer)
    return writer.takeError();
  SymbolTable symbols(module);
  qnt::DataReader reader;
  progress.begin("weights", weights.size());
  for (kern::WeightOp weight : weights) {
    auto data = symbols.lookup<nn::DataOp>(weight.getSource());
    if (!data)
      return makeError(ErrorKind::Internal, "weight '{0}' has no data",
                       weight.getSymName());
    auto bytes = reader.bytes(data);
    if (!bytes)
      return bytes.takeError();
    auto sink = [&](Bytes part) {
      return writer->append(weight.getSymName(), part);
    };
    if (llvm::Error error = writeWeight(
            weight, dyn_cast<RankedTensorType>(data.getType()), *bytes, sink))
      return std::move(error);
    progress.step(1);
  }
  progress.end();
  if (llvm::Error error = writer->commit())
    return std::move(error);
  return StoredWeights{writer->dataBytes(), writer->checksum()};
}

llvm::Error quantc::replaceWeight(kern::WeightOp weight,
                                  RankedTensorType source, Bytes bytes,
                                  MutableArrayRef<uint8_t> data) {
  uint64_t place = weight.getOffset();
  return writeWeight(weight, source, bytes, [&](Bytes part) -> llvm::Error {
    if (place > data.size() || part.size() > data.size() - place)
      return makeError(ErrorKind::Internal,
                       "weight '{0}' lies behind the end of the data",
                       weight.getSymName());
    llvm::copy(part, data.begin() + place);
    place += part.size();
    return llvm::Error::success();
  });
}
