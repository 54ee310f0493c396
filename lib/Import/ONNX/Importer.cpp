//===- Importer.cpp - a checked model becomes a module ----------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Walks the nodes in order, looks each one up, and goes on after an operator
// that is not supported, so that the user sees all of them at once.

#include "Importer.h"
#include "Ops.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "quantc/Dialect/NN/NN.h"
#include "quantc/Dialect/Qnt/Qnt.h"
#include "quantc/Import/Import.h"
#include "quantc/Support/Errors.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace quantc;
using namespace quantc::importer;

namespace {
struct TableRow {
  SupportedOp op;
  LogicalResult (*import)(NodeView &);
};
} // namespace

static constexpr TableRow tableRows[] = {
#define ONNX_OP(DOMAIN, NAME, SINCE, IMPORTER)                                 \
  {{DOMAIN, #NAME, SINCE}, IMPORTER},
#include "Ops.def"
};

ArrayRef<SupportedOp> quantc::supportedOps() {
  static const auto list =
      llvm::map_to_vector(tableRows, [](const TableRow &r) { return r.op; });
  return list;
}

void UnsupportedTable::add(const Node &node, int64_t opset, StringRef reason) {
  for (Row &row : rows)
    if (row.op == node.opType && row.domain == node.domain &&
        row.reason == reason) {
      ++row.count;
      return;
    }
  rows.push_back({node.opType, node.domain, opset, 1, node.name, reason.str()});
}

llvm::Error UnsupportedTable::toError(StringRef path) const {
  size_t op = 8, domain = 6, node = 10;
  for (const Row &row : rows) {
    op = std::max(op, row.op.size());
    domain = std::max(domain, row.domain.size());
    node = std::max(node, row.firstNode.size());
  }
  std::string text;
  llvm::raw_string_ostream os(text);
  auto column = [&](StringRef cell, size_t width) {
    os << cell;
    os.indent(width + 2 - std::min(cell.size(), width));
  };
  os << "'" << path << "' has operators that are not supported:\n  ";
  column("operator", op), column("domain", domain), os << "opset  count  ";
  column("first node", node), os << "reason";
  for (const Row &row : rows) {
    os << "\n  ";
    column(row.op, op), column(row.domain, domain);
    os << llvm::formatv("{0,-5}  {1,-5}  ", row.opset, row.count);
    column(row.firstNode, node), os << row.reason;
  }
  return makeError(ErrorKind::Unsupported, Twine(text));
}

Importer::Importer(const Model &model, MLIRContext *context)
    : model(model), module(ModuleOp::create(UnknownLoc::get(context))),
      b(module->getLoc(), context), math(b), values(b, math, *module) {
  for (const ValueInfo &info : model.values)
    declared[info.name] = &info;
}

llvm::Error Importer::invalid(const Node &node, const Twine &what) const {
  return makeError(ErrorKind::BadModel, "'" + model.path + "': node '" +
                                            node.name + "' (" + node.opType +
                                            "): " + what);
}

/// The type of an input, or why it has none.
static llvm::Expected<RankedTensorType>
inputType(const Model &model, const ValueInfo &info, MLIRContext *context) {
  Type element = convertType(info.type, context);
  if (!element || !info.dims)
    return makeError(ErrorKind::Unsupported, "'{0}': input '{1}' {2}",
                     model.path, info.name,
                     element ? Twine("has no declared rank").str()
                             : ("has element type " + nameOf(info.type)).str());
  auto shape = llvm::map_to_vector(*info.dims, [](const Dim &dim) {
    return dim.size.value_or(ShapedType::kDynamic);
  });
  return RankedTensorType::get(shape, element);
}

llvm::Error Importer::importInputs() {
  StringSet<> initialized;
  for (const Tensor &tensor : model.initializers) {
    initialized.insert(tensor.name);
    Operand operand;
    operand.type = tensor.type;
    operand.constant = &tensor;
    values.define(tensor.name, std::move(operand));
  }
  std::vector<const ValueInfo *> inputs;
  SmallVector<Type> types;
  for (const ValueInfo &info : model.inputs) {
    if (initialized.contains(info.name)) // a default value, taken as a constant
      continue;
    llvm::Expected<RankedTensorType> type =
        inputType(model, info, b.getContext());
    if (!type)
      return type.takeError();
    types.push_back(*type);
    inputs.push_back(&info);
  }
  b.setInsertionPointToEnd(module->getBody());
  function = func::FuncOp::create(b, "main", b.getFunctionType(types, {}));
  b.setInsertionPointToStart(function.addEntryBlock());
  for (auto [i, info] : llvm::enumerate(inputs)) {
    BlockArgument argument = function.getArgument(i);
    SmallVector<StringRef> names;
    for (const Dim &dim : *info->dims)
      names.push_back(dim.name);
    math.recordArgument(argument, names);
    Operand operand;
    operand.type = info->type;
    operand.tensor = argument;
    values.define(info->name, std::move(operand));
    function.setArgAttrs(i, describe(*info, argument));
  }
  return llvm::Error::success();
}

DictionaryAttr Importer::describe(const ValueInfo &info, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<StringRef> names(type.getRank());
  if (info.dims && static_cast<int64_t>(info.dims->size()) == type.getRank())
    for (auto [i, dim] : llvm::enumerate(*info.dims))
      if (type.isDynamicDim(i))
        names[i] = dim.name;
  SmallVector<NamedAttribute> attributes{
      b.getNamedAttr("nn.name", b.getStringAttr(info.name)),
      b.getNamedAttr("nn.dims", b.getStrArrayAttr(names))};
  if (isUnsigned(info.type))
    attributes.push_back(b.getNamedAttr("nn.unsigned", b.getUnitAttr()));
  return b.getDictionaryAttr(attributes);
}

/// The table entry for a node: exact domain, highest version not above `opset`.
/// `earliest` is set to the first version of the operator, 0 if it is unknown.
static const TableRow *lookUp(const Node &node, int64_t opset, int &earliest) {
  const TableRow *best = nullptr;
  earliest = 0;
  for (const TableRow &row : tableRows) {
    if (row.op.name != node.opType || row.op.domain != node.domain)
      continue;
    if (earliest == 0 || row.op.since < earliest)
      earliest = row.op.since;
    if (row.op.since <= opset && (!best || row.op.since > best->op.since))
      best = &row;
  }
  return best;
}

/// Why the table has nothing for a node.
static std::string reasonFor(const Node &node, int earliest) {
  if (earliest)
    return ("needs operator set " + Twine(earliest) + " or later").str();
  for (const importer::Attribute &attribute : node.attributes)
    if (attribute.kind == importer::Attribute::Kind::Other)
      return "has a subgraph";
  for (const TableRow &row : tableRows)
    if (row.op.name == node.opType)
      return ("known in domain " + row.op.domain + " only").str();
  return "no importer";
}

llvm::Error Importer::importNode(const Node &node) {
  auto opset = model.opsets.find(node.domain);
  if (opset == model.opsets.end())
    return invalid(node,
                   "domain '" + node.domain + "' is not imported by the model");
  int earliest;
  const TableRow *row = lookUp(node, opset->second, earliest);
  bool isPoisoned = llvm::any_of(
      node.inputs, [&](const std::string &i) { return poisoned.contains(i); });
  if (!row)
    unsupported.add(node, opset->second, reasonFor(node, earliest));
  if (!row || isPoisoned) {
    poisoned.insert_range(node.outputs);
    return llvm::Error::success();
  }
  b.setLoc(NameLoc::get(b.getStringAttr(node.name)));
  NodeView view(node, opset->second, values, math, b);
  LogicalResult result = row->import(view);
  StringRef unread = view.unreadAttribute();
  if (succeeded(result) && !unread.empty())
    (void)view.unsupported("attribute '" + unread + "' is not known");
  if (const std::optional<Problem> &problem = view.problem()) {
    if (!problem->isUnsupported)
      return invalid(node, problem->reason);
    unsupported.add(node, opset->second, problem->reason);
    poisoned.insert_range(node.outputs);
    return llvm::Error::success();
  }
  for (const std::string &output : node.outputs) {
    Operand *operand = values.find(output);
    auto info = declared.find(output);
    if (operand && operand->tensor && info != declared.end())
      if (llvm::Error error = checkDeclared(*info->second, operand->tensor))
        return error;
  }
  return llvm::Error::success();
}

llvm::Error Importer::checkDeclared(const ValueInfo &info, Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  Type element = convertType(info.type, b.getContext());
  bool isSame =
      (!element || element == type.getElementType()) &&
      (!info.dims || static_cast<int64_t>(info.dims->size()) == type.getRank());
  for (int64_t i = 0; isSame && info.dims && i < type.getRank(); ++i) {
    const Dim &dim = (*info.dims)[i];
    isSame =
        !dim.size || type.isDynamicDim(i) || *dim.size == type.getDimSize(i);
  }
  if (isSame)
    return llvm::Error::success();
  std::string found;
  llvm::raw_string_ostream(found) << type;
  return makeError(
      ErrorKind::BadModel,
      "'{0}': the declared type of '{1}' contradicts the computed one, {2}",
      model.path, info.name, found);
}

llvm::Error Importer::importOutputs() {
  b.setLoc(function.getLoc());
  SmallVector<Value> results;
  SmallVector<Type> types;
  for (const ValueInfo &info : model.outputs) {
    Value value = values.tensorOf(info.name, *values.find(info.name));
    if (!value)
      return makeError(ErrorKind::Unsupported,
                       "'{0}': output '{1}' has element type {2}", model.path,
                       info.name, nameOf(values.find(info.name)->type));
    if (llvm::Error error = checkDeclared(info, value))
      return error;
    results.push_back(value);
    types.push_back(value.getType());
  }
  func::ReturnOp::create(b, results);
  function.setType(b.getFunctionType(function.getArgumentTypes(), types));
  for (auto [i, info] : llvm::enumerate(model.outputs))
    function.setResultAttrs(i, describe(info, results[i]));
  return llvm::Error::success();
}

void Importer::removeUnusedArithmetic() {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.front())))
    if (op.use_empty() && op.getNumResults() == 1 &&
        op.getResult(0).getType().isIndex())
      op.erase();
}

