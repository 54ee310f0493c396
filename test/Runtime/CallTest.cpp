//===- CallTest.cpp - tests of runs without state -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Results, every refusal of wrong tensors, levels, observers, threads.

#include "FakeModel.h"
#include "gtest/gtest.h"
#include <thread>

using namespace quantc::test;

namespace {
/// A model, inputs a = 0 1 2 ... and b = 10 10 ..., and room for the outputs.
struct Call : testing::Test {
  Call() : path(folder.write("fake.weights", fakeWeights())) {
    EXPECT_EQ(qc_model_create(path.c_str(), nullptr, &model), QC_OK)
        << qc_create_error();
    for (int i = 0; i < 6; ++i)
      a.data[i] = static_cast<float>(i);
  }
  ~Call() override { qc_model_destroy(model); }

  qc_status run() {
    const DLTensor *inputs[] = {&a.dl, &b.dl};
    DLTensor *outputs[] = {&sum.dl, &level.dl};
    return qc_run(model, "main", inputs, 2, outputs, 2);
  }
  /// Expects that run() refuses with QC_BAD_ARGUMENT and this text.
  void refused(const std::string &text) {
    EXPECT_EQ(run(), QC_BAD_ARGUMENT);
    EXPECT_EQ(qc_last_error(model), text);
  }

  Folder folder;
  std::string path;
  qc_model *model = nullptr;
  Tensor<float> a{{2, 3}, std::vector<float>(6)};
  Tensor<float> b{{2, 3}, std::vector<float>(6, 10)};
  Tensor<float> sum{{2, 3}, std::vector<float>(6, -1)};
  Tensor<int32_t> level{{}, {-1}};
};
} // namespace

TEST_F(Call, Adds) {
  ASSERT_EQ(run(), QC_OK) << qc_last_error(model);
  EXPECT_EQ(sum.data, (std::vector<float>{10.5, 11.5, 12.5, 13.5, 14.5, 15.5}));
  EXPECT_STREQ(qc_last_error(model), "");
  EXPECT_EQ(qc_abi_version(), 1);
  EXPECT_NE(std::string(qc_signature_json()).find("\"model\":\"fake\""),
            std::string::npos);
}

TEST_F(Call, OutputDims) {
  const DLTensor *inputs[] = {&a.dl, &b.dl};
  int64_t dims[2] = {};
  int32_t count = 0;
  ASSERT_EQ(qc_output_dims(model, "main", inputs, 2, dims, 2, &count), QC_OK);
  EXPECT_EQ(count, 2);
  EXPECT_EQ(dims[0], 2);
  EXPECT_EQ(dims[1], 3);
  EXPECT_EQ(qc_output_dims(model, "main", inputs, 2, dims, 1, &count),
            QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "there are 2 sizes, room is for 1");
}

TEST_F(Call, NoRows) {
  a.shape[0] = b.shape[0] = sum.shape[0] = 0;
  a.dl.data = b.dl.data = sum.dl.data = nullptr;
  EXPECT_EQ(run(), QC_OK) << qc_last_error(model);
}

TEST_F(Call, ByteOffset) {
  a.dl.byte_offset = 3 * sizeof(float);
  a.shape[0] = b.shape[0] = sum.shape[0] = 1;
  ASSERT_EQ(run(), QC_OK) << qc_last_error(model);
  EXPECT_EQ(sum.data, (std::vector<float>{13.5, 14.5, 15.5, -1, -1, -1}));
}

TEST_F(Call, StridesOfInputs) {
  a.strides = {1, 2}; // the transposed matrix
  a.dl.strides = a.strides.data();
  ASSERT_EQ(run(), QC_OK) << qc_last_error(model);
  EXPECT_EQ(sum.data, (std::vector<float>{10.5, 12.5, 14.5, 11.5, 13.5, 15.5}));
  EXPECT_EQ(a.data[1], 1) << "the input itself must not change";
}

TEST_F(Call, NegativeStride) {
  a.strides = {-3, 1};
  a.dl.strides = a.strides.data();
  a.dl.byte_offset = 3 * sizeof(float);
  ASSERT_EQ(run(), QC_OK) << qc_last_error(model);
  EXPECT_EQ(sum.data, (std::vector<float>{13.5, 14.5, 15.5, 10.5, 11.5, 12.5}));
}

TEST_F(Call, StrideOfOutputRefused) {
  sum.strides = {1, 2};
  sum.dl.strides = sum.strides.data();
  refused("output 'sum' is not compact");
}

