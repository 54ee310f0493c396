//===- BinaryCodebook.cpp - the methods 'btc' and 'btc_x' -------*- C++ -*-===//
//
// Part of quantc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// A codebook of sign patterns, after BTC-LLM (arXiv 2506.12040): rows are cut
// into vectors of v weights, and each is stored as the index of one of K
// patterns. As k-means, but a vector goes to the pattern with the largest inner
// product rather than to the nearest one in Hamming distance, which loses a
// fifth less at the same size; weights count by the diagonal of the Hessian
// where there is one. Levels come from ARB and are fitted again at the end. The
// transformation of the paper is not part of this.

#include "BinaryFit.h"
#include "quantc/Support/ParallelFor.h"
#include <algorithm>
#include <cmath>

using namespace llvm;
using namespace quantc;
using namespace quantc::methods;

/// Vectors that the codebook is learnt from, at most.
static constexpr int64_t kTrainingVectors = int64_t(1) << 17;
static constexpr int kIterations = 20;
/// Vectors whose patterns are looked for side by side.
static constexpr int64_t kLanes = 16;

namespace {
/// Vectors of v numbers, one after the other.
struct Vectors {
  int64_t dim = 0;
  std::vector<float> numbers; ///< [count, dim]

  int64_t count() const { return int64_t(numbers.size()) / dim; }
  const float *at(int64_t i) const { return numbers.data() + i * dim; }
};

/// The pattern with the largest inner product, the first of equals, for each
/// vector, and that product.
struct Choice {
  std::vector<uint16_t> index;
  std::vector<float> score;
};

/// Finds patterns for 16 vectors at a time. An inner product is the sum of two
/// parts, of the first eight numbers and of the others, that stand in tables
/// for all signs: entry i + 2^j is entry i plus twice number j, from the
/// negative sum on.
class Searcher {
public:
  Searcher(ArrayRef<uint16_t> codebook, int64_t dim)
      : codebook(codebook), dim(dim), lowBits(std::min<int64_t>(dim, 8)),
        lower(size_t(kLanes << lowBits)),
        upper(size_t(kLanes << (dim - lowBits))) {}

  void search(const Vectors &vectors, int64_t first, int64_t count,
              Choice &choice) {
    fill(lower, vectors, first, count, 0, lowBits);
    fill(upper, vectors, first, count, lowBits, dim);
    float best[kLanes];
    int32_t found[kLanes] = {};
    std::fill_n(best, kLanes, -INFINITY);
    const unsigned lowMask = (1u << lowBits) - 1;
    for (size_t k = 0; k < codebook.size(); ++k) {
      const float *low = &lower[(codebook[k] & lowMask) * kLanes];
      const float *high = &upper[size_t(codebook[k] >> lowBits) * kLanes];
      for (int64_t lane = 0; lane < kLanes; ++lane) {
        float score = low[lane] + high[lane];
        bool isBetter = score > best[lane];
        best[lane] = isBetter ? score : best[lane];
        found[lane] = isBetter ? int32_t(k) : found[lane];
      }
    }
    for (int64_t lane = 0; lane < count; ++lane) {
      choice.index[size_t(first + lane)] = uint16_t(found[lane]);
      choice.score[size_t(first + lane)] = best[lane];
    }
  }

private:
  void fill(std::vector<float> &table, const Vectors &vectors, int64_t first,
            int64_t count, int64_t begin, int64_t end) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const float *numbers = vectors.at(first + std::min(lane, count - 1));
      float sum = 0;
      for (int64_t j = begin; j < end; ++j)
        sum += numbers[j];
      table[size_t(lane)] = -sum;
      for (int64_t j = begin; j < end; ++j) {
        size_t half = size_t(1) << (j - begin);
        for (size_t i = 0; i < half; ++i)
          table[(i + half) * kLanes + size_t(lane)] =
              table[i * kLanes + size_t(lane)] + 2 * numbers[j];
      }
    }
  }

  ArrayRef<uint16_t> codebook;
  int64_t dim, lowBits;
  std::vector<float> lower, upper; ///< [2^bits, 16]
};

Choice choosePatterns(const Vectors &vectors, ArrayRef<uint16_t> codebook) {
  Choice choice;
  choice.index.resize(size_t(vectors.count()));
  choice.score.resize(size_t(vectors.count()));
  parallelFor(vectors.count(), 64 * kLanes, [&](int64_t begin, int64_t end) {
    Searcher searcher(codebook, vectors.dim);
    for (int64_t i = begin; i < end; i += kLanes)
      searcher.search(vectors, i, std::min(kLanes, end - i), choice);
  });
  return choice;
}