llvm::Expected<OwningOpRef<ModuleOp>> Importer::run() {
  if (llvm::Error error = importInputs())
    return std::move(error);
  for (const Node &node : model.nodes)
    if (llvm::Error error = importNode(node))
      return std::move(error);
  if (!unsupported.empty())
    return unsupported.toError(model.path);
  if (llvm::Error error = importOutputs())
    return std::move(error);
  removeUnusedArithmetic();
  auto opsets = llvm::map_to_vector(model.opsets, [&](const auto &entry) {
    return b.getNamedAttr(entry.first, b.getI64IntegerAttr(entry.second));
  });
  (*module)->setAttr("nn.model", b.getStringAttr(model.graphName));
  (*module)->setAttr("nn.producer", b.getStringAttr(model.producer));
  (*module)->setAttr("nn.opset", b.getDictionaryAttr(opsets));
  DiagnosticText diagnostics(b.getContext());
  if (failed(verify(*module)))
    return makeError(ErrorKind::Internal,
                     "the import of '{0}' is not valid IR: {1}", model.path,
                     diagnostics.text);
  return std::move(module);
}

llvm::Expected<OwningOpRef<ModuleOp>>
quantc::importOnnx(StringRef path, MLIRContext &context,
                   const ImportOptions &options) {
  llvm::Expected<Model> model = readModel(path, options.checkModel);
  if (!model)
    return model.takeError();
  context.loadDialect<arith::ArithDialect, func::FuncDialect,
                      linalg::LinalgDialect, math::MathDialect,
                      tensor::TensorDialect, nn::NNDialect, qnt::QntDialect>();
  return Importer(*model, &context).run();
}
