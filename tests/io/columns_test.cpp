#include "io/columns.h"

#include <cmath>

#include "io/data_source.h"
#include "io/formats/csv.h"
#include "io/load_data.h"
#include "io/split.h"
#include "io/standard_scaler.h"
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

Config people_data(Map more) {
  Map map = {{"csv", "people.csv"}};
  map.insert(map.end(), more.begin(), more.end());
  return Config(std::move(map));
}

struct PeopleFolder : DataFolder {
  PeopleFolder() { write("people.csv", kPeople); }
  LoadedData load(Map more) const { return load_data(people_data(std::move(more)), path()); }
};

TEST(columns, treat_each_column_as_told) {
  const PeopleFolder folder;
  const auto data =
      folder
          .load({{"label", "class"},
                 {"inputs", Map{{"x", Config::List{"age", "sex", "fare"}}, {"place", "zip"}}},
                 {"columns",
                  Map{{"age", "standardize"},
                      {"sex", "one_hot"},
                      {"zip", "classes"},
                      {"fare", Config::List{Map{{"cap", Map{{"high", 3}}}}, "standardize"}}}}})
          .train;
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

TEST(columns, named_outputs_weights_scale_and_star) {
  const PeopleFolder folder;
  const auto data = folder
                        .load({{"label", Map{{"kind", "class"}, {"time", "hours"}}},
                               {"sample_weight", "fare"},
                               {"columns", Map{{"sex", "one_hot"}, {"*", "standardize"}}}})
                        .train;
  EXPECT_EQ(data.features().shape(), (Shape{4, 4}));  // age, sex (2), zip
  EXPECT_EQ(data.output("time").dtype(), DType::f32);
  EXPECT_THAT(data.output("time").to_vector<float>(), ElementsAre(1.5, 2.5, 0.5, 1));
  EXPECT_THAT(data.sample_weight().to_vector<float>(), ElementsAre(1, 2, 3, 1000));
  EXPECT_TRUE(data.class_names()[1].empty());
  const auto scaled =
      folder.load({{"label", "class"}, {"inputs", Map{{"age", "age"}}}, {"scale", 0.5}}).train;
  EXPECT_EQ(scaled.input("age").shape(), (Shape{4, 1}));
  EXPECT_THAT(scaled.input("age").to_vector<float>(), ElementsAre(10, 15, 20, 25));
}

TEST(columns, are_fitted_on_training_rows_only) {
  const PeopleFolder folder;
  const auto data = folder.load({{"label", "hours"},
                                 {"inputs", Map{{"fare", "fare"}}},
                                 {"columns", Map{{"fare", "standardize"}}},
                                 {"split", Map{{"by", "age"}, {"after", 45}}}});
  EXPECT_EQ(data.train.rows(), 3);
  ASSERT_TRUE(data.test);
  EXPECT_FALSE(data.validation);
  const double scale = std::sqrt(2.0 / 3);  // of 1, 2, 3, without the 1000
  EXPECT_THAT(data.train.features().to_vector<float>(),
              Pointwise(FloatNear(1e-6f), std::vector<double>{-1 / scale, 0, 1 / scale}));
  EXPECT_NEAR(data.test->features().item(), 998 / scale, 1e-3);
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
  const PeopleFolder folder;
  const auto data = folder.load({{"label", "class"},
                                 {"columns", Map{{"sex", "one_hot"},
                                                 {"fare", Map{{"cap", Map{{"quantile", 0.2}}}}},
                                                 {"*", "standardize"}}}});
  const Config stored = data.columns.to_config();
  const ColumnPipeline again = ColumnPipeline::from_config(stored);
  EXPECT_EQ(to_string(again.to_config()), to_string(stored));
  EXPECT_EQ(again.class_names(), data.columns.class_names());
  // For predict the columns of outputs may be missing.
  Table table = people();
  table.columns.pop_back();
  const Dataset inputs = again.apply(table, /*with_outputs=*/false);
  EXPECT_EQ(inputs.features().to_vector<float>(), data.train.features().to_vector<float>());
  EXPECT_TRUE(inputs.outputs().empty());
  EXPECT_TRUE(throws_with([&] { again.apply(table); }, {"[people.csv]", "no column 'class'"}));
  EXPECT_TRUE(throws_with(
      [] {
        ColumnPipeline::from_config(Map{{"inputs", Map{}}});
      },
      {"outputs", "damaged"}));
}

TEST(columns, refuse_clearly) {
  const PeopleFolder folder;
  const auto refuse = [&](Map more, std::vector<std::string> pieces) {
    return throws_with([&] { folder.load(std::move(more)); }, std::move(pieces));
  };
  EXPECT_TRUE(refuse({{"label", "class"}}, {"people.csv", "column 'sex' is text", "one_hot"}));
  EXPECT_TRUE(refuse({{"label", "klass"}}, {"people.csv", "'klass'", "did you mean 'class'"}));
  EXPECT_TRUE(refuse({{"lable", "class"}}, {"'lable'", "did you mean 'label'"}));
  EXPECT_TRUE(refuse({{"label", "class"}, {"columns", Map{{"sexx", "one_hot"}}}},
                     {"'sexx'", "did you mean 'sex'"}));
  EXPECT_TRUE(refuse({{"label", "class"}, {"columns", Map{{"sex", "one_hat"}}}},
                     {"'one_hat'", "did you mean"}));
  EXPECT_TRUE(refuse({{"label", "class"}, {"columns", Map{{"sex", "standardize"}}}},
                     {"'sex'", "takes numbers"}));
  EXPECT_TRUE(refuse({{"npy", "x.npy"}}, {"'csv'", "'npy'", "keep one"}));
  EXPECT_TRUE(throws_with([&] { load_data(Map{{"label", "a"}}, ""); }, {"names no source"}));
  EXPECT_TRUE(refuse({{"label", "class"}, {"split", Map{{"by", "age"}}}}, {"[split]", "after"}));
  EXPECT_TRUE(refuse({{"label", "class"}, {"split", Map{{"by", "age"}, {"after", 99}}}},
                     {"'age'", "at or below"}));
  EXPECT_TRUE(refuse({{"label", "class"}, {"split", Map{{"by", "sex"}, {"after", 1}}}},
                     {"'sex'", "not one number"}));
  EXPECT_TRUE(refuse({{"label", "class"}, {"split", Map{{"tets", 0.2}}}},
                     {"'tets'", "did you mean 'test'"}));
  EXPECT_TRUE(
      refuse({{"label", "class"}, {"split", Map{{"test", 0.2}, {"seed", -1}}}}, {"seed -1"}));
  EXPECT_TRUE(
      refuse({{"label", "class"}, {"validation_split", 1.5}}, {"[validation_split]", "1.5"}));
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

TEST(load_data, splits_as_scikit_learn_does) {
  const auto loaded =
      load_data(Map{{"dataset", "iris"}, {"split", Map{{"test", 0.2}, {"validation", 0.25}}}}, "");
  EXPECT_EQ(loaded.train.rows(), 90);
  EXPECT_EQ(loaded.validation->rows(), 30);
  EXPECT_EQ(loaded.test->rows(), 30);
  const Dataset all = load_data(Map{{"dataset", "iris"}}, "").train;
  const auto test = train_test_rows(150, 0.2, 42);
  EXPECT_EQ(loaded.test->features().to_vector<float>(),
            all.features().take_rows(test.test).to_vector<float>());
  const auto rest = train_test_rows(120, 0.25, 42);
  EXPECT_EQ(loaded.train.labels().at({0}),
            all.labels().at({test.train[static_cast<size_t>(rest.train[0])]}));
  const auto balanced = load_data(
      Map{{"dataset", "iris"}, {"split", Map{{"test", 0.2}, {"seed", 3}, {"stratify", "species"}}}},
      "");
  const auto labels = balanced.test->labels().to_vector<int>();
  for (int label = 0; label < 3; ++label)
    EXPECT_EQ(std::count(labels.begin(), labels.end(), label), 10);
}

TEST(load_data, takes_the_last_rows_as_keras_does) {
  const auto loaded =
      load_data(Map{{"dataset", "digits"}, {"validation_split", 0.2}, {"scale", 0.0625}}, "");
  EXPECT_EQ(loaded.train.rows(), 1437);  // int(1797 * 0.8)
  EXPECT_EQ(loaded.validation->rows(), 360);
  const Dataset all = load_data(Map{{"dataset", "digits"}}, "").train;
  EXPECT_EQ(loaded.validation->labels().at({0}), all.labels().at({1437}));
  EXPECT_EQ(loaded.validation->features().at({0, 3}), all.features().at({1437, 3}) / 16);
}

TEST(load_data, takes_other_files_to_validate_and_test) {
  const PeopleFolder folder;
  folder.write("more.csv", "age,hours\n1,2.5\n");
  const Config more(Map{{"csv", "more.csv"}});
  const auto loaded =
      folder.load({{"label", "hours"}, {"inputs", Map{{"age", "age"}}}, {"test_data", more}});
  EXPECT_EQ(loaded.test->rows(), 1);
  EXPECT_EQ(loaded.test->labels().item(), 2.5);
  EXPECT_TRUE(throws_with(
      [&] {
        folder.load({{"label", "hours"},
                     {"inputs", Map{{"age", "age"}}},
                     {"test_data", more},
                     {"split", Map{{"test", 0.5}}}});
      },
      {"test_data", "keep one"}));
  EXPECT_EQ(load_table(Config("more.csv"), folder.path()).rows(), 1);
}

TEST(load_data, knows_its_kinds) {
  std::vector<std::string> sources, treatments;
  for (const KindInfo* kind : kinds_of(DataSource::category)) sources.push_back(kind->name);
  for (const KindInfo* kind : kinds_of(Treatment::category)) treatments.push_back(kind->name);
  EXPECT_THAT(sources, ElementsAre("Csv", "Dataset", "Npy"));
  EXPECT_THAT(treatments, ElementsAre("Cap", "Classes", "Float", "OneHot", "Standardize"));
}

}  // namespace
}  // namespace tutti