unsigned signsOf(const float *numbers, int64_t dim) {
  unsigned pattern = 0;
  for (int64_t j = 0; j < dim; ++j)
    pattern |= unsigned(numbers[j] >= 0) << j;
  return pattern;
}

/// The most frequent patterns, the smaller one of equals first; those that do
/// not occur last.
std::vector<uint16_t> frequentPatterns(const Vectors &vectors, int64_t size) {
  std::vector<int64_t> counts(size_t(1) << vectors.dim);
  for (int64_t i = 0; i < vectors.count(); ++i)
    ++counts[signsOf(vectors.at(i), vectors.dim)];
  std::vector<uint16_t> patterns(counts.size());
  for (size_t i = 0; i < patterns.size(); ++i)
    patterns[i] = uint16_t(i);
  std::stable_sort(
      patterns.begin(), patterns.end(),
      [&](uint16_t a, uint16_t b) { return counts[a] > counts[b]; });
  patterns.resize(size_t(size));
  return patterns;
}

/// Gives patterns that nobody chose, or that occur twice, to the vectors that
/// are fitted worst.
void replaceUnused(const Vectors &vectors, const Choice &choice,
                   ArrayRef<int64_t> members, std::vector<uint16_t> &codebook) {
  std::vector<bool> isTaken(size_t(1) << vectors.dim);
  std::vector<size_t> unused;
  for (size_t k = 0; k < codebook.size(); ++k) {
    if (members[k] == 0 || isTaken[codebook[k]])
      unused.push_back(k);
    else
      isTaken[codebook[k]] = true;
  }
  if (unused.empty())
    return;
  std::vector<float> losses(choice.score.size());
  std::vector<int64_t> order(choice.score.size());
  for (size_t i = 0; i < losses.size(); ++i) {
    float most = 0;
    for (int64_t j = 0; j < vectors.dim; ++j)
      most += std::fabs(vectors.at(int64_t(i))[j]);
    losses[i] = most - choice.score[i];
    order[i] = int64_t(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return losses[size_t(a)] > losses[size_t(b)];
  });
  auto next = order.begin();
  for (size_t k : unused) {
    unsigned pattern = codebook[k];
    for (; next != order.end(); ++next) {
      pattern = signsOf(vectors.at(*next), vectors.dim);
      if (!isTaken[pattern])
        break;
    }
    isTaken[pattern] = true;
    codebook[k] = uint16_t(pattern);
  }
}

/// One codebook for the vectors, whose numbers count as they are; a vector
/// pulls its pattern by `pull` times its numbers.
std::vector<uint16_t> learnCodebook(const Vectors &vectors,
                                    ArrayRef<float> pull, int64_t size) {
  std::vector<uint16_t> codebook = frequentPatterns(vectors, size);
  std::vector<uint16_t> last;
  for (int i = 0; i < kIterations; ++i) {
    Choice choice = choosePatterns(vectors, codebook);
    if (choice.index == last)
      break;
    std::vector<double> sums(size_t(size * vectors.dim));
    std::vector<int64_t> members(static_cast<size_t>(size));
    for (int64_t v = 0; v < vectors.count(); ++v) {
      size_t k = choice.index[size_t(v)];
      ++members[k];
      for (int64_t j = 0; j < vectors.dim; ++j)
        sums[k * size_t(vectors.dim) + size_t(j)] +=
            double(pull[size_t(v)]) * double(vectors.at(v)[j]);
    }
    for (size_t k = 0; k < codebook.size(); ++k) {
      unsigned pattern = 0;
      for (int64_t j = 0; j < vectors.dim; ++j)
        pattern |= unsigned(sums[k * size_t(vectors.dim) + size_t(j)] >= 0)
                   << j;
      if (members[k])
        codebook[k] = uint16_t(pattern);
    }
    replaceUnused(vectors, choice, members, codebook);
    last = std::move(choice.index);
  }
  return codebook;
}

