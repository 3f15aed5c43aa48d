#include "io/sharded/streamed_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "core/base/error.h"
#include "core/base/hash.h"

namespace tutti {
namespace {

constexpr int64_t kRowsThatShow = 1000;  // of which one has to be good

uint64_t next_serial() {
  static std::atomic<uint64_t> serials{0};
  return ++serials;
}

std::string without_place(const std::string& message) {
  const size_t end = message.find("] ");
  return message.starts_with('[') && end != std::string::npos ? message.substr(end + 2) : message;
}

NamedTensors zeros_of(const std::vector<RowColumn>& columns, int64_t rows) {
  NamedTensors zeros;
  for (const auto& column : columns)
    zeros.emplace_back(column.name, Tensor::zeros(column.shape.stacked(rows), column.dtype));
  return zeros;
}

void put_row(const Tensor& from, const Tensor& into, size_t row) {
  std::memcpy(into.raw() + row * from.bytes(), from.raw(), from.bytes());
}

void copy_all(const Tensor& from, void* into) {
  if (from.bytes() > 0) std::memcpy(into, from.raw(), from.bytes());
}

}  // namespace

// A batch asks for its columns one after the other, and its rows are made once for all of them.
struct StreamedRows::Decoded {
  uint64_t serial = 0;
  std::vector<int64_t> rows;
  Dataset data;
};

StreamedRows::StreamedRows(RowTablesPtr tables, RowList rows, ColumnPipeline columns,
                           StreamedRowsOptions options)
    : tables_(std::move(tables)),
      list_(std::move(rows)),
      columns_(std::move(columns)),
      options_(options),
      serial_(next_serial()) {
  look_at_columns();
}

void StreamedRows::look_at_columns() {
  for (int64_t row = 0;; ++row) try {
      if (row == std::min(kRowsThatShow, rows()))
        fail(ExitCode::data, "data", "has no good row among its first {}; is it what the job says?",
             row);
      const Dataset one = make(std::vector<int64_t>{row});
      if (one.windows()) fail(ExitCode::internal, "data", "a timeseries is read from memory alone");
      for (const auto& [name, values] : one.inputs()) {
        if (values.dtype() == DType::string)
          fail("data",
               "the input '{}' stays text, which is read from memory alone; say in_memory: true",
               name);
        inputs_.push_back({name, values.shape().tail(), values.dtype()});
      }
      for (size_t i = 0; i < one.outputs().size(); ++i) chosen_.push_back({i, {}});
      return name_outputs(one);
    } catch (const BadRecord&) {
      if (!skips()) throw;
    }
}

void StreamedRows::name_outputs(const Dataset& some) {
  for (const auto& [output, check] : chosen_) {
    const auto& [name, values] = some.outputs().at(output);
    outputs_.push_back({name, values.shape().tail(), values.dtype()});
    weighted_.push_back(some.sample_weight(output).defined());
    class_names_.push_back(some.class_names().at(output));
  }
}

StreamedRowsPtr StreamedRows::with_outputs(std::vector<StreamedOutput> outputs) const {
  auto other = std::make_shared<StreamedRows>(tables_, list_, columns_, options_);
  std::vector<RowColumn> columns;
  std::vector<bool> weighted;
  std::vector<std::vector<std::string>> names;
  for (const auto& [output, check] : outputs) {
    columns.push_back(outputs_.at(output));
    weighted.push_back(weighted_[output]);
    names.push_back(class_names_[output]);
  }
  other->outputs_ = std::move(columns), other->weighted_ = std::move(weighted);
  other->class_names_ = std::move(names), other->chosen_ = std::move(outputs);
  return other;
}

// Throws BadRecord for one that makes no row, with the place of whichever it is if it is alone.
Dataset StreamedRows::make(std::span<const int64_t> rows) const {
  std::vector<int64_t> numbers;
  for (const int64_t row : rows) numbers.push_back(list_[row]);
  const Table table = tables_->read(numbers);
  try {
    Dataset all = columns_.apply(table, options_.with_outputs);
    if (chosen_.empty() || !options_.with_outputs) return all;
    NamedTensors outputs;
    std::vector<Tensor> weights;
    std::vector<std::vector<std::string>> names;
    for (const auto& [output, check] : chosen_) {
      if (check) check(all.outputs()[output].second);
      outputs.push_back(all.outputs()[output]);
      weights.push_back(all.sample_weight(output));
      names.push_back(all.class_names()[output]);
    }
    return all.with_outputs(std::move(outputs), weights, std::move(names));
  } catch (const Error& error) {
    if (error.code() != ExitCode::data) throw;
    throw BadRecord(
        fmt::format("[{}] {}", tables_->place(numbers[0]), without_place(error.what())));
  }
}

// Row by row: those that are bad are zeros of weight 0.
Dataset StreamedRows::without_bad(std::span<const int64_t> rows) const {
  const auto count = static_cast<int64_t>(rows.size());
  const NamedTensors inputs = zeros_of(inputs_, count), outputs = zeros_of(outputs_, count);
  std::vector<Tensor> weights;
  for (size_t i = 0; i < outputs.size(); ++i) weights.push_back(Tensor::zeros({count}));
  for (size_t row = 0; row < rows.size(); ++row) try {
      const Dataset one = make(rows.subspan(row, 1));
      for (size_t i = 0; i < inputs.size(); ++i)
        put_row(one.inputs()[i].second, inputs[i].second, row);
      for (size_t i = 0; i < outputs.size(); ++i) {
        put_row(one.outputs()[i].second, outputs[i].second, row);
        const Tensor& weight = one.sample_weight(i);
        weights[i].data<float>()[row] = weight.defined() ? weight.data<float>()[0] : 1;
      }
    } catch (const BadRecord& bad) {
      if (!skips()) throw;
      passed_.note(rows[row], bad.what());
    }
  return Dataset(inputs, outputs, weights, class_names_);
}

Dataset StreamedRows::read(std::span<const int64_t> rows) const {
  try {
    return make(rows);
  } catch (const BadRecord&) {
    return without_bad(rows);
  }
}

const Dataset& StreamedRows::decode(std::span<const int64_t> rows) const {
  thread_local Decoded last;
  if (last.serial == serial_ && std::ranges::equal(last.rows, rows)) return last.data;
  last.serial = 0;  // nothing if reading throws
  last.data = read(rows);
  last.rows.assign(rows.begin(), rows.end());
  last.serial = serial_;
  return last.data;
}

void StreamedRows::read_input(size_t column, std::span<const int64_t> rows, void* into) const {
  copy_all(decode(rows).inputs()[column].second, into);
}
void StreamedRows::read_output(size_t column, std::span<const int64_t> rows, void* into) const {
  copy_all(decode(rows).outputs()[column].second, into);
}
void StreamedRows::read_weights(size_t output, std::span<const int64_t> rows, float* into) const {
  const Tensor& weights = decode(rows).sample_weight(output);
  if (weights.defined())
    copy_all(weights, into);
  else
    std::fill_n(into, rows.size(), 1.0f);
}

uint64_t StreamedRows::digest() const {
  Hasher hasher;
  for (const auto& stamp : tables_->stamps())
    hasher.update(&stamp.records, sizeof stamp.records)
        .update(&stamp.content, sizeof stamp.content);
  const std::string columns = to_string(columns_.to_config());
  const int64_t count = rows(), skip = skips();
  hasher.update(columns.data(), columns.size()).update(&count, sizeof count);
  hasher.update(&skip, sizeof skip);
  if (const auto* list = list_.list()) hasher.update(list->data(), list->size() * sizeof(int64_t));
  return hasher.digest();
}

}  // namespace tutti
