//===- ArtifactLoaderTest.cpp - tests of loading artifacts -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Calls an artifact that was written by hand, test/Runtime/FakeProgram.c.

#include "quantc/Calibrate/ArtifactLoader.h"
#include "Runtime/FakeModel.h"
#include "Support/TempFolder.h"
#include "quantc/Support/Errors.h"
#include "quantc/Support/MappedFile.h"
#include "llvm/ADT/StringExtras.h"
#include <dlfcn.h>
#include <zlib.h>

using namespace llvm;
using namespace quantc;
using quantc::test::TempFolder;

namespace {
struct Loader : testing::Test {
  Loader() {
    options.weightsPath = folder.write("fake.weights", test::fakeWeights());
    options.numThreads = 2;
  }

  Artifact load() {
    auto model = Artifact::load(QUANTC_FAKE_ARTIFACT, options);
    if (!model)
      ADD_FAILURE() << toString(model.takeError());
    return *model;
  }
  static Array floats(ArrayRef<int64_t> shape, float value) {
    Array array = Array::zeros({ElementType::Float, 32}, shape);
    for (float &number : array.as<float>())
      number = value;
    return array;
  }
  static Array ids(ArrayRef<int64_t> values) {
    Array array = Array::zeros({ElementType::Int, 64},
                               {1, static_cast<int64_t>(values.size())});
    copy(values, array.as<int64_t>().begin());
    return array;
  }
  /// Exit code and message without the path of the library.
  static std::string text(Error error) {
    Failure failure = takeFailure(std::move(error));
    size_t start = failure.message.find(QUANTC_FAKE_ARTIFACT);
    if (start != std::string::npos)
      failure.message.replace(start, StringRef(QUANTC_FAKE_ARTIFACT).size(),
                              "SO");
    return std::to_string(failure.exitCode) + " " + failure.message;
  }
  /// The refusal of a run of main.
  static std::string refusal(Artifact &model, const NamedArrays &inputs) {
    auto outputs = model.run("main", inputs);
    return outputs ? "(accepted)" : text(outputs.takeError());
  }

  TempFolder folder;
  Artifact::Options options;
};
} // namespace

TEST_F(Loader, Signature) {
  Artifact model = load();
  ASSERT_EQ(model.entries().size(), 2u);
  auto main = model.entry("main");
  ASSERT_TRUE(bool(main)) << toString(main.takeError());
  EXPECT_FALSE((*main)->isStateful);
  EXPECT_EQ((*main)->inputs[0].describe(), "f32[N,3]");
  EXPECT_EQ((*main)->outputs[1].describe(), "i32[]");
  auto decode = model.entry("decode");
  ASSERT_TRUE(bool(decode)) << toString(decode.takeError());
  EXPECT_TRUE((*decode)->isStateful);
  EXPECT_TRUE((*decode)->inputs[1].isState);
  EXPECT_EQ((*decode)->plainInputs().size(), 1u);
  EXPECT_TRUE(model.signatureJson().contains("\"fake\""));
  auto other = model.entry("mian");
  EXPECT_EQ(text(other.takeError()),
            "1 'SO' has no entry 'mian'; it has main, decode");
}

TEST_F(Loader, RunsByName) {
  Artifact model = load();
  auto outputs =
      model.run("main", {{"b", floats({2, 3}, 10)}, {"a", floats({2, 3}, 1)}});
  ASSERT_TRUE(bool(outputs)) << toString(outputs.takeError());
  ASSERT_EQ(outputs->size(), 2u);
  const Array *sum = findArray(*outputs, "sum");
  ASSERT_TRUE(sum);
  EXPECT_EQ(describe(sum->type, sum->shape), "f32[2,3]");
  EXPECT_EQ(sum->as<float>(), ArrayRef<float>(std::vector<float>(6, 11.5)));
  StringRef names[] = {"generic", "v3", "v4"};
  EXPECT_EQ(model.levelName(),
            names[findArray(*outputs, "level")->as<int32_t>()[0]]);
  EXPECT_GE(model.arenaBytes(), 24u);
}

