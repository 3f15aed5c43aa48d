// Initializers without randomness: Zeros, Ones, Constant, Identity.
#pragma once

#include "core/initializers/initializer.h"
#include "core/tensor/number_array.h"

namespace tutti {

class Zeros final : public Initializer {
 public:
  using Options = NoOptions;
  explicit Zeros(Options = {}) {}
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

class Ones final : public Initializer {
 public:
  using Options = NoOptions;
  explicit Ones(Options = {}) {}
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct ConstantOptions {
  NumberArray value = 0.0;
};

// A number, or an array that broadcasts to the weight's shape.
class Constant final : public Initializer {
 public:
  using Options = ConstantOptions;
  explicit Constant(Options options = {}) : options_(std::move(options)) {}
  explicit Constant(NumberArray value) : options_{std::move(value)} {}
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct IdentityInitializerOptions {
  double gain = 1.0;
};

// gain on the diagonal of a matrix (square or not), zeros elsewhere.
class IdentityInitializer final : public Initializer {
 public:
  using Options = IdentityInitializerOptions;
  explicit IdentityInitializer(Options options = {}) : options_(options) {}
  Tensor operator()(const Shape& shape, DType dtype) const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
};

}  // namespace tutti
