#include "core/model/batch.h"

#include <algorithm>
#include <cmath>

#include "core/base/activity.h"
#include "core/base/error.h"
#include "core/graph/builtin_ops.h"
#include "core/model/model.h"
#include "core/ops/cast.h"
#include "core/ops/reshape.h"

namespace tutti {
namespace {

// Columns come in the model's order, or under the names of its inputs.
std::vector<size_t> matched_inputs(const Model& model, const std::vector<RowColumn>& columns) {
  const auto names = model.input_names();
  if (columns.size() != names.size())
    fail(ExitCode::data, model.name(),
         "the model has {} inputs, the data has {}; give one for each", names.size(),
         columns.size());
  std::vector<size_t> order(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const auto found = std::find_if(columns.begin(), columns.end(),
                                    [&](const auto& column) { return column.name == names[i]; });
    order[i] = found == columns.end() ? i : static_cast<size_t>(found - columns.begin());
  }
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != i)
      fail(ExitCode::data, model.name(),
           "some inputs of the data are named as the model's are and some are not; name all");
  return order;
}

// Waking a thread costs about as much as copying this.
constexpr size_t kPartBytes = size_t{32} << 10;

size_t row_bytes(const Tensor& tensor) {
  return static_cast<size_t>(tensor.shape().elements_per_row()) * size_of(tensor.dtype());
}

bool fits(const Shape& row, const Shape& wanted) {
  const Shape tail = wanted.tail();
  return row == tail ||
         (row.elements() == tail.elements() && (row.rank() == 0 || tail.rank() == 0));
}

void check_kind(const Model& model, size_t input, const RowColumn& column) {
  const bool takes_text = model.inputs()[input].dtype() == DType::string;
  if (takes_text == (column.dtype == DType::string)) return;
  fail(ExitCode::data, model.name(), "input '{}' takes {}, the data is {}{}",
       model.input_names()[input], takes_text ? "text" : "numbers", name_of(column.dtype),
       takes_text ? "; give it text"
                  : "; begin the model with a layer that takes text, such as TextVectorization");
}

}  // namespace

StepData make_step_data(Model& model, const RowSource& rows, std::vector<Value>& inputs) {
  StepData data;
  const auto columns = rows.inputs();
  for (const auto& column : columns) {
    data.x.push_back(make_input(column.name, column.shape.stacked(kRows), column.dtype));
    inputs.push_back(data.x.back());
  }
  std::vector<Value> x;
  const auto order = matched_inputs(model, columns);
  for (size_t i = 0; i < order.size(); ++i) {
    const ValueType& wanted = model.inputs()[i].type();
    Value value = cast(data.x[order[i]], wanted.dtype);
    x.push_back(value.shape() == wanted.shape ? value : reshape(value, wanted.shape));
  }
  data.x = std::move(x);
  for (const auto& column : rows.outputs()) {
    Value y = make_input(column.name, column.shape.stacked(kRows), column.dtype);
    inputs.push_back(y);
    // As Keras casts them to floatx: numbers come in the dtype of what is computed, if not of 16
    // bits.
    const size_t i = data.y.size();
    const DType to = i < model.outputs().size() ? model.outputs()[i].dtype() : column.dtype;
    data.y.push_back(is_floating(column.dtype) && is_floating(to) ? cast(y, promote(to, DType::f32))
                                                                  : y);
  }
  for (size_t i = 0; i < data.y.size(); ++i) {
    Value& weight = data.sample_weight.emplace_back();
    if (!rows.has_weights(i)) continue;
    weight = make_input("sample_weight", {kRows});
    inputs.push_back(weight);
  }
  return data;
}

BatchReader::BatchReader(const Executable& executable, const RowSource& rows, Range owned,
                         ThreadPool* pool)
    : owned_(owned), pool_(pool), x_(rows.inputs().size()), y_(rows.outputs().size()) {
  for (size_t i = 0; i < y_; ++i)
    if (rows.has_weights(i)) weighted_.push_back(i);
  const size_t count = x_ + y_ + weighted_.size();
  for (size_t i = 0; i < count; ++i) {
    inputs_.push_back(executable.input(i));
    const bool on_host = inputs_.back().device().kind() == DeviceKind::cpu;
    staging_.push_back(on_host ? inputs_.back()
                               : Tensor::empty(inputs_.back().shape(), inputs_.back().dtype()));
  }
  rows_.resize(static_cast<size_t>(owned.size()));
  size_t bytes = 0;
  for (const Tensor& tensor : staging_) bytes += tensor.bytes();
  const auto parts = static_cast<int64_t>(bytes / kPartBytes);
  part_rows_ = std::max<int64_t>(1, owned.size() / std::max<int64_t>(1, parts));
}

