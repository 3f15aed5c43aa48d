#include "io/columns.h"

#include <cmath>

#include "io/data_source.h"
#include "io/formats/csv.h"
#include "io/resampling.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

const char* const kPeople =
    "age,sex,fare,zip,hours,class\n"
    "20,m,1,7,1.5,low\n"
    "30,f,2,8,2.5,high\n"
    "40,f,3,7,0.5,low\n"
    "50,m,1000,9,1,mid\n";

Table people() { return parse_csv(kPeople, "people.csv", {}); }

using Map = Config::Map;
using Treatments = std::vector<Ref<Treatment>>;

ColumnPipeline fitted(ColumnOptions options, const Table& training = people()) {
  ColumnPipeline columns(std::move(options));
  columns.fit(training);
  return columns;
}

Dataset treated(ColumnOptions options) { return fitted(std::move(options)).apply(people()); }

ColumnOptions with_label(const std::string& column) {
  ColumnOptions options;
  options.outputs = {{"labels", column}};
  return options;
}

TEST(columns, treat_each_column_as_told) {
  ColumnOptions options = with_label("class");
  options.inputs = {{"x", {"age", "sex", "fare"}}, {"place", {"zip"}}};
  options.treatments["age"] = {Ref<Treatment>("standardize")};
  options.treatments["sex"] = {Ref<Treatment>("one_hot")};
  options.treatments["zip"] = {Ref<Treatment>("classes")};
  options.treatments["fare"] = {Ref<Treatment>(Config(Map{{"cap", Map{{"high", 3}}}})),
                                Ref<Treatment>("standardize")};
  const Dataset data = treated(options);
  const float a = 1.3416407f, b = 0.4472136f;  // of four numbers at equal distances
  const float c = 1.5075567f, d = -0.30151134f, e = 0.904534f;  // of 1, 2, 3, 3
  EXPECT_EQ(data.input("x").shape(), (Shape{4, 4}));
  EXPECT_THAT(data.input("x").to_vector<float>(),
              Pointwise(FloatNear(1e-6f),
                        std::vector<float>{-a, 0, 1, -c, -b, 1, 0, d, b, 1, 0, e, a, 0, 1, e}));
  EXPECT_EQ(data.input("place").dtype(), DType::i32);
  EXPECT_THAT(data.input("place").to_vector<int>(), ElementsAre(0, 1, 0, 2));
  EXPECT_EQ(data.labels().dtype(), DType::i32);
  EXPECT_THAT(data.labels().to_vector<int>(), ElementsAre(1, 0, 1, 2));
  EXPECT_THAT(data.class_names()[0], ElementsAre("high", "low", "mid"));
}

TEST(columns, say_what_each_number_of_an_input_is) {
  ColumnOptions options = with_label("class");
  options.inputs = {{"x", {"age", "sex"}}, {"place", {"zip"}}};
  options.treatments["sex"] = {Ref<Treatment>("one_hot")};
  options.treatments["zip"] = {Ref<Treatment>("classes")};
  const ColumnPipeline columns = fitted(options);
  EXPECT_THAT(columns.feature_names("x", 3), ElementsAre("age", "sex = f", "sex = m"));
  EXPECT_THAT(columns.feature_names("place", 1), ElementsAre("zip"));
  EXPECT_THAT(columns.feature_names("place", 2), ElementsAre("zip[0]", "zip[1]"));
}

TEST(columns, named_outputs_weights_scale_and_star) {
  ColumnOptions options;
  options.outputs = {{"kind", "class"}, {"time", "hours"}};
  options.sample_weight = "fare";
  options.treatments["sex"] = {Ref<Treatment>("one_hot")};
  options.treatments["*"] = {Ref<Treatment>("standardize")};
  const Dataset data = treated(options);
  EXPECT_EQ(data.features().shape(), (Shape{4, 4}));  // age, sex (2), zip
  EXPECT_EQ(data.output("time").dtype(), DType::f32);
  EXPECT_THAT(data.output("time").to_vector<float>(), ElementsAre(1.5, 2.5, 0.5, 1));
  EXPECT_THAT(data.sample_weight().to_vector<float>(), ElementsAre(1, 2, 3, 1000));
  EXPECT_TRUE(data.class_names()[1].empty());
  EXPECT_EQ(data.sample_weight(1).to_vector<float>(), data.sample_weight(0).to_vector<float>());
  options.sample_weight = std::map<std::string, std::string>{{"kind", ""}, {"time", "fare"}};
  EXPECT_FALSE(treated(options).sample_weight(0).defined());
  EXPECT_EQ(treated(options).sample_weight(1).to_vector<float>(),
            data.sample_weight().to_vector<float>());
  ColumnOptions halved = with_label("class");
  halved.inputs = {{"age", {"age"}}};
  halved.scale = 0.5;
  const Dataset scaled = treated(halved);
  EXPECT_EQ(scaled.input("age").shape(), (Shape{4, 1}));
  EXPECT_THAT(scaled.input("age").to_vector<float>(), ElementsAre(10, 15, 20, 25));
}

