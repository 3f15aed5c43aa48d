// Rows that a pipeline of columns makes as they are read: those that it makes in memory.
#include "io/sharded/streamed_rows.h"

#include "io/data_source.h"
#include "io/sharded/csv_tables.h"
#include "tests/io/sharded/shards.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Map = Config::Map;

// Two files: numbers that are whole or not, text, and a label that is text.
void write_people(const DataFolder& folder, int64_t rows) {
  for (const int64_t begin : {int64_t{0}, rows / 3}) {
    std::string text = "age,sex,hours,class\n";
    for (int64_t i = begin; i < (begin == 0 ? rows / 3 : rows); ++i)
      text += fmt::format("{},{},{},{}\n", 20 + i * 7 % 41, i % 3 ? "m" : "\"f\"",
                          i % 2 ? "1.5" : fmt::format("{}", i % 9), i % 5 ? "low" : "high");
    folder.write(begin == 0 ? "a.csv" : "b.csv", text);
  }
}

ColumnOptions treatments() {
  ColumnOptions options;
  options.outputs = {{"labels", "class"}};
  options.treatments["sex"] = {Ref<Treatment>("one_hot")};
  options.treatments["age"] = {Ref<Treatment>("standardize")};
  options.treatments["hours"] = {Ref<Treatment>(Config(Map{{"cap", Map{{"quantile", 0.1}}}})),
                                 Ref<Treatment>("standardize")};
  return options;
}

StreamedRowsPtr streamed(const RowTablesPtr& tables, const ColumnOptions& options, RowList rows,
                         BadRecords bad = BadRecords::fatal) {
  const bool skip = bad == BadRecords::skip;
  ColumnPipeline columns(options);
  columns.fit(tables->read(std::vector<int64_t>{0}),
              [&](const std::function<void(const Table&)>& each) {
                for_tables(*tables, rows, skip, each);
              });
  return std::make_shared<StreamedRows>(tables, std::move(rows), columns,
                                        StreamedRowsOptions{bad, true});
}

