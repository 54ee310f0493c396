//===- KernBufferize.cpp - kern operations on buffers -----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Teaches one-shot bufferization what a kernel does: destinations become output
// buffers, results disappear. A constant becomes a read-only buffer.

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "quantc/Dialect/Kern/Kern.h"

using namespace mlir;
using namespace mlir::bufferization;

namespace {
template <typename Op>
struct KernelInterface
    : DstBufferizableOpInterfaceExternalModel<KernelInterface<Op>, Op> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    // Destinations are written before they are read.
    return cast<DestinationStyleOpInterface>(op).isDpsInput(&operand);
  }

  bool bufferizesToElementwiseAccess(Operation *, const AnalysisState &,
                                     ArrayRef<OpOperand *>) const {
    return false;
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto kernel = cast<DestinationStyleOpInterface>(op);
    SmallVector<Value> operands;
    for (Value operand : op->getOperands()) {
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      operands.push_back(*buffer);
    }
    SmallVector<Value> destinations;
    for (OpOperand &init : kernel.getDpsInitsMutable())
      destinations.push_back(operands[init.getOperandNumber()]);
    OperationState newOp(op->getLoc(), op->getName(), operands, TypeRange{},
                         op->getAttrs());
    newOp.propertiesAttr = op->getPropertiesAsAttribute();
    rewriter.create(newOp);
    replaceOpWithBufferizedValues(rewriter, op, destinations);
    return success();
  }
};

struct ConstantInterface
    : BufferizableOpInterface::ExternalModel<ConstantInterface,
                                             quantc::kern::ConstantOp> {
  bool isWritable(Operation *, Value, const AnalysisState &) const {
    return false;
  }

  FailureOr<BufferLikeType> getBufferType(Operation *, Value value,
                                          const BufferizationOptions &,
                                          const BufferizationState &,
                                          SmallVector<Value> &) const {
    auto type = cast<RankedTensorType>(value.getType());
    return cast<BufferLikeType>(
        MemRefType::get(type.getShape(), type.getElementType()));
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &,
                          BufferizationState &) const {
    auto constant = cast<quantc::kern::ConstantOp>(op);
    auto type = cast<RankedTensorType>(constant.getResult().getType());
    auto buffer = MemRefType::get(type.getShape(), type.getElementType());
    auto newOp = quantc::kern::ConstantOp::create(
        rewriter, op->getLoc(), buffer, constant.getNameAttr(),
        constant.getOffsetAttr());
    replaceOpWithBufferizedValues(rewriter, op, newOp.getResult());
    return success();
  }
};
} // namespace

void quantc::kern::registerBufferizableOpInterfaces(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, KernDialect *) {
#define QUANTC_KERNEL(Op) Op::attachInterface<KernelInterface<Op>>(*context);
#include "quantc/Dialect/Kern/Kernels.def"
    ConstantOp::attachInterface<ConstantInterface>(*context);
  });
}