TEST_F(Call, WrongEntry) {
  EXPECT_EQ(qc_run(model, "mian", nullptr, 0, nullptr, 0), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "the model has no entry 'mian'");
  EXPECT_EQ(qc_run(model, nullptr, nullptr, 0, nullptr, 0), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "the model has no entry '(NULL)'");
  EXPECT_EQ(qc_run(model, "decode", nullptr, 0, nullptr, 0), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "entry 'decode' needs a state");
}

TEST_F(Call, WrongNumbers) {
  const DLTensor *inputs[] = {&a.dl, &b.dl};
  DLTensor *outputs[] = {&sum.dl, &level.dl};
  EXPECT_EQ(qc_run(model, "main", inputs, 1, outputs, 2), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "entry 'main' takes 2 inputs, found 1");
  EXPECT_EQ(qc_run(model, "main", inputs, 2, outputs, 1), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "entry 'main' has 2 outputs, found 1");
  inputs[1] = nullptr;
  EXPECT_EQ(qc_run(model, "main", inputs, 2, outputs, 2), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "'b' is NULL");
}

TEST_F(Call, WrongType) {
  b.dl.dtype = {kDLFloat, 64, 1};
  refused("'b' has elements of DLPack type (2, 64), expected (2, 32)");
}

TEST_F(Call, Lanes) {
  b.dl.dtype.lanes = 4;
  EXPECT_EQ(run(), QC_BAD_ARGUMENT);
}

TEST_F(Call, WrongDevice) {
  b.dl.device.device_type = kDLCUDA;
  refused("'b' is on device 2, expected the CPU");
}

TEST_F(Call, WrongRank) {
  b.dl.ndim = 1;
  refused("'b' has 1 dimensions, expected 2");
}

TEST_F(Call, WrongStaticSize) {
  b.shape = {3, 2};
  refused("dimension 1 of 'b' is 2, expected 3");
}

TEST_F(Call, NegativeSize) {
  b.shape[0] = -2;
  refused("dimension 0 of 'b' is negative: -2");
}

TEST_F(Call, HugeSize) {
  b.shape[0] = INT64_MAX / 2;
  refused("'b' has too many elements");
}

TEST_F(Call, NoData) {
  b.dl.data = nullptr;
  refused("'b' has no data");
  b.dl.data = b.data.data();
  level.dl.data = nullptr; // a scalar has an element too
  refused("'level' has no data");
}

TEST_F(Call, NamedDimensionsDiffer) {
  b.shape[0] = 1;
  refused("dimension N is 2 in 'a' but 1 in 'b'");
}

TEST_F(Call, WrongOutputSize) {
  sum.shape[0] = 1;
  refused("dimension 0 of 'sum' is 1, expected 2");
}

TEST_F(Call, ShapesThatDoNotFit) {
  Tensor<float> rows({13, 3}, std::vector<float>(39));
  a.dl = b.dl = rows.dl;
  refused("these input sizes do not fit the model: 'b' has bad luck");
}

TEST_F(Call, CheckWithoutText) {
  Tensor<float> rows({12, 3}, std::vector<float>(36));
  a.dl = b.dl = rows.dl;
  refused("these input sizes do not fit the model");
}

TEST_F(Call, CodeOfTheModel) {
  Tensor<float> rows({14, 3}, std::vector<float>(42));
  Tensor<float> result({14, 3}, std::vector<float>(42));
  a.dl = b.dl = rows.dl;
  sum.dl = result.dl;
  refused("the model ended with code 9");
}

TEST_F(Call, FaultEndsOneRunOnly) {
  a.data[4] = -2000;
  EXPECT_EQ(run(), QC_BAD_VALUE);
  EXPECT_STREQ(qc_last_error(model), "index -2000 lies outside its table");
  a.data[4] = 4;
  EXPECT_EQ(run(), QC_OK) << qc_last_error(model);
}

TEST_F(Call, ArenaGrowsAndStays) {
  ASSERT_EQ(run(), QC_OK);
  size_t small = qc_arena_bytes(model);
  EXPECT_GE(small, 24u);
  Tensor<float> rows({1000, 3}, std::vector<float>(3000, 1));
  Tensor<float> result({1000, 3}, std::vector<float>(3000));
  const DLTensor *inputs[] = {&rows.dl, &rows.dl};
  DLTensor *outputs[] = {&result.dl, &level.dl};
  ASSERT_EQ(qc_run(model, "main", inputs, 2, outputs, 2), QC_OK);
  EXPECT_EQ(result.data, std::vector<float>(3000, 2.5));
  size_t large = qc_arena_bytes(model);
  EXPECT_GE(large, 12000u);
  ASSERT_EQ(run(), QC_OK);
  EXPECT_EQ(qc_arena_bytes(model), large);
}

