// RowSource: rows of examples, as fit, evaluate and predict read them. Tensors are one; `io` has
// others.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/model/per_output.h"
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
  // Sample weights, one number a row, of an output.
  virtual bool has_weights(size_t output) const { return (void)output, false; }
  // Copies a column of some rows, one after the other, into memory. Rows are in [0, rows()).
  // Several threads call at once, for different rows of a batch.
  virtual void read_input(size_t column, std::span<const int64_t> rows, void* into) const = 0;
  virtual void read_output(size_t column, std::span<const int64_t> rows, void* into) const = 0;
  virtual void read_weights(size_t output, std::span<const int64_t> rows, float* into) const;
};

// Tensors with one number of rows. Throws if they differ.
class TensorRows final : public RowSource {
 public:
  struct Named {
    std::string name;
    Tensor tensor;
  };
  TensorRows(std::vector<Named> inputs, std::vector<Named> outputs,
             const PerOutput<Tensor>& sample_weight = {});

  int64_t rows() const override { return rows_; }
  std::vector<RowColumn> inputs() const override;
  std::vector<RowColumn> outputs() const override;
  bool has_weights(size_t output) const override { return weights_.at(output).defined(); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override;

 private:
  std::vector<Named> inputs_, outputs_;
  std::vector<Tensor> weights_;  // of each output; undefined for none
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
  bool has_weights(size_t output) const override { return source_->has_weights(output); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override;

 private:
  std::shared_ptr<const RowSource> source_;
  int64_t begin_, end_;
};

using RowSourcePtr = std::shared_ptr<const RowSource>;

// One input and one target, the usual case.
RowSourcePtr make_rows(const Tensor& x, const Tensor& y = {}, const Tensor& sample_weight = {});
// Several, in the order of the model's inputs and outputs: make_rows({image, age}, {species}). Each
// output has the weight given, or its own of a list, undefined for none.
RowSourcePtr make_rows(const std::vector<Tensor>& x, const std::vector<Tensor>& y = {},
                       const PerOutput<Tensor>& sample_weight = {});

// The weights that were given, of each output: (rows,), f32, undefined for none. `outputs` are
// names.
std::vector<Tensor> weights_of_outputs(const PerOutput<Tensor>& sample_weight,
                                       const std::vector<std::string>& outputs, int64_t rows);

}  // namespace tutti
