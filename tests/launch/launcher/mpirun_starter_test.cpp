#include "launch/launcher/mpirun_starter.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "core/base/error.h"

namespace tutti::launch {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string line_of(const WorldStarter& starter, const SeatHosts& seats) {
  return fmt::format("{}", fmt::join(starter.command(seats, {"tutti", "supervise"}).command, " "));
}

TEST(MpirunStarter, PutsEachHostsRanksSideBySide) {
  const MpirunStarter starter("mpirun", {4, 1}, {});
  const std::string line = line_of(starter, {"a", "a", "b"});
  EXPECT_THAT(line, HasSubstr("-n 3 --host a:2,b:1 --map-by slot --bind-to none"));
  EXPECT_THAT(line, testing::EndsWith(" tutti supervise"));
  EXPECT_EQ(line.find("--allow-run-as-root") != line.npos, ::geteuid() == 0);
  EXPECT_FALSE(starter.in_place());
  EXPECT_THAT(line, Not(HasSubstr("--with-ft")));
}

TEST(MpirunStarter, AsksOpenMpi5ForFaultTolerance) {
  const MpirunStarter starter("mpirun", {5, 0}, {.interface = "eth0"});
  EXPECT_TRUE(starter.in_place());
  const std::string line = line_of(starter, {"a"});
  EXPECT_THAT(line, HasSubstr("--with-ft ulfm"));
  EXPECT_THAT(line, HasSubstr("--prtemca prte_if_include eth0"));
}

TEST(MpirunStarter, BindsAsAsked) {
  const MpirunStarter starter("mpirun", {4, 1}, {.threads = 4, .bind = "core"});
  EXPECT_THAT(line_of(starter, {"a", "a"}), HasSubstr("--map-by slot:PE=4 --bind-to core"));
}

TEST(MpirunStarter, LeavesProcessorsToThoseThatComputeWhereRanksAreMany) {
  const MpirunStarter starter("mpirun", {4, 1}, {});
  EXPECT_THAT(line_of(starter, SeatHosts(1000, "a")), HasSubstr("--mca mpi_yield_when_idle 1"));
  EXPECT_THAT(line_of(starter, {"a"}), Not(HasSubstr("mpi_yield_when_idle")));
}

TEST(MpirunStarter, KeepsValuesOfTheEnvironmentOffTheCommandLine) {
  const MpirunStarter starter("mpirun", {4, 1},
                              {.interface = "10.0.0.0/24",
                               .more = {"--mca", "plm_rsh_agent", "my ssh"},
                               .environment = {{"TOKEN", "do not show"}}});
  const auto command = starter.command({"a"}, {"tutti"});
  const std::string line = fmt::format("{}", fmt::join(command.command, "|"));
  EXPECT_THAT(line, HasSubstr("|-x|TOKEN|--mca|plm_rsh_agent|my ssh|tutti"));
  EXPECT_THAT(line, HasSubstr("|--mca|btl_tcp_if_include|10.0.0.0/24|"));
  EXPECT_THAT(line, HasSubstr("|--mca|oob_tcp_if_include|10.0.0.0/24|"));
  EXPECT_THAT(line, Not(HasSubstr("do not show")));
  EXPECT_EQ(command.environment, (decltype(command.environment){{"TOKEN", "do not show"}}));
}

TEST(MpirunStarter, RemovesTheSessionOfAKilledOneAlone) {
  namespace fs = std::filesystem;
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before ? before : "";
  std::string folder = fs::temp_directory_path() / "tutti_sessions_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ::setenv("TMPDIR", folder.c_str(), 1);
  char host[256] = {};
  ASSERT_EQ(::gethostname(host, sizeof host - 1), 0);
  const fs::path four = fs::path(folder) / fmt::format("ompi.{}.{}", host, ::geteuid()),
                 five = fs::path(folder) / "ompi.71";
  for (const fs::path& made : {four / "pid.71" / "0", four / "pid.72", five / "1"})
    fs::create_directories(made);
  MpirunStarter("mpirun", {4, 1}, {}).tidy_after(71);
  EXPECT_FALSE(fs::exists(four / "pid.71"));
  EXPECT_TRUE(fs::exists(four / "pid.72"));
  EXPECT_TRUE(fs::exists(five));
  MpirunStarter("mpirun", {4, 1}, {}).tidy_after(72);
  EXPECT_FALSE(fs::exists(four));
  MpirunStarter("mpirun", {5, 0}, {}).tidy_after(71);
  EXPECT_TRUE(fs::is_empty(folder));
  before ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
  fs::remove_all(folder);
}

TEST(MpirunStarter, GivesTheReasonsInWhatItSays) {
  const std::string box(74, '-');
  const std::vector<std::string> said = {
      "ssh: connect to host b port 22: No route to host",
      box,
      "ORTE was unable to reliably start one or more daemons.",
      "This usually is caused by:",
      "",
      "* not finding the required libraries and/or binaries on",
      "  one or more nodes. Please check your PATH",
      box,
      box,
      "It appears as if there is not enough space for /dev/shm/segment (the backing",
      "file).",
      "",
      "  Local host:  a",
      "  Space Available: 0 B",
      "",
      box,
      box,
      "mpirun detected that one or more processes exited with non-zero status",
      "",
      "  Process name: [[27831,1],1]",
      box,
      box,
      "At least one pair of MPI processes are unable to reach each other for",
      "MPI communications.",
      "",
      "  BTLs attempted: self",
      box,
      "[a:7] *** An error occurred in MPI_Init_thread",
      "[a:7] 1 more process has sent help message help-errmgr-base.txt / no-path",
      "ssh: connect to host b port 22: No route to host",
  };
  EXPECT_THAT(MpirunStarter("mpirun", {4, 1}, {}).reasons(said),
              testing::ElementsAre(
                  said[0], said[2],
                  "It appears as if there is not enough space for /dev/shm/segment (the backing",
                  "file).", "  Local host:  a", "  Space Available: 0 B"));
}

TEST(MpirunStarter, KnowsItsVersionAndRefusesOthers) {
  const MpirunVersion four = parse_mpirun_version("mpirun (Open MPI) 4.1.4\n\nReport bugs\n");
  EXPECT_EQ(std::pair(four.major, four.minor), std::pair(4, 1));
  EXPECT_EQ(parse_mpirun_version("mpirun (Open MPI) 5.0.11").major, 5);
  EXPECT_THROW(parse_mpirun_version("mpirun (Open MPI) 3.1.6"), Error);
  EXPECT_THROW(parse_mpirun_version("HYDRA build details:"), Error);
  EXPECT_GE(parse_mpirun_version("mpirun (Open MPI) 4.0").major, 4);
  EXPECT_EQ(MpirunStarter::find({})->name(), "mpirun");
}

}  // namespace
}  // namespace tutti::launch
