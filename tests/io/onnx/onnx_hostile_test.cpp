// ONNX files that nobody should write: each is one clear error, in little time and memory.
#include <gmock/gmock.h>

#include "core/base/error.h"
#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/model/model.h"
#include "io/onnx/export_onnx.h"
#include "io/onnx/import_onnx.h"
#include "io/onnx/wire.h"
#include "tests/conformance/graph_runner.h"
#include "tests/io/hostile_file.h"

namespace tutti {
namespace {

using onnx::ModelProto, onnx::NodeProto, onnx::TensorProto;
using testing::HasSubstr, testing::StartsWith;

std::string good_bytes() {
  const Value x = Input({4}, "x");
  Model model(x, Dense(2, "softmax")(Dense({.units = 3, .activation = "relu"}, "a")(x)), "net");
  return onnx_bytes(model);
}

std::string refusal(const std::string& bytes) {
  return test::error_of([&] { parse_onnx(bytes, "net.onnx"); });
}

// What a good model is refused with after a change.
std::string refusal_after(const std::function<void(ModelProto&)>& change) {
  ModelProto model = onnx::parse_model(good_bytes(), "good");
  change(model);
  const std::string bytes = model.SerializeAsString();
  static int number = 0;
  keep_hostile(std::to_string(number++), ".onnx", bytes);
  return refusal(bytes);
}

NodeProto* add_node(ModelProto& model, const std::string& type,
                    const std::vector<std::string>& inputs, const std::string& output) {
  NodeProto* node = model.mutable_graph()->add_node();
  node->set_op_type(type);
  for (const auto& input : inputs) node->add_input(input);
  node->add_output(output);
  return node;
}

void add_integers(ModelProto& model, const std::string& name, const std::vector<int64_t>& values) {
  *model.mutable_graph()->add_initializer() =
      onnx::tensor_proto(name, Tensor::from(values, {static_cast<int64_t>(values.size())}));
}

TEST(OnnxHostile, CutAnywhere) {
  const std::string good = good_bytes();
  EXPECT_EQ(refusal(good), "");
  for (size_t size = 0; size < good.size(); size += 7)
    EXPECT_THAT(refusal(good.substr(0, size)), StartsWith("[net.onnx] ")) << size;
}

// Another byte anywhere is another model or one error, never anything else.
TEST(OnnxHostile, EveryByteChanged) {
  const std::string good = good_bytes();
  for (size_t i = 0; i < good.size(); ++i)
    for (const char flip : {char(1), char(0x80)}) {
      std::string changed = good;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      const std::string message = refusal(changed);
      EXPECT_TRUE(message.empty() || message.starts_with("[")) << i << message;
    }
}

TEST(OnnxHostile, WhatIsNoModel) {
  EXPECT_THAT(refusal(""), HasSubstr("[net.onnx] holds no ONNX model"));
  EXPECT_THAT(refusal("PK\x03\x04 a zip"), StartsWith("[net.onnx] "));
  EXPECT_THAT(refusal(std::string(4096, '\xff')), StartsWith("[net.onnx] "));
}

// A graph in a node's attribute in a graph, a thousand deep, though only Constant's tensor is read.
TEST(OnnxHostile, DeepNesting) {
  std::string inner;
  const auto wrapped = [](char tag, const std::string& body) {
    std::string out(1, tag);
    for (size_t size = body.size(); true; size >>= 7) {
      out += static_cast<char>((size & 127) | (size > 127 ? 128 : 0));
      if (size <= 127) break;
    }
    return out + body;
  };
  for (int i = 0; i < 1000; ++i)
    inner = wrapped(0x3a, wrapped(0x0a, wrapped(0x2a, wrapped(0x32, inner))));
  EXPECT_THAT(refusal(inner), StartsWith("[net.onnx] "));
}

// Two bytes of file for a message of some hundred in memory.
TEST(OnnxHostile, ManySmallMessages) {
  std::string nodes;
  for (int i = 0; i < 4'000'000; ++i) nodes.append("\x0a\x00", 2);
  const std::string graph_of_8000000_bytes = "\x3a\x80\xa4\xe8\x03";
  EXPECT_THAT(refusal(graph_of_8000000_bytes + nodes), HasSubstr("128 MiB"));
}

TEST(OnnxHostile, Tensors) {
  const auto with_tensor = [](const std::function<void(TensorProto&)>& change) {
    return refusal_after(
        [&](ModelProto& model) { change(*model.mutable_graph()->mutable_initializer(0)); });
  };
  EXPECT_THAT(with_tensor([](auto& t) { t.set_dims(0, int64_t{1} << 62); }),
              HasSubstr("impossible shape"));
  EXPECT_THAT(with_tensor([](auto& t) { t.set_dims(0, -4); }), HasSubstr("impossible shape"));
  EXPECT_THAT(with_tensor([](auto& t) { t.set_dims(0, 5); }),
              HasSubstr("'a/kernel' has 15 elements by its shape"));
  EXPECT_THAT(with_tensor([](auto& t) { t.set_data_type(8); }), HasSubstr("ONNX's type 8"));
  EXPECT_THAT(with_tensor([](auto& t) {
                auto* entry = t.add_external_data();
                entry->set_key("location");
                entry->set_value("../../../etc/passwd");
              }),
              HasSubstr("another file, which is not followed"));
  EXPECT_THAT(with_tensor([](auto& t) { t.set_data_location(TensorProto::EXTERNAL); }),
              HasSubstr("not followed"));
  EXPECT_THAT(with_tensor([](auto& t) { t.set_name("a/bias"); }),
              HasSubstr("two initializers named 'a/bias'"));
}

TEST(OnnxHostile, Graphs) {
  EXPECT_THAT(
      refusal_after([](auto& m) { m.mutable_graph()->mutable_node(0)->set_input(0, "elsewhere"); }),
      HasSubstr("'elsewhere', which nothing before it makes"));
  // Its own output, through the node behind it.
  EXPECT_THAT(refusal_after([](auto& m) {
                m.mutable_graph()->mutable_node(0)->set_input(0, m.graph().node(1).output(0));
              }),
              HasSubstr("a circle"));
  EXPECT_THAT(refusal_after([](auto& m) {
                m.mutable_graph()->mutable_node(1)->set_output(0, m.graph().node(0).output(0));
              }),
              HasSubstr("is made twice"));
  EXPECT_THAT(
      refusal_after([](auto& m) { m.mutable_graph()->mutable_output(0)->set_name("nothing"); }),
      HasSubstr("output 'nothing' is made by no node"));
  EXPECT_THAT(refusal_after([](auto& m) { m.mutable_graph()->clear_output(); }),
              HasSubstr("has no outputs"));
  EXPECT_THAT(refusal_after([](auto& m) { m.mutable_graph()->clear_input(); }),
              HasSubstr("has no inputs"));
  EXPECT_THAT(refusal_after([](auto& m) { *m.mutable_graph()->add_input() = m.graph().input(0); }),
              HasSubstr("two inputs named 'x'"));
  EXPECT_THAT(
      refusal_after([](auto& m) { m.mutable_graph()->mutable_node(0)->set_domain("com.evil"); }),
      HasSubstr("com.evil.Gemm, which is not known"));
  const std::string unknown =
      refusal_after([](auto& m) { m.mutable_graph()->mutable_node(0)->set_op_type("Einsum"); });
  EXPECT_THAT(unknown,
              HasSubstr("needs Einsum, which is not known; the operators that are: Abs, Add,"));
  EXPECT_THAT(refusal_after([](auto& m) { m.add_functions()->set_name("f"); }),
              HasSubstr("functions of its own"));
  EXPECT_THAT(refusal_after([](auto& m) { m.mutable_graph()->add_sparse_initializer(); }),
              HasSubstr("sparse weights"));
  EXPECT_THAT(refusal_after([](auto& m) { m.clear_opset_import(); }), HasSubstr("is of opset 0"));
  EXPECT_THAT(refusal_after([](auto& m) {
                for (int i = 0; i < 30000; ++i) add_node(m, "Relu", {"x"}, "y" + std::to_string(i));
              }),
              HasSubstr("at most 20000 are read"));
}

TEST(OnnxHostile, ShapesThatAreTooLarge) {
  EXPECT_THAT(refusal_after([](auto& m) {
                m.mutable_graph()
                    ->mutable_input(0)
                    ->mutable_type()
                    ->mutable_tensor_type()
                    ->mutable_shape()
                    ->mutable_dim(1)
                    ->set_dim_value(int64_t{1} << 40);
              }),
              HasSubstr("input 'x' has an open or impossible extent"));
  EXPECT_THAT(refusal_after([](auto& m) {
                add_integers(m, "huge", {1 << 30, 1 << 30});
                add_node(m, "ConstantOfShape", {"huge"}, "zeros");
              }),
              HasSubstr("[net.onnx] "));
  EXPECT_THAT(refusal_after([](auto& m) {
                add_integers(m, "pads", {0, int64_t{1} << 35, 0, 0});
                add_node(m, "Pad", {"x", "pads"}, "wide");
              }),
              HasSubstr("more than 2^28 elements"));
  EXPECT_THAT(
      refusal_after([](auto& m) {
        add_integers(m, "shape", {0, 1, 2, 2});
        add_node(m, "Reshape", {"x", "shape"}, "image");
        auto* pool = add_node(m, "AveragePool", {"image"}, "pooled");
        for (const auto& [name, value] : {std::pair{"kernel_shape", 1 << 23}, {"pads", 1 << 23}}) {
          auto* attribute = pool->add_attribute();
          attribute->set_name(name);
          for (int i = 0; i < (std::string(name) == "pads" ? 4 : 2); ++i)
            attribute->add_ints(value);
        }
      }),
      HasSubstr("elements of windows for one row"));
}

// x doubled in width over and over: the sizes are seen before anything is computed.
TEST(OnnxHostile, GrowthByDoubling) {
  EXPECT_THAT(refusal_after([](auto& m) {
                std::string last = "x";
                for (int i = 0; i < 40; ++i) {
                  const std::string next = "wide" + std::to_string(i);
                  auto* attribute = add_node(m, "Concat", {last, last}, next)->add_attribute();
                  attribute->set_name("axis");
                  attribute->set_i(1);
                  last = next;
                }
              }),
              HasSubstr("more than 2^28 elements"));
}

}  // namespace
}  // namespace tutti
