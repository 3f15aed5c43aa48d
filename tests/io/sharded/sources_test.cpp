// What a job's data: names, read whole and row by row; and a training on each.
#include "core/base/seed.h"
#include "core/layers/dense.h"
#include "core/model/sequential.h"
#include "io/columns.h"
#include "io/data_source.h"
#include "io/sharded/prefetched_rows.h"
#include "io/sharded/row_tables.h"
#include "tests/io/sharded/shards.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

Ref<DataSource> source_of(const std::string& kind) {
  if (kind == "tfrecord")
    return make_data_source(
        "tfrecord",
        Config::Map{{"path", "t-*.tfrecord"},
                    {"features",
                     Config::Map{{"x", Config::Map{{"shape", Config::List{2}}}}, {"y", "int32"}}}});
  if (kind == "csv") return make_data_source("csv", "t-*.csv");
  return make_data_source("npy",
                          Config::Map{{"files", Config::Map{{"x", "x-*.npy"}, {"y", "y-*.npy"}}}});
}

TEST(sources, give_the_same_rows_whole_and_one_by_one) {
  for (const auto& kind : shard_kinds()) {
    const DataFolder folder;
    kind.write(folder);
    const auto source = source_of(kind.name);
    const Dataset whole = to_dataset(source->load(folder.path()), {.outputs = {{"labels", "y"}}});
    const auto tables = source->open(folder.path(), cache_of(folder));
    ASSERT_NE(tables, nullptr) << kind.name;
    ASSERT_EQ(tables->rows(), whole.rows()) << kind.name;
    const Dataset read = to_dataset(tables->read(all_rows()), {.outputs = {{"labels", "y"}}});
    EXPECT_EQ(read.digest(), whole.digest()) << kind.name;
    EXPECT_EQ(source->files(folder.path()).size(), kind.name == "npy" ? 2 * kShards : kShards);
    EXPECT_GT(source->bytes_in_memory(folder.path()), 100u);
  }
  EXPECT_EQ(make_data_source("dataset", "iris")->open({}, {}), nullptr);
  EXPECT_TRUE(make_data_source("dataset", "iris")->files({}).empty());
}

TEST(sources, npz_files_are_columns) {
  const std::string golden = TUTTI_SOURCE_DIR "/tests/io/formats/arrays.npz";
  const Table table = make_data_source("npz", golden)->load({});
  EXPECT_THAT(table.names(), ElementsAre("x", "y"));
  EXPECT_THAT(table.column("y").values.to_vector<int>(), ElementsAre(-1, 0, 1, 2));
  const DataFolder folder;
  for (const char* name : {"a.npz", "b.npz"}) std::filesystem::copy_file(golden, folder / name);
  const auto source =
      make_data_source("npz", Config::Map{{"path", "."}, {"arrays", Config::List{"y"}}});
  EXPECT_THAT(source->load(folder.path()).column("y").values.to_vector<int>(),
              ElementsAre(-1, 0, 1, 2, -1, 0, 1, 2));
  const Table taken =
      source->open(folder.path(), cache_of(folder))->read(std::vector<int64_t>{7, 4});
  EXPECT_THAT(taken.column("y").values.to_vector<int>(), ElementsAre(2, -1));
  EXPECT_TRUE(throws_with(
      [&] {
        make_data_source("npz", Config::Map{{"path", golden}, {"arrays", Config::List{"z"}}})
            ->load({});
      },
      {"arrays.npz] holds no array 'z'", "it holds x, y"}));
}

TEST(sources, say_which_file_of_a_folder_does_not_fit) {
  const DataFolder folder;
  folder.write("a.csv", "a,y\n1,2\n");
  folder.write("b.csv", "a,y\n1.5,word\n");
  const auto csv = make_data_source("csv", ".");
  EXPECT_TRUE(throws_with([&] { csv->load(folder.path()); },
                          {"b.csv] column 'y' is other than in ", "a.csv"}));
  folder.write("b.csv", "a,z\n1.5,2\n");
  EXPECT_TRUE(throws_with([&] { csv->load(folder.path()); }, {"b.csv] has other columns than"}));
  folder.write("b.csv", "a,y\n1.5,2\n");
  EXPECT_THAT(csv->load(folder.path()).column("a").values.to_vector<double>(), ElementsAre(1, 1.5));
}

uint64_t trained_on(const RowSourcePtr& rows) {
  clear_session();
  set_random_seed(4);
  Sequential model({Dense(5, "relu"), Dense(3, "softmax")});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy"});
  model.fit(rows, {.epochs = 3, .batch_size = 7, .verbose = 0});
  return model.digest();
}

TEST(sources, a_model_trained_on_shards_is_that_of_the_whole_data) {
  std::vector<float> x;
  std::vector<int32_t> y;
  std::vector<float> weights;
  for (int64_t row = 0; row < kAllRows; ++row) {
    x.insert(x.end(), {x_of(row).first, x_of(row).second});
    y.push_back(static_cast<int32_t>(row % 3));
    weights.push_back(1);
  }
  const Tensor all_x = Tensor::from(x, {kAllRows, 2}), all_y = Tensor::from(y, {kAllRows});
  const uint64_t whole = trained_on(make_rows(all_x, all_y));
  const int64_t bad = kRowsOfShard;
  std::fill_n(all_x.data<float>() + 2 * bad, 2, 0.0f);
  all_y.data<int32_t>()[bad] = 0;
  weights[static_cast<size_t>(bad)] = 0;
  const uint64_t without_one =
      trained_on(make_rows(all_x, all_y, Tensor::from(weights, {kAllRows})));
  EXPECT_NE(without_one, whole);
  for (const auto& kind : shard_kinds()) {
    const DataFolder folder;
    kind.write(folder);
    EXPECT_EQ(trained_on(kind.open(folder, BadRecords::fatal)), whole) << kind.name;
    const StepRows order{4, kAllRows, true, {7, 4, 0, 1}};
    const auto ahead =
        std::make_shared<PrefetchedRows>(kind.open(folder, BadRecords::fatal), order);
    EXPECT_EQ(trained_on(ahead), whole) << kind.name;
    EXPECT_EQ(ahead->counts().missed, 0) << kind.name;
    if (kind.name == "npy") continue;  // whose short rows share a checksum
    const auto path = folder / shard_name(kind.stem, 1, kind.ending);
    std::string bytes = FileSystem::current().read(path);
    const auto rows = kind.open(folder, BadRecords::skip);
    const size_t begin = kind.name == "csv" ? bytes.find('\n') + 1 : 12;
    bytes[begin + 1] ^= '\x20';
    folder.write(path.filename(), bytes);
    EXPECT_EQ(trained_on(rows), without_one) << kind.name;
    EXPECT_EQ(rows->bad_records(), 1) << kind.name;
  }
}

}  // namespace
}  // namespace tutti
