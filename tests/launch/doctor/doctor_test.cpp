#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "launch/doctor/finding.h"
#include "tests/launch/run_program.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::InTemporaryFolder;

class DoctorTest : public InTemporaryFolder {
 protected:
  // A folder of commits as a run would leave it.
  fs::path leave(const std::string& name, bool with_lock, std::chrono::minutes ago) const {
    const fs::path folder = folder_ / name / "host" / "g1-0";
    fs::create_directories(folder);
    write(name + "/host/g1-0/share-0", std::string(5000, 'x'));
    if (with_lock) write(name + "/lock", "");
    const auto then = fs::file_time_type::clock::now() - ago;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / name))
      fs::last_write_time(entry.path(), then);
    fs::last_write_time(folder_ / name, then);
    return folder_ / name;
  }
  // Of a process that is over.
  static pid_t past_process() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
  }
};

TEST_F(DoctorTest, CleanRemovesWhatNobodyUsesAndNothingElse) {
  using std::chrono::minutes;
  const fs::path held = leave("tutti-1a", true, minutes(60));
  const fs::path free = leave("tutti-2b", true, minutes(0));
  const fs::path old = leave("tutti-3c", false, minutes(60));
  const fs::path young = leave("tutti-4d", false, minutes(1));
  const fs::path other = leave("else-5e", true, minutes(60));
  const fs::path dead = write("tutti-" + std::to_string(past_process()) + "-0", "x");
  const fs::path alive = write("tutti-" + std::to_string(::getpid()) + "-0", "x");
  const fs::path strange = write("tutti-notes.txt", "x");
  const fs::path target = write("precious", "x");
  const fs::path link = folder_ / "tutti-6f";
  fs::create_symlink(target, link);
  const int lock = ::open((held / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(::flock(lock, LOCK_SH), 0);

  const auto planned = clean_leftovers(folder_, true);
  EXPECT_EQ(planned.size(), 8U);
  EXPECT_TRUE(fs::exists(free) && fs::exists(old) && fs::exists(dead));

  const auto findings = clean_leftovers(folder_);
  ::close(lock);
  EXPECT_EQ(findings.size(), 8U);
  for (const Finding& finding : findings) EXPECT_EQ(finding.verdict, Verdict::good);
  for (const auto& path : {held, young, other, alive, strange, target, link})
    EXPECT_TRUE(fs::exists(path)) << path;
  for (const auto& path : {free, old, dead}) EXPECT_FALSE(fs::exists(path)) << path;
}

// mpirun removes what its ranks shared, unless it was killed too.
TEST_F(DoctorTest, CleanRemovesWhatOpenMpiLeftAndNobodyMaps) {
  const std::string page(4096, 'x');
  const fs::path mapped = write("vader_segment.node1.0.6ed10001.0", page);
  const fs::path left = write("vader_segment.node1.0.6ed10001.1", page),
                 left_by_five = write("sm_segment.node1.0.ea0d0001.1", page);
  const int handle = ::open(mapped.c_str(), O_RDONLY | O_CLOEXEC);
  void* memory = ::mmap(nullptr, page.size(), PROT_READ, MAP_SHARED, handle, 0);
  ::close(handle);
  EXPECT_EQ(clean_leftovers(folder_).size(), 3U);
  ::munmap(memory, page.size());
  EXPECT_TRUE(fs::exists(mapped));
  EXPECT_FALSE(fs::exists(left) || fs::exists(left_by_five));
}

TEST_F(DoctorTest, ALinkWithinALeftoverIsNotFollowed) {
  const fs::path target = write("precious", "x");
  const fs::path old = leave("tutti-3c", true, std::chrono::minutes(60));
  fs::create_directory_symlink(folder_, old / "away");
  clean_leftovers(folder_);
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(target));
}

TEST_F(DoctorTest, SaysALineForEachThingAndMachinesGetJson) {
  const auto got = shell("tutti doctor");
  for (const char* what :
       {"MPI: Open MPI", "fault tolerance: ", "GPU: ", "NCCL: ", "processors: ", "memory: ",
        "/dev/shm: ", "open files: ", "core files: ", "locked memory: ", "host name: ", "clock: "})
    EXPECT_THAT(got.out, HasSubstr(what));
  const bool bad = got.out.find("\n  bad ") != std::string::npos;
  EXPECT_EQ(got.code, bad ? static_cast<int>(ExitCode::missing) : 0) << got.out << got.err;
  const auto json = nlohmann::json::parse(shell("tutti doctor --json").out);
  ASSERT_EQ(json.size(), 1U);
  EXPECT_GE(json[0]["findings"].size(), 12U);
  EXPECT_EQ(json[0]["findings"][0]["what"], "MPI");
}

TEST_F(DoctorTest, UnderMpirunItMeasuresWhatIsBetweenRanks) {
  const auto got = shell(testing_support::mpirun(3) + "doctor");
  for (const char* what : {"between ranks\n", "rank 0 to 1: ", "rank 1 to 2: ", "rank 2 to 0: ",
                           "started by mpirun, with PMIx"})
    EXPECT_THAT(got.out, HasSubstr(what)) << got.err;
}

}  // namespace
}  // namespace tutti