TEST(columns, are_fitted_on_training_rows_only) {
  ColumnOptions options = with_label("hours");
  options.inputs = {{"fare", {"fare"}}};
  options.treatments["fare"] = {Ref<Treatment>("standardize")};
  const Table training = people().take_rows(std::vector<int64_t>{0, 1, 2});
  const ColumnPipeline columns = fitted(options, training);
  const double scale = std::sqrt(2.0 / 3);  // of 1, 2, 3, without the 1000
  EXPECT_THAT(columns.apply(training).features().to_vector<float>(),
              Pointwise(FloatNear(1e-6f), std::vector<double>{-1 / scale, 0, 1 / scale}));
  EXPECT_NEAR(columns.apply(people()).features().at({3, 0}), 998 / scale, 1e-3);
}

TEST(columns, quantile_caps_are_numpys) {
  Table table{"t", {{"x", Tensor{0, 10, 20, 30, 1000}, {}}}, {}, ""};
  const Config cap(Map{{"cap", Map{{"quantile", 0.1}}}});
  const Ref<Treatment> treatment(cap);
  const Config fitted = treatment->fit(table.columns[0], table);
  EXPECT_DOUBLE_EQ(fitted.find("low")->as_double(), 4);
  EXPECT_DOUBLE_EQ(fitted.find("high")->as_double(), 612);
  EXPECT_THAT(treatment->apply(table.columns[0], fitted, table).values.to_vector<float>(),
              ElementsAre(4, 10, 20, 30, 612));
  for (const auto& wrong : {Map{}, Map{{"quantile", 0.5}}, Map{{"quantile", 0.1}, {"low", 1}},
                            Map{{"low", 2}, {"high", 1}}})
    EXPECT_TRUE(throws_with([&] { Ref<Treatment>(Config(Map{{"cap", wrong}})); }, {"[cap]"}));
}

TEST(columns, are_stored_and_read_again) {
  ColumnOptions options = with_label("class");
  options.treatments["sex"] = {Ref<Treatment>("one_hot")};
  options.treatments["fare"] = {Ref<Treatment>(Config(Map{{"cap", Map{{"quantile", 0.2}}}}))};
  options.treatments["*"] = {Ref<Treatment>("standardize")};
  const ColumnPipeline columns = fitted(options);
  const Config stored = columns.to_config();
  const ColumnPipeline again = ColumnPipeline::from_config(stored);
  EXPECT_EQ(to_string(again.to_config()), to_string(stored));
  EXPECT_EQ(again.class_names(), columns.class_names());
  // For predict the columns of outputs may be missing.
  Table table = people();
  table.columns.pop_back();
  const Dataset inputs = again.apply(table, /*with_outputs=*/false);
  EXPECT_EQ(inputs.features().to_vector<float>(),
            columns.apply(people()).features().to_vector<float>());
  EXPECT_TRUE(inputs.outputs().empty());
  EXPECT_TRUE(throws_with([&] { again.apply(table); }, {"[people.csv]", "no column 'class'"}));
  EXPECT_TRUE(throws_with(
      [] {
        ColumnPipeline::from_config(Map{{"inputs", Map{}}});
      },
      {"outputs", "damaged"}));
}

TEST(columns, refuse_clearly) {
  const auto refuse = [](const std::string& label, std::map<std::string, Treatments> treatments,
                         std::vector<std::string> pieces) {
    ColumnOptions options = with_label(label);
    options.treatments = std::move(treatments);
    return throws_with([&] { fitted(options); }, std::move(pieces));
  };
  EXPECT_TRUE(refuse("class", {}, {"people.csv", "column 'sex' is text", "one_hot"}));
  EXPECT_TRUE(refuse("klass", {}, {"people.csv", "'klass'", "did you mean 'class'"}));
  EXPECT_TRUE(
      refuse("class", {{"sexx", {Ref<Treatment>("one_hot")}}}, {"'sexx'", "did you mean 'sex'"}));
  EXPECT_TRUE(refuse("class", {{"sex", {Ref<Treatment>("standardize")}}},
                     {"[people.csv:2]", "'sex'", "takes numbers, got 'm'"}));
  EXPECT_TRUE(throws_with([] { Ref<Treatment>("one_hat"); }, {"'one_hat'", "did you mean"}));
}

