#include "launch/launcher/hosts.h"

#include <gmock/gmock.h>

#include "core/base/error.h"

namespace tutti::launch {
namespace {

using membership::HostSpec;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Hosts, AreReadFromACommandLineAndFromAFile) {
  EXPECT_THAT(parse_hosts("a:2,b,10.0.0.7:1", "--hosts"),
              ElementsAre(HostSpec{"a", 2}, HostSpec{"b", 0}, HostSpec{"10.0.0.7", 1}));
  EXPECT_THAT(parse_hosts("# all\nnode-1.lan:4  # fast\r\n\n node_2 slots=3\n", "file"),
              ElementsAre(HostSpec{"node-1.lan", 4}, HostSpec{"node_2", 3}));
  EXPECT_TRUE(parse_hosts("\n # nobody\n", "file").empty());
}

TEST(Hosts, AreNoOptionsNoShellTextAndNoNonsense) {
  for (const std::string word :
       {"-oProxyCommand=x", "a;reboot", "$(x)", "a b", "a:0", "a:-1", "a:x", "a:", ":2", "a:2:3",
        "a:999999999999", "a slots=", "a slots=0", "a max=2", "\x1b[2J", "u@h", "a/b"}) {
    try {
      parse_hosts(word, "--hosts");
      ADD_FAILURE() << word;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::usage);
      EXPECT_THAT(error.what(), HasSubstr("is no host; write NAME or NAME:RANKS")) << word;
      EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos);
    }
  }
  EXPECT_THROW(parse_hosts(std::string(300, 'a'), "--hosts"), Error);
  EXPECT_THROW(parse_hosts("a:1,a:2", "--hosts"), Error);
}

TEST(Hosts, WithoutANumberShareWhatIsLeft) {
  auto hosts = parse_hosts("a:1,b,c", "--hosts");
  share_slots(hosts, 6);
  EXPECT_THAT(hosts, ElementsAre(HostSpec{"a", 1}, HostSpec{"b", 3}, HostSpec{"c", 3}));
  hosts = parse_hosts("a:4,b", "--hosts");
  share_slots(hosts, 2);
  EXPECT_EQ(hosts[1].slots, 1);
  EXPECT_EQ(slots_of(hosts), 5);
}

TEST(Hosts, AreDiscoveredByACommand) {
  EXPECT_THAT(discover_hosts({"printf", "a:2\\nb:1\\n"}),
              ElementsAre(HostSpec{"a", 2}, HostSpec{"b", 1}));
  EXPECT_THROW(discover_hosts({"false"}), Error);
  EXPECT_THROW(discover_hosts({"no-such-command-of-tutti"}), Error);
}

}  // namespace
}  // namespace tutti::launch
