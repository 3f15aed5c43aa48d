#include "io/formats/csv.h"

#include <chrono>
#include <clocale>

#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;

Table parse(const std::string& text, CsvOptions options = {}) {
  return parse_csv(text, "t.csv", options);
}

::testing::AssertionResult csv_refused(const std::string& text, std::vector<std::string> pieces,
                                       const CsvOptions& options = {}) {
  return throws_with([&] { parse(text, options); }, pieces);
}

TEST(csv, reads_numbers_and_text) {
  const Table table =
      parse("age,name,height\n30,Ann,1.5\n41,Bob,1e-3\n 7 ,\"Lee, J\"\"r\"\"\",+2\n");
  EXPECT_THAT(table.names(), ElementsAre("age", "name", "height"));
  EXPECT_EQ(table.column("age").values.dtype(), DType::i64);
  EXPECT_THAT(table.column("age").values.to_vector<int64_t>(), ElementsAre(30, 41, 7));
  EXPECT_THAT(table.column("name").text, ElementsAre("Ann", "Bob", "Lee, J\"r\""));
  EXPECT_EQ(table.column("height").values.dtype(), DType::f64);
  EXPECT_THAT(table.column("height").values.to_vector<double>(), ElementsAre(1.5, 0.001, 2));
  EXPECT_EQ(table.place(2), "t.csv:4");
}

TEST(csv, obeys_rfc_4180) {
  // Quoted line ends count as lines; \r\n; no end of line at the end; a byte order mark; empty
  // lines.
  const Table table = parse("\xEF\xBB\xBF\"a b\",\"c\"\r\n\"x\r\ny\",1\r\n\r\n\"\",2");
  EXPECT_THAT(table.names(), ElementsAre("a b", "c"));
  EXPECT_THAT(table.columns[0].text, ElementsAre("x\r\ny", ""));
  EXPECT_THAT(table.lines, ElementsAre(2, 5));
  for (const char* cell : {"plain", "with,comma", "with\"quote", "two\nlines", ""}) {
    const Table back = parse("name,n\n" + csv_cell(cell) + ",1\nz,2\n");
    EXPECT_EQ(back.columns[0].text[0], cell);
  }
}

TEST(csv, finds_the_header_or_is_told) {
  EXPECT_THAT(parse("1,2\n3,4\n").names(), ElementsAre("0", "1"));
  EXPECT_EQ(parse("1,2\n3,4\n").rows(), 2);
  EXPECT_THAT(parse("a,b\n3,4\n").names(), ElementsAre("a", "b"));
  EXPECT_EQ(parse("x,1\ny,2\n").rows(), 2);  // a number in the first line: no header
  CsvOptions options;
  options.header = "yes";
  EXPECT_THAT(parse("2019,2020\n3,4\n", options).names(), ElementsAre("2019", "2020"));
  options.header = "no";
  EXPECT_EQ(parse("a,b\nc,d\n", options).rows(), 2);
  options.header = "auto";
  options.delimiter = ";";
  EXPECT_THAT(parse("a;b\n3;4\n", options).columns[1].values.to_vector<int>(), ElementsAre(4));
  options.delimiter = "tab";
  EXPECT_EQ(parse("a\tb\n3\t4\n", options).columns.size(), 2u);
  options.delimiter = ",";
  options.text = {"zip"};
  EXPECT_THAT(parse("zip,n\n00501,1\n", options).columns[0].text, ElementsAre("00501"));
}

TEST(csv, does_not_depend_on_the_locale) {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C"}) {
    std::setlocale(LC_ALL, name);
    EXPECT_THAT(parse("a,b\n1.5,2\n").columns[0].values.to_vector<double>(), ElementsAre(1.5))
        << name;
  }
  std::setlocale(LC_ALL, before.c_str());
}

