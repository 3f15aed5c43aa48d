#include "io/treatment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "core/base/error.h"
#include "io/standard_scaler.h"
#include "io/stored.h"

namespace tutti {
namespace {

[[noreturn]] void fail_column(const Column& column, const Table& table,
                              const std::string& message) {
  fail(ExitCode::data, table.source, "column '{}': {}", column.name, message);
}

void need_numbers(const Column& column, const Table& table, const char* what) {
  if (column.is_text())
    fail(ExitCode::data, table.place(0),
         "column '{}': {} takes numbers, got '{}'; correct the column, or use one_hot", column.name,
         what, column.text[0]);
}

// A part of what fit() learnt, which comes from a file where a run is opened.
const Config& learnt(const Config& fitted, const char* key, const Column& column) {
  return stored(fitted, key, fmt::format("column '{}'", column.name));
}

// Whole and small enough to be written as an integer.
std::string number_word(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15
             ? fmt::format("{}", static_cast<int64_t>(value))
             : fmt::format("{}", value);
}

std::vector<std::string> words_of(const Column& column, const Table& table, const char* what) {
  if (column.is_text()) return column.text;
  if (column.values.elements() != column.values.rows())
    fail_column(column, table, fmt::format("{} takes one value per row", what));
  std::vector<std::string> words;
  for (const double value : column.values.to_vector<double>()) words.push_back(number_word(value));
  return words;
}

// The distinct values in order: numbers by size, text by its bytes.
class DistinctFitting final : public Fitting {
 public:
  explicit DistinctFitting(const char* what) : what_(what) {}
  bool wants_rows() const override { return !done_; }
  void add(const Column& column, const Table& table) override {
    if (column.is_text()) {
      words_.insert(column.text.begin(), column.text.end());
    } else {
      words_of(column, table, what_);
      const auto values = column.values.to_vector<double>();
      numbers_.insert(values.begin(), values.end());
    }
    if (const size_t found = words_.size() + numbers_.size(); found > kLimit)
      fail_column(column, table,
                  fmt::format("{} found {} different values, the limit is {}; is it a number or an "
                              "id?",
                              what_, found, kLimit));
  }
  void end_rows() override { done_ = true; }
  Config result() override {
    Config::List list;
    for (const auto& word : words_) list.push_back(word);
    for (const double value : numbers_) list.push_back(number_word(value));
    return Config(std::move(list));
  }

 private:
  static constexpr size_t kLimit = 10000;
  const char* what_;
  std::set<std::string> words_;
  std::set<double> numbers_;
  bool done_ = false;
};

class MomentsFitting final : public Fitting {
 public:
  bool wants_rows() const override { return moments_.wants_rows(); }
  void add(const Column& column, const Table& table) override {
    need_numbers(column, table, "standardize");
    moments_.add(column.values.to_vector<double>(), column.values.shape().elements_per_row());
  }
  void end_rows() override { moments_.end_rows(); }
  Config result() override {
    const ColumnMoments moments = moments_.result();
    return Config(
        Config::Map{{"mean", write_config(moments.mean)}, {"scale", write_config(moments.scale)}});
  }

 private:
  MomentsInRows moments_;
};

std::vector<std::string> words_of(const Config& list) {
  std::vector<std::string> words;
  for (const auto& word : list.as_list()) words.push_back(word.as_string());
  return words;
}

// The position of each row's value in the fitted list.
std::vector<int32_t> positions_of(const Column& column, const Config& fitted, const Table& table,
                                  const char* what) {
  const auto known = words_of(fitted);
  std::map<std::string_view, int32_t> position;
  for (size_t i = 0; i < known.size(); ++i) position[known[i]] = static_cast<int32_t>(i);
  std::vector<int32_t> positions;
  for (const auto& word : words_of(column, table, what)) {
    const auto found = position.find(word);
    if (found == position.end())
      fail(ExitCode::data, table.place(static_cast<int64_t>(positions.size())),
           "column '{}' has '{}', which no training row has{}; correct it or stratify the split",
           column.name, word.substr(0, 40), did_you_mean(word, known));
    positions.push_back(found->second);
  }
  return positions;
}

class Plain : public Treatment {
 public:
  using Options = NoOptions;
  const NoOptions& options() const { return options_; }