TEST_F(Call, Observer) {
  std::vector<float> seen;
  auto observe = [](void *user, int64_t id, const float *data, int64_t rows,
                    int64_t cols) {
    EXPECT_EQ(id, 7);
    EXPECT_EQ(cols, 3);
    static_cast<std::vector<float> *>(user)->assign(data, data + rows * cols);
  };
  qc_set_observer(model, observe, &seen);
  ASSERT_EQ(run(), QC_OK);
  EXPECT_EQ(seen, sum.data);
  seen.clear();
  qc_set_observer(model, nullptr, nullptr);
  ASSERT_EQ(run(), QC_OK);
  EXPECT_TRUE(seen.empty());
}

TEST_F(Call, NumberOfThreads) {
  for (int threads : {1, 2, 5, 0}) {
    ASSERT_EQ(qc_set_num_threads(model, threads), QC_OK);
    std::fill(sum.data.begin(), sum.data.end(), -1);
    ASSERT_EQ(run(), QC_OK);
    EXPECT_EQ(sum.data[5], 15.5) << threads;
  }
  EXPECT_EQ(qc_set_num_threads(model, -1), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "-1 is no number of threads");
}

TEST_F(Call, Precision) {
  ASSERT_EQ(run(), QC_OK);
  int32_t all = level.data[0];
  EXPECT_EQ(qc_precision(model), 8);
  for (int32_t bits : {4, 2, 8, 2}) {
    ASSERT_EQ(qc_set_precision(model, bits), QC_OK);
    EXPECT_EQ(qc_precision(model), bits);
    ASSERT_EQ(run(), QC_OK);
    EXPECT_EQ(level.data[0], all + 100 * (8 - bits));
  }
  for (int32_t bits : {3, 0, -1, 16}) {
    EXPECT_EQ(qc_set_precision(model, bits), QC_BAD_ARGUMENT);
    EXPECT_EQ(qc_last_error(model), "weights cannot be read at " +
                                        std::to_string(bits) +
                                        " bits, expected 8, 4 or 2");
    EXPECT_EQ(qc_precision(model), 2) << "an error changes nothing";
  }
  // Of another model it is its own.
  qc_model *other = nullptr;
  ASSERT_EQ(qc_model_create(path.c_str(), nullptr, &other), QC_OK);
  EXPECT_EQ(qc_precision(other), 8);
  qc_model_destroy(other);
}

TEST_F(Call, LevelIsLowered) {
  ASSERT_EQ(run(), QC_OK);
  std::string best = qc_level_name(model);
  int32_t bestNumber = level.data[0];
  const char *names[] = {"generic", "v3", "v4"};
  ASSERT_TRUE(bestNumber >= 0 && bestNumber <= 2);
  EXPECT_EQ(best, names[bestNumber]);
  for (int32_t wish = 0; wish < 3; ++wish) {
    setenv("QUANTC_LEVEL", names[wish], 1);
    qc_model_destroy(model);
    ASSERT_EQ(qc_model_create(path.c_str(), nullptr, &model), QC_OK);
    ASSERT_EQ(run(), QC_OK);
    EXPECT_EQ(level.data[0], std::min(wish, bestNumber)) << names[wish];
    EXPECT_STREQ(qc_level_name(model), names[level.data[0]]);
  }
  setenv("QUANTC_LEVEL", "v5", 1);
  qc_model *other = model;
  EXPECT_EQ(qc_model_create(path.c_str(), nullptr, &other), QC_BAD_ARGUMENT);
  EXPECT_EQ(other, nullptr);
  EXPECT_STREQ(qc_create_error(),
               "QUANTC_LEVEL names no level, expected generic, v3 or v4");
  unsetenv("QUANTC_LEVEL");
}

TEST_F(Call, ModelsInThreadsAreIndependent) {
  auto work = [this](float start, bool isFaulty) {
    qc_model *mine = nullptr;
    ASSERT_EQ(qc_model_create(path.c_str(), nullptr, &mine), QC_OK);
    Tensor<float> x({50, 3}, std::vector<float>(150, start));
    Tensor<float> y({50, 3}, std::vector<float>(150));
    Tensor<int32_t> used({}, {0});
    const DLTensor *inputs[] = {&x.dl, &x.dl};
    DLTensor *outputs[] = {&y.dl, &used.dl};
    for (int i = 0; i < 100; ++i) {
      qc_status status = qc_run(mine, "main", inputs, 2, outputs, 2);
      ASSERT_EQ(status, isFaulty ? QC_BAD_VALUE : QC_OK);
      ASSERT_EQ(y.data, std::vector<float>(150, 2 * start + 0.5f));
    }
    qc_model_destroy(mine);
  };
  std::thread first(work, 1.0f, false), second(work, -2000.0f, true),
      third(work, 3.0f, false);
  first.join();
  second.join();
  third.join();
}
