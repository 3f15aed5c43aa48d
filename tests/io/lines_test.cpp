// Text files whose lines are rows: whole and one by one, labelled by folders or by themselves.
#include "core/base/filesystem.h"
#include "core/layers/text_vectorization.h"
#include "io/columns.h"
#include "io/data_source.h"
#include "io/sharded/row_tables.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

Ref<DataSource> lines(const std::string& path, const std::string& label) {
  return make_data_source("lines", Config::Map{{"path", path}, {"labels", label}});
}

Table streamed(const Ref<DataSource>& source, const DataFolder& folder) {
  const auto tables = source->open(folder.path(), {.folder = folder / "cache"});
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < tables->rows(); ++row) rows.push_back(row);
  return tables->read(rows);
}

void pack(const DataFolder& folder, const std::string& name) {
  ASSERT_EQ(std::system(("gzip '" + (folder / name).string() + "'").c_str()), 0);
}

TEST(lines, are_rows_labelled_by_their_folders) {
  const DataFolder folder;
  for (const char* name : {"texts/bad", "texts/good", "texts/.hidden"})
    std::filesystem::create_directories(folder / name);
  folder.write("texts/bad/a.txt", "dull\n\nvery dull\r\n");
  folder.write("texts/good/a.txt", "fine");
  folder.write("texts/good/b.txt", "so, \"so\" fine\n");
  folder.write("texts/good/notes.md", "no row\n");
  pack(folder, "texts/good/b.txt");
  const auto source = lines("texts", "folder");
  EXPECT_EQ(source->files(folder.path()).size(), 3u);
  for (const Table& table : {source->load(folder.path()), streamed(source, folder)}) {
    EXPECT_EQ(table.label, "label");
    EXPECT_THAT(table.column("text").text,
                ElementsAre("dull", "very dull", "fine", "so, \"so\" fine"));
    EXPECT_THAT(table.column("label").text, ElementsAre("bad", "bad", "good", "good"));
  }
}

TEST(lines, begin_with_their_label_or_have_none) {
  const DataFolder folder;
  folder.write("t.txt", "good\tfine\tfilm\nbad\t\n");
  const auto first = lines("t.txt", "first"), none = lines("*.txt", "none");
  for (const Table& table : {first->load(folder.path()), streamed(first, folder)}) {
    EXPECT_THAT(table.column("text").text, ElementsAre("fine\tfilm", ""));
    EXPECT_THAT(table.column("label").text, ElementsAre("good", "bad"));
  }
  for (const Table& table : {none->load(folder.path()), streamed(none, folder)}) {
    EXPECT_EQ(table.names().size(), 1u);
    EXPECT_THAT(table.column("text").text, ElementsAre("good\tfine\tfilm", "bad\t"));
  }
}

TEST(lines, name_what_is_wrong) {
  const DataFolder folder;
  std::filesystem::create_directory(folder / "none");
  folder.write("t.txt", "good\tfine\n\nnothing\n");
  const auto source = lines("t.txt", "first");
  EXPECT_TRUE(throws_with([&] { source->load(folder.path()); }, {"t.txt:3] has no label"}));
  EXPECT_TRUE(
      throws_with([&] { streamed(source, folder); }, {"t.txt record 1 (byte 11)] has no label"}));
  EXPECT_TRUE(throws_with([&] { lines("none", "folder")->load(folder.path()); },
                          {"holds no folders of text"}));
  folder.write("t.txt", "\n\n");
  EXPECT_TRUE(throws_with([&] { source->load(folder.path()); }, {"t.txt] holds no line of text"}));
  EXPECT_TRUE(throws_with(
      [] {
        make_data_source("lines", Config::Map{{"path", "x"}, {"delimiter", "::"}});
      },
      {"delimiter '::'", "use one"}));
}

Table texts() {
  const std::vector<std::string> rows = {"The fine film, the best!", "a dull FILM", "", "film"};
  return {"x.txt", {{"text", {}, rows}}, {}, ""};
}

TEST(tokens, are_those_of_the_layer) {
  const Table table = texts();
  for (const char* split : {"whitespace", "character"}) {
    const Config options(
        Config::Map{{"max_tokens", 6}, {"split", split}, {"output_sequence_length", 4}});
    const Ref<Treatment> tokens(Config(Config::Map{{"tokens", options}}));
    const Config fitted = tokens->fit(table.columns[0], table);
    const Tensor made = tokens->apply(table.columns[0], fitted, table).values;
    TextVectorization layer(
        TextVectorizationOptions{.max_tokens = 6, .split = split, .output_sequence_length = 4});
    const Tensor text = Tensor::text(table.columns[0].text);
    layer->adapt(text);
    EXPECT_EQ(made.dtype(), DType::i32);
    EXPECT_EQ(made.to_vector<int>(), layer(text).to_vector<int>()) << split;
    // Some rows by themselves, after other words were asked for.
    tokens->apply(table.columns[0], Config(Config::Map{{"vocabulary", "dull\na"}}), table);
    const Table last = table.take_rows(std::vector<int64_t>{1});
    EXPECT_EQ(tokens->apply(last.columns[0], fitted, last).values.to_vector<int>(),
              made.take_rows(std::vector<int64_t>{1}).to_vector<int>());
  }
}

TEST(tokens, are_marks_or_counts) {
  const Table table = texts();
  const auto made = [&](const char* mode) {
    const Ref<Treatment> tokens(
        Config(Config::Map{{"tokens", Config::Map{{"max_tokens", 3}, {"output_mode", mode}}}}));
    return tokens->apply(table.columns[0], tokens->fit(table.columns[0], table), table).values;
  };
  EXPECT_THAT(made("count").to_vector<int>(), ElementsAre(2, 1, 2, 2, 1, 0, 0, 0, 0, 0, 1, 0));
  EXPECT_THAT(made("multi_hot").to_vector<int>(), ElementsAre(1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 0));
  EXPECT_TRUE(throws_with([&] { made("int"); }, {"needs output_sequence_length"}));
  const Table numbers{"x.csv", {{"text", Tensor{1, 2}, {}}}, {}, ""};
  const Ref<Treatment> tokens(
      Config(Config::Map{{"tokens", Config::Map{{"output_sequence_length", 2}}}}));
  EXPECT_TRUE(throws_with([&] { tokens->fit(numbers.columns[0], numbers); }, {"takes text"}));
}

}  // namespace
}  // namespace tutti