 private:
  NoOptions options_;
};

class Standardize final : public Plain {
 public:
  explicit Standardize(NoOptions) {}
  std::unique_ptr<Fitting> begin_fit() const override { return std::make_unique<MomentsFitting>(); }
  Column apply(Column column, const Config& fitted, const Table& table) const override {
    need_numbers(column, table, "standardize");
    ColumnMoments moments;
    read_config(learnt(fitted, "mean", column), moments.mean);
    read_config(learnt(fitted, "scale", column), moments.scale);
    column.values = StandardScaler(std::move(moments)).transform(column.values);
    return column;
  }
};

class Classes final : public Plain {
 public:
  explicit Classes(NoOptions) {}
  std::unique_ptr<Fitting> begin_fit() const override {
    return std::make_unique<DistinctFitting>("classes");
  }
  Column apply(Column column, const Config& fitted, const Table& table) const override {
    const auto positions = positions_of(column, fitted, table, "classes");
    column.values = Tensor::from(positions, {static_cast<int64_t>(positions.size())});
    column.text.clear();
    return column;
  }
  std::vector<std::string> classes(const Config& fitted) const override { return words_of(fitted); }
};

class OneHot final : public Plain {
 public:
  explicit OneHot(NoOptions) {}
  std::unique_ptr<Fitting> begin_fit() const override {
    return std::make_unique<DistinctFitting>("one_hot");
  }
  Column apply(Column column, const Config& fitted, const Table& table) const override {
    const auto positions = positions_of(column, fitted, table, "one_hot");
    const int64_t width = static_cast<int64_t>(fitted.as_list().size());
    column.values = Tensor::zeros({static_cast<int64_t>(positions.size()), width});
    float* row = column.values.data<float>();
    for (const int32_t position : positions) {
      row[position] = 1;
      row += width;
    }
    column.text.clear();
    return column;
  }
  std::vector<std::string> classes(const Config& fitted) const override { return words_of(fitted); }
};

class Float final : public Plain {
 public:
  explicit Float(NoOptions) {}
  Column apply(Column column, const Config&, const Table& table) const override {
    need_numbers(column, table, "float");
    column.values = column.values.to(DType::f32);
    return column;
  }
};

class Text final : public Plain {
 public:
  explicit Text(NoOptions) {}
  bool stays_text() const override { return true; }
  Column apply(Column column, const Config&, const Table& table) const override {
    if (column.is_text()) return column;
    column.text = words_of(column, table, "text");
    column.values = Tensor();
    return column;
  }
};

struct CapOptions {
  std::optional<double> low, high, quantile;
};

// Given limits, or quantiles: those want all values at once.
class CapFitting final : public Fitting {
 public:
  explicit CapFitting(CapOptions options)
      : options_(std::move(options)), done_(!options_.quantile) {}
  bool wants_rows() const override { return !done_; }
  void add(const Column& column, const Table& table) override {
    need_numbers(column, table, "cap");
    const auto values = column.values.to_vector<double>();
    if (values.size() > kMostSorted - values_.size())
      fail_column(column, table,
                  fmt::format("cap: a quantile sorts all values, at most {} of them; give low: and "
                              "high:",
                              kMostSorted));
    values_.insert(values_.end(), values.begin(), values.end());
  }
  void end_rows() override {
    done_ = true;
    std::sort(values_.begin(), values_.end());
    options_.low = quantile_of(*options_.quantile);
    options_.high = quantile_of(1 - *options_.quantile);
    values_ = {};
  }
  Config result() override {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    return Config(Config::Map{{"low", options_.low.value_or(-kNone)},
                              {"high", options_.high.value_or(kNone)}});
  }

 private:
  static constexpr size_t kMostSorted = size_t{1} << 26;

  // Linear between the two nearest values, NumPy's default.
  double quantile_of(double share) const {
    const double at = share * static_cast<double>(values_.size() - 1);
    const size_t below = static_cast<size_t>(at), above = std::min(below + 1, values_.size() - 1);
    return values_[below] + (values_[above] - values_[below]) * (at - static_cast<double>(below));
  }

  CapOptions options_;
  std::vector<double> values_;
  bool done_;
};

class Cap final : public Treatment {
 public:
  using Options = CapOptions;
  explicit Cap(CapOptions options) : options_(std::move(options)) {
    const auto& [low, high, quantile] = options_;
    if (quantile ? low || high || !(*quantile > 0 && *quantile < 0.5) : !low && !high)
      fail("cap", "needs low:, high: or both, or else a quantile: above 0 and below 0.5");
    if ((low && std::isnan(*low)) || (high && std::isnan(*high)))
      fail("cap", "a limit is not a number; write low: and high: as numbers");
    if (low && high && *low > *high) fail("cap", "low {} is above high {}; swap them", *low, *high);
  }
  const CapOptions& options() const { return options_; }

  std::unique_ptr<Fitting> begin_fit() const override {
    return std::make_unique<CapFitting>(options_);
  }
  Column apply(Column column, const Config& fitted, const Table& table) const override {
    need_numbers(column, table, "cap");
    const double low = learnt(fitted, "low", column).as_double(),
                 high = learnt(fitted, "high", column).as_double();
    auto values = column.values.to_vector<double>();
    for (double& value : values) value = std::clamp(value, low, high);
    column.values = Tensor::from(values, column.values.shape());
    return column;
  }

 private:
  CapOptions options_;
};

TUTTI_REGISTER(Treatment, Standardize, "Standardize",
               "mean 0 and deviation 1 over the training rows");
TUTTI_REGISTER(Treatment, OneHot, "OneHot",
               "a column of 0 and 1 for each value of the training rows");
TUTTI_REGISTER(Treatment, Classes, "Classes",
               "indices into the sorted values of the training rows");
TUTTI_REGISTER(Treatment, Float, "Float", "numbers as float32, also where all are whole");
TUTTI_REGISTER(Treatment, Text, "Text",
               "stays text, which a TextVectorization or StringLookup takes");
TUTTI_REGISTER(Treatment, Cap, "Cap", "values beyond a limit become the limit")
    .argument("quantile", &CapOptions::quantile,
              "limits at this share of the training rows from each end")
    .argument("low", &CapOptions::low, "the lower limit")
    .argument("high", &CapOptions::high, "the upper limit");

}  // namespace

Config Treatment::fit(const Column& column, const Table& table) const {
  const auto fitting = begin_fit();
  while (fitting->wants_rows()) {
    fitting->add(column, table);
    fitting->end_rows();
  }
  return fitting->result();
}

}  // namespace tutti
