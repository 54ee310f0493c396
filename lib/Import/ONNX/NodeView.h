//===- NodeView.h - one node as its importer sees it ------------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Typed access to the inputs, attributes and outputs of a node. The first
// problem is kept; reading on after it is harmless, so an importer may read all
// its attributes before it looks whether one of them was wrong.

#ifndef QUANTC_LIB_IMPORT_ONNX_NODEVIEW_H
#define QUANTC_LIB_IMPORT_ONNX_NODEVIEW_H

#include "Values.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"

namespace quantc::importer {

/// Why a node cannot be imported.
struct Problem {
  bool isUnsupported; ///< false: the model is wrong
  std::string reason;
};

class NodeView {
public:
  NodeView(const Node &node, int64_t opset, ValueTable &values, IndexMath &math,
           mlir::ImplicitLocOpBuilder &b)
      : b(b), math(math), opset(opset), node(node), values(values),
        wasRead(node.attributes.size(), false) {}

  mlir::ImplicitLocOpBuilder &b;
  IndexMath &math;
  const int64_t opset; ///< version of the operator set of the node's domain

  llvm::StringRef opType() const { return node.opType; }
  llvm::StringRef domain() const { return node.domain; }

  //===--- inputs ---------------------------------------------------------===//
  unsigned numInputs() const { return node.inputs.size(); }
  bool has(unsigned i) const {
    return i < numInputs() && !node.inputs[i].empty();
  }
  /// A problem unless inputs 0 to `least` - 1 are present and there are at most
  /// `most`.
  mlir::LogicalResult expectInputs(unsigned least, unsigned most);
  /// expectInputs, then all inputs as tensors; absent optional ones are null.
  mlir::LogicalResult tensors(llvm::ArrayRef<mlir::Value *> required,
                              llvm::ArrayRef<mlir::Value *> optional = {});
  /// Input `i` as a tensor; null, with a problem, when it is absent or of a
  /// type that has no tensors.
  mlir::Value tensor(unsigned i);
  /// Input `i` as shape arithmetic, if it is.
  std::optional<ShapeValue> shape(unsigned i);
  /// The elements of input `i` in row-major order if they are known integers.
  std::optional<llvm::SmallVector<int64_t>> integers(unsigned i);
  /// The bytes of input `i` if it is a constant of the model.
  const Tensor *constant(unsigned i);
  ElementType type(unsigned i);
  llvm::StringRef inputName(unsigned i) const { return node.inputs[i]; }
  /// Sizes of input `i` without making it a tensor.
  Sizes sizes(unsigned i);

  //===--- attributes -----------------------------------------------------===//
  bool hasAttribute(llvm::StringRef name) const;
  int64_t intAttr(llvm::StringRef name, int64_t fallback);
  float floatAttr(llvm::StringRef name, float fallback);
  llvm::StringRef stringAttr(llvm::StringRef name, llvm::StringRef fallback);
  std::optional<llvm::SmallVector<int64_t>> intsAttr(llvm::StringRef name);
  const Attribute *attribute(llvm::StringRef name); ///< null when absent
  /// intAttr("axis") as an index from 0; nullopt with a problem when it is
  /// outside.
  std::optional<int64_t> axisAttr(int64_t fallback, int64_t rank);
  /// An axis from the end, if negative, as an index from 0; nullopt with a
  /// problem.
  std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// Refuses any value of an integer attribute but one.
  void onlyInt(llvm::StringRef name, int64_t supported, int64_t fallback);
  /// The name of an attribute that no one asked for; empty if there is none.
  llvm::StringRef unreadAttribute() const;

  //===--- outputs --------------------------------------------------------===//
  unsigned numOutputs() const { return node.outputs.size(); }
  bool wants(unsigned i) const {
    return i < numOutputs() && !node.outputs[i].empty();
  }
  llvm::StringRef outputName(unsigned i) const { return node.outputs[i]; }
  /// Defines an output. Sizes default to those of the type and `tensor.dim`;
  /// the element type to that of input 0 where the IR type is the same.
  mlir::LogicalResult result(unsigned i, mlir::Value value,
                             std::optional<Sizes> sizes = {},
                             ElementType type = ElementType::Undefined);
  mlir::LogicalResult result(unsigned i, ShapeValue shape);
  /// Output 0 is input 0, whatever it is.
  void forward();
  /// Output 0 is a constant of the model.
  void defineConstant(const Tensor &tensor);
  /// A problem when an output other than these is used.
  mlir::LogicalResult onlyOutputs(llvm::ArrayRef<unsigned> supported);

  //===--- problems -------------------------------------------------------===//
  mlir::LogicalResult unsupported(const llvm::Twine &reason);
  mlir::LogicalResult invalid(const llvm::Twine &reason);
  const std::optional<Problem> &problem() const { return first; }

  /// An operation with inferred result types, or null, with a problem, when its
  /// types or its verifier refuse.
  template <typename Op>
  Op create(mlir::ValueRange operands,
            llvm::ArrayRef<mlir::NamedAttribute> attributes = {});
  mlir::NamedAttribute attr(llvm::StringRef name, mlir::Attribute value) {
    return b.getNamedAttr(name, value);
  }
  /// An `nn.param` for bytes of this node's input `i` under a type of its own.
  mlir::Value param(unsigned i, mlir::Type type);
  mlir::Value param(llvm::StringRef name, mlir::ElementsAttr value) {
    return values.param(name, value);
  }

private:
  const Attribute *find(llvm::StringRef name, Attribute::Kind kind);

  const Node &node;
  ValueTable &values;
  std::vector<bool> wasRead;
  std::optional<Problem> first;
};

/// Collects what verifiers say while it lives.
class DiagnosticText {
public:
  explicit DiagnosticText(mlir::MLIRContext *context)
      : handler(context, [this](mlir::Diagnostic &diagnostic) {
          if (text.empty())
            text = diagnostic.str();
          return mlir::success();
        }) {}
  std::string text; ///< the first message

private:
  mlir::ScopedDiagnosticHandler handler;
};

template <typename Op>
Op NodeView::create(mlir::ValueRange operands,
                    llvm::ArrayRef<mlir::NamedAttribute> attributes) {
  DiagnosticText diagnostics(b.getContext());
  mlir::OperationState state(b.getLoc(), Op::getOperationName());
  state.addOperands(operands);
  auto dictionary = b.getDictionaryAttr(attributes);
  auto &properties = state.getOrAddProperties<typename Op::Properties>();
  auto fail = [&] { return mlir::emitError(b.getLoc()); };
  llvm::SmallVector<mlir::Type> types;
  if (mlir::failed(Op::setPropertiesFromAttr(properties, dictionary, fail)) ||
      mlir::failed(Op::inferReturnTypes(
          b.getContext(), b.getLoc(), state.operands, dictionary,
          state.getRawProperties(), state.regions, types))) {
    (void)unsupported(diagnostics.text);
    return {};
  }
  state.addTypes(types);
  auto op = mlir::cast<Op>(b.create(state));
  if (mlir::failed(mlir::verify(op, /*verifyRecursively=*/false))) {
    op.erase();
    (void)unsupported(diagnostics.text);
    return {};
  }
  return op;
}

} // namespace quantc::importer

#endif // QUANTC_LIB_IMPORT_ONNX_NODEVIEW_H