TEST(csv, names_file_line_column_and_remedy) {
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3\n", {"[t.csv:3]", "1 cells", "has 2"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3,4,5\n", {"[t.csv:3]", "3 cells"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3,x\n5,6\n",
                          {"[t.csv:3]", "column 'b'", "a finite number", "'x'", "text:"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3,\n5,6\n", {"[t.csv:3]", "column 'b'", "an empty cell"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3,nan\n5,6\n", {"[t.csv:3]", "'nan'", "remove or fill"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3,-inf\n5,6\n", {"[t.csv:3]", "'-inf'"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3,1e999\n5,6\n", {"[t.csv:3]", "float64"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3,0x10\n5,6\n", {"'0x10'"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n3,\"1,5\"\n5,6\n", {"'1,5'"}));
  EXPECT_TRUE(csv_refused("", {"[t.csv]", "empty"}));
  EXPECT_TRUE(csv_refused("\n \r\n", {"empty"}));
  EXPECT_TRUE(csv_refused("a,b\n", {"[t.csv]", "no rows"}));
  EXPECT_TRUE(csv_refused("a,a\n1,2\n", {"[t.csv:1]", "'a'"}));
  EXPECT_TRUE(csv_refused(std::string("a,b\n1,2\n3,\0\n", 11), {"[t.csv:3]", "NUL"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n\"3,4\n5,6\n", {"[t.csv:3]", "never closed"}));
  EXPECT_TRUE(csv_refused("a,b\n1,2\n\"3\"x,4\n", {"[t.csv:3]", "behind a closing quote"}));
  CsvOptions options;
  options.text = {"nmae"};
  EXPECT_TRUE(csv_refused("name,b\n1,2\n", {"'nmae'", "did you mean 'name'"}, options));
  options = {};
  options.delimiter = "::";
  EXPECT_TRUE(csv_refused("a,b\n1,2\n", {"'::'"}, options));
  EXPECT_TRUE(throws_with([] { parse("age,b\n1,2\n").column("agee"); },
                          {"'agee'", "did you mean 'age'", "age, b"}));
}

TEST(csv, is_bounded) {
  EXPECT_TRUE(csv_refused(std::string(100001, ','), {"[t.csv:1]", "100000 cells"}));
  EXPECT_TRUE(csv_refused("a\n" + std::string(17 << 20, 'x') + "\n", {"[t.csv:2]", "16 MiB"}));
  EXPECT_TRUE(csv_refused("a\n\"" + std::string(17 << 20, 'x') + "\"\n", {"[t.csv:2]", "16 MiB"}));
  const std::string random = [] {
    std::string text;
    uint32_t state = 1;
    for (int i = 0; i < 20000; ++i)
      text += "ab1,\"\n\r.e-"[(state = state * 1664525 + 1013904223) >> 28 & 7];
    return text;
  }();
  for (size_t at = 0; at < random.size(); at += 40) {
    try {
      parse(random.substr(at, 60));
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find("[t.csv"), 0u);
    }
  }
}

// 100,000 rows of 64 numbers, 16 MB, take well under a second in a release build; the bound is wide
// enough for sanitizers and would still catch quadratic work.
TEST(csv, is_fast) {
  std::string text;
  for (int row = 0; row < 100000; ++row) {
    for (int column = 0; column < 63; ++column) text += "0.5,";
    text += "1\n";
  }
  const auto begin = std::chrono::steady_clock::now();
  const Table table = parse(text);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(table.rows(), 100000);
  EXPECT_LT(taken.count(), 20);
  RecordProperty("megabytes_per_second",
                 static_cast<int>(static_cast<double>(text.size()) / 1e6 / taken.count()));
}

TEST(csv, names_the_delimiter_that_the_file_has) {
  EXPECT_TRUE(throws_with([] { parse("a;b;c\n1;2;3\n"); },
                          {":1]", "is one column, 'a;b;c'; if it is 3", "delimiter: \";\""}));
  EXPECT_TRUE(throws_with([] { parse("a\tb\n1\t2\n"); }, {"if it is 2", "delimiter: \"tab\""}));
  EXPECT_EQ(parse("title\nfoo; bar\n").rows(), 1);
  const DataFolder folder;
  folder.write("a.tsv", "x\ty\n1\t2\n");
  EXPECT_EQ(data_source_of_file(folder / "a.tsv")->load("").columns.size(), 2u);
  EXPECT_TRUE(throws_with([] { make_data_source("csv", ""); }, {"names no file"}));
}

TEST(csv, is_a_source) {
  const DataFolder folder;
  folder.write("a.csv", "x,y\n1,2\n");
  EXPECT_EQ(make_data_source("csv", "a.csv")->load(folder.path()).rows(), 1);
  EXPECT_EQ(data_source_of_file(folder / "a.csv")->load("").rows(), 1);
  const Config arguments(Config::Map{{"path", "a.csv"}, {"header", "yes"}});
  EXPECT_EQ(make_data_source("Csv", arguments)->load(folder.path()).rows(), 1);
  EXPECT_TRUE(throws_with([] { make_data_source("csvv", "a.csv"); }, {"'csvv'", "did you mean"}));
  EXPECT_TRUE(throws_with([] { data_source_of_file("a.xlsx"); }, {".xlsx", ".csv"}));
  EXPECT_TRUE(throws_with([&] { make_data_source("csv", "b.csv")->load(folder.path()); },
                          {"b.csv", "check the path"}));
  const Config wrong(Config::Map{{"path", "a.csv"}, {"header", "maybe"}});
  EXPECT_TRUE(throws_with([&] { make_data_source("csv", wrong); }, {"maybe", "auto"}));
}

}  // namespace
}  // namespace tutti
