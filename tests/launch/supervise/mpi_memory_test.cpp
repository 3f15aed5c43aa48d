#include "launch/supervise/mpi_memory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>

namespace tutti::supervise {
namespace {

namespace fs = std::filesystem;

// A page of a file in /dev/shm, mapped as long as this lives.
class Mapped {
 public:
  explicit Mapped(const std::string& name) : path("/dev/shm/" + name) {
    std::ofstream(path) << std::string(4096, 'x');
    const int handle = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    memory_ = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, handle, 0);
    ::close(handle);
  }
  ~Mapped() {
    ::munmap(memory_, 4096);
    fs::remove(path);
  }
  Mapped(const Mapped&) = delete;

  const fs::path path;

 private:
  void* memory_;
};

TEST(MpiMemory, IsWhatOpenMpiNamesAndAProcessHasMapped) {
  const std::string mark = std::to_string(::getpid());
  const Mapped four("vader_segment.host." + mark + ".1.0"),
      five("sm_segment.host." + mark + ".1.0"), other("tutti-test-" + mark);
  const auto found = mpi_memory_of(::getpid());
  EXPECT_THAT(found, testing::IsSupersetOf({four.path, five.path}));
  EXPECT_THAT(found, testing::Not(testing::Contains(other.path)));
}

TEST(MpiMemory, IsMappedAsLongAsAProcessHasIt) {
  const std::string name = "vader_segment.host." + std::to_string(::getpid()) + ".1.1";
  fs::path path;
  {
    const Mapped one(name);
    path = one.path;
    EXPECT_TRUE(is_mapped(path));
    EXPECT_TRUE(is_mapped("/dev/shm"));
  }
  EXPECT_FALSE(is_mapped(path));
}

TEST(MpiMemory, OfNoProcessIsNone) { EXPECT_TRUE(mpi_memory_of(1 << 30).empty()); }

}  // namespace
}  // namespace tutti::supervise
