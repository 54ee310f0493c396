//===- ConvertModel.cpp - a model from its protobuf form --------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Copies what the importer reads. Anything unknown that cannot be ignored is
// kept as Attribute::Kind::Other, so that the operator can refuse it by name.

#include "Proto.h"
#include "quantc/Support/Errors.h"

using namespace llvm;
using namespace quantc;
using namespace quantc::importer;
using ::onnx::AttributeProto;

static std::string domainOf(const std::string &domain) {
  return domain.empty() ? "ai.onnx" : domain;
}

static Expected<ValueInfo> convertValue(const ::onnx::ValueInfoProto &proto,
                                        StringRef path) {
  ValueInfo info;
  info.name = proto.name();
  if (!proto.type().has_tensor_type())
    return info;
  const auto &type = proto.type().tensor_type();
  info.type = static_cast<ElementType>(type.elem_type());
  if (!type.has_shape())
    return info;
  if (static_cast<size_t>(type.shape().dim_size()) > maxRank)
    return makeError(
        ErrorKind::BadModel,
        "'{0}': value '{1}' has {2} dimensions, expected at most {3}", path,
        info.name, type.shape().dim_size(), maxRank);
  info.dims.emplace();
  for (const auto &dim : type.shape().dim()) {
    Dim &out = info.dims->emplace_back();
    if (dim.has_dim_value())
      out.size = dim.dim_value();
    else if (dim.has_dim_param())
      out.name = dim.dim_param();
  }
  return info;
}

static Expected<Attribute> convertAttribute(const AttributeProto &proto,
                                            const Node &node,
                                            TensorReader &tensors) {
  Attribute out;
  out.name = proto.name();
  if (!proto.ref_attr_name().empty())
    return out;
  switch (proto.type()) {
  case AttributeProto::INT:
    out.kind = Attribute::Kind::Int;
    out.i = proto.i();
    break;
  case AttributeProto::FLOAT:
    out.kind = Attribute::Kind::Float;
    out.f = proto.f();
    break;
  case AttributeProto::STRING:
    out.kind = Attribute::Kind::String;
    out.s = proto.s();
    break;
  case AttributeProto::INTS:
    out.kind = Attribute::Kind::Ints;
    out.ints.assign(proto.ints().begin(), proto.ints().end());
    break;
  case AttributeProto::FLOATS:
    out.kind = Attribute::Kind::Floats;
    out.floats.assign(proto.floats().begin(), proto.floats().end());
    break;
  case AttributeProto::STRINGS:
    out.kind = Attribute::Kind::Strings;
    out.strings.assign(proto.strings().begin(), proto.strings().end());
    break;
  case AttributeProto::TENSOR: {
    out.kind = Attribute::Kind::Tensor;
    std::string what = node.name + "." + out.name;
    Expected<Tensor> tensor = tensors.read(
        proto.t(), what, node.outputs.empty() ? "" : node.outputs.front());
    if (!tensor)
      return tensor.takeError();
    out.tensor = std::move(*tensor);
    break;
  }
  default:
    break;
  }
  return out;
}

static Expected<Node> convertNode(const ::onnx::NodeProto &proto, size_t index,
                                  TensorReader &tensors) {
  Node node;
  node.opType = proto.op_type();
  node.domain = domainOf(proto.domain());
  node.name = proto.name().empty() ? node.opType + "_" + std::to_string(index)
                                   : proto.name();
  node.inputs.assign(proto.input().begin(), proto.input().end());
  node.outputs.assign(proto.output().begin(), proto.output().end());
  for (const AttributeProto &attribute : proto.attribute()) {
    Expected<Attribute> out = convertAttribute(attribute, node, tensors);
    if (!out)
      return out.takeError();
    node.attributes.push_back(std::move(*out));
  }
  return node;
}

template <typename List>
static Error convertValues(const List &from, StringRef path,
                           std::vector<ValueInfo> &to) {
  for (const auto &proto : from) {
    Expected<ValueInfo> info = convertValue(proto, path);
    if (!info)
      return info.takeError();
    to.push_back(std::move(*info));
  }
  return Error::success();
}

Expected<Model> quantc::importer::convertModel(const ::onnx::ModelProto &proto,
                                               StringRef path,
                                               TensorReader &tensors) {
  Model model;
  model.path = path.str();
  const auto &graph = proto.graph();
  model.graphName = graph.name();
  model.producer = proto.producer_name();
  for (const auto &opset : proto.opset_import())
    model.opsets[domainOf(opset.domain())] = opset.version();
  if (Error error = convertValues(graph.input(), path, model.inputs))
    return std::move(error);
  if (Error error = convertValues(graph.output(), path, model.outputs))
    return std::move(error);
  if (Error error = convertValues(graph.value_info(), path, model.values))
    return std::move(error);
  if (graph.sparse_initializer_size() > 0)
    return makeError(ErrorKind::Unsupported,
                     "'{0}': sparse initializers are not supported", path);
  for (const auto &initializer : graph.initializer()) {
    Expected<Tensor> tensor =
        tensors.read(initializer, initializer.name(), initializer.name());
    if (!tensor)
      return tensor.takeError();
    model.initializers.push_back(std::move(*tensor));
  }
  for (const auto &node : graph.node()) {
    Expected<Node> out = convertNode(node, model.nodes.size(), tensors);
    if (!out)
      return out.takeError();
    model.nodes.push_back(std::move(*out));
  }
  return model;
}