TEST_F(Loader, OutputBuffersAreUsedAgain) {
  Artifact model = load();
  NamedArrays inputs = {{"a", floats({2, 3}, 1)}, {"b", floats({2, 3}, 2)}};
  NamedArrays outputs;
  ASSERT_FALSE(bool(model.runInto("main", viewsOf(inputs), outputs)));
  const uint8_t *data = outputs[0].second.bytes.data();
  inputs[0].second = floats({2, 3}, 5);
  ASSERT_FALSE(bool(model.runInto("main", viewsOf(inputs), outputs)));
  EXPECT_EQ(outputs[0].second.bytes.data(), data);
  EXPECT_EQ(outputs[0].second.as<float>()[5], 7.5f);
}

TEST_F(Loader, StridesOfViews) {
  Artifact model = load();
  float a[] = {1, 2, 3, 4, 5, 6}, zero[] = {0};
  int64_t shape[] = {2, 3}, transposed[] = {1, 2}, repeated[] = {0, 0};
  TensorView views[] = {{"a", {}, shape, transposed, a},
                        {"b", {}, shape, repeated, zero}};
  NamedArrays outputs;
  ASSERT_FALSE(bool(model.runInto("main", views, outputs)));
  EXPECT_EQ(outputs[0].second.as<float>(),
            ArrayRef<float>({1.5, 3.5, 5.5, 2.5, 4.5, 6.5}));
}

TEST_F(Loader, WrongInputs) {
  Artifact model = load();
  Array good = floats({2, 3}, 1);
  EXPECT_EQ(refusal(model, {{"a", good}}), "3 input 'b' f32[N,3] is missing");
  EXPECT_EQ(refusal(model, {{"a", good}, {"B", good}}),
            "3 input 'b' f32[N,3] is missing; did you mean 'B'?");
  EXPECT_EQ(refusal(model, {{"a", good}, {"b", ids({1})}}),
            "3 input 'b' is i64[1,1], expected f32[N,3]");
  EXPECT_EQ(refusal(model, {{"a", good}, {"b", floats({6}, 1)}}),
            "3 input 'b' is f32[6], expected f32[N,3]");
  EXPECT_EQ(refusal(model, {{"a", good}, {"b", floats({1, 3}, 1)}}),
            "3 'SO': dimension N is 2 in 'a' but 1 in 'b'");
  EXPECT_EQ(text(model.setNumThreads(-3)),
            "3 'SO': -3 is no number of threads");
}

TEST_F(Loader, OtherArraysAreIgnoredOrRefused) {
  Artifact model = load();
  Array good = floats({2, 3}, 1);
  NamedArrays inputs = {{"a", good}, {"label", good}, {"b", good}}, outputs;
  EXPECT_EQ(refusal(model, inputs), "(accepted)");
  EXPECT_EQ(text(model.runInto("main", viewsOf(inputs), outputs)),
            "3 entry 'main' has no input 'label'");
}

TEST_F(Loader, HugeOutput) {
  Artifact model = load();
  Array rows = floats({15, 3}, 1);
  EXPECT_EQ(refusal(model, {{"a", rows}, {"b", rows}}),
            "3 output 'sum' would be f32[1152921504606846976,3], which is too "
            "large");
}

TEST_F(Loader, Measure) {
  Artifact model = load();
  NamedArrays inputs = {{"a", floats({2, 3}, 1)}, {"b", floats({2, 3}, 2)}};
  int good = 0;
  auto threeTimes = [&](function_ref<bool()> once) {
    for (int i = 0; i < 3; ++i)
      good += once();
  };
  ASSERT_FALSE(bool(model.measure("main", inputs, threeTimes)));
  EXPECT_EQ(good, 3);
  inputs[0].second = floats({2, 3}, -2000);
  EXPECT_EQ(text(model.measure("main", inputs, threeTimes)),
            "3 'SO': index -2000 lies outside its table");
  EXPECT_EQ(good, 3);
  EXPECT_EQ(text(model.measure("decode", inputs, threeTimes)),
            "1 entry 'decode' keeps caches; measure one that does not");
}

TEST_F(Loader, PrefixWithoutSuffix) {
  StringRef prefix = QUANTC_FAKE_ARTIFACT;
  ASSERT_TRUE(prefix.consume_back(".so"));
  auto model = Artifact::load(prefix, options);
  EXPECT_TRUE(bool(model)) << toString(model.takeError());
}

