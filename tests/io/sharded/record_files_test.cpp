// Folders whose files are the records.
#include <fstream>

#include "io/sharded/record_store.h"
#include "tests/io/sharded/shards.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

TEST(RecordFiles, APictureThatIsReplacedByOneOfTheSameSizeIsOtherData) {
  const auto folder = fs::temp_directory_path() / "tutti_record_files";
  fs::create_directories(folder);
  const auto write = [&](const std::string& name, char color) {
    std::ofstream(folder / name, std::ios::binary) << std::string(10'000, color);
  };
  const auto stamps = [&] {
    return RecordFiles(folder, {folder / "a.png", folder / "b.png"}, 1 << 20).stamps();
  };
  write("a.png", 'r');
  write("b.png", 'g');
  const auto before = stamps();
  EXPECT_NO_THROW(check_same_data(before, stamps()));
  write("b.png", 'b');
  EXPECT_THROW(check_same_data(before, stamps()), Error);
  write("b.png", 'g');
  EXPECT_NO_THROW(check_same_data(before, stamps())) << "brought back as it was";
  fs::remove_all(folder);
}

}  // namespace
}  // namespace tutti
