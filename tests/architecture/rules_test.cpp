// Each rule is shown a planted breach and something lawful beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/architecture/include_rules.h"
#include "tests/architecture/kind_rules.h"
#include "tests/architecture/size_rules.h"
#include "tests/architecture/symbol_rules.h"
#include "tests/architecture/wiring_rules.h"
#include "tests/architecture/word_rules.h"

namespace tutti::architecture {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

std::vector<int> lines_with_breach(const std::vector<Breach>& breaches) {
  std::vector<int> lines;
  for (const Breach& breach : breaches) lines.push_back(breach.line);
  return lines;
}

std::string repeated(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(IncludeRules, APathUpwardsIsABreachWithItsLine) {
  const TextFile low{"core/tensor/tensor.h",
                     "#include <vector>\n\n#include \"core/graph/graph.h\"\n"};
  const auto breaches = include_breaches({low});
  ASSERT_EQ(breaches.size(), 1u);
  EXPECT_EQ(breaches[0].path, "core/tensor/tensor.h");
  EXPECT_EQ(breaches[0].line, 3);
  const TextFile high{"core/graph/graph.h", "#include \"core/tensor/tensor.h\"\n"};
  EXPECT_THAT(include_breaches({high}), IsEmpty());
}

TEST(IncludeRules, RoomsThatMayNotSeeEachOther) {
  EXPECT_NE(forbidden_include("core/model/model.cpp", "io/csv.h"), "");
  EXPECT_NE(forbidden_include("core/layers/dense.h", "core/losses/loss.h"), "");
  EXPECT_NE(forbidden_include("core/layers/dense.cpp", "core/kernels/cpu/gemm.h"), "");
  EXPECT_NE(forbidden_include("core/unknown/a.h", "core/base/error.h"), "");
  EXPECT_NE(forbidden_include("io/csv.cpp", "distributed/session.h"), "");
  EXPECT_NE(forbidden_include("scheduler/study.cpp", "io/csv.h"), "");
  EXPECT_NE(forbidden_include("distributed/session.cpp", "launch/job.h"), "");
  EXPECT_NE(forbidden_include("launch/main.cpp", "tests/conformance/suite.h"), "");
  EXPECT_EQ(forbidden_include("launch/main.cpp", "io/csv.h"), "");
  EXPECT_EQ(forbidden_include("io/csv.cpp", "core/tensor/tensor.h"), "");
  EXPECT_EQ(forbidden_include("core/layers/dense.cpp", "core/initializers/initializer.h"), "");
  EXPECT_EQ(forbidden_include("tests/core/kernels/gemm_test.cpp", "core/kernels/cpu/gemm.h"), "");
}

TEST(IncludeRules, LibrariesStayInTheirRooms) {
  EXPECT_NE(forbidden_library("core/layers/dense.cpp", "dnnl.hpp"), "");
  EXPECT_NE(forbidden_library("core/graph/graph.cpp", "oneapi/dnnl/dnnl.hpp"), "");
  EXPECT_NE(forbidden_library("core/tensor/storage.cpp", "cuda_runtime.h"), "");
  EXPECT_NE(forbidden_library("core/kernels/cpu/matmul.cpp", "thrust/sort.h"), "");
  EXPECT_NE(forbidden_library("distributed/session.cpp", "mpi.h"), "");
  EXPECT_NE(forbidden_library("distributed/mpi/communicator.cpp", "nccl.h"), "");
  EXPECT_EQ(forbidden_library("distributed/mpi/communicator.cpp", "mpi.h"), "");
  EXPECT_EQ(forbidden_library("core/kernels/cpu/matmul.cpp", "dnnl.hpp"), "");
  EXPECT_EQ(forbidden_library("core/device/cuda/stream.cu", "cuda_runtime.h"), "");
}

TEST(SourceTree, HoldsWhatPeopleWrite) {
  for (const char* path :
       {"core/a.h", "core/ops/a.h.in", "tests/run", "tests/peers/goldens/make.py"})
    EXPECT_TRUE(is_written(path)) << path;
  for (const char* path : {"LICENSE", "io/datasets/iris.csv", "tests/peers/goldens/losses.json"})
    EXPECT_FALSE(is_written(path)) << path;
}

TEST(IncludeRules, RelativePathsAreABreach) {
  EXPECT_THAT(lines_with_breach(include_breaches({{"io/csv.cpp", "#include \"csv.h\"\n"}})),
              ElementsAre(1));
  EXPECT_THAT(include_breaches({{"io/csv.cpp", "#include \"io/csv.h\"\n"}}), IsEmpty());
}

TEST(IncludeRules, ASourceBeginsWithItsOwnHeader) {
  const TextFile header{"io/csv.h", ""}, alone{"launch/main.cpp", "#include \"io/csv.h\"\n"};
  const TextFile first{"io/csv.cpp", "#include \"io/csv.h\"\n#include <vector>\n"};
  const TextFile second{"io/csv.cpp", "#include <vector>\n#include \"io/csv.h\"\n"};
  EXPECT_THAT(own_header_breaches({header, first, alone}), IsEmpty());
  EXPECT_THAT(lines_with_breach(own_header_breaches({header, second, alone})), ElementsAre(1));
}

TEST(IncludeRules, ACircleIsFound) {
  const TextFile a{"io/a.h", "#include \"io/b.h\"\n"};
  const TextFile b{"io/b.h", "#pragma once\n#include \"io/c.h\"\n"};
  const TextFile c{"io/c.h", "#include \"io/a.h\"\n"};
  EXPECT_EQ(CircleSearch({a, b, c}).run(),
            (std::vector<Breach>{{"io/c.h", 1, "closes a circle with io/a.h"}}));
  EXPECT_THAT(CircleSearch({a, b}).run(), IsEmpty());
}

TEST(SizeRules, ALongFileNeedsAReason) {
  const std::string body = repeated("int x;\n", kFileLines);
  EXPECT_THAT(size_breaches({{"io/a.cpp", body}}), IsEmpty());
  EXPECT_THAT(lines_with_breach(size_breaches({{"io/a.cpp", body + "int y;\n"}})),
              ElementsAre(kFileLines + 1));
  EXPECT_THAT(size_breaches({{"io/a.cpp", "// long: a table of constants\n" + body}}), IsEmpty());
  EXPECT_THAT(size_breaches({{"tests/run", repeated("echo\n", kFileLines + 1)}}),
              testing::SizeIs(1));
}

TEST(SizeRules, ALongFunctionNeedsAReason) {
  const std::string fits = "void f() {\n" + repeated("  g();\n", kFunctionLines - 2) + "}\n";
  const std::string body = "void f() {\n" + repeated("  g();\n", kFunctionLines - 1) + "}\n";
  EXPECT_THAT(size_breaches({{"io/a.cpp", "\n" + fits}}), IsEmpty());
  EXPECT_THAT(lines_with_breach(size_breaches({{"io/a.cpp", "\n" + body}})), ElementsAre(2));
  EXPECT_THAT(size_breaches({{"io/a.cpp", "// long: one case per opcode\n" + body}}), IsEmpty());
  EXPECT_THAT(size_breaches({{"io/a.cpp", "// long: one case per opcode\n\n" + body}}),
              testing::SizeIs(1));
  EXPECT_THAT(size_breaches({{"io/a.cpp", "// long: \n" + body}}), testing::SizeIs(1));
}

TEST(SizeRules, FunctionsAreFoundWhereverTheyStand) {
  const std::string text =
      "namespace a {\n"                                           // 1
      "struct S : T {\n"                                          // 2
      "  S() : x_{1}, y_(2) {\n    f();\n  }\n"                   // 3
      "  int get() const noexcept {\n    return 1;\n  }\n"        // 6
      "  int x_ = 0;\n  S(int) : x_(1), y_{2} {}\n};\n"           // 9
      "template <typename T>\nvoid g(T t)\n{\n  h(\"}{\");\n}\n"  // 12, brace on 14
      "enum E { p, q };\n"                                        // 17
      "const int table[] = {1, 2};\n"                             // 18
      "const auto l = [](int a) {\n  // }\n  return a;\n};\n"     // 19
      "REGISTER(X, [] {\n  return '{';\n})\n"                     // 23
      "}  // namespace a\n";
  std::vector<int> first, last;
  for (const Function& function : functions_of(text)) {
    first.push_back(function.open_line);
    last.push_back(function.last_line);
  }
  EXPECT_THAT(first, ElementsAre(3, 6, 10, 14, 19, 23));
  EXPECT_THAT(last, ElementsAre(5, 8, 10, 16, 22, 25));
}

TEST(SizeRules, CodeIsWhatIsLeft) {
  EXPECT_EQ(code_only("a // b\nc"), "a     \nc");
  EXPECT_EQ(code_only("a /* b\n */ c"), "a     \n    c");
  EXPECT_EQ(code_only("f(\"{\\\"\", '{', 1'000)"), "f(     ,    , 1'000)");
  EXPECT_EQ(code_only("x = R\"(a \" {)\";"), "x =           ;");
  EXPECT_EQ(code_only("#define A { \\\n  {\nb"), "             \n   \nb");
}

TEST(PageRules, AFolderNeedsAShortPage) {
  const std::vector<std::string> paths = {
      "core/",  "core/README.md",  "core/a/",     "core/a/b.h",      "io/",
      "tests/", "tests/README.md", "tests/core/", "tests/core/x.cpp"};
  EXPECT_EQ(page_breaches(paths, {}),
            (std::vector<Breach>{{"core/a/", 0, "a folder without README.md"}}));
  const TextFile page{"core/README.md", "# core\n" + repeated("x\n", kFolderPageLines)};
  EXPECT_THAT(lines_with_breach(page_breaches({}, {page})), ElementsAre(kFolderPageLines + 1));
  EXPECT_THAT(page_breaches({}, {{"README.md", "# T\n" + repeated("x\n", kRootPageLines - 1)}}),
              IsEmpty());
  EXPECT_THAT(page_breaches({}, {{"README.md", "# T\n" + repeated("x\n", kRootPageLines)}}),
              testing::SizeIs(1));
  EXPECT_THAT(lines_with_breach(page_breaches({}, {{"io/README.md", "#io / x\n"}})),
              ElementsAre(1));
}

TEST(NameRules, EmptyWordsAreABreach) {
  EXPECT_THAT(name_breaches({"core/ops/"
                             "string_utils.h"}),
              testing::SizeIs(1));
  EXPECT_THAT(name_breaches({"io/common/"}), testing::SizeIs(1));
  EXPECT_THAT(name_breaches({"io/CsvReader.cpp"}), testing::SizeIs(1));
  EXPECT_THAT(name_breaches({"io/csv_reader.cpp", "core/cmake/TuttiInstall.cmake", "README.md"}),
              IsEmpty());
}

TEST(WordRules, PromisesAreABreach) {
  const std::string promise = std::string("int a;\n// TO") + "DO: later\n";
  EXPECT_THAT(lines_with_breach(word_breaches({{"io/a.cpp", promise}})), ElementsAre(2));
  EXPECT_THAT(word_breaches({{"io/a.cpp", std::string("  GTEST_SKIP()") + ";\n"}}),
              testing::SizeIs(1));
  EXPECT_THAT(word_breaches({{"io/a.cpp", "  GTEST_SKIP() << \"no CUDA device\";\n"}}), IsEmpty());
  EXPECT_THAT(word_breaches({{"tests/run", std::string("cd /ho") + "me/me/x\n"}}),
              testing::SizeIs(1));
  EXPECT_THAT(word_breaches({{"io/a.cpp",
                              "// a to"
                              "do list; core/work/x\n"}}),
              IsEmpty());
}

TEST(SymbolRules, WhatLeaksOutOfAnInstructionSetIsABreach) {
  const std::string lawful =
      "0000000000000000 T _ZN5tutti3cpu4avx24gemmEPKf\n"
      "0000000000000000 W _ZN5tutti3cpu4avx24foldILi4EEEvPf\n"
      "0000000000000000 W _ZNK5tutti3cpu4avx21V3getEv\n"
      "0000000000000010 u _ZZN5tutti3cpu4avx21fEvE1s\n"
      "0000000000000010 u _ZGVZN5tutti3cpu4avx21fEvE1s\n"
      "0000000000000000 V DW.ref.__gxx_personality_v0\n"
      "0000000000000000 t _ZN12_GLOBAL__N_13addEii\n";
  EXPECT_THAT(symbol_breaches("a.o", lawful, "avx2"), IsEmpty());
  EXPECT_THAT(symbol_breaches("a.o", "0000 W _ZNSt6vectorIfSaIfEE9push_backERKf\n", "avx2"),
              testing::SizeIs(1));
  EXPECT_THAT(symbol_breaches("a.o", "0000 T _ZN5tutti3cpu6avx5124gemmEPKf\n", "avx2"),
              testing::SizeIs(1));
  EXPECT_THAT(symbol_breaches("a.o", "0000 T _ZN5tutti3cpu4gemmEPKf\n", "avx2"),
              testing::SizeIs(1));
  EXPECT_THAT(symbol_breaches("a.o", "0000 T entry_point\n", "avx2"), testing::SizeIs(1));
}

TEST(KindRules, AListThatNamesAKindIsABreach) {
  const Kind kind{"core/layers", "dropout", "Dropout", "core/metrics/"};
  std::vector<TextFile> files = {{"core/layers/dropout.cpp", "Dropout"},
                                 {"core/layers/dropout.h", "Dropout"},
                                 {"tests/core/layers/dropout_test.cpp", "Dropout"},
                                 {"launch/examples/digits.cpp", "tutti::Dropout(0.5)"},
                                 {"core/ops/random.h", "// what Dropout uses\nclass NoDropout;"},
                                 {"core/layers/noise.cpp", "#include \"core/layers/dropout.h\""},
                                 {"core/metrics/rates.h", "class Dropout;"}};
  EXPECT_THAT(kind_breaches(kind, files), IsEmpty());
  files.push_back({"core/layers/all.cpp", "\nadd<DropoutLayer>();\n"});
  files.push_back({"launch/tutti.h", "#include \"core/layers/dropout.h\"\n"});
  files.push_back({"core/layers/dropout.proto", ""});
  files.push_back({"tests/conformance/layers_conformance_test.cpp", "{\"Dropout\", {{5, 4}}},"});
  files.push_back({"tests/CMakeLists.txt", "tutti_test(Dropout)"});
  EXPECT_THAT(kind_breaches(kind, files),
              ElementsAre(Field(&Breach::path, "core/layers/all.cpp"),
                          Field(&Breach::path, "launch/tutti.h"),
                          Field(&Breach::path, "core/layers/dropout.proto"),
                          Field(&Breach::path, "tests/conformance/layers_conformance_test.cpp"),
                          Field(&Breach::path, "tests/CMakeLists.txt")));
  files[2].text = "TEST(Layers, AreTested) {}";
  EXPECT_THAT(kind_breaches(kind, files), testing::SizeIs(6));
  files.erase(files.begin(), files.begin() + 3);
  EXPECT_THAT(kind_breaches(kind, files), testing::SizeIs(8));
}

TEST(WiringRules, ATestThatNobodyRunsIsABreach) {
  const std::vector<std::string> paths = {"io/csv.cpp", "tests/io/csv_test.cpp",
                                          "tests/io/npy_test.cpp"};
  const Compiled both{"test_io",
                      "#include \"/r/tests/io/csv_test.cpp\"\n"
                      "#include \"/r/tests/io/npy_test.cpp\"\n"};
  EXPECT_THAT(wiring_breaches(paths, {both}, "include(\"/b/test_io[1]_include.cmake\")"),
              IsEmpty());
  EXPECT_THAT(wiring_breaches(paths, {both}, "include(\"/b/test_iota[1]_include.cmake\")"),
              testing::SizeIs(2));
  EXPECT_THAT(wiring_breaches(paths, {{"test_io", "/r/tests/io/csv_test.cpp\""}}, "test_io"),
              ElementsAre(Field(&Breach::path, "tests/io/npy_test.cpp")));
}

TEST(WarningRules, ASourceWithoutThemIsABreach) {
  const auto compiled = [](const std::string& file, const std::string& flags) {
    return nlohmann::json::array({{{"file", file}, {"command", "c++ " + flags + " -c " + file}}});
  };
  const std::string all = "-Wall -Wextra -Wpedantic -Werror";
  EXPECT_THAT(warning_breaches(compiled("/r/io/csv.cpp", all)), IsEmpty());
  EXPECT_EQ(warning_breaches(compiled("/r/io/csv.cpp", "-Wall -Wextra -Werror")),
            (std::vector<Breach>{{"/r/io/csv.cpp", 0, "is compiled without -Wpedantic"}}));
  EXPECT_THAT(warning_breaches(compiled("/r/io/csv.cpp", all + " -w")), testing::SizeIs(1));
  EXPECT_THAT(warning_breaches(compiled("/b/launch/job.pb.cc", all + " -w")), IsEmpty());
}

}  // namespace
}  // namespace tutti::architecture
