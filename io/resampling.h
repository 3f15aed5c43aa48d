// Classes made equally frequent, with the rows and numbers that imbalanced-learn 0.14 gives.
#pragma once

#include <map>

#include "core/base/registry.h"
#include "io/dataset.h"

namespace tutti {

class Sampler : public Configurable {
 public:
  static constexpr const char* category = "sampler";

  // The rows, more or fewer, of one output of classes. Throws for fewer than two classes.
  virtual Dataset fit_resample(const Dataset& data) const = 0;
};

struct SamplingOptions {
  int64_t random_state = 0;  // below 2^32
  // Rows that a class shall have, by its index; empty: as many as the most frequent class
  // (over-sampling) or the rarest (under-sampling).
  std::map<int64_t, int64_t> sampling_strategy = {};
};

// Repeats rows of rarer classes, drawn with replacement, behind the data's own rows.
class RandomOverSampler final : public Sampler {
 public:
  using Options = SamplingOptions;
  explicit RandomOverSampler(SamplingOptions options = {}) : options_(std::move(options)) {}
  std::vector<int64_t> sample_indices(const std::vector<int64_t>& classes) const;
  Dataset fit_resample(const Dataset& data) const override;
  const Options& options() const { return options_; }

 private:
  SamplingOptions options_;
};

struct UnderSamplingOptions {
  int64_t random_state = 0;  // below 2^32
  std::map<int64_t, int64_t> sampling_strategy = {};
  bool replacement = false;
};

// Keeps some rows of more frequent classes, class by class.
class RandomUnderSampler final : public Sampler {
 public:
  using Options = UnderSamplingOptions;
  explicit RandomUnderSampler(UnderSamplingOptions options = {}) : options_(std::move(options)) {}
  std::vector<int64_t> sample_indices(const std::vector<int64_t>& classes) const;
  Dataset fit_resample(const Dataset& data) const override;
  const Options& options() const { return options_; }

 private:
  UnderSamplingOptions options_;
};

struct SmoteOptions {
  int64_t random_state = 0;  // below 2^32
  int64_t k_neighbors = 5;
  std::map<int64_t, int64_t> sampling_strategy = {};
};

// SMOTE (Chawla et al., 2002): new rows of rarer classes on the lines from a row to one of its
// nearest neighbours of the same class, behind the data's own rows. Neighbours at one distance
// count in the order of their rows. The only input is numbers, of any shape per row.
class SMOTE final : public Sampler {
 public:
  using Options = SmoteOptions;
  explicit SMOTE(SmoteOptions options = {}) : options_(std::move(options)) {}
  // Throws for a class to sample of no more than k_neighbors rows.
  Dataset fit_resample(const Dataset& data) const override;
  const Options& options() const { return options_; }

 private:
  SmoteOptions options_;
};

}  // namespace tutti
