// From the columns of a table to the inputs and outputs of a model. Fitted on training rows only,
// kept with the model, and applied alike to every other row.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/dataset.h"
#include "io/sequences.h"
#include "io/table.h"
#include "io/treatment.h"

namespace tutti {

// Rows that are windows over the rows of a table, which are steps of a series.
struct TimeseriesColumns {
  TimeseriesOptions rows;
  // Steps from a row's first to the one whose outputs it has; the next at its rate after its last.
  std::optional<int64_t> delay = {};
};

struct ColumnOptions {
  // Name of an input -> its columns. Empty: one input "features" of all columns that are no output,
  // no weight.
  std::vector<std::pair<std::string, std::vector<std::string>>> inputs = {};
  // Name of an output -> its column. Empty: the table's own label, as "labels".
  std::vector<std::pair<std::string, std::string>> outputs = {};
  // Column -> treatments, in order; "*" stands for every other input column of numbers.
  std::map<std::string, std::vector<Ref<Treatment>>> treatments = {};
  // A column of weights for all outputs, or of some, by their names ("": none).
  PerOutput<std::string> sample_weight = {};
  double scale = 1;  // factor on input columns of numbers without a treatment
  std::optional<TimeseriesColumns> timeseries = {};
};

// Calls it with tables that together are some rows, in order; the same each time.
using EachTable = std::function<void(const std::function<void(const Table&)>&)>;

class ColumnPipeline {
 public:
  ColumnPipeline() = default;
  explicit ColumnPipeline(ColumnOptions options) : options_(std::move(options)) {}

  // Throws naming the column and, where there is one, the place of the row.
  void fit(const Table& training);
  // The same, to the same bits, of rows that are never together in memory; `some` of them tell
  // names and kinds of columns. They are asked for only as often as a treatment has to see them.
  void fit(const Table& some, const EachTable& training);

  // An input of one column (rows, ...) keeps its shape, one value per row becoming (rows, 1);
  // several columns are laid side by side as (rows, width). Inputs are f32, i32 where `classes`
  // made them, or text where it stays text. Outputs are (rows,): i32 for text and whole numbers,
  // f32 for others. Columns of outputs and weights may be missing where `with_outputs` is false:
  // that is how predict reads a table. A timeseries: (rows, sequence_length, width).
  Dataset apply(const Table& table, bool with_outputs = true) const;

  // Whether rows can be treated as they are read: none reaches over several, none stays text.
  bool streams() const;
  // Whether an output was text that nobody said what to do with: its classes are numbered.
  bool numbered_by_itself(size_t output) const;
  const std::string& column_of_output(size_t output) const;
  // Of each output, what its indices stand for.
  std::vector<std::vector<std::string>> class_names() const;
  // Of an input, what each of the `width` numbers in a row is: "age", "color = red" where one_hot
  // made them, "pixels[3]" of a column that has several.
  std::vector<std::string> feature_names(const std::string& input, int64_t width) const;

  Config to_config() const;
  static ColumnPipeline from_config(const Config& config);

 private:
  struct Step {
    Ref<Treatment> treatment;
    Config fitted;
  };
  struct Plan {
    std::string column;
    std::vector<Step> steps;
    bool scaled = false, whole = false;
  };

  struct Learning;  // of one plan

  Dataset over_time(const Dataset& steps) const;
  void settle_options(const Table& some);
  Plan make_plan(const Table& some, const std::string& name, bool is_output) const;
  void learn(const EachTable& training);
  void finish_plan(Plan& plan, const Table& some) const;
  bool is_output(const std::string& column) const;
  static void need_no_gaps(const Column& labels, const Table& table);
  Column treat(const Plan& plan, const Table& table) const;
  Tensor input_tensor(const std::vector<std::string>& columns, const Table& table) const;
  Tensor output_tensor(const Plan& plan, const Table& table) const;
  const std::string* weight_column(size_t output) const;  // null for none
  Tensor weight_tensor(size_t output, const Table& table) const;
  const Plan& plan_of(const std::string& column) const;

  ColumnOptions options_;  // with inputs and outputs filled in once fitted
  std::vector<Plan> plans_;
};

// The rows of a table, columns fitted on all of them.
Dataset to_dataset(const Table& table, const ColumnOptions& options = {});

}  // namespace tutti