/// w - mu in vectors, zeros behind the last column, each column times its
/// diagonal entry of the Hessian where there is one.
Vectors cutIntoVectors(MatrixRef weights, const BinaryMatrix &matrix) {
  Vectors vectors{matrix.codebookDim, {}};
  int64_t width = matrix.patterns() * matrix.codebookDim;
  vectors.numbers.assign(size_t(matrix.rows * width), 0.0f);
  for (int64_t r = 0; r < matrix.rows; ++r)
    for (int64_t c = 0; c < matrix.cols; ++c) {
      size_t group = size_t(r * matrix.groups + c / matrix.groupSize);
      float mu = matrix.zeroPoints.empty()
                     ? 0.0f
                     : -matrix.zeroPoints[group] * matrix.scales[group];
      float importance = weights.hessian.empty()
                             ? 1.0f
                             : weights.hessian[size_t(c * (weights.cols + 1))];
      vectors.numbers[size_t(r * width + c)] =
          (weights.row(r)[size_t(c)] - mu) * importance;
    }
  return vectors;
}
} // namespace

/// Evenly spread vectors, at most kTrainingVectors, with the scale of each.
static std::pair<Vectors, std::vector<float>>
chooseTraining(const Vectors &all, const BinaryMatrix &matrix) {
  Vectors chosen{all.dim, {}};
  std::vector<float> pull;
  int64_t stride = (all.count() + kTrainingVectors - 1) / kTrainingVectors;
  for (int64_t i = 0, block = 0; i < all.count(); i += stride, ++block) {
    // Another place in each block, so that no columns are left out.
    uint64_t mixed = uint64_t(block) * 0x9e3779b97f4a7c15u;
    int64_t v = std::min(i + int64_t((mixed >> 32) % uint64_t(stride)),
                         all.count() - 1);
    chosen.numbers.insert(chosen.numbers.end(), all.at(v), all.at(v) + all.dim);
    int64_t row = v / matrix.patterns(),
            column = v % matrix.patterns() * all.dim;
    pull.push_back(
        matrix.scales[size_t(row * matrix.groups + column / matrix.groupSize)]);
  }
  return {std::move(chosen), std::move(pull)};
}

/// Signs from the indices, then the levels that fit them.
static Error fitLevels(MatrixRef weights, const BinaryScheme &scheme,
                       BinaryMatrix &matrix) {
  return parallelForFallible(
      matrix.rows, 8, [&](int64_t begin, int64_t end) -> Error {
        for (int64_t r = begin; r < end; ++r) {
          for (int64_t c = 0; c < matrix.cols; ++c) {
            int64_t at = r * matrix.patterns() + c / matrix.codebookDim;
            matrix.signs[size_t(r * matrix.cols + c)] =
                matrix.codebook[matrix.indices[size_t(at)]] >>
                    (c % matrix.codebookDim) &
                1;
          }
          for (int64_t g = 0; g < matrix.groups; ++g) {
            auto [first, last] = matrix.columnsOf(g);
            size_t count = size_t(last - first);
            BinaryFit fit = leastSquaresFit(
                weights.row(r).slice(size_t(first), count),
                ArrayRef(matrix.signs)
                    .slice(size_t(r * matrix.cols + first), count),
                scheme.hasZeroPoints);
            if (Error error =
                    storeFit(matrix, r, g, roundFit(fit, scheme), scheme))
              return error;
          }
        }
        return Error::success();
      });
}

static Expected<BinaryMatrix> learn(MatrixRef weights,
                                    const BinaryScheme &scheme) {
  auto start = binarizeGroups(weights, scheme);
  if (!start || weights.data.empty())
    return start;
  BinaryMatrix result = std::move(*start);
  result.groupsKeptAtRtn = 0;
  Vectors vectors = cutIntoVectors(weights, result);
  auto [training, pull] = chooseTraining(vectors, result);
  result.codebook = learnCodebook(training, pull, scheme.codebookSize);
  result.indices = choosePatterns(vectors, result.codebook).index;
  if (Error error = fitLevels(weights, scheme, result))
    return error;
  return result;
}

namespace quantc::methods {

Expected<BinaryMatrix> binaryCodebook(MatrixRef weights,
                                      const BinaryScheme &scheme) {
  weights.hessian = {};
  return learn(weights, scheme);
}

Expected<BinaryMatrix> binaryCodebookHessian(MatrixRef weights,
                                             const BinaryScheme &scheme) {
  auto result = learn(weights, scheme);
  if (result && !weights.data.empty())
    if (Error error = refineWithHessian(weights, scheme, *result))
      return error;
  return result;
}

} // namespace quantc::methods
