// Classes made equally frequent, with the rows and numbers that imbalanced-learn 0.14 gives.
#pragma once

#include <map>

#include "io/dataset.h"

namespace tutti {

struct SamplingOptions {
  uint32_t random_state = 0;
  // Rows that a class shall have, by its index; empty: as many as the most frequent class
  // (over-sampling) or the rarest (under-sampling).
  std::map<int64_t, int64_t> sampling_strategy = {};
};

// Repeats rows of rarer classes, drawn with replacement, behind the data's own rows.
class RandomOverSampler {
 public:
  explicit RandomOverSampler(SamplingOptions options = {}) : options_(std::move(options)) {}
  std::vector<int64_t> sample_indices(const std::vector<int64_t>& classes) const;
  Dataset fit_resample(const Dataset& data) const;  // of any inputs; one output of classes

 private:
  SamplingOptions options_;
};

struct UnderSamplingOptions {
  uint32_t random_state = 0;
  std::map<int64_t, int64_t> sampling_strategy = {};
  bool replacement = false;
};

// Keeps some rows of more frequent classes, class by class.
class RandomUnderSampler {
 public:
  explicit RandomUnderSampler(UnderSamplingOptions options = {}) : options_(std::move(options)) {}
  std::vector<int64_t> sample_indices(const std::vector<int64_t>& classes) const;
  Dataset fit_resample(const Dataset& data) const;

 private:
  UnderSamplingOptions options_;
};

struct SmoteOptions {
  uint32_t random_state = 0;
  int64_t k_neighbors = 5;
  std::map<int64_t, int64_t> sampling_strategy = {};
};

// SMOTE (Chawla et al., 2002): new rows of rarer classes on the lines from a row to one of its
// nearest neighbours of the same class, behind the data's own rows. Neighbours at one distance
// count in the order of their rows. The only input is numbers, of any shape per row.
class SMOTE {
 public:
  explicit SMOTE(SmoteOptions options = {}) : options_(std::move(options)) {}
  // Throws for a class to sample of no more than k_neighbors rows.
  Dataset fit_resample(const Dataset& data) const;

 private:
  SmoteOptions options_;
};

}  // namespace tutti
