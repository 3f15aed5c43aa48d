// Hashing and HashedCrossing: text and whole numbers put into bins by a hash, without a vocabulary.
#pragma once

#include <array>

#include "core/graph/host_op.h"
#include "core/layers/layer.h"

namespace tutti {

// SipHash with these keys, or FarmHash without them.
using Salt = std::optional<std::array<uint64_t, 2>>;
// From one number for both keys or two; null for none. Throws for others.
Salt salt_of(const std::string& where, const std::optional<std::vector<int64_t>>& salt);

// The bins of text, or of whole numbers as text, int64.
class HashOp final : public HostOp {
 public:
  // `mask`, text or a number, takes bin 0 and the others those from 1 on.
  HashOp(int64_t bins, Salt salt, Config mask = {})
      : bins_(bins), salt_(salt), mask_(std::move(mask)) {}
  std::string_view name() const override { return "hash"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override;
  std::string parameters() const override;
  void compute(std::span<const Tensor> inputs, const Tensor& output) const override;
  int64_t bin_of(std::string_view text) const;

 private:
  int64_t bins_;
  Salt salt_;
  Config mask_;
};

struct HashingOptions {
  int64_t num_bins = 0;
  Config mask_value = {};  // text or a whole number
  std::optional<std::vector<int64_t>> salt = {};
  std::string output_mode = "int";
  bool sparse = false;
};

// (rows, ...) of text or numbers; floating ones are cut to whole ones. int64, or the layer's dtype.
class HashingLayer final : public Layer {
 public:
  using Options = HashingOptions;
  explicit HashingLayer(Options options);
  DType input_dtype() const override { return DType::i64; }
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
  Salt salt_;
};
using Hashing = LayerOf<HashingLayer>;

struct HashedCrossingOptions {
  int64_t num_bins = 0;
  std::string output_mode = "int";
  bool sparse = false;
};

// Two values or more of shape (rows,) or (rows, 1), of text or whole numbers.
class HashedCrossingLayer final : public Layer {
 public:
  using Options = HashedCrossingOptions;
  explicit HashedCrossingLayer(Options options);
  const Options& options() const { return options_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  Options options_;
};
using HashedCrossing = LayerOf<HashedCrossingLayer>;

}  // namespace tutti