TEST_F(Loader, Observer) {
  Artifact model = load();
  NamedArrays inputs = {{"a", floats({2, 3}, 1)}, {"b", floats({2, 3}, 2)}};
  int calls = 0;
  model.setObserver(
      [&](int64_t id, const float *data, int64_t rows, int64_t cols) {
        EXPECT_EQ(id, 7);
        EXPECT_EQ(rows, 2);
        EXPECT_EQ(cols, 3);
        EXPECT_EQ(data[5], 3.5f);
        ++calls;
      });
  ASSERT_TRUE(bool(model.run("main", inputs)));
  EXPECT_EQ(calls, 1);
  model.setObserver({});
  ASSERT_TRUE(bool(model.run("main", inputs)));
  EXPECT_EQ(calls, 1);
}

TEST_F(Loader, State) {
  std::optional<ArtifactState> state;
  {
    Artifact model = load();
    auto made = model.createState("decode", 3);
    ASSERT_TRUE(bool(made)) << toString(made.takeError());
    state = *made;
  } // the state keeps the model alive
  NamedArrays first = {{"ids", ids({4, 5})}}, second = {{"ids", ids({6})}},
              outputs;
  ASSERT_FALSE(bool(state->runInto(viewsOf(first), outputs)));
  EXPECT_EQ(outputs[0].second.as<float>(), ArrayRef<float>({4, 9}));
  EXPECT_EQ(state->length(), 2);
  EXPECT_EQ(state->capacity(), 3);
  EXPECT_EQ(text(state->runInto(viewsOf(first), outputs)),
            "3 'SO': the state has room for 3 positions and holds 2: 2 more do "
            "not fit");
  EXPECT_EQ(text(state->truncate(3)),
            "1 cannot cut a state of 2 positions to 3");
  ASSERT_FALSE(bool(state->truncate(1)));
  ASSERT_FALSE(bool(state->runInto(viewsOf(second), outputs)));
  EXPECT_EQ(outputs[0].second.as<float>(), ArrayRef<float>({10}));
}

TEST_F(Loader, StateOfStatelessEntry) {
  Artifact model = load();
  auto state = model.createState("main", 3);
  EXPECT_EQ(text(state.takeError()), "3 'SO': entry 'main' keeps no state");
  state = model.createState("none", 3);
  EXPECT_EQ(text(state.takeError()),
            "1 'SO' has no entry 'none'; it has main, decode");
  auto outputs = model.run("decode", {{"ids", ids({1, 2})}}, 2);
  ASSERT_TRUE(bool(outputs)) << toString(outputs.takeError());
  EXPECT_EQ((*outputs)[0].second.as<float>(), ArrayRef<float>({1, 3}));
  outputs = model.run("decode", {{"ids", ids({1, 2})}}, 1);
  ASSERT_FALSE(bool(outputs));
  EXPECT_NE(text(outputs.takeError()).find("2 more do not fit"),
            std::string::npos);
}

TEST_F(Loader, FilesThatAreNoArtifacts) {
  auto message = [&](const std::string &path) {
    auto model = Artifact::load(path, options);
    return model ? "(accepted)" : text(model.takeError());
  };
  EXPECT_EQ(message("/nonexistent/m.so"),
            "4 cannot open '/nonexistent/m.so': No such file or directory");
  EXPECT_EQ(message(folder.write("text.so", "hello")).substr(0, 15),
            "3 cannot load '");
  Dl_info zlib;
  ASSERT_TRUE(dladdr(reinterpret_cast<void *>(&zlibVersion), &zlib));
  std::string path = zlib.dli_fname;
  EXPECT_EQ(message(path), "3 '" + path +
                               "' is no model compiled by quantc: it has no "
                               "function 'qc_abi_version'");
  auto whole = MappedFile::open(path);
  ASSERT_TRUE(bool(whole));
  std::string cut = folder.write(
      "cut.so", llvm::toStringRef((*whole)->bytes().take_front(8000)));
  EXPECT_EQ(message(cut).substr(0, cut.size() + 40),
            ("3 '" + cut + "' is cut off: it has 8000 bytes, expected")
                .substr(0, cut.size() + 40));
  path = QUANTC_OTHER_VERSION;
  EXPECT_EQ(message(path), "3 '" + path +
                               "' has version 2 of the C interface, expected "
                               "1: compile the model again");
  options.weightsPath = folder.write("bad.weights", "too short for a header");
  std::string damaged = message(QUANTC_FAKE_ARTIFACT);
  EXPECT_NE(damaged.find("3 cannot use 'SO': weights file '"),
            std::string::npos)
      << damaged;
}
