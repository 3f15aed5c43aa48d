// RowSource: rows of examples, as fit, evaluate and predict read them. Tensors are one; `io` has
// others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/tensor/tensor.h"

namespace tutti {

struct RowColumn {
  std::string name;  // "" when the caller gave none
  Shape shape;       // of one row
  DType dtype = DType::f32;
};

class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual int64_t rows() const = 0;
  virtual std::vector<RowColumn> inputs() const = 0;
  virtual std::vector<RowColumn> outputs() const = 0;  // targets
  virtual bool has_weights() const { return false; }
  // Copies a column of some rows, one after the other, into memory. Rows are in [0, rows()).
  // Several threads call at once, for different rows of a batch.
  virtual void read_input(size_t column, std::span<const int64_t> rows, void* into) const = 0;
  virtual void read_output(size_t column, std::span<const int64_t> rows, void* into) const = 0;
  virtual void read_weights(std::span<const int64_t> rows, float* into) const;
};

// Tensors with one number of rows. Throws if they differ.
class TensorRows final : public RowSource {
 public:
  struct Named {
    std::string name;
    Tensor tensor;
  };
  TensorRows(std::vector<Named> inputs, std::vector<Named> outputs, Tensor weights = {});

  int64_t rows() const override { return rows_; }
  std::vector<RowColumn> inputs() const override;
  std::vector<RowColumn> outputs() const override;
  bool has_weights() const override { return weights_.defined(); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_weights(std::span<const int64_t> rows, float* into) const override;

 private:
  std::vector<Named> inputs_, outputs_;
  Tensor weights_;
  int64_t rows_ = 0;
};

// Rows [begin, end) of another source.
class RowRange final : public RowSource {
 public:
  RowRange(std::shared_ptr<const RowSource> source, int64_t begin, int64_t end)
      : source_(std::move(source)), begin_(begin), end_(end) {}
  int64_t rows() const override { return end_ - begin_; }
  std::vector<RowColumn> inputs() const override { return source_->inputs(); }
  std::vector<RowColumn> outputs() const override { return source_->outputs(); }
  bool has_weights() const override { return source_->has_weights(); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_weights(std::span<const int64_t> rows, float* into) const override;

 private:
  std::shared_ptr<const RowSource> source_;
  int64_t begin_, end_;
};

using RowSourcePtr = std::shared_ptr<const RowSource>;

// One input and one target, the usual case.
RowSourcePtr make_rows(const Tensor& x, const Tensor& y = {}, const Tensor& sample_weight = {});
// Several, in the order of the model's inputs and outputs: make_rows({image, age}, {species}).
RowSourcePtr make_rows(const std::vector<Tensor>& x, const std::vector<Tensor>& y = {},
                       const Tensor& sample_weight = {});

}  // namespace tutti