void BatchReader::read_rows(const RowSource& rows, Range part) {
  const std::span wanted =
      std::span(rows_).subspan(static_cast<size_t>(part.begin), static_cast<size_t>(part.size()));
  const auto place = [&](size_t i) {
    return staging_[i].raw() + static_cast<size_t>(part.begin) * row_bytes(staging_[i]);
  };
  for (size_t i = 0; i < x_; ++i) rows.read_input(i, wanted, place(i));
  for (size_t i = x_; i < x_ + y_; ++i) rows.read_output(i - x_, wanted, place(i));
  for (size_t i = 0; i < weighted_.size(); ++i)
    rows.read_weights(weighted_[i], wanted, staging_[x_ + y_ + i].data<float>() + part.begin);
}

void BatchReader::read(const RowSource& rows, int64_t batch_begin, const RowOrder& order) {
  const Activity reading(ActivityKind::data, "rows");
  order.fill(batch_begin + owned_.begin, rows_);
  const int64_t count = owned_.size(), parts = (count + part_rows_ - 1) / part_rows_;
  pool_->run(parts, [&](int64_t part) {
    read_rows(rows, {part * part_rows_, std::min((part + 1) * part_rows_, count)});
  });
  for (size_t i = 0; i < inputs_.size(); ++i)
    if (inputs_[i].raw() != staging_[i].raw()) inputs_[i].copy_from(staging_[i]);
}

std::string describe_columns(const RowSource& rows) {
  std::string text;
  for (const auto& column : rows.inputs())
    text += fmt::format("{} {} {}; ", column.name, to_string(column.shape), name_of(column.dtype));
  text += "-> ";
  size_t output = 0;
  for (const auto& column : rows.outputs())
    text += fmt::format("{} {}{}; ", to_string(column.shape), name_of(column.dtype),
                        rows.has_weights(output++) ? " weighted" : "");
  return text;
}

void check_columns(Model& model, const RowSource& rows) {
  if (rows.rows() == 0) fail(ExitCode::data, model.name(), "the data has no rows");
  const auto columns = rows.inputs();
  for (const auto& column : rows.outputs())
    if (column.dtype == DType::string)
      fail(ExitCode::data, model.name(),
           "the labels are text; number their classes, by a StringLookup or a treatment");
  if (model.built_graph()) {
    const auto order = matched_inputs(model, columns);
    for (size_t i = 0; i < order.size(); ++i) check_kind(model, i, columns[order[i]]);
    for (size_t i = 0; i < order.size(); ++i)
      if (!fits(columns[order[i]].shape, model.inputs()[i].shape()))
        fail(
            ExitCode::data, model.name(),
            "input '{}' takes rows of shape {}, the data's rows have shape {}; reshape one of them",
            model.input_names()[i], to_string(model.inputs()[i].shape().tail()),
            to_string(columns[order[i]].shape));
  } else {
    model.build_graph(columns);
  }
}

int64_t checked_batch_size(int64_t batch_size, int64_t rows) {
  if (batch_size == 0) return std::min<int64_t>(32, rows);
  if (batch_size < 0) fail("fit", "batch_size is {}; use at least 1", batch_size);
  if (batch_size > rows)
    fail(ExitCode::data, "fit", "batch_size {} is larger than the {} training rows; use at most {}",
         batch_size, rows, rows);
  return batch_size;
}

std::pair<RowSourcePtr, RowSourcePtr> split_last(const RowSourcePtr& rows, double fraction) {
  if (!(fraction >= 0 && fraction < 1))
    fail("fit", "validation_split is {}; use a number from 0 up to, but not, 1", fraction);
  const auto kept =
      static_cast<int64_t>(std::floor(static_cast<double>(rows->rows()) * (1 - fraction)));
  if (kept == 0 || kept == rows->rows())
    fail(ExitCode::data, "fit", "validation_split {} of {} rows leaves one side empty", fraction,
         rows->rows());
  return {std::make_shared<RowRange>(rows, 0, kept),
          std::make_shared<RowRange>(rows, kept, rows->rows())};
}

void move_to_device(const std::vector<VariablePtr>& variables, Device& device) {
  for (const auto& variable : variables)
    if (&variable->value().device() != &device)
      variable->rebind(Tensor::empty(variable->shape(), variable->dtype(), device));
}

Logs to_logs(std::vector<std::pair<std::string, double>> results) {
  std::stable_sort(results.begin(), results.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Logs logs;
  for (const auto& [name, value] : results) logs.set(name, value);
  return logs;
}

}  // namespace tutti
