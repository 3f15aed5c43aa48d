// The registry against the tree: what is written down as a kind is in the library, and nothing
// else.
#include "core/base/registry.h"

#include <gmock/gmock.h>

#include <regex>

#include "tests/architecture/source_tree.h"

namespace tutti::architecture {
namespace {

// The names in the TUTTI_REGISTERs of the library's sources.
std::vector<std::string> written_kinds() {
  static const std::regex registration(R"re(\nTUTTI_REGISTER\(\s*[\w:]+,\s*[\w:]+,\s*"([^"]+)")re");
  std::vector<std::string> names;
  for (const TextFile& file : read_tree(TUTTI_SOURCE_DIR)) {
    if (!file.path.ends_with(".cpp") || starts_with_any(file.path, {"tests/", "benchmarks/"}))
      continue;
    const std::sregex_iterator end;
    for (std::sregex_iterator at(file.text.begin(), file.text.end(), registration); at != end; ++at)
      names.push_back((*at)[1]);
  }
  return names;
}

TEST(Registry, ListsEveryKindThatIsWritten) {
  std::vector<std::string> registered;
  for (const std::string& category : categories())
    for (const KindInfo* kind : kinds_of(category)) registered.push_back(kind->name);
  EXPECT_GT(registered.size(), 80u);
  EXPECT_THAT(registered, testing::UnorderedElementsAreArray(written_kinds()));
}

// What `tutti list` prints and what a job file may name.
TEST(Registry, EveryKindIsDescribedAndFoundUnderItsSpellings) {
  for (const std::string& category : categories()) {
    for (const KindInfo* kind : kinds_of(category)) {
      SCOPED_TRACE(category + " " + kind->name);
      EXPECT_FALSE(kind->doc.empty());
      EXPECT_EQ(find_kind(category, kind->name), kind);
      // "accuracy" is a kind of its own beside "Accuracy".
      const std::string snake = snake_case(kind->name);
      const KindInfo* found = find_kind(category, snake);
      EXPECT_TRUE(found == kind || (found && found->name == snake));
      for (const std::string& alias : kind->aliases) EXPECT_EQ(find_kind(category, alias), kind);
      for (const ArgumentInfo& argument : kind->arguments) {
        EXPECT_FALSE(argument.doc.empty()) << argument.name;
        EXPECT_FALSE(argument.type.empty()) << argument.name;
      }
    }
  }
}

}  // namespace
}  // namespace tutti::architecture
