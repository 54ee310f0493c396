//===- StateTest.cpp - tests of runs with state -*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Caches grow, are cut, fill up, and belong to one state each.

#include "FakeModel.h"
#include "gtest/gtest.h"

using namespace quantc::test;

namespace {
struct State : testing::Test {
  State() {
    std::string path = folder.write("fake.weights", fakeWeights());
    EXPECT_EQ(qc_model_create(path.c_str(), nullptr, &model), QC_OK);
    EXPECT_EQ(qc_state_create(model, "decode", 4, &state), QC_OK);
  }
  ~State() override {
    qc_state_destroy(state);
    qc_model_destroy(model);
  }

  /// The totals after these ids, or nothing when the run was refused.
  std::vector<float> append(qc_state *to, std::vector<int64_t> numbers) {
    auto count = static_cast<int64_t>(numbers.size());
    Tensor<int64_t> ids({1, count}, std::move(numbers));
    Tensor<float> total({1, count}, std::vector<float>(ids.data.size()));
    const DLTensor *inputs[] = {&ids.dl};
    DLTensor *outputs[] = {&total.dl};
    status = qc_run_state(model, to, inputs, 1, outputs, 1);
    return status == QC_OK ? total.data : std::vector<float>();
  }

  Folder folder;
  qc_model *model = nullptr;
  qc_state *state = nullptr;
  qc_status status = QC_OK;
};
using Totals = std::vector<float>;
} // namespace

TEST_F(State, Grows) {
  EXPECT_EQ(qc_state_length(state), 0);
  EXPECT_EQ(qc_state_capacity(state), 4);
  EXPECT_EQ(append(state, {5, 7}), (Totals{5, 12}));
  EXPECT_EQ(qc_state_length(state), 2);
  EXPECT_EQ(append(state, {100}), (Totals{112}));
  EXPECT_EQ(append(state, {1}), (Totals{113}));
  EXPECT_EQ(qc_state_length(state), 4);
}

TEST_F(State, FullChangesNothing) {
  append(state, {5, 7, 9});
  EXPECT_EQ(append(state, {1, 2}), Totals{});
  EXPECT_EQ(status, QC_FULL);
  EXPECT_STREQ(
      qc_last_error(model),
      "the state has room for 4 positions and holds 3: 2 more do not fit");
  EXPECT_EQ(qc_state_length(state), 3);
  EXPECT_EQ(append(state, {1}), (Totals{22}));
}

TEST_F(State, Truncate) {
  append(state, {5, 7, 9});
  EXPECT_EQ(qc_state_truncate(state, 4), QC_BAD_ARGUMENT);
  EXPECT_EQ(qc_state_truncate(state, -1), QC_BAD_ARGUMENT);
  EXPECT_EQ(qc_state_length(state), 3);
  EXPECT_EQ(qc_state_truncate(state, 1), QC_OK);
  EXPECT_EQ(append(state, {1}), (Totals{6}));
  EXPECT_EQ(qc_state_truncate(state, 0), QC_OK);
  EXPECT_EQ(append(state, {1}), (Totals{1}));
}

TEST_F(State, StatesAreIndependent) {
  qc_state *other = nullptr;
  ASSERT_EQ(qc_state_create(model, "decode", 2, &other), QC_OK);
  append(state, {5});
  EXPECT_EQ(append(other, {30}), (Totals{30}));
  EXPECT_EQ(append(state, {6}), (Totals{11}));
  EXPECT_EQ(append(other, {3}), (Totals{33}));
  qc_state_destroy(other);
}

TEST_F(State, OutputDims) {
  Tensor<int64_t> ids({1, 3}, {1, 2, 3});
  const DLTensor *inputs[] = {&ids.dl};
  int64_t dims[4] = {};
  int32_t count = 0;
  ASSERT_EQ(qc_state_output_dims(model, state, inputs, 1, dims, 4, &count),
            QC_OK);
  EXPECT_EQ(count, 2);
  EXPECT_EQ(dims[0], 1);
  EXPECT_EQ(dims[1], 3);
  EXPECT_EQ(qc_state_length(state), 0);
}

TEST_F(State, FailedRunAddsNothing) {
  Tensor<int64_t> ids({1, 2}, {1, 2});
  Tensor<float> total({1, 3}, {0, 0, 0});
  const DLTensor *inputs[] = {&ids.dl};
  DLTensor *outputs[] = {&total.dl};
  EXPECT_EQ(qc_run_state(model, state, inputs, 1, outputs, 1), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "dimension 1 of 'total' is 3, expected 2");
  EXPECT_EQ(qc_state_length(state), 0);
}

TEST_F(State, Refusals) {
  qc_state *other = state;
  EXPECT_EQ(qc_state_create(model, "main", 4, &other), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "entry 'main' keeps no state");
  EXPECT_EQ(other, nullptr);
  EXPECT_EQ(qc_state_create(model, "nothing", 4, &other), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "the model has no entry 'nothing'");
  EXPECT_EQ(qc_state_create(model, "decode", 0, &other), QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model),
               "a state needs room for 1 position, found 0");
  EXPECT_EQ(qc_state_create(model, "decode", INT64_MAX / 2, &other),
            QC_BAD_ARGUMENT);
  EXPECT_EQ(other, nullptr);
  EXPECT_EQ(qc_run_state(model, nullptr, nullptr, 0, nullptr, 0),
            QC_BAD_ARGUMENT);
  EXPECT_STREQ(qc_last_error(model), "the state is NULL");
  qc_state_destroy(nullptr);
  qc_model_destroy(nullptr);
}