// What only shows on rows that were not trained on is an error with its line.
TEST(columns, name_the_line_of_a_value_that_training_did_not_have) {
  const Table table = people();
  ColumnOptions options;
  options.inputs = {{"x", {"age", "sex"}}};
  options.outputs = {{"y", "age"}};
  options.treatments["sex"] = {Ref<Treatment>("one_hot")};
  ColumnPipeline columns(options);
  columns.fit(table);
  const auto apply = [&](const std::string& rows) {
    columns.apply(parse_csv("age,sex\n" + rows, "new.csv", {}));
  };
  EXPECT_TRUE(throws_with([&] { apply("20,m\n30,x\n"); }, {"[new.csv:3]", "column 'sex'", "'x'"}));
  EXPECT_TRUE(throws_with([&] { apply("20,m\n20.5,f\n"); },
                          {"[new.csv:3]", "column 'age'", "whole", "20.5", "float"}));
  EXPECT_TRUE(
      throws_with([&] { apply("1e300,m\n1,f\n"); }, {"[new.csv:2]", "column 'age'", "float32"}));
  EXPECT_TRUE(throws_with([&] { apply("a,m\nb,f\n"); }, {"[new.csv]", "'age' is text"}));
}

ColumnOptions only_input(std::vector<std::string> columns) {
  ColumnOptions options;
  options.inputs = {{"x", std::move(columns)}};
  return options;
}

TEST(columns, refuse_what_would_silently_be_nothing) {
  const auto fit = [](const std::string& csv, ColumnOptions options) {
    return [csv, options] {
      ColumnPipeline columns(options);
      columns.fit(parse_csv(csv, "x.csv", {}));
    };
  };
  const std::string csv = "a,c\n1,x\n2,\n";
  EXPECT_TRUE(throws_with(fit(csv, only_input({})), {"input 'x' names no column"}));
  ColumnOptions gap = only_input({"a"}), nameless = only_input({"a"});
  gap.outputs = {{"y", "c"}};
  EXPECT_TRUE(throws_with(fit(csv, gap), {"[x.csv:3]", "column 'c' has no label here"}));
  nameless.treatments["a"] = {Ref<Treatment>()};
  EXPECT_TRUE(throws_with(fit(csv, nameless), {"column 'a' has a treatment without a name"}));
  EXPECT_TRUE(throws_with(
      [] {
        Ref<Treatment>(Config(Config::Map{{"cap", Config::Map{{"low", std::nan("")}}}}));
      },
      {"[cap]", "not a number"}));
  ColumnPipeline columns(only_input({"w"}));
  Table narrow;
  narrow.source = "w.npy";
  narrow.columns.push_back({"w", Tensor::zeros({3, 0}), {}});
  columns.fit(narrow);
  EXPECT_TRUE(throws_with([&] { columns.apply(narrow); }, {"[w.npy]", "'w' has no values"}));
}

// A run's columns.yaml comes from outside again when the run is opened.
TEST(columns, refuse_a_damaged_fit) {
  ColumnOptions options = only_input({"a"});
  options.treatments["a"] = {Ref<Treatment>("standardize")};
  ColumnPipeline columns(options);
  const Table table = parse_csv("a\n1\n2\n", "x.csv", {});
  columns.fit(table);
  Config stored = columns.to_config();
  EXPECT_NO_THROW(ColumnPipeline::from_config(stored).apply(table, false));
  auto& plan = const_cast<Config&>(*stored.find("columns")->find("a")->find("steps"));
  const_cast<Config&>(plan.as_list()[0]).set("fitted", Config(Map{{"mean", 1.5}}));
  EXPECT_TRUE(throws_with([&] { ColumnPipeline::from_config(stored).apply(table, false); },
                          {"column 'a'", "lacks 'scale'", "damaged"}));
}

TEST(table, says_which_row_of_the_source_a_taken_one_is) {
  Table table;
  table.source = "x.npy";
  table.columns.push_back({"x", Tensor::zeros({5}), {}});
  const Table some = table.take_rows(std::vector<int64_t>{4, 2, 0});
  EXPECT_EQ(some.place(0), "x.npy row 4");
  EXPECT_EQ(some.take_rows(std::vector<int64_t>{1}).place(0), "x.npy row 2");
}

TEST(io, knows_its_kinds) {
  std::vector<std::string> sources, treatments, samplers;
  for (const KindInfo* kind : kinds_of(DataSource::category)) sources.push_back(kind->name);
  for (const KindInfo* kind : kinds_of(Treatment::category)) treatments.push_back(kind->name);
  for (const KindInfo* kind : kinds_of(Sampler::category)) samplers.push_back(kind->name);
  EXPECT_THAT(samplers, ElementsAre("RandomOverSampler", "RandomUnderSampler", "SMOTE"));
  EXPECT_THAT(sources, ElementsAre("Csv", "Dataset", "Idx", "Images", "Lines", "MadeDigits",
                                   "Mnist", "Npy", "Npz", "TFRecord", "TextFolder"));
  EXPECT_THAT(treatments,
              ElementsAre("Cap", "Classes", "Float", "OneHot", "Standardize", "Text", "Tokens"));
}

}  // namespace
}  // namespace tutti
