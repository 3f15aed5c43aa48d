// The rules of the house, held against the tree itself. rules_test.cpp shows each rule a planted
// breach.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

#include "tests/architecture/include_rules.h"
#include "tests/architecture/kind_rules.h"
#include "tests/architecture/size_rules.h"
#include "tests/architecture/symbol_rules.h"
#include "tests/architecture/wiring_rules.h"
#include "tests/architecture/word_rules.h"

namespace tutti::architecture {
namespace {

const std::vector<TextFile>& project_files() {
  static const std::vector<TextFile> files = read_tree(TUTTI_SOURCE_DIR);
  return files;
}

const std::vector<std::string>& project_paths() {
  static const std::vector<std::string> paths = list_tree(TUTTI_SOURCE_DIR);
  return paths;
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 4096> part;
  while (pipe && std::fgets(part.data(), part.size(), pipe.get())) out += part.data();
  return out;
}

TEST(Architecture, TheTreeIsRead) {
  EXPECT_GT(project_files().size(), 50u);
  EXPECT_THAT(project_paths(), testing::Contains("core/base/error.h"));
}

TEST(Architecture, IncludesPointOneWay) {
  const auto breaches = include_breaches(project_files());
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, SourcesBeginWithTheirOwnHeader) {
  const auto breaches = own_header_breaches(project_files());
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, IncludesMakeNoCircle) {
  const auto breaches = CircleSearch(project_files()).run();
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, FilesAndFunctionsAreShort) {
  const auto breaches = size_breaches(project_files());
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, EveryFolderHasItsPage) {
  const auto breaches = page_breaches(project_paths(), project_files());
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, NamesSaySomething) {
  const auto breaches = name_breaches(project_paths());
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, NothingIsPromisedInWords) {
  const auto breaches = word_breaches(project_files());
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, EveryTestIsBuiltAndRun) {
  const std::filesystem::path build = TUTTI_BINARY_DIR;
  std::string registered;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(build / "tests")) {
    if (entry.path().filename() == "CTestTestfile.cmake") registered += read_text(entry.path());
  }
  std::vector<std::string> paths = project_paths();
  if (!std::filesystem::exists(build / "lib/libtutti_cuda.so")) {  // no CUDA toolkit here
    std::erase_if(paths, [](const auto& path) { return path.starts_with("tests/core/cuda/"); });
  }
  const auto breaches =
      wiring_breaches(paths, compilations(build / "compile_commands.json"), registered);
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, EverySourceIsCompiledWithAllWarnings) {
  const auto database = std::filesystem::path(TUTTI_BINARY_DIR) / "compile_commands.json";
  const auto breaches = warning_breaches(nlohmann::json::parse(read_text(database)));
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

TEST(Architecture, InstructionSetsKeepToTheirNamespaces) {
  std::vector<Breach> breaches;
  for (const std::string isa : {"x86_64", "avx2", "avx512"}) {
    const std::filesystem::path folder =
        std::filesystem::path(TUTTI_BINARY_DIR) / ("CMakeFiles/tutti_simd_" + isa + ".dir");
    ASSERT_TRUE(std::filesystem::exists(folder))
        << folder << " is missing; build the library first";
    size_t objects = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".o") continue;
      ++objects;
      const std::string path = entry.path().string();
      const std::string listing = output_of("nm --defined-only '" + path + "'");
      EXPECT_FALSE(listing.empty()) << path;
      const auto found = symbol_breaches(path, listing, isa);
      breaches.insert(breaches.end(), found.begin(), found.end());
    }
    EXPECT_GT(objects, 0u) << folder;
  }
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

class AddingOne : public testing::TestWithParam<Kind> {};

TEST_P(AddingOne, TouchesThreeFilesAndNoList) {
  const auto breaches = kind_breaches(GetParam(), project_files());
  EXPECT_TRUE(breaches.empty()) << report(breaches);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, AddingOne,
    testing::Values(Kind{"core/layers", "rescaling", "Rescaling", "none"},
                    Kind{"core/losses", "regression", "MeanAbsoluteError", "core/metrics/"},
                    Kind{"core/optimizers", "rmsprop", "RMSprop", "none"},
                    Kind{"core/callbacks", "early_stopping", "EarlyStopping", "none"}),
    [](const auto& info) { return info.param.type; });

}  // namespace
}  // namespace tutti::architecture