std::vector<int64_t> first_rows(int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TEST(streamed_rows, are_the_rows_of_the_pipeline_in_memory) {
  const DataFolder folder;
  const int64_t rows = 9000;  // more than a table of the pass over them
  write_people(folder, rows);
  const auto source = make_data_source("csv", ".");
  const Table table = source->load(folder.path());
  const auto tables = source->open(folder.path(), cache_of(folder));
  ASSERT_EQ(tables->rows(), rows);
  std::vector<int64_t> odd;
  for (int64_t i = 1; i < rows; i += 2) odd.push_back(i);
  for (const bool some : {false, true}) {
    const Dataset whole = to_dataset(some ? table.take_rows(odd) : table, treatments());
    const auto taken = streamed(tables, treatments(), some ? RowList(odd) : RowList::all(rows));
    ASSERT_EQ(taken->rows(), whole.rows());
    EXPECT_EQ(taken->read(first_rows(whole.rows())).digest(), whole.digest());
    EXPECT_EQ(taken->class_names(), whole.class_names());
  }
  const auto one = streamed(tables, treatments(), RowList::all(rows)),
             other = streamed(tables, treatments(), RowList(odd));
  EXPECT_EQ(one->digest(), streamed(tables, treatments(), RowList::all(rows))->digest());
  EXPECT_NE(one->digest(), other->digest());
  EXPECT_THAT(other->place(0), HasSubstr("a.csv record 1 (byte "));
}

// What a column holds is a fact of all rows; who does not build reads what was found.
TEST(streamed_rows, kinds_of_columns_are_found_once) {
  const DataFolder folder;
  std::string text = "a,b\n";
  for (int i = 0; i < 3000; ++i) text += fmt::format("{},{}\n", i, i == 2999 ? "0.5" : "1");
  folder.write("t.csv", text);
  const IndexOptions others{folder / "cache", false};
  EXPECT_TRUE(throws_with([&] { csv_tables(folder / "t.csv", {}, others); }, {"has no index"}));
  csv_tables(folder / "t.csv", {}, cache_of(folder));
  const Table first = csv_tables(folder / "t.csv", {}, others)->read(std::vector<int64_t>{0});
  EXPECT_EQ(first.column("a").values.dtype(), DType::i64);
  EXPECT_EQ(first.column("b").values.dtype(), DType::f64);
}

TEST(streamed_rows, bad_rows_keep_their_place_without_weight) {
  const DataFolder folder;
  folder.write("t.csv", "a,b\n1,x\n2,y\nthree,x\n4\n5,\n6,y\n");
  const auto tables = csv_tables(folder / "t.csv", {}, cache_of(folder));
  ColumnOptions options;
  options.outputs = {{"labels", "b"}};
  EXPECT_TRUE(throws_with([&] { streamed(tables, options, RowList::all(6)); },
                          {"t.csv record 2 (byte 12)] column 'a'"}));
  ColumnPipeline columns(options);
  columns.fit(tables->read(std::vector<int64_t>{0, 1}));
  const StreamedRows strict(tables, RowList::all(6), columns),
      lenient(tables, RowList::all(6), columns, {BadRecords::skip, true});
  EXPECT_TRUE(throws_with([&] { strict.read(first_rows(6)); },
                          {"t.csv record 2 (byte 12)] column 'a': expected a finite number"}));
  const Dataset rows = lenient.read(first_rows(6));
  EXPECT_THAT(rows.features().to_vector<float>(), ElementsAre(1, 2, 0, 0, 0, 6));
  EXPECT_THAT(rows.labels().to_vector<int>(), ElementsAre(0, 1, 0, 0, 0, 1));
  EXPECT_THAT(rows.sample_weight().to_vector<float>(), ElementsAre(1, 1, 0, 0, 0, 1));
  lenient.read(first_rows(6));
  EXPECT_THAT(lenient.passed().rows(), ElementsAre(2, 3, 4));
  EXPECT_THAT(lenient.passed().messages(),
              ElementsAre(HasSubstr("record 2"), HasSubstr("has 1 cells"),
                          HasSubstr("record 4 (byte 22)] column 'b' has no label")));
}

TEST(streamed_rows, outputs_are_chosen_and_checked_as_they_are_read) {
  const DataFolder folder;
  folder.write("t.csv", "a,b,c\n1,0,5\n2,7,6\n3,1,7\n");
  const auto tables = csv_tables(folder / "t.csv", {}, cache_of(folder));
  ColumnOptions options;
  options.outputs = {{"b", "b"}, {"c", "c"}};
  const auto below_two = [](const Tensor& labels) {
    for (const int label : labels.to_vector<int>())
      if (label > 1) fail(ExitCode::data, "labels", "label {} is not below 2; correct it", label);
  };
  const auto rows =
      streamed(tables, options, RowList::all(3))->with_outputs({{1, {}}, {0, below_two}});
  EXPECT_EQ(rows->outputs()[0].name, "c");
  int32_t c[2];
  rows->read_output(0, std::vector<int64_t>{2, 0}, c);
  EXPECT_THAT(c, ElementsAre(7, 5));
  EXPECT_TRUE(throws_with(
      [&] {
        rows->read_output(0, std::vector<int64_t>{0, 1}, c);
      },
      {"t.csv record 1", "label 7 is not below 2"}));
}

TEST(streamed_rows, pictures_have_their_folders_names) {
  const DataFolder folder;
  const std::filesystem::path pictures = TUTTI_SOURCE_DIR "/tests/io/formats";
  for (const char* file : {"acorn/rgb.png", "beech/bits.png", "beech/fine.jpg"}) {
    const std::filesystem::path to = folder / file;
    std::filesystem::create_directories(to.parent_path());
    std::filesystem::copy_file(pictures / to.filename(), to);
  }
  const auto source =
      make_data_source("images", Map{{"path", "."}, {"image_size", Config::List{6, 4}}});
  const auto tables = source->open(folder.path(), cache_of(folder));
  const auto rows = streamed(tables, {}, RowList::all(3));
  EXPECT_EQ(rows->read(first_rows(3)).digest(), to_dataset(source->load(folder.path())).digest());
  EXPECT_THAT(rows->class_names()[0], ElementsAre("acorn", "beech"));
  EXPECT_EQ(source->bytes_in_memory(folder.path()), 3u * 6 * 4 * 3 * sizeof(float));
}

TEST(streamed_rows, text_stays_in_memory) {
  const DataFolder folder;
  folder.write("t.csv", "a,b\nx,1\ny,2\n");
  ColumnOptions options;
  options.inputs = {{"x", {"a"}}};
  options.treatments["a"] = {Ref<Treatment>("text")};
  const auto tables = csv_tables(folder / "t.csv", {}, cache_of(folder));
  EXPECT_TRUE(throws_with([&] { streamed(tables, options, RowList::all(2)); },
                          {"'x' stays text", "in_memory: true"}));
}

}  // namespace
}  // namespace tutti
